//! Looks for predictions that differ although nothing is left of the samples but their lengths.

use std::collections::BTreeMap;

use super::between::leaves_nothing;
use crate::record::import::join::{Joined, MaskKey};
use crate::record::import::plausible::{Check, Finding, Reference, correlation, middle_half, name};

/// Part of the label range, and of the middle half of all predictions, up to which predictions are equal. Of 33 sound runs on
/// CMU-MOSI none has a difference above 0.000002 at rate 1, and 0 of 193 such samples at rate 0.9 differ.
const EQUAL: f32 = 1e-3;
const OF_HALF: f32 = 0.1;

/// Samples, and their part of those that another one has the lengths of, from which a difference is no accident.
const SAMPLES: usize = 10;
const SHARE: f64 = 0.05;

/// Correlation of predictions with the labels, each less the mean of samples of equal lengths, from which labels are in them:
/// nothing else of the samples is. Predictions for 190 complete samples of CMU-MOSI have 0.77 at most.
const LABELS: f64 = 0.9;

/// The first condition at which samples of equal lengths have other predictions where everything is missing.
pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let empty = run.passes.iter();
    let mut empty = empty.filter(|(key, _)| key.2.rates() == [1.0; 3] && leaves_nothing(&key.0));
    let all = vec![true; reference.ids.len()];
    let (key, different) =
        empty.find_map(|(key, pass)| Some((key, of_pass(pass, &all, reference)?)))?;
    let of = "the samples but their lengths, but";
    let cause =
        "was a modality not masked, was dropout active, or are predictions in another order";
    Some(told(run, key, of, &different, cause))
}

/// The same at a rate below 1, of samples that have the masks of rate 1.
pub fn below_1(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let known = run.passes.iter();
    let known = known.filter(|(key, _)| key.2.rates() != [1.0; 3] && leaves_nothing(&key.0));
    let found = known.filter_map(|(key, pass)| {
        let left = reference.masks.as_at_1(key)?;
        Some((key, of_pass(pass, &left, reference)?))
    });
    let (key, different) = found.max_by_key(|(_, different)| different.count)?;
    let (protocol, seed, _) = key;
    let of = format!(
        "some samples but their lengths under {protocol} masks with seed {seed}, but of these"
    );
    let cause = "are masks others than stated (`--mask-protocol`, `--mask-seed`, rates), was dropout active in evaluation, or \
                 are predictions in another order";
    Some(told(run, key, &of, &different, cause))
}

fn told(run: &Joined, key: &MaskKey, of: &str, different: &Different, cause: &str) -> Finding {
    let Different {
        pair,
        count,
        of: all,
        follows,
    } = different;
    let labels = follows.filter(|r| *r > LABELS).map(|r| {
        format!("these follow the labels (correlation {r:.2}): were labels mixed into predictions")
    });
    Finding {
        check: Check::Rates,
        wrong: false,
        text: format!(
            "{}, condition {}: nothing is left of {of} {pair} have other predictions; so have {count} of {all} samples that \
             others share their lengths with: {}?",
            name(run),
            key.2,
            labels.as_deref().unwrap_or(cause)
        ),
    }
}

struct Different {
    pair: String,
    count: usize,
    of: usize,
    /// Correlation with the labels, each less the mean of samples of equal lengths.
    follows: Option<f64>,
}

/// What samples of which nothing is `left` have in other predictions.
fn of_pass(pass: &[f32], left: &[bool], reference: &Reference<'_>) -> Option<Different> {
    let n = pass.len();
    // Without the lengths of a modality equal samples are not known.
    if reference.lengths.iter().any(|lengths| lengths.len() != n) {
        return None;
    }
    let mut groups: BTreeMap<[u32; 3], Vec<usize>> = BTreeMap::new();
    for at in (0..n).filter(|at| left[*at]) {
        let key = reference.lengths.map(|lengths| lengths[at]);
        groups.entry(key).or_default().push(at);
    }
    let range = reference.range[1] - reference.range[0];
    let near = (EQUAL * range).max(OF_HALF * middle_half(pass));
    let (mut count, mut of, mut pair) = (0, 0, None);
    let (mut own, mut labels) = (Vec::new(), Vec::new());
    for group in groups.values().filter(|group| group.len() > 1) {
        of += group.len();
        own.extend(less_mean(group, pass));
        labels.extend(less_mean(group, reference.truth));
        let mut sorted = group.clone();
        sorted.sort_by(|a, b| pass[*a].total_cmp(&pass[*b]));
        let middle = sorted[sorted.len() / 2];
        let other = |at: &&usize| (pass[**at] - pass[middle]).abs() > near;
        let others: Vec<usize> = group.iter().filter(other).copied().collect();
        count += others.len();
        pair = pair.or(others.first().map(|at| (*at, middle)));
    }
    let (a, b) = pair?;
    (count >= SAMPLES && count as f64 >= SHARE * of as f64).then(|| Different {
        pair: format!(
            "`{}` {} and `{}` {}",
            reference.ids[a], pass[a], reference.ids[b], pass[b]
        ),
        count,
        of,
        follows: correlation(&own, &labels),
    })
}

/// Values of some samples, less their mean.
fn less_mean(group: &[usize], values: &[f32]) -> Vec<f32> {
    let mean = group.iter().map(|at| values[*at]).sum::<f32>() / group.len() as f32;
    group.iter().map(|at| values[*at] - mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Condition;
    use crate::record::import::same_masks::{SameMasks, UNKNOWN};

    /// What is found at rate 1 and below it, under masks that leave nothing of two in three samples from rate 0.5 on.
    fn found(protocol: &str, rate: f64, value: impl Fn(usize) -> f32) -> [Option<String>; 2] {
        let ids: Vec<String> = (0..200).map(|at| format!("v{at}")).collect();
        let truth: Vec<f32> = (0..200).map(|at| (at % 7) as f32 - 3.0).collect();
        let lengths: Vec<u32> = (0..200).map(|at| at % 20).collect();
        let key = |rate| (protocol.to_string(), 1, Condition::uniform(rate).unwrap());
        let kept = (0..200).map(|at| at % 3 == 0).collect();
        let known = SameMasks::of(&key(0.5), &[0.0, 0.5, 1.0], vec![vec![true; 200], kept]);
        let reference = Reference {
            ids: &ids,
            truth: &truth,
            lengths: [&lengths; 3],
            range: [-3.0, 3.0],
            absent: [false; 3],
            train: &[],
            masks: if protocol == "random" {
                &known
            } else {
                &UNKNOWN
            },
        };
        let run = Joined {
            model: "m".to_string(),
            seed: 1,
            passes: [(key(rate), (0..200).map(value).collect())].into(),
        };
        [finding, below_1].map(|of| Some(of(&run, &reference)?.text))
    }

    fn sound(at: usize) -> f32 {
        (at % 20) as f32 / 10.0
    }

    fn other(at: usize) -> f32 {
        sound(at) + (at * 37 % 11) as f32 / 10.0
    }

    #[test]
    fn samples_of_equal_lengths_are_equal_where_nothing_is_left() {
        assert_eq!(found("random", 1.0, sound), [None, None]);
        let [text, below] = found("random", 1.0, other);
        assert!(text.unwrap().contains("was a modality not masked"));
        assert_eq!(below, None);
        assert_eq!(
            found("own", 1.0, other),
            [None, None],
            "what else may be left"
        );
        let digits = |at: usize| sound(at) + (at % 3) as f32 * 1e-4;
        assert_eq!(found("random", 1.0, digits), [None, None]);
    }

    #[test]
    fn samples_that_have_lost_everything_are_equal_below_rate_1() {
        // Samples of which something is left may differ.
        let left = |at: usize| {
            if at.is_multiple_of(3) {
                other(at)
            } else {
                sound(at)
            }
        };
        assert_eq!(found("random", 0.5, left), [None, None]);
        assert_eq!(found("random", 0.0, other), [None, None]);
        assert_eq!(found("own", 0.5, other), [None, None]);
        let [at_1, below] = found("random", 0.5, other);
        assert_eq!(at_1, None);
        assert!(below.unwrap().contains("are masks others than stated"));
        let mixed = |at: usize| 0.8 * sound(at) + 0.2 * (at % 7) as f32;
        let [_, below] = found("random", 0.5, mixed);
        assert!(
            below
                .unwrap()
                .contains("were labels mixed into predictions")
        );
    }
}
