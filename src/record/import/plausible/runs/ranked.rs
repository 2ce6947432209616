//! Looks for seeds whose predictions were sorted within each sample, and for signs that seeds took from each other.

use crate::record::import::join::{Joined, MaskKey};
use crate::record::import::plausible::labels::signs::are_of_labels;
use crate::record::import::plausible::{Check, Finding, Moments, name, other_seeds};

/// Fewest samples.
const SAMPLES: usize = 100;

/// Part of the samples in which seeds rise, or fall, in the same order. Of 270 pairs of sound passes of 10 models on CMU-MOSI
/// none has more than 0.87.
const SORTED: f64 = 0.98;

/// Part of the samples in which two seeds must differ at all.
const DIFFER: f64 = 0.9;

/// Mean of the distance of two seeds in its standard deviations up to which the smaller one would be the larger one in some
/// samples, if they were not sorted. Neighbors among sorted seeds have about 1.3; where one is far above the other it is more.
const NEAR: f64 = 1.8;

pub fn findings(run: &Joined, runs: &[Joined]) -> Vec<Finding> {
    let mut others: Vec<&Joined> = other_seeds(run, runs).collect();
    // A run may be in the file and in the folder.
    others.sort_by_key(|other| other.seed);
    others.dedup_by_key(|other| other.seed);
    let found = |of: fn(&[f32], &[&[f32]]) -> bool| {
        // Where nothing is left, predictions are nearly constant.
        let is_left = |key: &MaskKey| key.2.rates().iter().any(|rate| *rate < 1.0);
        let passes = run.passes.iter();
        let passes = passes.filter(|(key, pass)| pass.len() >= SAMPLES && is_left(key));
        let all = passes.filter(|(key, pass)| {
            let each = others
                .iter()
                .map(|other| Some(&other.passes.get(*key)?[..]));
            each.collect::<Option<Vec<_>>>()
                .is_some_and(|others| of(pass, &others))
        });
        let all: Vec<_> = all.collect();
        all.first().map(|(key, _)| (key.2, all.len()))
    };
    let conditions = run.passes.len();
    let finding = |check, text| Finding {
        check,
        wrong: false,
        text,
    };
    let sorted = found(are_sorted).map(|(condition, count)| {
        let text = format!(
            "{}, condition {condition}: its predictions are above, or below, those of another seed in nearly every sample, \
             with each of the {} other seeds ({count} of {conditions} conditions), although many are near each other: were \
             predictions of seeds sorted within samples, as `sort` in place does for a median, or are they the least and the \
             largest?",
            name(run),
            others.len()
        );
        finding(Check::Order, text)
    });
    let signs = found(have_signs).map(|(condition, count)| {
        let text = format!(
            "{}, condition {condition}: the sign of every prediction is that of the {} other seeds ({count} of {conditions} \
             conditions), although they differ enough to turn many: were signs taken from a vote of seeds?",
            name(run),
            others.len()
        );
        finding(Check::Copies, text)
    });
    sorted.into_iter().chain(signs).collect()
}

/// Whether a seed is above each other one, or below it, in nearly every sample, and near one of them.
fn are_sorted(pass: &[f32], others: &[&[f32]]) -> bool {
    let apart = others.iter().map(|other| {
        let pairs = pass.iter().zip(*other);
        pairs.map(|(a, b)| a - b).collect::<Vec<f32>>()
    });
    let apart: Vec<Vec<f32>> = apart.collect();
    let near = |apart: &Vec<f32>| {
        let far = Moments::of(apart);
        far.mean.abs() < NEAR * far.sd
    };
    apart.iter().all(|apart| is_one_way(apart)) && apart.iter().any(near)
}

/// Whether differences of two seeds have one sign. Equal seeds are no sorted ones, and rounded ones are equal by chance.
fn is_one_way(apart: &[f32]) -> bool {
    let part =
        |of: fn(&f32) -> bool| apart.iter().filter(|d| of(d)).count() as f64 / apart.len() as f64;
    let most = part(|d| *d >= 0.0).max(part(|d| *d <= 0.0));
    part(|d| *d != 0.0) >= DIFFER && most >= SORTED
}

/// Whether every sign is that of two or more other seeds, where their distances from a line turn some.
fn have_signs(pass: &[f32], others: &[&[f32]]) -> bool {
    let both = |other: &&[f32]| are_of_labels(pass, other) && are_of_labels(other, pass);
    others.len() > 1 && others.iter().all(both)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Condition;

    /// What is found in the first of three seeds of 300 predictions each, after `change` of those of a sample.
    fn found(change: impl Fn(&mut [f32; 3])) -> String {
        let noise = |i: usize, by: usize| (i * by % 1009) as f32 / 504.5 - 1.0;
        let samples = (0..300).map(|i| {
            let of = |by| noise(i, 7919) + 0.8 * noise(i, by);
            let mut each = [of(6271), of(4271), of(3571)];
            change(&mut each);
            each
        });
        let samples: Vec<[f32; 3]> = samples.collect();
        let key = ("random".to_string(), 1, Condition::uniform(0.0).unwrap());
        let runs = [0, 1, 2].map(|seed| Joined {
            model: "m".to_string(),
            seed: seed as u64,
            passes: [(key.clone(), samples.iter().map(|each| each[seed]).collect())].into(),
        });
        let found = findings(&runs[0], &runs);
        found.into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn seeds_that_were_sorted_are_found() {
        let text = found(|each| each.sort_by(f32::total_cmp));
        assert!(text.contains("sorted within samples"), "{text}");
        assert!(found(|each| each.sort_by(|a, b| b.total_cmp(a))).contains("sorted"));
    }

    #[test]
    fn signs_of_a_vote_are_found() {
        let text = found(|each| {
            let positive = each.iter().filter(|p| **p > 0.0).count() > 1;
            let sign = if positive { 1.0 } else { -1.0 };
            *each = each.map(|p| p.abs() * sign);
        });
        assert!(text.contains("vote of seeds"), "{text}");
    }

    #[test]
    fn seeds_as_they_are_or_far_above_or_equal_are_not() {
        assert_eq!(found(|_| ()), "");
        assert_eq!(found(|each| each[0] += 4.0), "");
        assert_eq!(found(|each| *each = [each[0]; 3]), "");
        let alike = |each: &mut [f32; 3]| *each = [1.0, 1.1, 0.9].map(|factor| each[0] * factor);
        assert_eq!(found(alike), "");
    }
}
