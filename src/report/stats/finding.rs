//! What resampling finds out about numbers and their differences.

use std::collections::BTreeMap;

use crate::report::rows::reading::Reading;

/// How often to resample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    pub bootstrap: usize,
    pub permutations: usize,
}

/// A number's place among its resamples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Finding {
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

/// How the seeds of a row met those of the reference row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Met {
    /// By number; both have the same.
    Same,
    /// By number; so many that both have.
    Shared(usize),
    /// By rank, the first so many of each: they share no number.
    Ranks(usize),
    /// Not at all; why, to follow the row's name.
    Not(&'static str),
}

/// Findings of a section by row, metric and reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Position of the reference row.
    pub reference: usize,
    pub effort: Effort,
    /// Of every row that is neither the reference nor a baseline.
    pub met: BTreeMap<usize, Met>,
    pub(super) findings: BTreeMap<(usize, &'static str, String), Finding>,
}

impl Comparison {
    /// What is known of a number.
    pub fn find(&self, row: usize, metric: &'static str, reading: &Reading) -> Option<Finding> {
        let key = (row, metric, reading.name());
        self.findings.get(&key).copied()
    }
}
