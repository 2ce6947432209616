//! The results of a section's tests: intervals, p-values and the pairing of seeds.

use std::collections::BTreeMap;

use super::Summary;
use super::inference::Inference;
use crate::metric::Metric;
use crate::report::origin::RunSet;
use crate::report::rows::aggregate::Aggregate;

/// What is tested, fixed before anything is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestPlan {
    /// The metric whose mean over the conditions is the primary test of each comparison; `None` where
    /// it is none of the data set's.
    pub primary: Option<&'static str>,
    /// Permutations of samples for each test.
    pub permutations: usize,
    /// Whether metrics that are shown only when asked for are tested too.
    pub extras: bool,
}

/// The tests that a p-value is corrected with. What is shown has no part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// One test per comparison, not corrected.
    Primary,
    /// All other tests of the report by its protocols' usual metrics.
    Usual,
    /// Those by metrics that reports show only when asked: corrected with all tests by any metric.
    Extra,
}

/// The interval and the test of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TestResult {
    /// 95 percent interval of the number over other samples and seeds, in the metric's own scale; none
    /// for one seed.
    pub interval: Option<[f64; 2]>,
    /// Against the reference row's number; none for the reference itself.
    pub test: Option<Test>,
}

/// A number against that of the reference row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    pub family: Family,
    /// This row's less the reference's, each over all of its seeds.
    pub difference: f64,
    /// Of the models, on other samples and seeds; `None` where one of both has one seed.
    pub models: Option<Inference>,
    /// `models.p` corrected with its family.
    pub p_corrected: Option<f64>,
    /// Of these trainings, over permutations of samples between paired seeds; not corrected. `None` where both have
    /// different numbers of seeds.
    pub p_permutation: Option<f64>,
}

/// The pairing of a row's seeds with those of the reference row, for permutations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// By number; both have the same.
    Same,
    /// By number; so many that both have.
    Shared(usize),
    /// By rank, the first so many of each: they share no number.
    Ranks(usize),
    /// Not paired; the reason, to follow the row's name.
    Unpaired(&'static str),
}

/// The row that others are tested against.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    pub label: String,
    /// Registry name of its model.
    pub model: String,
    pub runs: RunSet,
    /// Number of its seeds.
    pub seeds: usize,
    /// Its position, where it is shown.
    pub row: Option<usize>,
}

/// Results of a section by row, metric and aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub reference: Reference,
    pub plan: TestPlan,
    /// Of every row that is neither the reference nor a baseline.
    pub pairings: BTreeMap<usize, Pairing>,
    /// Tests in [`Family::Usual`] of the whole report.
    pub family_size: usize,
    pub(super) results: BTreeMap<(usize, &'static str, String), TestResult>,
}

impl Comparison {
    /// The result of a number.
    pub fn find(
        &self,
        row: usize,
        metric: &'static str,
        aggregate: &Aggregate,
    ) -> Option<TestResult> {
        let key = (row, metric, aggregate.name());
        self.results.get(&key).copied()
    }

    /// Keeps the rows at these positions, in this order.
    pub fn arrange(&mut self, rows: &[usize]) {
        let places: BTreeMap<usize, usize> = rows.iter().copied().zip(0..).collect();
        let place = |row: usize| places.get(&row).copied();
        self.reference.row = self.reference.row.and_then(place);
        let pairings = std::mem::take(&mut self.pairings).into_iter();
        self.pairings = pairings
            .filter_map(|(row, p)| Some((place(row)?, p)))
            .collect();
        let results = std::mem::take(&mut self.results).into_iter();
        self.results = results
            .filter_map(|((row, metric, aggregate), result)| {
                Some(((place(row)?, metric, aggregate), result))
            })
            .collect();
    }
}

/// A section's rows less those of another version.
#[derive(Clone, Debug)]
pub struct VersionComparison {
    /// Slug and title of the section of the other version.
    pub other: (String, String),
    pub metric: &'static Metric,
    pub lines: Vec<VersionLine>,
    /// Rows that both versions have, and that were not tested on the same samples with the same labels.
    pub unpaired: Vec<String>,
}

/// A number of a row on both versions.
#[derive(Clone, Debug)]
pub struct VersionLine {
    /// Model and configuration of the row.
    pub row: (String, String),
    pub label: String,
    pub aggregate: Aggregate,
    pub own: Summary,
    pub theirs: Summary,
    pub test: Test,
    /// Runs behind both numbers.
    pub runs: [RunSet; 2],
}
