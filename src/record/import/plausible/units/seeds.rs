//! Looks for a seed in another scale than the other seeds of its model.

use crate::record::import::join::Joined;
use crate::record::import::plausible::{
    Check, Finding, Moments, Reference, correlation, name, other_seeds,
};

/// Samples, and correlations with the labels and with other seeds, without which seeds may differ as much.
const SAMPLES: usize = 100;
const FOLLOWS: f64 = 0.5;
const ALIKE: f64 = 0.7;

/// Rate up to which hardly anything is missing.
const LOW: f64 = 0.3;

/// Factor between the spreads of two seeds that training does not make, and one that it may. Seeds of ten models on CMU-MOSI
/// have 0.87 to 1.09.
const FACTOR: f64 = 1.8;
const USUAL: f64 = 1.3;

/// A seed whose predictions spread by another factor than those of two or more seeds that are alike.
pub fn finding(run: &Joined, runs: &[Joined], reference: &Reference<'_>) -> Option<Finding> {
    if reference.truth.len() < SAMPLES {
        return None;
    }
    let others: Vec<&Joined> = other_seeds(run, runs).collect();
    let low = |rates: [f64; 3]| rates.iter().all(|rate| *rate <= LOW);
    let keys = run.passes.iter().filter(|(key, _)| low(key.2.rates()));
    let found = keys.map(|(key, pass)| {
        let others = others.iter().map(|other| other.passes.get(key));
        let others: Vec<&Vec<f32>> = others.collect::<Option<_>>()?;
        Some((key, factor(pass, &others, reference.truth)?))
    });
    let found = found.collect::<Option<Vec<_>>>()?;
    let (key, factor) = found.first()?;
    Some(Finding {
        check: Check::Scale,
        wrong: false,
        text: format!(
            "{}, condition {}: predictions spread {factor:.2} times as far as those of the other {} seeds, which they go \
             with; was this seed not brought back to label units, or twice?",
            name(run),
            key.2,
            others.len()
        ),
    })
}

/// The factor by which a pass is wider than others that it goes with, if no training explains it.
fn factor(pass: &[f32], others: &[&Vec<f32>], truth: &[f32]) -> Option<f64> {
    let spreads: Vec<f64> = others.iter().map(|other| Moments::of(other).sd).collect();
    let [least, most] = spreads.iter().fold([f64::MAX, 0.0], |[least, most], sd| {
        [least.min(*sd), f64::max(most, *sd)]
    });
    let follows = correlation(pass, truth)? >= FOLLOWS;
    let alike = |other: &&Vec<f32>| correlation(pass, other).is_some_and(|r| r >= ALIKE);
    let usual = least.midpoint(most);
    let factor = Moments::of(pass).sd / usual;
    let is_far = factor.max(1.0 / factor) >= FACTOR;
    (others.len() > 1 && most <= USUAL * least && follows && is_far && others.iter().all(alike))
        .then_some(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_in_another_scale_is_seen_beside_two_others() {
        let noise = |i: usize, by: usize| ((i * by) as f32 * 0.618).fract() - 0.5;
        let truth: Vec<f32> = (0..200).map(|i| 4.0 * noise(i, 1)).collect();
        let seed = |by: usize, scale: f32| -> Vec<f32> {
            let all = truth.iter().enumerate();
            all.map(|(i, t)| scale * (0.7 * t + 3.0 * noise(i, 5) + 0.5 * noise(i, by)))
                .collect()
        };
        let (first, second, third) = (seed(7, 1.0), seed(11, 1.1), seed(13, 1.0 / 3.0));
        let found = factor(&third, &[&first, &second], &truth).unwrap();
        assert!((0.3..0.35).contains(&found), "{found}");
        assert_eq!(factor(&first, &[&second, &seed(13, 0.9)], &truth), None);
        assert_eq!(factor(&third, &[&first], &truth), None, "one beside it");
        assert_eq!(
            factor(&first, &[&second, &third], &truth),
            None,
            "which one?"
        );
    }
}
