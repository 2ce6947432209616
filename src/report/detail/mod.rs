//! Numbers that rows have besides their scores: contributions of modalities, changes on other data.

pub mod table;

use std::collections::BTreeMap;

use super::origin::Origin;
use super::rows::aggregate::SeedSummary;
use super::rows::scores::Value;
use super::stats::inference::Spread;

/// One of several numbers of a row, by every metric.
#[derive(Clone, Debug, PartialEq)]
pub struct DetailRow {
    /// Position of the row in its section.
    pub row: usize,
    /// Which of the numbers, as tables print it.
    pub part: String,
    /// The same in the column `aggregate` of tidy tables.
    pub aggregate: String,
    pub origin: Origin,
    /// By metric.
    pub numbers: BTreeMap<&'static str, Number>,
}

/// A number over the seeds of a row, in the metric's own scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    pub over_seeds: SeedSummary,
    /// 95 percent interval over other samples and seeds; none for one seed.
    pub interval: Option<[f64; 2]>,
}

impl Number {
    /// Of a value per seed and the pseudo-values of the samples, empty where there are none.
    pub fn new(values: Vec<Value>, pseudo_values: &[f64]) -> Self {
        let over_seeds = SeedSummary::of(values);
        let interval = match &over_seeds {
            SeedSummary::Known(summary) => {
                let spread = Spread::of_mean(summary, pseudo_values);
                spread.map(|spread| spread.interval(summary.mean))
            }
            _ => None,
        };
        Self {
            over_seeds,
            interval,
        }
    }
}
