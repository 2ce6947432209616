//! Orders a run's predictions by sample, the same way for all runs on the same samples.

use std::collections::{BTreeMap, BTreeSet};

use crate::mask::Condition;
use crate::record::{Group, PredictionKey};
use crate::report::error::{Error, Result};

/// Predictions of one run under one mask protocol, samples by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    pub ids: Vec<String>,
    pub truth: Vec<f32>,
    /// One prediction per sample, by condition and mask seed.
    pub passes: BTreeMap<(Condition, u64), Vec<f32>>,
}

impl Samples {
    /// Of the groups with such a key, which hold the same samples each.
    pub fn new(groups: Vec<Group>, wanted: impl Fn(&PredictionKey) -> bool) -> Self {
        let (mut ids, mut truth, mut passes) = (Vec::new(), Vec::new(), BTreeMap::new());
        for group in groups.into_iter().filter(|group| wanted(&group.key)) {
            let mut order: Vec<usize> = (0..group.ids.len()).collect();
            order.sort_by(|&a, &b| group.ids[a].cmp(&group.ids[b]));
            let sorted = |values: &[f32]| order.iter().map(|&i| values[i]).collect::<Vec<f32>>();
            let key = (group.key.condition, group.key.mask_seed);
            passes.insert(key, sorted(&group.prediction));
            if ids.is_empty() {
                truth = sorted(&group.truth);
                ids = order.iter().map(|&i| group.ids[i].clone()).collect();
            }
        }
        Self { ids, truth, passes }
    }

    /// Those of several runs on the same samples, each under conditions of its own.
    pub fn joined(parts: impl Iterator<Item = Result<Self>>) -> Result<Self> {
        let mut parts = parts;
        let mut all = match parts.next() {
            Some(first) => first?,
            None => Self::default(),
        };
        for part in parts {
            let part = part?;
            if !all.pairs_with(&part) {
                return Err(Error::OtherSamples {
                    expected: all.ids.len(),
                    found: part.ids.len(),
                });
            }
            all.passes.extend(part.passes);
        }
        Ok(all)
    }

    /// Those with these ids alone.
    pub fn of_ids(&self, ids: &BTreeSet<String>) -> Self {
        let kept: Vec<usize> = (0..self.ids.len())
            .filter(|i| ids.contains(&self.ids[*i]))
            .collect();
        let pick = |values: &[f32]| kept.iter().map(|i| values[*i]).collect::<Vec<f32>>();
        let passes = self.passes.iter();
        Self {
            ids: kept.iter().map(|i| self.ids[*i].clone()).collect(),
            truth: pick(&self.truth),
            passes: passes.map(|(key, values)| (*key, pick(values))).collect(),
        }
    }

    /// Those of several runs on samples of their own each, under the same conditions.
    pub fn pooled(parts: Vec<Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.ids.extend(part.ids);
            all.truth.extend(part.truth);
            for (key, values) in part.passes {
                all.passes.entry(key).or_default().extend(values);
            }
        }
        let mut order: Vec<usize> = (0..all.ids.len()).collect();
        order.sort_by(|&a, &b| all.ids[a].cmp(&all.ids[b]));
        let sorted = |values: &[f32]| order.iter().map(|&i| values[i]).collect::<Vec<f32>>();
        all.passes
            .values_mut()
            .for_each(|values| *values = sorted(values));
        all.truth = sorted(&all.truth);
        all.ids = order.iter().map(|&i| all.ids[i].clone()).collect();
        all
    }

    /// Whether two runs predicted the same samples with the same labels.
    pub fn pairs_with(&self, other: &Self) -> bool {
        self.ids == other.ids && self.truth == other.truth
    }

    /// The predictions at a condition under every mask seed.
    pub fn at(&self, condition: Condition) -> Vec<&[f32]> {
        let passes = self.passes.iter().filter(|((l, _), _)| *l == condition);
        passes.map(|(_, values)| &values[..]).collect()
    }
}
