//! Finds slightly changed copies of samples within a split: the same text and label, and nearly the same features.
//!
//! Actors who say the same sentences have texts and labels in common, but not their features. Copies in the training
//! split alone are augmentation, and no fault.

use std::collections::HashMap;

use crate::data::dataset::check::basis::main_labels::of_any_number;
use crate::data::dataset::check::basis::relation::deviation;
use crate::data::dataset::convert::Findings;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::scale::median;
use crate::data::dataset::split_name::SplitName;

/// Tokens, words or frames of a text that is not said twice by chance.
const TOKENS: usize = 8;
const WORDS: usize = 6;

/// Copies that chance does not give: no text of this length is there twice in CMU-MOSI and CH-SIMS.
const COPIES: usize = 5;

/// Distance of the means of copies, in deviations over samples, in the median; of two samples it is about 0.95.
const NEAR: f64 = 0.25;

/// Finds splits with copies, if not `train` alone has some.
pub fn copies(plans: &[Plan<'_>], findings: &Findings) -> Vec<String> {
    let official = plans.iter().filter(|plan| plan.official().is_some());
    let found: Vec<(&Plan<'_>, Vec<[usize; 2]>)> = official
        .filter_map(|plan| Some((plan, of(plan, findings)?)))
        .collect();
    if found
        .iter()
        .all(|(plan, _)| plan.official() == Some(SplitName::Train))
    {
        return Vec::new();
    }
    let describe = |(plan, pairs): &(&Plan<'_>, Vec<[usize; 2]>)| {
        let [one, other] = pairs[0].map(|row| &plan.ids[row]);
        format!(
            "{}: {} samples have the text and label of another one of the split, and nearly its features (first: {other}, \
             of {one}): augmented copies? They count twice in every metric; augment train alone, after splitting",
            plan.split(),
            pairs.len()
        )
    };
    found.iter().map(describe).collect()
}

/// Pairs of rows of a split, the second a copy of the first, where there are enough and they are near each other.
fn of(plan: &Plan<'_>, findings: &Findings) -> Option<Vec<[usize; 2]>> {
    let labels = of_any_number(plan)?;
    let profiles = |column| findings.profiles.of(plan.split(), column);
    let hashes =
        |row: usize| ["audio", "vision"].map(|column| Some(profiles(column)?.get(row)?.hash));
    let mut seen: HashMap<(Vec<u8>, u64), usize> = HashMap::new();
    let mut pairs = Vec::new();
    for (row, label) in labels.iter().enumerate() {
        let Some(text) = long_text(plan, findings, row) else {
            continue;
        };
        let before = *seen.entry((text, label.to_bits())).or_insert(row);
        // Equal samples are told apart from these.
        if before != row && hashes(before) != hashes(row) {
            pairs.push([before, row]);
        }
    }
    if pairs.len() < COPIES {
        return None;
    }
    let distances = ["audio", "vision"].into_iter().filter_map(|column| {
        let details = findings
            .details
            .get(&format!("{}/{column}", plan.split()))?;
        distance(&details.means.dimensions(), &pairs)
    });
    let distances: Vec<f64> = distances.collect();
    let are_near = !distances.is_empty() && distances.iter().all(|distance| *distance < NEAR);
    are_near.then_some(pairs)
}

/// What tells the text of a sample from others, if it is long.
fn long_text(plan: &Plan<'_>, findings: &Findings, row: usize) -> Option<Vec<u8>> {
    let transcript = plan.raw_text.get(row).map_or("", String::as_str);
    if let Some(block) = &plan.text_bert {
        let tokens = usize::try_from(*plan.lengths.text.get(row)?).ok()?;
        let ids = block.row(row).iter().flat_map(|id| id.to_le_bytes());
        return (tokens >= TOKENS).then(|| ids.chain(transcript.bytes()).collect());
    }
    if !transcript.is_empty() {
        let words = transcript.split_whitespace().count();
        return (words >= WORDS).then(|| transcript.as_bytes().to_vec());
    }
    let features = findings.profiles.of(plan.split(), "text")?.get(row)?;
    let is_long = features.runs.frames >= WORDS && !features.still;
    is_long.then(|| features.hash.to_le_bytes().to_vec())
}

/// Median distance of pairs over the dimensions that vary, in units of the deviation.
fn distance(dimensions: &[Vec<f64>], pairs: &[[usize; 2]]) -> Option<f64> {
    let mut distances = Vec::new();
    for values in dimensions {
        let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        let Some(deviation) = deviation(&finite) else {
            continue;
        };
        let apart = pairs
            .iter()
            .map(|[a, b]| (values[*a] - values[*b]).abs() / deviation);
        distances.extend(apart.filter(|distance| distance.is_finite()));
    }
    (!distances.is_empty()).then(|| median(&mut distances))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_nearer_than_samples() {
        let values: Vec<f64> = (0..40).map(|i| f64::from(i * 37 % 41)).collect();
        let copied: Vec<f64> = values.iter().chain(&values).map(|v| v + 0.01).collect();
        let copies: Vec<[usize; 2]> = (0..40).map(|i| [i, i + 40]).collect();
        let others: Vec<[usize; 2]> = (0..39).map(|i| [i, i + 41]).collect();
        let still = vec![1.0; 80];
        let dimensions = [copied, still.clone()];
        assert!(distance(&dimensions, &copies).unwrap() < 0.01);
        assert!(distance(&dimensions, &others).unwrap() > NEAR);
        assert_eq!(distance(&[still], &copies), None, "nothing varies");
    }
}
