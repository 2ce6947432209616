//! Looks for predictions that grow with the length of the text, as sums over words in place of means and means over padding do.

use crate::record::import::join::Joined;
use crate::record::import::plausible::{Check, Finding, Moments, Reference, correlation, name};

/// Fewest samples, and rate up to which predictions hold much of the labels.
const SAMPLES: usize = 100;
const LOW: f64 = 0.5;

/// Correlation of the size of predictions with lengths, and gain in the correlation with labels where they are divided by
/// them. Of 270 sound passes of 10 models on CMU-MOSI none has more than 0.17 up to rate 0.8, and 0.25 at all; most lose by
/// division. Sums have 0.43 to 0.49 and gain 0.11.
const GROWS: f64 = 0.35;
const GAIN: f64 = 0.03;

/// How many times as much the third of the samples with the longest texts follows the labels as the third with the shortest, and
/// the standard errors between both. Of the same passes none has more than 0.93; means over padding have 1.9 to 2.4.
const STEEPER: f64 = 1.5;
const CERTAIN: f64 = 4.0;

pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let lengths = reference.lengths[0];
    if lengths.len() < SAMPLES || lengths.contains(&0) {
        return None;
    }
    let lengths: Vec<f32> = lengths.iter().map(|length| *length as f32).collect();
    let low = |rates: [f64; 3]| rates.iter().all(|rate| *rate <= LOW);
    let mut passes = run.passes.iter().filter(|(key, _)| low(key.2.rates()));
    let (key, text) = passes.find_map(|(key, pass)| {
        let summed = summed(pass, &lengths, reference.truth);
        Some((
            key,
            summed.or_else(|| padded(pass, &lengths, reference.truth))?,
        ))
    })?;
    Some(Finding {
        check: Check::Scale,
        wrong: false,
        text: format!("{}, condition {}: {text}", name(run), key.2),
    })
}

fn summed(pass: &[f32], lengths: &[f32], truth: &[f32]) -> Option<String> {
    let [grows, before, after] = of(pass, lengths, truth)?;
    (grows > GROWS && after - before > GAIN).then(|| {
        format!(
            "predictions are the larger the longer the text (correlation {grows:.2} of their size with its \
             length), and divided by the length they follow the labels better (correlation {after:.2}, not {before:.2}): was \
             a sum over words, or over padded steps, taken in place of their mean?"
        )
    })
}

/// Predictions of short texts that are drawn to one value, as padded steps draw a mean.
fn padded(pass: &[f32], lengths: &[f32], truth: &[f32]) -> Option<String> {
    let mut order: Vec<usize> = (0..pass.len()).collect();
    order.sort_by(|a, b| lengths[*a].total_cmp(&lengths[*b]));
    let third = order.len() / 3;
    let of = |places: &[usize]| {
        let [p, t] =
            [pass, truth].map(|all| places.iter().map(|at| all[*at]).collect::<Vec<f32>>());
        let (r, ratio) = (
            correlation(&p, &t)?,
            Moments::of(&p).sd / Moments::of(&t).sd,
        );
        Some((r * ratio, (1.0 - r * r) / third as f64 * ratio * ratio))
    };
    let ((short, a), (long, b)) = (of(&order[..third])?, of(&order[order.len() - third..])?);
    let errors = (long - short) / (a + b).sqrt();
    (short > 0.0 && long > STEEPER * short && errors > CERTAIN).then(|| {
        format!(
            "predictions of long texts follow the labels {:.1} times as steeply as those of short ones (slopes {long:.2} and \
             {short:.2}): were they averaged over padded steps (a mean without the attention mask), or summed over windows of \
             long texts?",
            long / short
        )
    })
}

/// The correlation of sizes with lengths, and with labels before and after division by lengths.
fn of(pass: &[f32], lengths: &[f32], truth: &[f32]) -> Option<[f64; 3]> {
    let sizes: Vec<f32> = pass.iter().map(|p| p.abs()).collect();
    let divided: Vec<f32> = pass.iter().zip(lengths).map(|(p, n)| p / n).collect();
    Some([
        correlation(&sizes, lengths)?,
        correlation(pass, truth)?,
        correlation(&divided, truth)?,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::import::plausible::testing::{complete, reference};

    /// What is found in predictions for 300 labels, which `value` makes of a sound one and the length of its text.
    fn found(value: impl Fn(f32, f32) -> f32) -> bool {
        let ids: Vec<String> = (0..300).map(|i| format!("v{i}")).collect();
        let spread = |i: usize, by: usize| (i * by % 1009) as f32 / 504.5 - 1.0;
        let truth: Vec<f32> = (0..300).map(|i| 3.0 * spread(i, 7919)).collect();
        let lengths: Vec<u32> = (0..300)
            .map(|i| 3 + (i * 6271 % 1013) as u32 / 40)
            .collect();
        let pass = (0..300).map(|i| value(truth[i] + 2.0 * spread(i, 4271), lengths[i] as f32));
        let reference = Reference {
            lengths: [&lengths; 3],
            ..reference(&ids, &truth)
        };
        let run = complete(pass.collect());
        finding(&run, &reference).is_some()
    }

    #[test]
    fn sums_over_words_are_found() {
        assert!(found(|p, n| p * n / 15.0));
        assert!(found(|p, n| p * n / 50.0));
    }

    #[test]
    fn predictions_without_length_or_hardly_with_it_are_not() {
        assert!(!found(|p, _| p));
        assert!(!found(|p, n| p / n));
        assert!(!found(|p, n| p * (1.0 + n / 100.0)));
    }

    #[test]
    fn means_over_padded_steps_are_found() {
        assert!(found(|p, n| (n * p - (30.0 - n) * 0.5) / 30.0));
        assert!(!found(
            |p, n| (n * p - (30.0 - n) * 0.1) / 30.0 + (1.0 - n / 30.0) * p
        ));
    }
}
