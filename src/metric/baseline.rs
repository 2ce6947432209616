//! The baseline of a metric: what a constant predictor reaches that has seen the training labels.

use std::collections::BTreeMap;

use super::Metric;

/// Most constants that are tried: enough for every label of the corpora (steps of 0.2 or a third).
const CANDIDATES: usize = 201;

/// The label that, predicted for every sample, scores best by `metric` on these labels; `None`
/// where no constant has a score, as with correlations. Equal scores: the smaller label.
///
/// Where labels take more than 201 values, 201 evenly spaced order statistics are tried.
pub fn constant(metric: &Metric, labels: &[f32]) -> Option<f32> {
    let mut best: Option<(f32, f64)> = None;
    for candidate in candidates(labels) {
        let predictions = vec![candidate; labels.len()];
        let Ok(score) = (metric.compute)(&predictions, labels) else {
            continue;
        };
        if best.is_none_or(|(_, known)| metric.is_better(score, known)) {
            best = Some((candidate, score));
        }
    }
    best.map(|(candidate, _)| candidate)
}

/// [`constant`] for each of these metrics that has one, by the metric's name.
pub fn constants<'a>(
    metrics: impl IntoIterator<Item = &'a Metric>,
    labels: &[f32],
) -> BTreeMap<String, f32> {
    let found = |m: &Metric| Some((m.name.to_string(), constant(m, labels)?));
    metrics.into_iter().filter_map(found).collect()
}

fn candidates(labels: &[f32]) -> Vec<f32> {
    let mut sorted: Vec<f32> = labels.iter().copied().filter(|l| l.is_finite()).collect();
    sorted.sort_by(f32::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    if distinct.len() <= CANDIDATES {
        return distinct;
    }
    let last = sorted.len() - 1;
    let mut chosen: Vec<f32> = (0..CANDIDATES)
        .map(|i| sorted[i * last / (CANDIDATES - 1)])
        .collect();
    chosen.dedup();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::protocol;

    /// The baselines of CMU-MOSI follow from its counts: 379 negative, 30 zero, 277 positive.
    #[test]
    fn each_metric_has_the_constant_that_suits_it() {
        let mosi = protocol("mosi").unwrap();
        let mut labels = vec![-1.2; 379];
        labels.extend([0.0; 30]);
        labels.extend([1.4; 277]);
        let found = constants(mosi.metrics, &labels);
        assert_eq!((found["acc2_has0"], found["f1_non0"]), (-1.2, -1.2));
        assert_eq!((found["mae"], found["acc7"]), (-1.2, -1.2));
        assert!(!found.contains_key("corr"));
        let score = |name: &str| {
            let metric = mosi.metric(name).unwrap();
            metric.display((metric.compute)(&vec![found[name]; labels.len()], &labels).unwrap())
        };
        assert_eq!(
            ["acc2_non0", "acc2_has0", "f1_has0"].map(score),
            ["57.77", "55.25", "39.32"]
        );
    }

    #[test]
    fn many_different_labels_are_thinned_and_the_median_stays() {
        let labels: Vec<f32> = (0..5001).map(|i| i as f32).collect();
        let mae = protocol("mosi").unwrap().metric("mae").unwrap();
        assert_eq!(candidates(&labels).len(), CANDIDATES);
        assert_eq!(constant(mae, &labels), Some(2500.0));
        assert_eq!(constant(mae, &[]), None);
    }
}
