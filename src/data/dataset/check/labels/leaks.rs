//! Finds a dimension of the features that is the label, a class of it, or the number of the row, in every frame of a sample.

use std::collections::BTreeMap;

use crate::data::dataset::check::basis::main_labels::main;
use crate::data::dataset::check::basis::relation::Relation;
use crate::data::dataset::details::Details;
use crate::data::dataset::details::course::Course;
use crate::data::dataset::read::plan::Plan;

/// Samples in which a dimension is the same in all frames, without which nothing is judged, and their part.
const SAMPLES: usize = 20;
const PART: f64 = 0.9;

/// Correlation with the labels that nothing but the label has, and different values that it takes then.
const SAME: f64 = 0.9999;
const DIFFERENT: usize = 6;

/// Distance of a row's number from what it is counted to, in rows.
const COUNTED: f64 = 1e-3;

/// Samples of each class beside a limit.
const CLASS: usize = 8;

/// Finds dimensions that tell the labels, or the row.
pub fn label_leaks(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let mut warnings = Vec::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        let Some(labels) = main(plan) else { continue };
        for column in ["text", "audio", "vision"] {
            let Some(details) = details.get(&format!("{}/{column}", plan.split())) else {
                continue;
            };
            let courses = &details.courses.0;
            let width = courses.first().map_or(0, |(_, courses)| courses.len());
            let told = (0..width).find_map(|at| Some((at, tells(courses, at, labels)?)));
            let Some((at, what)) = told else { continue };
            let (which, harm) = match what {
                ROW => ("was the index", "it is no feature"),
                _ => ("were the labels", "models would read the answer"),
            };
            warnings.push(format!(
                "{}: dimension {at} of {column} (from 0) is {what} in every frame of a sample (first: {}): {which} left \
                 among the features? Leave that dimension out: {harm}",
                plan.split(),
                plan.ids[0]
            ));
        }
    }
    warnings
}

/// What a dimension is that counts the samples.
const ROW: &str = "the number of the row";

/// What a dimension tells of the labels, or of the row.
fn tells(courses: &[(usize, Vec<Course>)], at: usize, labels: &[f64]) -> Option<&'static str> {
    let constant = |(row, all): &(usize, Vec<Course>)| match (all[at], labels.get(*row)) {
        (Course::Constant(value), Some(label)) if label.is_finite() => {
            Some((*label, f64::from(value)))
        }
        _ => None,
    };
    let mut pairs: Vec<(f64, f64)> = courses.iter().filter_map(constant).collect();
    if pairs.len() < SAMPLES || (pairs.len() as f64) < PART * courses.len() as f64 {
        return None;
    }
    if counts_rows(courses, at) {
        return Some(ROW);
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (labels, values): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let mut different = values.clone();
    different.sort_by(f64::total_cmp);
    different.dedup();
    let relation = Relation::of(&labels, &values, SAMPLES);
    if different.len() >= DIFFERENT && relation.is_some_and(|r| r.correlation.abs() >= SAME) {
        return Some("the label");
    }
    // From the lowest label to the highest, each class follows the last.
    let classes: Vec<usize> = values.chunk_by(|a, b| a == b).map(<[f64]>::len).collect();
    let large = classes.iter().filter(|n| **n >= CLASS).count();
    (classes.len() == different.len() && large >= 2).then_some("a class of the label")
}

/// Whether a dimension rises by one from each row to the next.
fn counts_rows(courses: &[(usize, Vec<Course>)], at: usize) -> bool {
    let number = |(row, all): &(usize, Vec<Course>)| match all[at] {
        Course::Constant(value) => Some(f64::from(value) - *row as f64),
        _ => None,
    };
    let starts: Option<Vec<f64>> = courses.iter().map(number).collect();
    starts.is_some_and(|starts| {
        starts
            .iter()
            .all(|start| (start - starts[0]).abs() < COUNTED)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a dimension of `value` tells in 40 samples of labels from -3 to 3.
    fn found(value: impl Fn(usize, f64) -> Course) -> Option<&'static str> {
        let labels: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 31) / 5.0 - 3.0).collect();
        let courses: Vec<(usize, Vec<Course>)> = labels
            .iter()
            .enumerate()
            .map(|(row, label)| (row, vec![value(row, *label)]))
            .collect();
        tells(&courses, 0, &labels)
    }

    #[test]
    fn labels_and_their_classes_among_features_are_found() {
        let constant = |value: f64| Course::Constant(value as f32);
        assert_eq!(found(|_, label| constant(label / 3.0)), Some("the label"));
        assert_eq!(found(|_, label| constant(1.0 - label)), Some("the label"));
        let class = |_: usize, label: f64| constant(f64::from(u8::from(label > 0.0)));
        assert_eq!(found(class), Some("a class of the label"));
    }

    #[test]
    fn the_number_of_the_row_is_found() {
        let row = |row: usize, _: f64| Course::Constant(row as f32 + 1284.0);
        assert_eq!(found(row), Some(ROW));
        let some = |row: usize, _: f64| Course::Constant((row - row % 2) as f32);
        assert_eq!(found(some), None, "every second");
    }

    #[test]
    fn what_speakers_have_is_no_label() {
        let constant = |value: f64| Course::Constant(value as f32);
        assert_eq!(
            found(|row, _| constant((row * 5 % 11) as f64)),
            None,
            "a pitch"
        );
        assert_eq!(
            found(|row, _| constant((row / 20) as f64)),
            None,
            "two speakers"
        );
        assert_eq!(found(|_, _| constant(0.5)), None, "the same everywhere");
        assert_eq!(found(|_, _| Course::Other), None, "it moves");
        let some = |row: usize, label: f64| {
            if row < 10 {
                constant(label)
            } else {
                Course::Other
            }
        };
        assert_eq!(found(some), None, "a part of the samples");
    }
}
