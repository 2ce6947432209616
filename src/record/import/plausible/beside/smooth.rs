//! Looks for predictions that were averaged over neighboring samples: a moving mean, an exponential one, or that of all before.
//!
//! Samples next to each other may well be alike, as those of one video are, but predictions of a model step up and
//! down from one to the next: a step up is followed by one down as often as labels have it (the correlation of a step
//! with the next one is -0.5 where samples have nothing to do with their neighbors, or a video or a speaker in
//! common). A moving mean leaves steps that have nothing to do with the next ones.

use std::collections::HashSet;

use crate::record::import::join::Joined;
use crate::record::import::plausible::order::orders::sorted;
use crate::record::import::plausible::rates::between::{FOLLOWS, rank_correlation};
use crate::record::import::plausible::{
    Check, Finding, Reference, centered_ranks, middle_half, name,
};

/// Fewest samples, and the share of different predictions, of a pass whose steps mean something.
const SAMPLES: usize = 60;
const DIFFERENT: f64 = 0.6;

/// How much more the correlation of steps must be than that of labels, and the same in units of the root of the number
/// of samples. Of 1161 sound passes on CMU-MOSI none has more than 0.06, of 1479 on ICT-MMMO (120 samples) 3.0 such units.
const STEPS: f64 = 0.15;
const CERTAIN: f64 = 4.0;

/// Standard errors by which predictions follow the labels better once a running mean is undone, and the rank correlation they
/// must have. Of 351 sound passes on CMU-MOSI none has more than -0.9, of 1482 with 24 samples of ICT-MMMO 1.6.
const BETTER: f64 = 6.0;

pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
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
                     averaged over neighboring samples, or does the model see those beside each?"
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

/// Predictions that are each the mean of those before, as meters of training keep it: what was averaged follows the labels,
/// under the condition that leaves most.
pub fn running(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let removed = |rates: [f64; 3]| rates.iter().sum::<f64>();
    let passes = run.passes.iter();
    let (key, pass) =
        passes.min_by(|a, b| removed(a.0.2.rates()).total_cmp(&removed(b.0.2.rates())))?;
    let n = pass.len();
    if n < SAMPLES || !varied(pass) {
        return None;
    }
    let sum = |count: usize, mean: f32| count as f64 * f64::from(mean);
    let before = std::iter::once(0.0).chain(pass.iter().copied());
    let each = pass.iter().zip(before).enumerate();
    let averaged = each.map(|(i, (mean, before))| (sum(i + 1, *mean) - sum(i, before)) as f32);
    let averaged: Vec<f32> = averaged.collect();
    let [here, there] = [pass, &averaged].map(|values| rank_correlation(values, reference.truth));
    let (here, there) = (here?, there?);
    let errors = (there.atanh() - here.atanh()) / (2.0 / (n as f64 - 3.0)).sqrt();
    (errors > BETTER && there > FOLLOWS).then(|| Finding {
        check: Check::Order,
        wrong: false,
        text: format!(
            "{}, condition {}: each prediction is the mean of all up to its sample: what was averaged follows the labels (rank \
             correlation {there:.2}; {here:.2} as it is), such as {} in place of {} for `{}`: was the running mean of a meter \
             written (`avg`) in place of its value?",
            name(run),
            key.2,
            averaged[n - 1],
            pass[n - 1],
            reference.ids[n - 1]
        ),
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
