//! Finds a modality whose lengths have nothing to do with those of the others: its samples are in another order, together
//! with their lengths.

use crate::data::dataset::check::basis::relation::{Relation, deviation};
use crate::data::dataset::check::basis::sample_steps::{
    CERTAIN, JUDGED, OTHERS, SampleSteps, goes_together,
};
use crate::data::dataset::modality::Modality;

/// Correlation, and its standard errors, that lengths have at most by chance.
const UNRELATED: f64 = 0.25;
const CHANCE: f64 = 3.5;

/// Correlation of no lengths of speech, whatever its errors: part of a large split may be in place.
const HARDLY: f64 = 0.15;

/// Deviation of lengths, as a share of their mean, and their number of different values, from which they are those of
/// speech: numbers of frames that were chosen, such as about sixteen a sample, go with nothing.
const VARIED: f64 = 0.25;
const DIFFERENT: usize = 8;

impl SampleSteps {
    /// The modalities that this one has nothing to do with, if there is none that it goes with.
    fn unrelated(&self, which: usize) -> Option<Vec<(usize, Relation)>> {
        let pairs = OTHERS[which].into_iter();
        let pairs: Vec<_> = pairs
            .filter_map(|other| Some((other, self.relation(which, other)?)))
            .collect();
        let is_chance = |relation: &Relation| {
            let size = relation.correlation.abs();
            size < HARDLY || size < UNRELATED && relation.errors().abs() < CHANCE
        };
        let all = !pairs.is_empty() && pairs.iter().all(|(_, relation)| is_chance(relation));
        all.then_some(pairs)
    }

    /// Whether the lengths are as different as those of speech.
    fn is_varied(&self, which: usize) -> bool {
        let known: Vec<f64> = self.steps[which]
            .iter()
            .copied()
            .filter(|n| n.is_finite())
            .collect();
        let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
        let mut different = known.clone();
        different.sort_by(f64::total_cmp);
        different.dedup();
        different.len() >= DIFFERENT && deviation(&known).is_some_and(|d| d >= VARIED * mean)
    }

    /// A modality whose lengths have nothing to do with those of the other two, which go together.
    pub fn odd_one(&self) -> Option<String> {
        let found = JUDGED.into_iter().find_map(|which| {
            let pairs = self.unrelated(which)?;
            let [a, b] = OTHERS[which];
            let others = self.relation(a, b)?;
            let fits = pairs.len() == 2 && goes_together(&others) && self.is_varied(which);
            fits.then_some((which, pairs, others))
        });
        let (which, pairs, others) = found?;
        Some(self.describe(
            which,
            &pairs,
            &format!("which have one of {:.2}", others.correlation),
        ))
    }

    /// A modality whose lengths have nothing to do with those of others here, and go with them in one of `references`.
    pub fn unlike(&self, references: &[Self]) -> Option<String> {
        JUDGED.into_iter().find_map(|which| {
            let pairs = self.unrelated(which)?;
            let (split, there) = pairs.iter().find_map(|(other, own)| {
                references.iter().find_map(|reference| {
                    let there = reference.relation(which, *other)?;
                    let apart = goes_together(&there) && there.apart(own) >= CERTAIN;
                    apart.then_some((&reference.split, there.correlation))
                })
            })?;
            Some(self.describe(which, &pairs, &format!("in {split} of {there:.2}")))
        })
    }

    fn describe(&self, which: usize, pairs: &[(usize, Relation)], where_: &str) -> String {
        let names: Vec<String> = pairs
            .iter()
            .map(|(other, _)| Modality::ALL[*other].to_string())
            .collect();
        let found: Vec<String> = pairs
            .iter()
            .map(|(_, relation)| format!("{:.2}", relation.correlation))
            .collect();
        let (name, others) = (Modality::ALL[which], names.join(" and "));
        let cut = match Modality::ALL[which] {
            Modality::Text if self.lacks_commas => {
                " Or were texts cut at the first comma, as line.split(',') does? None holds one"
            }
            _ => "",
        };
        format!(
            "{}: the lengths of {name} have a rank correlation of {} with those of {others}, {where_} (first: {}): is \
             {name}, with its lengths, in another order than {others}?{cut}",
            self.split,
            found.join(" and "),
            self.first()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: usize = 120;

    /// Lengths of text, audio and vision of samples of 5 to 44 words.
    fn steps(split: &str, seed: usize) -> SampleSteps {
        let noise = |i: usize, by: usize| (i * by + seed) * 7919 % 13;
        let words = |i: usize| 5 + (i + seed) * 37 % 40;
        let all = |of: &dyn Fn(usize) -> usize| (0..COUNT).map(of).collect();
        let ids: Vec<String> = (0..COUNT).map(|i| format!("{split}{i}")).collect();
        SampleSteps::new(
            split,
            &ids,
            [
                all(&|i| words(i) + 2),
                all(&|i| 3 * words(i) + noise(i, 3)),
                all(&|i| 2 * words(i) + noise(i, 5)),
            ],
        )
    }

    fn reorder(values: &mut [f64]) {
        let key = |i: usize| (i as u32).wrapping_mul(2_654_435_761) >> 8;
        let mut keyed: Vec<(u32, f64)> = (0..values.len())
            .map(key)
            .zip(values.iter().copied())
            .collect();
        keyed.sort_by_key(|(key, _)| *key);
        for (value, (_, moved)) in values.iter_mut().zip(keyed) {
            *value = moved;
        }
    }

    fn turned(mut own: SampleSteps, which: &[usize]) -> SampleSteps {
        for which in which {
            reorder(&mut own.steps[*which]);
        }
        own
    }

    #[test]
    fn a_modality_in_another_order_is_found_by_the_other_splits() {
        let train = steps("train", 1);
        let sound = [train.clone(), steps("test", 2)];
        assert_eq!(sound[1].unlike(&sound), None);
        for which in [1, 2] {
            let moved = turned(steps("test", 2), &[which]);
            let text = moved.unlike(std::slice::from_ref(&train)).unwrap();
            let name = Modality::ALL[which];
            let words = format!("test: the lengths of {name} have a rank correlation of");
            assert!(
                text.starts_with(&words) && text.contains("in train of 0.9"),
                "{text}"
            );
        }
        // Half of a split.
        let mut half = steps("test", 2);
        reorder(&mut half.steps[1][COUNT / 2..]);
        assert_eq!(half.unlike(&sound), None);
        assert!(half.half(1).unwrap().unlike(&sound).is_some());
        assert_eq!(half.half(0).unwrap().unlike(&sound), None);
        // Lengths of 0 are those of samples without the modality.
        let mut lost = steps("test", 2);
        lost.steps[1][..COUNT - 40].fill(f64::NAN);
        assert_eq!(lost.unlike(&sound), None);
    }

    #[test]
    fn a_modality_in_another_order_in_all_splits_is_found_by_the_other_two() {
        let moved = turned(steps("test", 2), &[2]);
        let text = moved.odd_one().unwrap();
        assert!(
            text.contains("of vision") && text.contains("text and audio"),
            "{text}"
        );
        let mut both = turned(steps("test", 2), &[1, 2]);
        let text = both.odd_one().unwrap();
        assert!(text.contains("of text have a rank"), "{text}");
        assert!(!text.contains("comma"), "{text}");
        both.lacks_commas = true;
        assert!(both.odd_one().unwrap().ends_with("does? None holds one"));
        assert_eq!(steps("test", 2).odd_one(), None);
        // Sixteen frames a sample, or one less: no lengths of speech.
        let mut chosen = steps("test", 2);
        chosen.steps[2] = (0..COUNT).map(|i| 15.0 + (i % 2) as f64).collect();
        assert_eq!(chosen.odd_one(), None);
    }
}
