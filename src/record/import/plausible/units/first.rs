//! Looks for predictions at the lowest rate that are in another scale, or have another zero, than those at the next
//! one: complete samples often come from another script than masked ones.

use crate::metric::correlation;
use crate::record::import::join::Joined;
use crate::record::import::plausible::rates::steps::{Pass, chains};
use crate::record::import::plausible::{Check, FEWEST, Finding, Reference, middle_half, name};

/// Difference of the two rates, and rank correlation of their predictions, up to and from which both are compared.
const STEP: f64 = 0.2;
const FOLLOWS: f64 = 0.8;

/// Factor between the spreads of both. Of 222 sound runs with rates 0 and 0.1 none has more than 1.27.
const FACTOR: f32 = 1.5;

/// The usual difference of both, as a part of the label range, and how many times as much as at the next step: what
/// words add up to falls with each that is missing. Of the same runs none has more than 0.013 of the range.
const SHIFT: f32 = 0.05;
const TIMES: f64 = 4.0;

pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let chains = chains(run);
    let text = chains.iter().find_map(|chain| match &chain[..] {
        [first, next, more @ ..] => {
            scaled(first, next).or_else(|| shifted(first, next, more.first()?, reference))
        }
        _ => None,
    })?;
    Some(Finding {
        check: Check::Scale,
        wrong: false,
        text: format!("{}, {text}", name(run)),
    })
}

/// Whether both are near in rate, and their predictions follow each other.
fn comparable(first: &Pass<'_>, next: &Pass<'_>) -> bool {
    let near = next.rate < 1.0 && next.rate - first.rate <= STEP + 1e-9;
    let follows = || correlation::spearman(first.values, next.values).is_ok_and(|r| r > FOLLOWS);
    near && first.values.len() >= FEWEST && follows()
}

fn scaled(first: &Pass<'_>, next: &Pass<'_>) -> Option<String> {
    let [here, there] = [first, next].map(|pass| middle_half(pass.values));
    let apart = here > FACTOR * there || there > FACTOR * here;
    (apart && comparable(first, next)).then(|| {
        format!(
            "condition {}: the middle half of predictions spans {here:.3}, that of those at {}, which they follow, \
             {there:.3}: is one of them in another scale?",
            first.key.2, next.key.2
        )
    })
}

fn shifted(
    first: &Pass<'_>,
    next: &Pass<'_>,
    third: &Pass<'_>,
    reference: &Reference<'_>,
) -> Option<String> {
    let step = usual_step(first, next);
    let [low, high] = reference.range;
    let expected =
        f64::from(usual_step(next, third)) * (next.rate - first.rate) / (third.rate - next.rate);
    let large = step.abs() > SHIFT * (high - low) && f64::from(step).abs() > TIMES * expected.abs();
    (large && comparable(first, next)).then(|| {
        format!(
            "condition {}: predictions are usually {:.3} {} than those for the same samples at {}, which they follow: \
             has one of them another zero?",
            first.key.2,
            step.abs(),
            if step > 0.0 { "higher" } else { "lower" },
            next.key.2
        )
    })
}

/// By how much predictions are usually higher than those of the same samples at another rate.
fn usual_step(pass: &Pass<'_>, other: &Pass<'_>) -> f32 {
    let steps = pass.values.iter().zip(other.values).map(|(a, b)| a - b);
    let mut steps: Vec<f32> = steps.collect();
    steps.sort_by(f32::total_cmp);
    steps.get(steps.len() / 2).copied().unwrap_or(0.0)
}
