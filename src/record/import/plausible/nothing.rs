//! Looks for predictions that differ although nothing is left of the samples but their lengths.

use std::collections::BTreeMap;

use super::super::join::Joined;
use super::between::leaves_nothing;
use super::{Check, Finding, Reference, middle_half, name};

/// Part of the label range, and of the middle half of all predictions, up to which predictions are equal. Of 33 sound runs on
/// CMU-MOSI none has a difference above 0.000002.
const EQUAL: f32 = 1e-3;
const OF_HALF: f32 = 0.1;

/// Samples, and their part of those that another one has the lengths of, from which a difference is no accident.
const SAMPLES: usize = 10;
const SHARE: f64 = 0.05;

/// The first condition at which samples of equal lengths have other predictions where everything is missing.
pub(super) fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let empty = run.passes.iter();
    let mut empty = empty.filter(|(key, _)| key.2.rates() == [1.0; 3] && leaves_nothing(&key.0));
    let (key, different) = empty.find_map(|(key, pass)| Some((key, of_pass(pass, reference)?)))?;
    let Different { pair, count, of } = different;
    Some(Finding {
        check: Check::Rates,
        wrong: false,
        text: format!(
            "{}, condition {}: nothing is left of the samples but their lengths, but {} have other predictions; so have {count} of \
             {of} samples that others share their lengths with: was a modality not masked, was dropout active, or are \
             predictions in another order?",
            name(run),
            key.2,
            pair
        ),
    })
}

struct Different {
    pair: String,
    count: usize,
    of: usize,
}

fn of_pass(pass: &[f32], reference: &Reference<'_>) -> Option<Different> {
    let n = pass.len();
    // Without the lengths of a modality equal samples are not known.
    if reference.lengths.iter().any(|lengths| lengths.len() != n) {
        return None;
    }
    let mut groups: BTreeMap<[u32; 3], Vec<usize>> = BTreeMap::new();
    for at in 0..n {
        let key = reference.lengths.map(|lengths| lengths[at]);
        groups.entry(key).or_default().push(at);
    }
    let range = reference.range[1] - reference.range[0];
    let near = (EQUAL * range).max(OF_HALF * middle_half(pass));
    let (mut count, mut of, mut pair) = (0, 0, None);
    for group in groups.values().filter(|group| group.len() > 1) {
        of += group.len();
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
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::same_masks::UNKNOWN;
    use super::*;
    use crate::mask::Condition;

    fn found(protocol: &str, rate: f64, value: impl Fn(usize) -> f32) -> bool {
        let ids: Vec<String> = (0..200).map(|at| format!("v{at}")).collect();
        let truth: Vec<f32> = (0..200).map(|at| (at % 7) as f32 - 3.0).collect();
        let lengths: Vec<u32> = (0..200).map(|at| at % 20).collect();
        let reference = Reference {
            ids: &ids,
            truth: &truth,
            lengths: [&lengths; 3],
            range: [-3.0, 3.0],
            absent: [false; 3],
            masks: &UNKNOWN,
        };
        let key = (protocol.to_string(), 1, Condition::uniform(rate).unwrap());
        let run = Joined {
            model: "m".to_string(),
            seed: 1,
            passes: [(key, (0..200).map(value).collect())].into(),
        };
        finding(&run, &reference).is_some()
    }

    #[test]
    fn samples_of_equal_lengths_are_equal_where_nothing_is_left() {
        let sound = |at: usize| (at % 20) as f32 / 10.0;
        let other = |at: usize| sound(at) + (at * 37 % 11) as f32 / 10.0;
        assert!(!found("random", 1.0, sound));
        assert!(found("random", 1.0, other));
        assert!(!found("random", 0.5, other));
        assert!(!found("own", 1.0, other), "what else may be left");
        let digits = |at: usize| sound(at) + (at % 3) as f32 * 1e-4;
        assert!(!found("random", 1.0, digits));
    }
}
