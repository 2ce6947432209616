//! Reads the predictions of a row, for its tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::jackknife::pseudo_values;
use super::terms::{Predictions, Terms};
use crate::mask::Condition;
use crate::metric::{Metric, Sums};
use crate::report::error::Result;
use crate::report::rows::aggregate::Aggregate;
use crate::report::rows::by_rule;
use crate::report::rows::kept::Kept;
use crate::report::rows::row::ModelRow;
use crate::report::rows::samples::Samples;
use crate::report::rows::section::Section;

/// A row's predictions.
pub(super) struct PredictedRow {
    /// Those that every run of the row has.
    pub conditions: Vec<Condition>,
    /// By seed; empty where runs do not agree on their samples. Where metrics read the predictions of
    /// different epochs, those of the metric that selects weights by default.
    pub samples: BySeed,
    /// Those of each metric, where they are others.
    by_metric: BTreeMap<&'static str, BySeed>,
}

type BySeed = BTreeMap<u64, Arc<Samples>>;

impl PredictedRow {
    /// By the weights that reports show. A derived row has no predictions: its numbers are not those of the
    /// run it names.
    pub fn new(section: &Section, row: &ModelRow) -> Result<Self> {
        let kept = if row.derived {
            Vec::new()
        } else {
            by_rule::kept(row)?
        };
        Self::by_rule(section, row, &kept, 0)
    }

    /// By the weights that the rule at this index of the runs' rules has chosen.
    pub fn by_rule(section: &Section, row: &ModelRow, kept: &[Kept], rule: usize) -> Result<Self> {
        let in_all_runs = |condition: &Condition| {
            row.runs
                .iter()
                .all(|r| r.mask.conditions.contains(condition))
        };
        let conditions = section.conditions.iter().copied().filter(in_all_runs);
        let several = kept.iter().any(Kept::has_several_epochs);
        let metrics = section.protocol.all().filter(|_| several);
        let by_metric = metrics.map(|m| Ok((m.name, samples(row, kept, rule, m)?)));
        Ok(Self {
            conditions: conditions.collect(),
            samples: samples(row, kept, rule, section.protocol.selection_metric())?,
            by_metric: by_metric.collect::<Result<_>>()?,
        })
    }

    fn of(&self, metric: &str) -> &BySeed {
        self.by_metric.get(metric).unwrap_or(&self.samples)
    }

    /// Terms of a metric by these seeds, in this order, at these conditions.
    pub fn terms(
        &self,
        metric: &str,
        sums: Sums,
        seeds: &[u64],
        conditions: &[Condition],
    ) -> Terms {
        let samples = self.of(metric);
        let chosen = seeds.iter().filter_map(|s| samples.get(s));
        let passes: Predictions<'_> = chosen
            .map(|s| conditions.iter().map(|l| s.at(*l)).collect())
            .collect();
        Terms::new(sums, self.truth(), &passes)
    }

    /// Pseudo-values of a metric at every condition, as the mean over all seeds and mask seeds.
    pub fn pseudo_values(&self, metric: &str, sums: Sums) -> PseudoValues {
        let at = |condition: &Condition| {
            let passes = self.of(metric).values().flat_map(|s| s.at(*condition));
            let passes: Vec<&[f32]> = passes.collect();
            (*condition, pseudo_values(&sums, self.truth(), &passes))
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

/// The predictions that a metric is read from, by seed.
fn samples(row: &ModelRow, kept: &[Kept], rule: usize, metric: &Metric) -> Result<BySeed> {
    let mut samples = BySeed::new();
    for (run, kept) in row.runs.iter().zip(kept) {
        samples.insert(run.manifest.seed, kept.samples(rule, metric.name)?);
    }
    let first = samples.values().next();
    let paired = |s: &Arc<Samples>| first.is_some_and(|f| f.pairs_with(s));
    if samples.values().all(paired) {
        Ok(samples)
    } else {
        Ok(BTreeMap::new())
    }
}
