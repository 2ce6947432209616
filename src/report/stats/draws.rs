//! Resamples the predictions of a row.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::comparison::ResamplingPlan;
use super::resample::bootstrap;
use super::terms::{Predictions, Terms};
use crate::mask::Condition;
use crate::metric::Metric;
use crate::report::error::Result;
use crate::report::rows::aggregate::Aggregate;
use crate::report::rows::samples::Samples;
use crate::report::rows::section::{ModelRow, Section};

/// Values of metrics at conditions (as [`Terms::values`]), many times.
#[derive(Clone, Debug, Default)]
pub(super) struct Draws {
    pub conditions: Vec<Condition>,
    pub values: Vec<Vec<f64>>,
}

impl Draws {
    /// An aggregate of the metric at this position, once per draw; none where a condition is lacking.
    pub fn read(&self, aggregate: &Aggregate, metric: usize) -> impl Iterator<Item = f64> {
        let find = |(condition, weight): (Condition, f64)| {
            let index = self.conditions.iter().position(|l| *l == condition)?;
            Some((metric * self.conditions.len() + index, weight))
        };
        let found: Option<Vec<_>> = aggregate.weights().into_iter().map(find).collect();
        let found = found.filter(|f| !f.is_empty());
        found.into_iter().flat_map(|weights| {
            let dot = move |values: &Vec<f64>| weights.iter().map(|(i, w)| values[*i] * w).sum();
            self.values.iter().map(dot)
        })
    }
}

/// A row's predictions and their bootstrap.
pub(super) struct Resampled {
    pub metrics: Vec<&'static Metric>,
    /// Those that every run of the row has.
    pub conditions: Vec<Condition>,
    /// By seed; empty where runs do not agree on their samples.
    pub samples: BTreeMap<u64, Samples>,
    /// Over all seeds and conditions.
    pub draws: Draws,
}

impl Resampled {
    pub fn new(section: &Section, row: &ModelRow, plan: ResamplingPlan) -> Result<Self> {
        let metrics = section.metrics.iter().copied().filter(|m| m.sums.is_some());
        let in_all_runs = |condition: &Condition| {
            row.runs
                .iter()
                .all(|r| r.mask.conditions.contains(condition))
        };
        let mut this = Self {
            metrics: metrics.collect(),
            conditions: section
                .conditions
                .iter()
                .copied()
                .filter(in_all_runs)
                .collect(),
            samples: samples(row)?,
            draws: Draws::default(),
        };
        if !this.samples.is_empty() {
            let seeds: Vec<u64> = this.samples.keys().copied().collect();
            let terms = this.terms(&seeds, &this.conditions);
            this.draws = Draws {
                conditions: this.conditions.clone(),
                values: bootstrap(&terms, plan.bootstrap),
            };
        }
        Ok(this)
    }

    /// Terms of these seeds, in this order, at these conditions.
    pub fn terms(&self, seeds: &[u64], conditions: &[Condition]) -> Terms {
        let chosen: Vec<&Samples> = seeds.iter().filter_map(|s| self.samples.get(s)).collect();
        let passes: Predictions<'_> = chosen
            .iter()
            .map(|s| conditions.iter().map(|l| s.at(*l)).collect())
            .collect();
        let truth = chosen.first().map_or(&[][..], |s| &s.truth);
        Terms::new(&self.metrics, truth, &passes)
    }

    /// The bootstrap over these seeds alone, whose terms at these conditions are given.
    pub fn draws_of(
        &self,
        seeds: &[u64],
        terms: &Terms,
        conditions: &[Condition],
        plan: ResamplingPlan,
    ) -> Cow<'_, Draws> {
        if seeds.len() == self.samples.len() {
            Cow::Borrowed(&self.draws)
        } else {
            Cow::Owned(Draws {
                conditions: conditions.to_vec(),
                values: bootstrap(terms, plan.bootstrap),
            })
        }
    }
}

/// Predictions by seed. A derived row has none: its numbers are not those of the run it names.
fn samples(row: &ModelRow) -> Result<BTreeMap<u64, Samples>> {
    let mut samples = BTreeMap::new();
    for run in row.runs.iter().filter(|_| !row.derived) {
        samples.insert(run.manifest.seed, run.samples()?);
    }
    let first = samples.values().next();
    let paired = |s: &Samples| first.is_some_and(|f| f.pairs_with(s));
    if samples.values().all(paired) {
        Ok(samples)
    } else {
        Ok(BTreeMap::new())
    }
}
