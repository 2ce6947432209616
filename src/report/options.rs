//! The options of a report, as its manifest stores them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::mask::Condition;
use crate::record::MaskGrid;

/// The set of tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// All metrics overall, each metric at every condition, what the models cost.
    #[default]
    Full,
    /// The columns of the LNLN paper's tables, next to the published numbers.
    Paper,
}

/// How curves of many rows are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Curves {
    /// Every row in a color of its own.
    All,
    /// The reference, the best five and the baselines in color, the others in gray.
    Focus,
    /// A panel per row, with the others in gray behind it.
    Panels,
}

/// A format of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FigureFormat {
    /// Always written, since `report.md` shows it.
    Svg,
    Pdf,
    Png,
}

impl FigureFormat {
    /// The end of its file names.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Pdf => "pdf",
            Self::Png => "png",
        }
    }
}

/// The place of the reference row among the models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReferenceRow {
    First,
    Last,
}

/// Options of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Options {
    #[serde(default)]
    pub layout: Layout,
    /// Names of metrics; all where empty.
    pub metrics: Vec<String>,
    /// Registry names, titles or labels of models, in the order of their rows; all where empty.
    pub models: Vec<String>,
    /// Leave out the rows of the baselines, and all that compares with them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_baseline: bool,
    /// Place of the reference row; by default that of any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_row: Option<ReferenceRow>,
    /// Registry name, title or label of the row that others are tested against; by default LNLN, or else
    /// the first by title.
    pub reference: Option<String>,
    /// Name of the metric whose mean over the conditions is the primary test of each comparison; by
    /// default the one that selects weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<String>,
    /// Conditions of confusion matrices and histograms, in sections that have some of them; the usual
    /// ones where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matrix_conditions: Vec<Condition>,
    /// Permutations of samples for each test, 0 for no intervals and tests; by default see
    /// [`plan`](super::test_plan::plan).
    pub resamples: Option<usize>,
    /// How curves are told apart; by default [`Curves::Focus`] where a section has many rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curves: Option<Curves>,
    /// Formats of every figure besides SVG.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<FigureFormat>,
    /// Leave the titles out of figures, for papers that have captions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untitled: bool,
    /// Folder of prepared data, for the words of samples, from the folder of the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_source: Option<String>,
    /// The same folder as it is read.
    #[serde(skip)]
    pub data: Option<PathBuf>,
    /// Masks that a run is read under, by its id; others are read under all that they were evaluated under.
    /// A report's manifest stores them with its runs.
    #[serde(skip)]
    pub masks: BTreeMap<String, Vec<MaskGrid>>,
}
