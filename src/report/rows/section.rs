//! Runs whose scores can be compared, with their tests: a section of the report.

use super::joined::LeftOut;
use super::reference::Reference;
use super::row::ModelRow;
use super::scores::ScoredRun;
use crate::mask::Condition;
use crate::metric::{Metric, Protocol};
use crate::record::manifest::DatasetMetadata;
use crate::report::stats::comparison::{Comparison, VersionComparison};
use crate::support::file_name::file_names;

/// Runs whose scores can be compared: same data, same masks, same metrics.
#[derive(Clone, Debug)]
pub struct Section {
    /// Unique within the report, fit for file names.
    pub slug: String,
    pub title: String,
    pub protocol: &'static Protocol,
    /// The metrics to show, in the protocol's order.
    pub metrics: Vec<&'static Metric>,
    /// Every condition that a row has, ascending.
    pub conditions: Vec<Condition>,
    /// In the order of tables, baselines last.
    pub rows: Vec<ModelRow>,
    /// Rows that are tested with the others, and not shown.
    pub hidden: Vec<ModelRow>,
    /// The row that others are tested against, shown or not; none where nothing was chosen yet.
    pub reference: Option<Reference>,
    pub tests: Tests,
    /// Conditions at which rows lack numbers that others have.
    pub left_out: Vec<LeftOut>,
    /// Against other versions of the data set.
    pub versions: Vec<VersionComparison>,
}

/// Tests of the differences between rows.
#[derive(Clone, Debug)]
pub enum Tests {
    Done(Box<Comparison>),
    /// Not tested; the reason, as a sentence.
    Skipped(String),
}

impl Section {
    /// Whether the labels were made up.
    pub fn synthetic(&self) -> bool {
        self.runs().any(|r| r.manifest.dataset.synthetic)
    }

    /// The data of the trainings, where the section's are others.
    pub fn trained_on(&self) -> Option<&DatasetMetadata> {
        let run = self
            .runs()
            .chain(self.hidden.iter().flat_map(|row| &row.runs))
            .next();
        run?.manifest.trained_on.as_deref()
    }

    /// Every training, row by row.
    pub fn trainings(&self) -> impl Iterator<Item = &ScoredRun> {
        self.own_rows().flat_map(ModelRow::trainings)
    }

    /// Every training, those of hidden rows last.
    pub fn all_trainings(&self) -> impl Iterator<Item = &ScoredRun> {
        let hidden = self.hidden.iter().filter(|row| !row.derived);
        let hidden = hidden.flat_map(ModelRow::trainings);
        self.trainings().chain(hidden)
    }

    /// Keeps the rows at these positions, in this order; the others are hidden.
    pub fn arrange(&mut self, shown: &[usize]) {
        if let Tests::Done(comparison) = &mut self.tests {
            comparison.arrange(shown);
        }
        let mut rows: Vec<_> = std::mem::take(&mut self.rows)
            .into_iter()
            .map(Some)
            .collect();
        self.rows = shown
            .iter()
            .filter_map(|index| rows[*index].take())
            .collect();
        self.hidden.extend(rows.into_iter().flatten());
    }

    /// Every curve, row by row: a run, or trainings for one rate each.
    pub fn runs(&self) -> impl Iterator<Item = &ScoredRun> {
        self.own_rows().flat_map(|r| &r.runs)
    }

    /// The rows that are runs' own scores.
    pub fn own_rows(&self) -> impl Iterator<Item = &ModelRow> {
        self.rows.iter().filter(|r| !r.derived)
    }

    /// Mask protocol and version of the masks of all runs.
    pub fn masks(&self) -> String {
        let run = self.runs().next();
        run.map_or(String::new(), |r| {
            format!("{} v{}", r.mask.mask_protocol, r.mask.version)
        })
    }

    /// A name for each of `rows`, fit for file names and different from all others.
    pub fn row_names(&self) -> Vec<String> {
        let labels: Vec<&str> = self.rows.iter().map(|row| &*row.label).collect();
        file_names(&labels)
    }

    /// The comparison with the reference row, if one was made.
    pub fn comparison(&self) -> Option<&Comparison> {
        match &self.tests {
            Tests::Done(comparison) => Some(comparison),
            Tests::Skipped(_) => None,
        }
    }
}
