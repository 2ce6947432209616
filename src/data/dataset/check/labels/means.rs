//! Finds main labels that are the mean of those of the modalities.

use crate::data::dataset::check::basis::main_labels::main;
use crate::data::dataset::read::labels;
use crate::data::dataset::read::plan::Plan;

/// Distance from the mean that is rounding, to two digits.
const ROUNDING: f64 = 0.006;

/// Part of the samples whose label is the mean. In CH-SIMS, whose raters saw whole clips, it is 0.13 to 0.19.
const MEAN: f64 = 0.95;

/// Part of the samples, at least, with different labels of modalities.
const DIFFERENT: f64 = 0.2;

/// A split whose labels were not rated but computed.
pub fn mean_labels(plan: &Plan<'_>) -> Option<String> {
    let others: Vec<&[f64]> = plan
        .labels
        .iter()
        .filter(|(name, _)| name != labels::MAIN)
        .map(|(_, values)| &values[..])
        .collect();
    let part = part(main(plan)?, &others)?;
    Some(format!(
        "{}: {:.0} % of the labels are the mean of those of the {} modalities (first: {}): were they computed? Raters of the \
         whole clip gave others",
        plan.split(),
        100.0 * part,
        others.len(),
        plan.ids[0]
    ))
}

/// The part of labels that are means, where nearly all are.
fn part(labels: &[f64], others: &[&[f64]]) -> Option<f64> {
    if others.len() < 2 || others.iter().any(|other| other.len() != labels.len()) {
        return None;
    }
    let (mut equal, mut different) = (0, 0);
    for (row, label) in labels.iter().enumerate() {
        let mean = others.iter().map(|other| other[row]).sum::<f64>() / others.len() as f64;
        equal += usize::from((label - mean).abs() < ROUNDING);
        different += usize::from(others.iter().any(|other| other[row] != others[0][row]));
    }
    let n = labels.len() as f64;
    let part = equal as f64 / n;
    (part >= MEAN && different as f64 >= DIFFERENT * n).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computed_labels_are_told_from_rated_ones() {
        let of = |by: usize| -> Vec<f64> {
            let rated = (0..60).map(|i| ((i * by) % 11) as f64 / 5.0 - 1.0);
            rated.collect()
        };
        let [t, a, v] = [of(3), of(5), of(7)];
        let mean: Vec<f64> = (0..60)
            .map(|i| (100.0 * (t[i] + a[i] + v[i]) / 3.0).round() / 100.0)
            .collect();
        assert_eq!(part(&mean, &[&t, &a, &v]), Some(1.0));
        let rated: Vec<f64> = mean.iter().map(|y| (5.0 * y).round() / 5.0).collect();
        assert_eq!(part(&rated, &[&t, &a, &v]), None);
        assert_eq!(part(&t, &[&t, &t]), None, "one rating for all");
        assert_eq!(part(&mean, &[&mean]), None);
    }
}
