//! The results of resampling: intervals, tests and the pairing of seeds.

use std::collections::BTreeMap;

use crate::report::rows::aggregate::Aggregate;

/// Numbers of resamples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResamplingPlan {
    pub bootstrap: usize,
    pub permutations: usize,
}

/// The interval and the test of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ResamplingResult {
    /// Central 95 percent of the number, in the metric's own scale.
    pub interval: Option<[f64; 2]>,
    /// Against the reference row's number; none for the reference itself.
    pub test: Option<Test>,
}

/// A number against that of the reference row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// This row's less the reference's, over the seeds that were paired.
    pub difference: f64,
    /// Central 95 percent of the difference, over the same seeds.
    pub interval: Option<[f64; 2]>,
    /// Of the permutation test, not corrected.
    pub p: f64,
}

/// The pairing of a row's seeds with those of the reference row.
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

/// Results of a section by row, metric and aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Position of the reference row.
    pub reference: usize,
    pub plan: ResamplingPlan,
    /// Of every row that is neither the reference nor a baseline.
    pub pairings: BTreeMap<usize, Pairing>,
    pub(super) results: BTreeMap<(usize, &'static str, String), ResamplingResult>,
}

impl Comparison {
    /// The result of a number.
    pub fn find(
        &self,
        row: usize,
        metric: &'static str,
        aggregate: &Aggregate,
    ) -> Option<ResamplingResult> {
        let key = (row, metric, aggregate.name());
        self.results.get(&key).copied()
    }
}
