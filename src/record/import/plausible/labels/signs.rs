//! Looks for predictions whose signs are those of the labels, every one of them.

use crate::record::import::join::Joined;
use crate::record::import::plausible::{Check, Finding, Reference, name};

/// Fewest samples whose label is not 0.
const SAMPLES: usize = 50;

/// Wrong signs that the distances of predictions from a line on the labels let expect, among positive and among negative
/// labels, where there is none: chance gives that less than once in a million. Of sound runs on CMU-MOSI none has less than 19 %
/// of signs wrong.
const EXPECTED: f64 = 7.0;

pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let passes = run
        .passes
        .iter()
        .filter(|(_, pass)| are_of_labels(pass, reference.truth));
    let all: Vec<_> = passes.collect();
    let (key, pass) = all.first()?;
    let error = |i: &usize| (pass[*i] - reference.truth[*i]).abs();
    let far = (0..pass.len()).max_by(|a, b| error(a).total_cmp(&error(b)))?;
    let signed = reference.truth.iter().filter(|t| **t != 0.0).count();
    Some(Finding {
        check: Check::Copies,
        wrong: false,
        text: format!(
            "{}, condition {}: the sign of every prediction is that of its label ({signed} samples with another label than 0, \
             {} of {} conditions), although errors are large enough to turn many, such as `{}` {}, label {}: were signs taken \
             from the labels?",
            name(run),
            key.2,
            all.len(),
            run.passes.len(),
            reference.ids[far],
            pass[far],
            reference.truth[far]
        ),
    })
}

/// Whether no sign is wrong where errors as large as these turn some.
pub fn are_of_labels(pass: &[f32], truth: &[f32]) -> bool {
    let signed: Vec<(f64, f64)> = pass
        .iter()
        .zip(truth)
        .filter(|(_, t)| **t != 0.0)
        .map(|(p, t)| (f64::from(*p), f64::from(*t)))
        .collect();
    let right = |(p, t): &(f64, f64)| p * t > 0.0;
    if signed.len() < SAMPLES || !signed.iter().all(right) {
        return false;
    }
    let n = signed.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| signed.iter().map(of).sum::<f64>() / n;
    let (middle, label) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let products: f64 = signed.iter().map(|(p, t)| (p - middle) * (t - label)).sum();
    let squares: f64 = signed.iter().map(|(_, t)| (t - label).powi(2)).sum();
    let line = |t: f64| middle + products / squares * (t - label);
    let mut errors: Vec<f64> = signed.iter().map(|(p, t)| p - line(*t)).collect();
    errors.sort_by(f64::total_cmp);
    // The part of errors that turn the sign of the line.
    let below = |limit: f64| errors.partition_point(|error| *error < limit) as f64 / n;
    let mut expected = [0.0; 2];
    for (_, t) in &signed {
        let turned = below(-line(*t));
        let positive = *t > 0.0;
        expected[usize::from(positive)] += if positive { turned } else { 1.0 - turned };
    }
    expected.iter().all(|count| *count >= EXPECTED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::import::plausible::testing::{complete, reference};

    /// What is found in predictions for 200 labels, which `value` makes of a label and a number from -1 to 1.
    fn found(value: impl Fn(f32, f32) -> f32) -> bool {
        let ids: Vec<String> = (0..200).map(|i| format!("v{i}")).collect();
        let truth: Vec<f32> = (0..200)
            .map(|i| (i * 37 % 61) as f32 / 10.0 - 3.0)
            .collect();
        let noise = |i: usize| (i * 7919 % 1009) as f32 / 504.5 - 1.0;
        let pass = truth.iter().enumerate();
        let pass = pass.map(|(i, t)| value(*t, noise(i))).collect();
        let reference = reference(&ids, &truth);
        let run = complete(pass);
        finding(&run, &reference).is_some()
    }

    #[test]
    fn signs_of_labels_are_found() {
        assert!(found(|t, noise| (t + 2.0 * noise).copysign(t)));
        assert!(found(|t, noise| (3.0 * noise).copysign(t)));
    }

    #[test]
    fn signs_that_are_mostly_right_or_follow_from_small_errors_are_not() {
        assert!(!found(|t, noise| t + 2.0 * noise));
        let almost = |t: f32, noise: f32| {
            let p = (t + 2.0 * noise).copysign(t);
            if t == 1.0 { -p } else { p }
        };
        assert!(!found(almost));
        assert!(
            !found(|t, noise| t * (1.0 + 0.5 * noise)),
            "errors that grow with the label"
        );
        assert!(!found(|t, noise| t + 0.04 * noise));
        assert!(!found(|_, noise| 2.0 + noise), "no negative one");
    }
}
