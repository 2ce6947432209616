//! Looks for conditions that were each standardized by themselves, and brought back with the mean and deviation of the
//! training labels, or of anything else.

use crate::record::import::join::{Joined, MaskKey};
use crate::record::import::plausible::{Check, Finding, Moments, Reference, name, precise};

/// Part of the label range within which means and deviations are equal by no chance. Of sound passes on CMU-MOSI means at two
/// rates are 0.001 of it apart and more where deviations are within this, too.
const EQUAL: f64 = 1e-5;

/// Part of the samples that two conditions predict otherwise, at least.
const OTHERS: f64 = 0.5;

pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let near = EQUAL * f64::from(reference.range[1] - reference.range[0]);
    let left = run.passes.iter();
    let left =
        left.filter(|(key, pass)| key.2.rates().iter().any(|rate| *rate < 1.0) && precise(pass));
    let left: Vec<(&MaskKey, &Vec<f32>)> = left.collect();
    let (first, pass) = left.first()?;
    let moments = Moments::of(pass);
    let is_same = |other: &Moments| {
        (other.mean - moments.mean).abs() <= near && (other.sd - moments.sd).abs() <= near
    };
    let is_standard = moments.mean.abs() <= near && (moments.sd - 1.0).abs() <= near;
    // Standardized predictions have a name of their own.
    if is_standard || !left.iter().all(|(_, pass)| is_same(&Moments::of(pass))) {
        return None;
    }
    let (mean, sd) = (moments.mean, moments.sd);
    let text = if training(reference.train).iter().any(is_same) {
        format!(
            "condition {}: predictions have exactly the mean {mean:.4} and the deviation {sd:.4} of the training labels",
            first.2
        )
    } else if left.len() > 1 && left[1..].iter().all(|(_, other)| are_others(pass, other)) {
        format!(
            "all {} conditions have exactly the mean {mean:.4} and the deviation {sd:.4}",
            left.len()
        )
    } else {
        return None;
    };
    Some(Finding {
        check: Check::Scale,
        wrong: false,
        text: format!(
            "{}, {text}: was each condition standardized by itself, with the test split's own mean and deviation (a scaler fitted \
             again, batch statistics of the whole split)? Predictions must be in label units, by statistics of train",
            name(run)
        ),
    })
}

/// Moments of labels, the second time with the deviation over n - 1, as pandas has it.
fn training(labels: &[f32]) -> Vec<Moments> {
    let moments = || Moments::of(labels);
    let Moments { n, mean, sd } = moments();
    let sample = Moments {
        n,
        mean,
        sd: sd * (n / (n - 1.0)).sqrt(),
    };
    [moments(), sample]
        .into_iter()
        .filter(|m| m.n > 1.0)
        .collect()
}

/// Whether two conditions have other predictions, and not the same ones in another order.
fn are_others(a: &[f32], b: &[f32]) -> bool {
    let differ = a.iter().zip(b).filter(|(a, b)| a != b).count();
    let sorted = |values: &[f32]| {
        let mut values = values.to_vec();
        values.sort_by(f32::total_cmp);
        values
    };
    differ as f64 >= OTHERS * a.len() as f64 && sorted(a) != sorted(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Condition;
    use crate::record::import::plausible::testing::{complete, reference};

    /// 240 predictions at two rates, each brought to a mean and deviation.
    fn run(moments: [[f32; 2]; 2]) -> Joined {
        let mut run = complete(Vec::new());
        let passes = [0.0, 0.5]
            .into_iter()
            .zip(moments)
            .map(|(rate, [mean, sd])| {
                let own =
                    |i: usize| ((i * 7919 + (rate * 100.0) as usize * i * i) % 1009) as f32 / 300.0;
                let own: Vec<f32> = (0..240).map(own).collect();
                let m = Moments::of(&own);
                let brought = own
                    .iter()
                    .map(|p| mean + sd * (p - m.mean as f32) / m.sd as f32);
                (
                    ("random".to_string(), 1, Condition::uniform(rate).unwrap()),
                    brought.collect(),
                )
            });
        run.passes = passes.collect();
        run
    }

    #[test]
    fn conditions_that_were_brought_to_one_mean_and_deviation_are_found() {
        let ids: Vec<String> = (0..240).map(|i| format!("v$_${i}")).collect();
        let truth = vec![0.5; 240];
        let mut reference = reference(&ids, &truth);
        let text = finding(&run([[-0.07, 1.1]; 2]), &reference).unwrap().text;
        assert!(
            text.contains(
                "all 2 conditions have exactly the mean -0.0700 and the deviation 1.1000"
            ),
            "{text}"
        );
        assert!(finding(&run([[-0.07, 1.1], [-0.068, 1.1]]), &reference).is_none());
        assert!(
            finding(&run([[0.0, 1.0]; 2]), &reference).is_none(),
            "standardized"
        );
        let mut copied = run([[-0.07, 1.1]; 2]);
        let first = copied.passes.values().next().unwrap().clone();
        let turned: Vec<f32> = first.iter().rev().copied().collect();
        *copied.passes.values_mut().last().unwrap() = turned;
        assert!(finding(&copied, &reference).is_none(), "in another order");

        let mut one = run([[0.2, 1.5]; 2]);
        one.passes.pop_last();
        assert!(finding(&one, &reference).is_none());
        reference.train = &[-1.3, 1.7];
        let text = finding(&one, &reference).unwrap().text;
        assert!(text.contains("of the training labels"), "{text}");
    }
}
