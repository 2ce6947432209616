//! Looks for predictions that were averaged over neighboring samples: a moving mean, or an exponential one.
//!
//! Samples next to each other may well be alike, as those of one video are, but predictions of a model step up and
//! down from one to the next: a step up is followed by one down as often as labels have it (the correlation of a step
//! with the next one is -0.5 where samples have nothing to do with their neighbors, or a video or a speaker in
//! common). A moving mean leaves steps that have nothing to do with the next ones.

use std::collections::HashSet;

use super::super::join::Joined;
use super::orders::sorted;
use super::{Check, Finding, Reference, centered_ranks, middle_half, name};

/// Fewest samples, and the share of different predictions, of a pass whose steps mean something.
const SAMPLES: usize = 60;
const DIFFERENT: f64 = 0.6;

/// How much more the correlation of steps must be than that of labels, and the same in units of the root of the number
/// of samples. Of 1161 sound passes on CMU-MOSI none has more than 0.06, of 1479 on ICT-MMMO (120 samples) 3.0 such units.
const STEPS: f64 = 0.15;
const CERTAIN: f64 = 4.0;

pub(super) fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let n = reference.ids.len();
    if n < SAMPLES {
        return None;
    }
    let [by_id, by_number] = sorted(reference.ids);
    let orders = [
        ("of the test split", (0..n).collect()),
        ("of sorted ids", by_id),
        ("of ids sorted by their numbers", by_number),
    ];
    let orders = orders.map(|(text, order): (_, Vec<usize>)| {
        let labels = of_steps(reference.truth, &order);
        (text, order, labels)
    });
    let left = |rates: [f64; 3]| rates.iter().any(|rate| *rate < 1.0);
    let passes = run.passes.iter();
    let mut passes = passes.filter(|(key, pass)| left(key.2.rates()) && varied(pass));
    let (key, text) = passes.find_map(|(key, pass)| {
        orders.iter().find_map(|(text, order, labels)| {
            let (found, expected) = (of_steps(pass, order)?, (*labels)?.max(-0.5));
            let least = STEPS.max(CERTAIN / (n as f64).sqrt());
            (found - expected > least).then(|| {
                let text = format!(
                    "in the order {text} each step from one prediction to the next goes on as the one before \
                     (correlation {found:.2}; {expected:.2} for labels), as it does in a moving mean: were predictions \
                     averaged over neighboring samples?"
                );
                (key, text)
            })
        })
    })?;
    Some(Finding {
        check: Check::Order,
        wrong: false,
        text: format!("{}, condition {}: {text}", name(run), key.2),
    })
}

/// Whether most predictions differ, and not by their last bits alone.
fn varied(pass: &[f32]) -> bool {
    let different: HashSet<u32> = pass.iter().map(|p| (p + 0.0).to_bits()).collect();
    different.len() as f64 > DIFFERENT * pass.len() as f64 && middle_half(pass) > 0.0
}

/// Correlation of the steps between neighbors with the next ones, by ranks.
fn of_steps(values: &[f32], order: &[usize]) -> Option<f64> {
    let ranks = centered_ranks(values);
    let steps: Vec<f64> = order
        .windows(2)
        .map(|pair| ranks[pair[1]] - ranks[pair[0]])
        .collect();
    let squares: f64 = steps.iter().map(|step| step * step).sum();
    let products: f64 = steps.windows(2).map(|pair| pair[0] * pair[1]).sum();
    (squares > 0.0).then(|| products / squares)
}
