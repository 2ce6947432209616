//! Finds maxima over padded steps: one vector a sample that has no value below zero where a sample is shorter than the longest.

use std::collections::BTreeMap;

use crate::data::dataset::details::Details;
use crate::data::dataset::details::extents::Signs;
use crate::data::dataset::read::plan::Plan;

/// Samples of each kind, the longest and the shorter ones, without which nothing is told.
const SAMPLES: usize = 8;

/// Part of the longest samples that have values below zero.
const LONGEST: f64 = 0.5;

/// Zeros that shorter samples have in the place of the values below zero of the longest ones, as a share of these: 1 to 1.7 in
/// maxima over padded steps of ICT-MMMO. In its maxima over frames, and in all means, shorter samples have values below zero too.
const REPLACED: f64 = 0.5;

/// Splits of which a modality has such vectors.
pub fn maxima(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let official = plans.iter().filter(|plan| plan.official().is_some());
    let each = official.flat_map(|plan| ["text", "audio", "vision"].map(|column| (plan, column)));
    let found = each.filter_map(|(plan, column)| {
        let signs = &details
            .get(&format!("{}/{column}", plan.split()))?
            .extents
            .signs;
        let lengths = &plan.lengths;
        let (zeros, below) = [&lengths.text, &lengths.audio, &lengths.vision]
            .into_iter()
            .find_map(|lengths| replaced(signs, lengths))?;
        Some(format!(
            "{}: the vectors of {column} have no value below zero in any sample shorter than the longest ones, but {:.0} % zeros; \
             those of the longest have {:.0} % of their values below zero (first: {}): a maximum over padded steps, where zeros \
             are larger than all values below? Take it over the frames of each sample alone",
            plan.split(),
            100.0 * zeros,
            100.0 * below,
            plan.ids[0]
        ))
    });
    found.collect()
}

/// The share of zeros in shorter samples and that of values below zero in the longest, where the ones took the place of the others.
fn replaced(signs: &[Signs], lengths: &[i32]) -> Option<(f64, f64)> {
    let longest = lengths.iter().max()?;
    let known = signs.iter().zip(lengths);
    // A sample that is zero lacks the modality.
    let known = known.filter(|(signs, length)| signs.zeros < 1.0 && **length > 0);
    let (long, short): (Vec<_>, Vec<_>) = known.partition(|(_, length)| *length == longest);
    let with_below = long.iter().filter(|(signs, _)| signs.below > 0.0).count();
    let is_apart = short.iter().all(|(signs, _)| signs.below == 0.0)
        && with_below as f64 >= LONGEST * long.len() as f64;
    if long.len().min(short.len()) < SAMPLES || !is_apart {
        return None;
    }
    let mean = |of: &[(&Signs, &i32)], share: fn(&Signs) -> f64| {
        of.iter().map(|(signs, _)| share(signs)).sum::<f64>() / of.len() as f64
    };
    let zeros = |signs: &Signs| signs.zeros;
    let (in_short, in_long) = (mean(&short, zeros), mean(&long, zeros));
    let below = mean(&long, |signs| signs.below);
    (in_short - in_long >= REPLACED * below).then_some((in_short, below))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::details::extents::Extents;

    /// The values of 10 samples of 20 steps and 10 shorter ones, by whether they are long and what is drawn from -0.3 to 0.7.
    fn found(value: impl Fn(usize, bool, f32) -> f32) -> bool {
        let mut extents = Extents::default();
        let length = |i: usize| if i < 10 { 20 } else { i as i32 };
        for i in 0..20 {
            let drawn = |at: usize| ((i * 7 + at * 3) % 10) as f32 / 10.0 - 0.25;
            let sample: Vec<f32> = (0..10).map(|at| value(i, i < 10, drawn(at))).collect();
            extents.add(&sample, 10);
        }
        let lengths: Vec<i32> = (0..20).map(length).collect();
        replaced(&extents.signs, &lengths).is_some()
    }

    #[test]
    fn maxima_over_zeros_are_told_from_others() {
        let padded = |long: bool, v: f32| if long { v } else { v.max(0.0) };
        assert!(found(|_, long, v| padded(long, v)));
        assert!(
            found(|i, long, v| padded(long, if i == 3 { 0.0 } else { v })),
            "one without the modality"
        );
        assert!(!found(|_, _, v| v), "no padding");
        assert!(!found(|_, _, v| v.max(0.0)), "a ReLU");
        assert!(
            !found(|i, long, v| padded(long || i == 15, v)),
            "one that is shorter has values below zero"
        );
        assert!(
            !found(|_, long, v| if long { v } else { v.abs() }),
            "no zeros in their place"
        );
        assert!(
            !found(|i, _, v| padded(i < 4, v)),
            "few of the longest have any"
        );
    }

    #[test]
    fn few_samples_tell_nothing() {
        let of = |below, zeros| Signs { below, zeros };
        let signs = [vec![of(0.3, 0.0); 7], vec![of(0.0, 0.3); 20]].concat();
        let lengths = [vec![20; 7], vec![9; 20]].concat();
        assert!(replaced(&signs, &lengths).is_none());
        assert!(
            replaced(
                &[signs, vec![of(0.3, 0.0)]].concat(),
                &[lengths, vec![20]].concat()
            )
            .is_some()
        );
    }
}
