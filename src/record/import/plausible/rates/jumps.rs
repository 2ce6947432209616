//! Looks for rates between which the model changes: the later ones come from another checkpoint or model.
//!
//! Where each position is removed by a draw of its own, as many are lost from one rate to the next at every step of one
//! size, and predictions change about as much. From one model to another one they change more than at the steps before and
//! after.

use super::steps::{Pass, chains};
use crate::record::import::join::Joined;
use crate::record::import::plausible::{Check, FEWEST, Finding, Reference, middle_half, name};

/// Mask protocols with a draw for each position.
pub const EACH: [&str; 3] = ["random", "reference", "reference-tfr"];

/// Largest step between rates.
const STEP: f64 = 0.2;

/// How much more predictions change than at the steps before and after, and the same in standard errors. Of 2200 sound
/// steps of 12 models on CMU-MOSI none has more than 1.2, and 1.8 standard errors; of 24 samples none has more than 2.1.
const RATIO: f64 = 1.4;
const CERTAIN: f64 = 6.0;

/// Part of the label range that the middle half of predictions must span.
const WIDE: f32 = 0.01;

pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    if reference.ids.len() < FEWEST {
        return None;
    }
    let chains = chains(run);
    let known = chains
        .iter()
        .filter(|chain| EACH.contains(&&*chain[0].key.0));
    let mut steps = known.flat_map(|chain| chain.windows(4));
    let (low, high, ratio) = steps.find_map(|four| jump(four, reference))?;
    Some(Finding {
        check: Check::Rates,
        wrong: false,
        text: format!(
            "{}: predictions change {ratio:.1} times as much from rate {} to {} as from the rates before to them and to those \
             after: are the later ones from another checkpoint, seed or model?",
            name(run),
            low.key.2,
            high.key.2
        ),
    })
}

/// The middle two of four rates at equal distances, if predictions change more between them.
fn jump<'a>(
    four: &'a [Pass<'a>],
    reference: &Reference<'_>,
) -> Option<(&'a Pass<'a>, &'a Pass<'a>, f64)> {
    let [first, low, high, last] = [0, 1, 2, 3].map(|i| &four[i]);
    let size = high.rate - low.rate;
    let even = [low.rate - first.rate, last.rate - high.rate];
    let even = even.iter().all(|other| (other - size).abs() < 1e-6);
    let [least, most] = reference.range;
    let wide = |pass: &Pass<'_>| middle_half(pass.values) > WIDE * (most - least);
    if !even || size > STEP + 1e-9 || last.rate >= 1.0 || !wide(low) || !wide(high) {
        return None;
    }
    // A few predictions beyond the range do not decide about a mean.
    let change = |a: &Pass<'_>, b: &Pass<'_>| {
        let each = a.values.iter().zip(b.values);
        let each = each.map(|(a, b)| f64::from(a.clamp(least, most) - b.clamp(least, most)).abs());
        moments(&each.collect::<Vec<f64>>())
    };
    let (before, here, after) = (change(first, low), change(low, high), change(high, last));
    let other = if before.0 > after.0 { before } else { after };
    let errors = (here.0 - other.0) / here.1.hypot(other.1);
    (errors > CERTAIN && here.0 > RATIO * other.0 && other.0 > 0.0)
        .then(|| (low, high, here.0 / other.0))
}

/// Mean and its standard error.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, (squares / n / (n - 1.0)).sqrt())
}
