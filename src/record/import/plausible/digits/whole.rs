//! Looks for whole numbers that have nothing to do with their labels among predictions that follow theirs: numbers that were
//! taken from elsewhere in an answer, such as an end of its scale or a count.

use crate::record::import::join::{Joined, MaskKey};
use crate::record::import::plausible::{Check, Finding, Reference, name};

/// Highest rate at which predictions follow labels in most models, and the correlation of the others from which whole ones are
/// judged.
const RATE: f64 = 0.5;
const FOLLOWS: f64 = 0.35;

/// Fewest whole numbers, and largest part of all: an output of classes has nothing else.
const FEWEST: usize = 20;
const MOST: f64 = 0.5;

/// Slope of labels on whole numbers as a part of that on the others, and standard errors between the two. Predictions of sound
/// runs on CMU-MOSI have 0.5 of it where they were clipped to the range of labels, and 0.8 and more among those of one decimal.
const SLOPE: f64 = 0.2;
const CERTAIN: f64 = 5.0;

pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let low = |key: &MaskKey| key.2.rates().iter().all(|rate| *rate <= RATE);
    let mut passes = run.passes.iter().filter(|(key, _)| low(key));
    let (key, found) = passes.find_map(|(key, pass)| Some((key, of_pass(pass, reference)?)))?;
    let Whole { places, slopes } = found;
    let first = places[0];
    let pass = &run.passes[key];
    Some(Finding {
        check: Check::Constant,
        wrong: false,
        text: format!(
            "{}, condition {}: {} predictions are whole numbers that have nothing to do with the labels, such as `{}` {} with the \
             label {} (slope of labels {:.2}, on the other predictions {:.2}): were numbers taken that are no answer, such as an \
             end of the scale or a count in a text, or missing predictions filled?",
            name(run),
            key.2,
            places.len(),
            reference.ids[first],
            pass[first],
            reference.truth[first],
            slopes[0],
            slopes[1]
        ),
    })
}

/// Places of whole numbers, and the slopes of labels on them and on the others.
struct Whole {
    places: Vec<usize>,
    slopes: [f64; 2],
}

fn of_pass(pass: &[f32], reference: &Reference<'_>) -> Option<Whole> {
    let [low, high] = reference.range;
    let is_whole = |at: &usize| pass[*at] == pass[*at].round();
    let (places, others): (Vec<usize>, Vec<usize>) = (0..pass.len()).partition(is_whole);
    if places.len() < FEWEST || places.len() as f64 > MOST * pass.len() as f64 {
        return None;
    }
    // Single predictions far beyond the labels would decide about the slope.
    let near = |p: f32| f64::from(p.clamp(low, high));
    let pair = |at: &usize| (near(pass[*at]), f64::from(reference.truth[*at]));
    let n = others.len() as f64;
    let mean = |of: fn((f64, f64)) -> f64| others.iter().map(|at| of(pair(at))).sum::<f64>() / n;
    let (x, y) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let sums = |places: &[usize]| {
        let pairs = places.iter().map(pair);
        pairs.fold([0.0; 3], |[xx, yy, xy], (p, t)| {
            let (p, t) = (p - x, t - y);
            [xx + p * p, yy + t * t, xy + p * t]
        })
    };
    let [xx, yy, xy] = sums(&others);
    let [whole_xx, _, whole_xy] = sums(&places);
    let r = xy / (xx * yy).sqrt();
    let (slope, own) = (xy / xx, whole_xy / whole_xx);
    let error = (yy * (1.0 - r * r) / n / whole_xx).sqrt();
    let is_odd = r > FOLLOWS && own < SLOPE * slope && (slope - own) / error > CERTAIN;
    is_odd.then_some(Whole {
        places,
        slopes: [own, slope],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::import::plausible::testing::{complete, reference};

    /// 600 predictions that follow their labels, every seventh replaced.
    fn found(replace: impl Fn(f32, usize) -> f32) -> Option<String> {
        let ids: Vec<String> = (0..600).map(|i| format!("v$_${i}")).collect();
        let truth: Vec<f32> = (0..600)
            .map(|i| (i * 37 % 61) as f32 / 10.0 - 3.0)
            .collect();
        let own = |i: usize| 0.6 * truth[i] + (i * 7919 % 1009) as f32 / 400.0 - 1.2;
        let pass = (0..600).map(|i| {
            if i % 7 == 0 {
                replace(own(i), i)
            } else {
                own(i)
            }
        });
        finding(&complete(pass.collect()), &reference(&ids, &truth)).map(|finding| finding.text)
    }

    #[test]
    fn an_end_of_the_scale_and_counts_in_place_of_answers_are_found() {
        let text = found(|_, _| -3.0).unwrap();
        assert!(text.contains("87 predictions are whole numbers"), "{text}");
        assert!(found(|_, i| (i % 3 + 1) as f32).is_some());
    }

    #[test]
    fn rounded_and_clipped_predictions_follow_their_labels() {
        assert_eq!(found(|own, _| own.round()), None);
        assert_eq!(found(|own, _| own), None);
        let clipped = |own: f32, _| (4.0 * own).round().clamp(-2.0, 2.0);
        assert_eq!(found(clipped), None);
    }
}
