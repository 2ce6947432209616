//! Defines the findings of rules.

use schemars::JsonSchema;
use serde::Serialize;

use super::arranged::Seen;

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// No set of predictions gives these numbers.
    Impossible,
    /// Chance would do this less than once in a thousand such tables.
    VeryUnlikely,
    /// Worth checking; there are innocent reasons.
    Odd,
}

impl Strength {
    /// Whether `--strict` counts it.
    pub fn strong(self) -> bool {
        self != Self::Odd
    }

    /// As text.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Impossible => "impossible",
            Self::VeryUnlikely => "very unlikely",
            Self::Odd => "odd",
        }
    }
}

/// A cell, named so that it can be looked up.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CellLocation {
    /// Path of the file as it was given.
    pub table: String,
    pub line: u64,
    pub column: usize,
    pub dataset: String,
    pub method: String,
    /// `rate 0.3`, `LA missing`, `mean`; empty where the table has no such axis.
    pub condition: String,
    /// Name of the metric.
    pub metric: String,
    /// The number as printed.
    pub printed: String,
}

impl From<Seen<'_>> for CellLocation {
    fn from(seen: Seen<'_>) -> Self {
        let cell = seen.cell;
        Self {
            table: seen.table.to_string(),
            line: cell.line,
            column: cell.column,
            dataset: cell.dataset.clone(),
            method: cell.method.clone(),
            condition: cell.condition.to_string(),
            metric: cell.metric.name.to_string(),
            printed: cell.number.text(),
        }
    }
}

/// One thing a rule found.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    pub strength: Strength,
    /// What the finding is about, shortest first: method, data set, metrics.
    pub about: String,
    pub why: String,
    /// The suspected cells, in the order of the tables.
    pub cells: Vec<CellLocation>,
    /// The possible number nearest to the only cell's, where the rule knows one: a slip of this size
    /// explains the cell.
    #[serde(skip)]
    pub nearest: Option<f64>,
    /// Rules whose findings on the same table and data set follow from this one.
    #[serde(skip)]
    pub explains: &'static [&'static str],
}

impl Finding {
    /// A finding; [`super::audit`] adds the rule's name.
    pub(super) fn new<'a>(
        strength: Strength,
        about: String,
        why: String,
        cells: impl IntoIterator<Item = Seen<'a>>,
    ) -> Self {
        let mut cells: Vec<CellLocation> = cells.into_iter().map(CellLocation::from).collect();
        cells.dedup();
        Self {
            rule: "",
            strength,
            about,
            why,
            cells,
            nearest: None,
            explains: &[],
        }
    }

    pub(super) fn named(mut self, rule: &'static str) -> Self {
        self.rule = rule;
        self
    }

    /// Whether another finding, on cells of the same table and data set alone, follows from this one.
    pub(super) fn explains(&self, other: &Self) -> bool {
        let own = self.cells.first();
        let same = |cell: &CellLocation| {
            own.is_some_and(|own| own.table == cell.table && own.dataset == cell.dataset)
        };
        self.explains.contains(&other.rule) && other.cells.iter().all(same)
    }

    /// Whether it names this cell.
    pub fn names(&self, table: &str, line: u64, column: usize) -> bool {
        let here = |p: &CellLocation| p.table == table && p.line == line && p.column == column;
        self.cells.iter().any(here)
    }
}
