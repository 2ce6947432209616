//! Draws masks and tells which samples keep them from one rate to the next.

use std::collections::{BTreeMap, BTreeSet};

use super::join::{Joined, MaskKey};
use crate::data::dataset::{Outline, SplitName};
use crate::mask::{self, Condition, SplitShape, Variants};

/// Samples of the test split whose masks change from one rate to the next.
pub(super) struct Drawn {
    /// Ascending.
    rates: Vec<f64>,
    /// For each rate but the last, by sample: whether a position is kept there and masked at the next one.
    changes: Vec<Vec<bool>>,
}

/// What is known about masks, by mask protocol and mask seed: protocols that this program does not have are not in it.
pub(super) struct SameMasks(BTreeMap<(String, u64), Drawn>);

/// No mask is known.
#[cfg(test)]
pub(super) static UNKNOWN: SameMasks = SameMasks(BTreeMap::new());

impl SameMasks {
    /// Draws the masks that runs name, at their rates. What cannot be drawn is left out.
    pub fn draw(dataset: &str, outline: &Outline, runs: &[Joined]) -> Self {
        let mut rates: BTreeMap<(&str, u64), BTreeSet<Condition>> = BTreeMap::new();
        for key in runs.iter().flat_map(|run| run.passes.keys()) {
            if key.2.rate().is_some() {
                rates.entry((&key.0, key.1)).or_default().insert(key.2);
            }
        }
        let several = rates.into_iter().filter(|(_, rates)| rates.len() > 1);
        let drawn = several.filter_map(|((name, seed), conditions)| {
            let conditions: Vec<Condition> = conditions.into_iter().collect();
            let drawn = changes(dataset, outline, (name, seed), &conditions)?;
            Some(((name.to_string(), seed), drawn))
        });
        Self(drawn.collect())
    }

    /// By sample, whether masks are the same at both rates of one mask protocol and mask seed; `None` where masks are
    /// not known.
    pub fn between(&self, low: &MaskKey, high: &MaskKey) -> Option<Vec<bool>> {
        let drawn = self.0.get(&(low.0.clone(), low.1))?;
        let at = |key: &MaskKey| {
            drawn
                .rates
                .iter()
                .position(|rate| Some(*rate) == key.2.rate())
        };
        let steps = drawn.changes.get(at(low)?..at(high)?)?;
        let samples = steps.first()?.len();
        Some(
            (0..samples)
                .map(|i| !steps.iter().any(|step| step[i]))
                .collect(),
        )
    }

    /// Masks that change as given, for tests.
    #[cfg(test)]
    pub fn of(key: &MaskKey, rates: &[f64], changes: Vec<Vec<bool>>) -> Self {
        let rates = rates.to_vec();
        let drawn = Drawn { rates, changes };
        Self(BTreeMap::from([((key.0.clone(), key.1), drawn)]))
    }
}

fn changes(
    dataset: &str,
    outline: &Outline,
    (name, seed): (&str, u64),
    conditions: &[Condition],
) -> Option<Drawn> {
    let protocol = mask::find(name).ok()?;
    let shapes = [SplitShape::from(outline)];
    let variants = Variants::build(protocol, dataset, &shapes, seed, conditions).ok()?;
    let split = variants.split(SplitName::Test).ok()?;
    let rates = split.indices[0].rates.clone();
    let mut changes = vec![vec![false; outline.ids.len()]; rates.len() - 1];
    for indices in split.indices.iter().filter(|indices| indices.steps > 0) {
        for (sample, positions) in indices.data.chunks(indices.steps).enumerate() {
            // A position that is kept at `kept` rates, the lowest ones, is masked at the next one.
            for kept in positions.iter().map(|kept| usize::from(*kept)) {
                if (1..rates.len()).contains(&kept) {
                    changes[kept - 1][sample] = true;
                }
            }
        }
    }
    Some(Drawn { rates, changes })
}
