//! Lists the papers whose tables are part of the program.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::known::{self, KnownError};
use crate::published::parse::{self, Options, ParsedCell};

/// A paper.
#[derive(Debug)]
pub struct Source {
    /// `lnln-2024`: the folder in `published/`.
    pub key: String,
    /// `Zhang et al. 2024`.
    pub short: String,
    /// Authors, title, venue.
    pub citation: String,
    pub url: String,
    pub bibtex: String,
    /// Runs behind every number.
    pub seeds: u32,
    /// The mask protocols whose numbers are comparable with its own on incomplete data.
    pub masks: Vec<String>,
    pub tables: Vec<Sheet>,
    pub known_errors: Vec<KnownError>,
}

/// One of its tables.
#[derive(Debug)]
pub struct Sheet {
    /// File name without its ending.
    pub name: String,
    /// `Table 9`.
    pub title: String,
    pub cells: Vec<ParsedCell>,
}

impl Source {
    /// What is known to be wrong with a cell of the table of this name.
    pub fn known_error(&self, table: &str, cell: &ParsedCell) -> Option<&KnownError> {
        self.known_errors.iter().find(|e| e.holds_for(table, cell))
    }
}

/// The files of one source.
struct Files {
    about: &'static str,
    known_errors: &'static str,
    tables: &'static [(&'static str, &'static str)],
}

/// `files!("folder", "table", ...)`: the files of `published/folder`.
macro_rules! files {
    ($folder:literal, $($table:literal),+ $(,)?) => {
        Files {
            about: include_str!(concat!("../../published/", $folder, "/source.toml")),
            known_errors: include_str!(concat!("../../published/", $folder, "/known-errors.csv")),
            tables: &[$((
                $table,
                include_str!(concat!("../../published/", $folder, "/", $table, ".csv")),
            )),+],
        }
    };
}

/// One line a source.
const FILES: &[Files] = &[
    files!(
        "lnln-2024",
        "random_mosi_mosei",
        "random_sims",
        "overall_mosi_mosei",
        "overall_sims",
        "modality_mosi_mosei",
        "modality_sims",
        "ablation_components",
        "loss_weights_mosi",
        "loss_weights_sims",
        "stability_mosi",
    ),
    files!(
        "mmsa",
        "complete_mosi",
        "complete_mosei",
        "complete_sims",
        "complete_simsv2",
    ),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    key: String,
    short: String,
    citation: String,
    url: String,
    bibtex: String,
    seeds: u32,
    #[serde(default)]
    masks: Vec<String>,
    tables: BTreeMap<String, String>,
}

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| FILES.iter().map(source).collect());

/// Every source, the first the one that answers where several could.
pub fn sources() -> &'static [Source] {
    &SOURCES
}

/// Parts of the program: a test reads them.
fn source(files: &Files) -> Source {
    let about: About = toml::from_str(files.about).expect("source.toml is well formed");
    let sheet = |(name, text): &(&str, &str)| {
        let read = parse::parse(&format!("{name}.csv"), text.as_bytes(), &Options::default());
        Sheet {
            name: (*name).to_string(),
            title: about.tables[*name].clone(),
            cells: read.expect("published tables are well formed").cells,
        }
    };
    Source {
        tables: files.tables.iter().map(sheet).collect(),
        known_errors: known::parse(files.known_errors).expect("known-errors.csv is well formed"),
        key: about.key,
        short: about.short,
        citation: about.citation,
        url: about.url,
        bibtex: about.bibtex.trim().to_string(),
        seeds: about.seeds,
        masks: about.masks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_whole() {
        for source in sources() {
            assert!(
                source.bibtex.starts_with('@') && source.seeds > 0,
                "{}",
                source.key
            );
            let known = |name: &String| crate::mask::find(name).is_ok();
            assert!(source.masks.iter().all(known), "{:?}", source.masks);
            for sheet in &source.tables {
                assert!(!sheet.cells.is_empty(), "{}", sheet.name);
                assert!(
                    sheet.cells.iter().all(|c| !c.dataset.is_empty()),
                    "{}",
                    sheet.name
                );
            }
            for error in &source.known_errors {
                let mut cells = source
                    .tables
                    .iter()
                    .flat_map(|t| t.cells.iter().map(|c| (&t.name, c)));
                assert!(
                    cells.any(|(t, c)| error.holds_for(t, c)),
                    "{error:?} holds for nothing"
                );
            }
        }
    }

    #[test]
    fn the_tables_are_complete() {
        let cells = |name| {
            sources()[0]
                .tables
                .iter()
                .find(|t| t.name == name)
                .unwrap()
                .cells
                .len()
        };
        assert_eq!(cells("random_mosi_mosei"), 80 * 16);
        assert_eq!(cells("random_sims"), 80 * 6);
        assert_eq!(cells("modality_mosi_mosei"), 56 * 16);
        assert_eq!(cells("modality_sims"), 56 * 6);
        assert_eq!(cells("overall_mosi_mosei"), 8 * 16);
        assert_eq!(cells("overall_sims"), 8 * 6);
        assert_eq!(cells("stability_mosi"), 5 * 8);
        assert_eq!(cells("ablation_components"), 9 * 14 + 3 * 8);
        assert_eq!(
            cells("loss_weights_mosi") + cells("loss_weights_sims"),
            9 * 8 + 9 * 6
        );
    }
}
