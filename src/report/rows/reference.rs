//! Chooses the row of a section that others are tested against, before anything is shown.

use std::cmp::Reverse;

use schemars::JsonSchema;
use serde::Serialize;

use super::row::ModelRow;
use super::trained::Trained;
use crate::report::error::{Error, Result};

/// Registry name of the model that others are tested against by default.
const DEFAULT: &str = "lnln";

/// The reference row of a section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reference {
    /// Title of the section.
    pub section: String,
    /// The row's label.
    pub title: String,
    /// Registry name of its model.
    pub model: String,
    pub why: Why,
    /// Other rows of the same model, by their labels.
    pub others: Vec<String>,
    /// Whether its predictions were made outside of this program, so that no training is known.
    #[serde(skip)]
    pub is_external: bool,
    /// Its position among all rows.
    #[serde(skip)]
    pub row: usize,
}

/// Why a row is the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// `--reference` names it.
    Asked,
    /// It is LNLN, the default.
    Default,
    /// There is no LNLN: the first model by title.
    First,
}

impl Reference {
    /// The reference of a section's rows, by the name that `--reference` gives; by default LNLN, or else the first model by title. Of several rows
    /// of that model, the one trained on mixed noise, then the one with the most epochs. Results have no
    /// part in it. `None` where there is no model but the baselines.
    ///
    /// # Errors
    /// [`Error::UnknownReference`].
    pub fn of(section: &str, all: &[ModelRow], asked: Option<&str>) -> Result<Option<Self>> {
        let rows = || all.iter().filter(|row| !row.baseline);
        let chosen = match asked {
            Some(name) => {
                let found = rows().filter(|row| row.is_named(name));
                let known = || rows().map(|row| row.model.clone()).collect::<Vec<_>>();
                let exact = rows().filter(|row| row.is_named_exactly(name));
                let row = preferred(exact)
                    .or_else(|| preferred(found))
                    .ok_or_else(|| Error::UnknownReference {
                        name: name.to_string(),
                        section: section.to_string(),
                        known: known().join(", "),
                    })?;
                Some((row, Why::Asked))
            }
            None => {
                let default = preferred(rows().filter(|row| row.model == DEFAULT));
                let first = || {
                    let title = |row: &&ModelRow| row.title().to_lowercase();
                    let first = rows().map(|row| title(&row)).min()?;
                    preferred(rows().filter(|row| title(row) == first))
                };
                let default = default.map(|row| (row, Why::Default));
                default.or_else(|| Some((first()?, Why::First)))
            }
        };
        Ok(chosen.and_then(|(row, why)| {
            let same = rows().filter(|other| other.model == row.model && other.label != row.label);
            Some(Self {
                section: section.to_string(),
                title: row.label.clone(),
                model: row.model.clone(),
                why,
                others: same.map(|other| other.label.clone()).collect(),
                is_external: row
                    .runs
                    .first()
                    .is_some_and(|run| run.manifest.external.is_some()),
                row: all.iter().position(|r| r.label == row.label)?,
            })
        }))
    }

    /// The reference and why it is, as a sentence.
    pub fn describe(&self) -> String {
        let why = match self.why {
            Why::Asked => String::new(),
            Why::Default => " (the default)".to_string(),
            Why::First => " (there is no LNLN, so the first model by title)".to_string(),
        };
        let others = if self.others.is_empty() {
            String::new()
        } else {
            let first = if self.is_external {
                "the first by name"
            } else {
                "the one trained on mixed noise for the most epochs"
            };
            format!("; of its rows {first}, not {}", self.others.join(", "))
        };
        let chosen = if self.why == Why::Asked && self.others.is_empty() {
            ""
        } else {
            "; --reference chooses another"
        };
        format!(
            "{}: reference {}{why}{others}{chosen}",
            self.section, self.title
        )
    }
}

/// Of several rows of a model the one trained on mixed noise, then the one with the most epochs, then the
/// first by label.
fn preferred<'a>(rows: impl Iterator<Item = &'a ModelRow>) -> Option<&'a ModelRow> {
    rows.min_by_key(|row| {
        let run = row.runs.first();
        let epochs = run.map_or(0, |run| run.manifest.training.epochs);
        (
            run.and_then(Trained::of),
            Reverse(epochs),
            row.label.clone(),
        )
    })
}
