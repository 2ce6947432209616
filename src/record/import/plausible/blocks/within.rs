//! Looks for stretches of the test split whose predictions are not those of their samples: a batch written
//! twice or not at all.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::record::import::join::Joined;
use crate::record::import::plausible::{Check, FEW, Finding, Reference, name};

/// Chance of a stretch in one pass below which it is no accident.
const CHANCE: f64 = 1e-5;

/// Fewest samples of a stretch.
const SHORTEST: usize = 5;

/// Fewest different predictions of a stretch: samples of one video of which nothing is left share one after the other.
const DIFFERENT: usize = 3;

/// Values that few samples share, as those of a model that has not collapsed are.
const SHARED: f64 = 0.25;

pub fn findings(run: &Joined, reference: &Reference<'_>) -> Vec<Finding> {
    let left = |rates: [f64; 3]| rates.iter().any(|rate| *rate < 1.0);
    let passes = || run.passes.iter().filter(|(key, _)| left(key.2.rates()));
    let find = |check, of: fn(&[f32], &Reference<'_>) -> Option<String>| {
        let mut found = passes().filter_map(|(key, pass)| Some((key, of(pass, reference)?)));
        found.next().map(|(key, text)| Finding {
            check,
            wrong: false,
            text: format!("{}, condition {}: {text}", name(run), key.2),
        })
    };
    let stretches = [find(Check::Copies, twice), find(Check::Constant, constant)];
    stretches.into_iter().flatten().collect()
}

/// The chance that two predictions are equal, where it is small, and the share of the most frequent one.
fn chance(pass: &[f32]) -> Option<(f64, f64)> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for p in pass {
        *counts.entry((p + 0.0).to_bits()).or_default() += 1;
    }
    let n = pass.len() as f64;
    let equal: f64 = counts
        .values()
        .map(|count| (*count as f64 / n).powi(2))
        .sum();
    let most = counts.values().max().map_or(0.0, |count| *count as f64 / n);
    (pass.len() >= FEW && equal < SHARED).then_some((equal, most))
}

/// Length from which one of `places` stretches is no accident, if each of its samples has a chance of `equal`.
fn least(equal: f64, places: f64) -> usize {
    let length = (CHANCE / places).ln() / equal.ln();
    (length.ceil() as usize).max(SHORTEST)
}

/// A stretch of predictions that a later one repeats.
fn twice(pass: &[f32], reference: &Reference<'_>) -> Option<String> {
    let n = pass.len();
    let length = least(chance(pass)?.0, (n * n) as f64 / 2.0);
    if n < 2 * length {
        return None;
    }
    let mut seen: HashMap<Vec<u32>, usize> = HashMap::new();
    let (mut first, mut second) = (None, 0);
    for (at, window) in pass.windows(length).enumerate() {
        let bits: Vec<u32> = window.iter().map(|p| p.to_bits()).collect();
        let varies = bits.iter().collect::<HashSet<_>>().len() >= DIFFERENT;
        match seen.get(&bits) {
            Some(earlier) if varies && earlier + length <= at => {
                (first, second) = (Some(*earlier), at);
                break;
            }
            Some(_) => {}
            None => {
                seen.insert(bits, at);
            }
        }
    }
    let first = first?;
    let more = pass[first..second].iter().zip(&pass[second..]);
    let count = more.take_while(|(a, b)| a.to_bits() == b.to_bits()).count();
    Some(format!(
        "the predictions of {count} samples from `{}` on are those of the samples from `{}` on: was a batch \
         written twice?",
        reference.ids[second], reference.ids[first]
    ))
}

/// Samples one after the other with one prediction.
fn constant(pass: &[f32], reference: &Reference<'_>) -> Option<String> {
    // Where all is missing, samples share one prediction: it may well come several times in a row.
    let length = least(chance(pass)?.1, pass.len() as f64) + 1;
    let mut windows = pass.windows(length);
    let at = windows.position(|window| window.iter().all(|p| *p == window[0]))?;
    let count = pass[at..].iter().take_while(|p| **p == pass[at]).count();
    Some(format!(
        "the prediction is {} for {count} samples from `{}` on, one after the other, while others differ: was a \
         part not predicted?",
        pass[at], reference.ids[at]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::import::plausible::testing::reference;

    /// 240 labels and predictions that follow them, of two decimals each.
    fn made() -> (Vec<String>, Vec<f32>, Vec<f32>) {
        let ids = (0..240).map(|i| format!("v{i}")).collect();
        let truth: Vec<f32> = (0..240)
            .map(|i| (i * 37 % 61) as f32 / 10.0 - 3.0)
            .collect();
        let mut state = 7_u32;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as f32 / 32_768.0 - 1.0
        };
        let pass = truth.iter();
        let pass = pass.map(|t| ((0.8 * t + noise()) * 100.0).round() / 100.0);
        (ids, truth.clone(), pass.collect())
    }

    fn found(change: impl Fn(&mut Vec<f32>)) -> [Option<String>; 2] {
        let (ids, truth, mut pass) = made();
        change(&mut pass);
        let reference = reference(&ids, &truth);
        [twice, constant].map(|of| of(&pass, &reference))
    }

    #[test]
    fn a_batch_that_was_written_twice_is_found() {
        assert_eq!(found(|_| {}), [None, None]);
        let [twice, constant] = found(|pass| pass.copy_within(100..116, 180));
        let text = "16 samples from `v180` on are those of the samples from `v100` on";
        let twice = twice.unwrap();
        assert!(twice.contains(text), "{twice}");
        assert_eq!(constant, None);
        let [twice, ..] = found(|pass| pass.copy_within(0..3, 100));
        assert_eq!(twice, None, "three may be equal by accident");
        // Nothing is left of four samples in a row, twice, and the next ones are alike.
        let [twice, ..] = found(|pass| {
            for at in [50, 150] {
                pass[at..at + 4].fill(0.71);
                pass[at + 4] = 0.93;
            }
        });
        assert_eq!(twice, None);
    }

    #[test]
    fn samples_without_predictions_of_their_own_are_found() {
        let [twice, constant] = found(|pass| pass[224..].fill(0.0));
        assert!(
            constant
                .unwrap()
                .contains("is 0 for 16 samples from `v224` on")
        );
        assert_eq!(twice, None);
        // A model that predicts few values.
        let coarse = |pass: &mut Vec<f32>| pass.iter_mut().for_each(|p| *p = p.round() * 2.0);
        assert_eq!(found(coarse), [None, None]);
        let collapsed = |pass: &mut Vec<f32>| pass[20..].fill(0.25);
        assert_eq!(found(collapsed), [None, None]);
    }
}
