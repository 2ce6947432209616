//! Reads the predictions of a row, for its tests.

use std::collections::BTreeMap;

use super::jackknife::pseudo_values;
use super::terms::{Predictions, Terms};
use crate::mask::Condition;
use crate::metric::Sums;
use crate::report::error::Result;
use crate::report::rows::aggregate::Aggregate;
use crate::report::rows::samples::Samples;
use crate::report::rows::section::{ModelRow, Section};

/// A row's predictions.
pub(super) struct PredictedRow {
    /// Those that every run of the row has.
    pub conditions: Vec<Condition>,
    /// By seed; empty where runs do not agree on their samples.
    pub samples: BTreeMap<u64, Samples>,
}

impl PredictedRow {
    pub fn new(section: &Section, row: &ModelRow) -> Result<Self> {
        let in_all_runs = |condition: &Condition| {
            row.runs
                .iter()
                .all(|r| r.mask.conditions.contains(condition))
        };
        let conditions = section.conditions.iter().copied().filter(in_all_runs);
        Ok(Self {
            conditions: conditions.collect(),
            samples: samples(row)?,
        })
    }

    /// Terms of a metric by these seeds, in this order, at these conditions.
    pub fn terms(&self, metric: Sums, seeds: &[u64], conditions: &[Condition]) -> Terms {
        let chosen = seeds.iter().filter_map(|s| self.samples.get(s));
        let passes: Predictions<'_> = chosen
            .map(|s| conditions.iter().map(|l| s.at(*l)).collect())
            .collect();
        Terms::new(metric, self.truth(), &passes)
    }

    /// Pseudo-values of a metric at every condition, as the mean over all seeds and mask seeds.
    pub fn pseudo_values(&self, metric: Sums) -> PseudoValues {
        let at = |condition: &Condition| {
            let passes = self.samples.values().flat_map(|s| s.at(*condition));
            let passes: Vec<&[f32]> = passes.collect();
            (*condition, pseudo_values(&metric, self.truth(), &passes))
        };
        PseudoValues(self.conditions.iter().map(at).collect())
    }

    fn truth(&self) -> &[f32] {
        self.samples.values().next().map_or(&[], |s| &s.truth)
    }
}

/// Pseudo-values of a metric by condition, one per sample.
pub(super) struct PseudoValues(BTreeMap<Condition, Vec<f64>>);

impl PseudoValues {
    /// Those of an aggregate; `None` where a condition is lacking.
    pub fn of(&self, aggregate: &Aggregate) -> Option<Vec<f64>> {
        let mut out = Vec::new();
        for (condition, weight) in aggregate.weights() {
            let values = self.0.get(&condition)?;
            out.resize(values.len(), 0.0);
            let pairs = out.iter_mut().zip(values);
            pairs.for_each(|(out, value)| *out += weight * value);
        }
        Some(out)
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
