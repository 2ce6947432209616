//! Checks whether labels look like sentiment in the range of the data set.

use std::collections::{BTreeMap, BTreeSet};

use super::between_splits::between;
use super::classes::classes;
use super::means::mean_labels;
use super::official::signs;
use super::processed::processed;
use super::raters::of_four;
use crate::data::dataset::check::basis::relation::deviation;
use crate::data::dataset::check::{Check, Samples};
use crate::data::dataset::one_sided::Lack;
use crate::data::dataset::read::carried::Carried;
use crate::data::dataset::read::labels::{self, Labels};
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::spec::{Origin, Spec};
use crate::data::dataset::video::video_of;

/// Fewer labels show nothing about their distribution.
const ENOUGH: usize = 12;

/// Fewest labels whose mean and deviation are judged, and videos of several samples.
const STANDARDIZED: usize = 30;
const VIDEOS: usize = 5;

/// Classes of Acc-7 that are too few for it to be another metric than Acc-5.
const FEW_CLASSES: f64 = 3.0;

/// Most different whole numbers that are taken for classes.
const CLASSES: usize = 7;

/// Finds labels that look like classes or are on another scale, and annotations that contradict the sign
/// of the label; the range is checked before.
pub fn labels(plans: &[Plan<'_>], spec: &Spec) -> Check {
    let mut warnings = Vec::new();
    for plan in plans {
        let words = plan.carried.iter().find_map(|column| match column {
            (name, Carried::Texts(texts)) if name == "annotations" => Some(texts),
            _ => None,
        });
        let main = plan
            .labels
            .first()
            .filter(|(name, _): &&Labels| name == labels::MAIN);
        let Some((_, values)) = main else {
            continue;
        };
        if plan.official().is_some() {
            let found = unusual_labels(values, spec);
            let first = &plan.ids[0];
            warnings
                .extend(found.map(|found| format!("{}: {found} (first: {first})", plan.split())));
        }
        warnings.extend(two_columns(plan, values));
        if plan.official().is_some() {
            warnings.extend(one_sided(values).map(|text| format!("{}: {text}", plan.split())));
            warnings
                .extend(of_four(&plan.ids, values).map(|text| format!("{}: {text}", plan.split())));
            warnings.extend(standardized(values).map(|text| format!("{}: {text}", plan.split())));
            warnings.extend(
                by_video(&plan.ids, values).map(|text| format!("{}: {text}", plan.split())),
            );
            warnings.extend(
                processed(&plan.ids, values).map(|text| format!("{}: {text}", plan.split())),
            );
        }
        warnings.extend(signs(plan, spec));
        if plan.official().is_some() {
            warnings.extend(classes(plan));
            warnings.extend(mean_labels(plan));
        }
        let Some(words) = words else { continue };
        let mut samples = Samples::default();
        for ((id, word), value) in plan.ids.iter().zip(words).zip(values) {
            if labels::contradicts(word, *value) {
                samples.add(id);
            }
        }
        warnings.extend(samples.describe(
            plan.split(),
            "with an annotation that contradicts the label",
        ));
    }
    warnings.extend(between(plans));
    warnings.extend(beyond_classes(spec));
    warnings.extend(few_classes(spec));
    Check::new("labels", "within the range of the data set", warnings)
}

/// Labels that are missing on one side of zero.
fn one_sided(values: &[f64]) -> Option<String> {
    let lack = Lack::of(values.iter().copied())?;
    let why = match lack.range {
        [-1, 0] => "was the sign of -0.4 and the like lost",
        _ => "were they read as dates (1.2 as February 1st), or as missing",
    };
    Some(format!(
        "no label is {}: {why}? Read the numbers as text first",
        lack.describe()
    ))
}

/// Labels with mean 0 and deviation 1, to more digits than chance has.
fn standardized(values: &[f64]) -> Option<String> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let found = deviation(values)?;
    // With either divisor.
    let unit = [1.0, n / (n - 1.0)].map(|factor| (found * factor.sqrt() - 1.0).abs() < 1e-4);
    (values.len() >= STANDARDIZED && mean.abs() < 1e-4 && unit.contains(&true)).then(|| {
        "labels have mean 0 and deviation 1: they were standardized, and zero and the classes lie elsewhere".to_owned()
    })
}

/// Labels that are the same for all samples of each video, as a merge by the video alone leaves them.
fn by_video(ids: &[String], values: &[f64]) -> Option<String> {
    let mut videos: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (id, value) in ids.iter().zip(values) {
        if let Some(video) = video_of(id) {
            videos.entry(video).or_default().push(*value);
        }
    }
    videos.retain(|_, labels| labels.len() > 1);
    let same = |labels: &Vec<f64>| labels.iter().all(|label| *label == labels[0]);
    let firsts: BTreeSet<u64> = videos.values().map(|labels| labels[0].to_bits()).collect();
    (videos.len() >= VIDEOS && firsts.len() > 1 && videos.values().all(same)).then(|| {
        format!(
            "all samples of each of {} videos have one label: were labels merged by video, without the segment?",
            videos.len()
        )
    })
}

/// A second column of labels, under their old name, that differs from the one that is read.
fn two_columns(plan: &Plan<'_>, values: &[f64]) -> Option<String> {
    let second = plan.columns.get(labels::OLD)?;
    let second = plan.columns.numbers(labels::OLD, second).ok()?;
    let pairs = plan.ids.iter().zip(values.iter().zip(&second));
    let different = pairs.filter(|(_, (a, b))| (*a - *b).abs() > 1e-6);
    let (count, first) = (
        different.clone().count(),
        different.map(|(id, _)| id).next(),
    );
    first.map(|first| {
        format!(
            "{}: the columns {} and {} differ in {count} of {} samples (first: {first}); {} is read",
            plan.split(),
            labels::OLD,
            labels::MAIN,
            values.len(),
            labels::MAIN
        )
    })
}

/// Labels that the classes of Acc-7 do not reach, of which the largest class is taken.
fn beyond_classes(spec: &Spec) -> Option<String> {
    let [low, high] = spec.label_range;
    (spec.protocol == "mosi" && (low < -3.0 || high > 3.0)).then(|| {
        format!(
            "label_range is {low}..{high}, the classes of Acc-7 end at -3 and 3: labels beyond count as these; \
             MAE and Corr are not affected"
        )
    })
}

/// Labels that take three of the seven classes of Acc-7, or fewer.
fn few_classes(spec: &Spec) -> Option<String> {
    let [low, high] = spec.label_range.map(f64::from);
    let classes = f64::round(high) - f64::round(low) + 1.0;
    (spec.protocol == "mosi" && classes <= FEW_CLASSES).then(|| {
        format!(
            "label_range is {low}..{high}, so that rounded labels are {classes} of the seven classes of Acc-7 at most, and \
             Acc-7 equals Acc-5: write {:?} times the labels (after label_offset) and label_range = [-3, 3], or protocol = \
             \"sims\", whose classes are of -1 to 1",
            3.0 / low.abs().max(high.abs())
        )
    })
}

/// What to write into a table of one's own for labels whose neutral value is not 0; of ratings that are whole
/// numbers, how to keep them.
fn advice(low: f64, spec: &Spec) -> String {
    let [least, most] = spec.label_range.map(f64::from);
    let middle = f64::midpoint(least, most);
    if matches!(spec.origin, Origin::BuiltIn) {
        String::new()
    } else if low >= 0.0 && least >= 0.0 {
        format!(
            "; for labels {least} to {most} write label_offset = {:?}, label_range = [{}, {}]",
            -middle,
            least - middle,
            most - middle
        )
    } else {
        "; fine if they are ratings: --accept labels".to_owned()
    }
}

/// What is unusual about the labels of a split.
pub fn unusual_labels(values: &[f64], spec: &Spec) -> Option<String> {
    let values: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    if values.len() < ENOUGH {
        return None;
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let whole = values.iter().all(|value| value.fract() == 0.0);
    let different: BTreeSet<i64> = values.iter().map(|value| *value as i64).collect();
    let rounded = |value: f64| (value * 1e4).round() / 1e4 + 0.0;
    let (low, high) = (rounded(low), rounded(high));
    let range = format!("[{}, {}]", spec.label_range[0], spec.label_range[1]);
    if low == high {
        return Some(format!("every label has the same value, {low}"));
    }
    if whole && different.len() <= CLASSES {
        let list: Vec<String> = different.iter().map(i64::to_string).collect();
        let negative = if low >= 0.0 {
            ", no negative label"
        } else {
            ""
        };
        return Some(format!(
            "labels have {} different values ({}){negative}: these look like classes, not like sentiment in \
             {range}{}",
            different.len(),
            list.join(", "),
            advice(low, spec)
        ));
    }
    if low >= 0.0 || high <= 0.0 {
        let sign = if low >= 0.0 { "negative" } else { "positive" };
        return Some(format!(
            "no {sign} label: the values run from {low} to {high}, the range is {range} and 0 is neutral{}",
            advice(low, spec)
        ));
    }
    let top = f64::from(spec.label_range[1]);
    (low.abs().max(high) <= 0.4 * top).then(|| {
        format!("labels run from {low} to {high} only, the range is {range}: another scale?")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forty labels of ten videos.
    fn made() -> (Vec<String>, Vec<f64>) {
        let ids = (0..40).map(|i| format!("v{}$_${}", i / 4, i % 4)).collect();
        let labels = (0..40).map(|i| f64::from(i * 7 % 31 - 15) / 5.0).collect();
        (ids, labels)
    }

    #[test]
    fn standardized_labels_are_found() {
        let (_, labels) = made();
        assert_eq!(standardized(&labels), None);
        let n = labels.len() as f64;
        let mean = labels.iter().sum::<f64>() / n;
        let deviation = (labels.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        let made: Vec<f64> = labels.iter().map(|v| (v - mean) / deviation).collect();
        assert!(standardized(&made).is_some());
    }

    #[test]
    fn labels_missing_on_one_side_are_found() {
        let whole = (-3..=3).flat_map(|i| [f64::from(i); 12]);
        let labels: Vec<f64> = (-120..=120)
            .map(|i| f64::from(i) / 40.0)
            .chain(whole)
            .collect();
        let lost = |text: &str, change: fn(f64) -> f64| {
            let changed: Vec<f64> = labels.iter().map(|v| change(*v)).collect();
            let found = one_sided(&changed);
            assert!(
                found.as_ref().is_some_and(|found| found.contains(text)),
                "{found:?}"
            );
        };
        assert_eq!(one_sided(&labels), None);
        lost("sign of -0.4", |v| if v > -1.0 { v.abs() } else { v });
        lost("as dates", |v| {
            if v > 1.0 && v.fract() != 0.0 { 0.0 } else { v }
        });
    }

    #[test]
    fn labels_merged_by_video_are_found() {
        let (ids, labels) = made();
        assert_eq!(by_video(&ids, &labels), None);
        let merged: Vec<f64> = (0..40).map(|i| labels[i / 4 * 4]).collect();
        assert!(by_video(&ids, &merged).unwrap().contains("10 videos"));
        assert_eq!(by_video(&ids, &[1.0; 40]), None);
    }

    #[test]
    fn labels_of_three_classes_are_found() {
        let with = |protocol: &str, range: [f32; 2]| {
            let mut spec = crate::data::dataset::registry::find("mosi")
                .unwrap()
                .clone();
            (spec.protocol, spec.label_range) = (protocol.to_owned(), range);
            few_classes(&spec)
        };
        let text = with("mosi", [-1.0, 1.0]).unwrap();
        assert!(
            text.contains("3 of the seven classes") && text.contains("3.0 times"),
            "{text}"
        );
        assert!(with("mosi", [-0.5, 0.5]).unwrap().contains("6.0 times"));
        for (protocol, range) in [("mosi", 3.0), ("mosi", 2.0), ("sims", 1.0)] {
            assert_eq!(with(protocol, [-range, range]), None, "{protocol} {range}");
        }
    }
}
