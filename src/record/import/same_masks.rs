//! Draws masks and tells which samples keep them from one condition to another.

use std::collections::{BTreeMap, BTreeSet};

use super::join::{Joined, MaskKey};
use crate::data::dataset::{Outline, SplitName};
use crate::mask::{self, Condition, ConditionKind, DropIndices, SplitShape, Variants};

/// Samples of the test split whose masks of one modality change from one rate to the next.
#[derive(Clone)]
struct Steps {
    /// Ascending, the last one 1 where masks were drawn.
    rates: Vec<f64>,
    /// For each rate but the last, by sample: whether a position is kept there and masked at the next one.
    changes: Vec<Vec<bool>>,
}

impl Steps {
    /// By sample, whether masks change between two rates.
    fn between(&self, a: f64, b: f64) -> Option<impl Iterator<Item = &Vec<bool>>> {
        let at = |rate: f64| self.rates.iter().position(|known| *known == rate);
        let (a, b) = (at(a)?, at(b)?);
        Some(self.changes[a.min(b)..a.max(b)].iter())
    }
}

/// Masks of text, audio and vision, for a number of samples.
pub(super) struct Drawn {
    samples: usize,
    modalities: [Steps; 3],
}

/// What is known about masks, by mask protocol and mask seed: protocols that this program does not have are not in it.
pub(super) struct SameMasks(BTreeMap<(String, u64), Drawn>);

/// No mask is known.
#[cfg(test)]
pub(super) static UNKNOWN: SameMasks = SameMasks(BTreeMap::new());

impl SameMasks {
    /// Draws the masks that runs name, at their rates and at rate 1. What cannot be drawn is left out.
    pub fn draw(dataset: &str, outline: &Outline, runs: &[Joined]) -> Self {
        let mut rates: BTreeMap<(&str, u64), BTreeSet<Condition>> = BTreeMap::new();
        for key in runs.iter().flat_map(|run| run.passes.keys()) {
            if key.2.kind() != ConditionKind::Subset {
                rates.entry((&key.0, key.1)).or_default().insert(key.2);
            }
        }
        let drawn = rates.into_iter().filter_map(|((name, seed), conditions)| {
            let conditions: Vec<Condition> = conditions.into_iter().chain(everything()).collect();
            let drawn = changes(dataset, outline, (name, seed), &conditions)?;
            Some(((name.to_string(), seed), drawn))
        });
        Self(drawn.collect())
    }

    /// By sample, whether masks are the same under both conditions of one mask protocol and mask seed; `None` where masks are
    /// not known.
    pub fn between(&self, low: &MaskKey, high: &MaskKey) -> Option<Vec<bool>> {
        let drawn = self.0.get(&(low.0.clone(), low.1))?;
        let mut same = vec![true; drawn.samples];
        let rates = low.2.rates().into_iter().zip(high.2.rates());
        for (steps, (a, b)) in drawn.modalities.iter().zip(rates) {
            for changes in steps.between(a, b)? {
                let each = same.iter_mut().zip(changes);
                each.for_each(|(same, changes)| *same &= !changes);
            }
        }
        Some(same)
    }

    /// By sample, whether its masks are those of rate 1; `None` where masks are not known.
    pub fn as_at_1(&self, key: &MaskKey) -> Option<Vec<bool>> {
        self.between(key, &(key.0.clone(), key.1, everything()?))
    }

    /// Masks that change as given in each modality, for tests.
    #[cfg(test)]
    pub fn of(key: &MaskKey, rates: &[f64], changes: Vec<Vec<bool>>) -> Self {
        let samples = changes[0].len();
        let rates = rates.to_vec();
        let steps = Steps { rates, changes };
        let modalities = [steps.clone(), steps.clone(), steps];
        let drawn = Drawn {
            samples,
            modalities,
        };
        Self(BTreeMap::from([((key.0.clone(), key.1), drawn)]))
    }
}

fn everything() -> Option<Condition> {
    Condition::uniform(1.0)
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
    let samples = outline.ids.len();
    let indices = &variants.split(SplitName::Test).ok()?.indices;
    let modalities = indices.each_ref().map(|indices| of(indices, samples));
    Some(Drawn {
        samples,
        modalities,
    })
}

fn of(indices: &DropIndices, samples: usize) -> Steps {
    let rates = indices.rates.clone();
    let mut changes = vec![vec![false; samples]; rates.len() - 1];
    if indices.steps > 0 {
        for (sample, positions) in indices.data.chunks(indices.steps).enumerate() {
            // A position that is kept at `kept` rates, the lowest ones, is masked at the next one.
            for kept in positions.iter().map(|kept| usize::from(*kept)) {
                if (1..rates.len()).contains(&kept) {
                    changes[kept - 1][sample] = true;
                }
            }
        }
    }
    Steps { rates, changes }
}
