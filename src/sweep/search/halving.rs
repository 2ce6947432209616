//! Halves trials by their scores (successive halving; Jamieson and Talwalkar 2016).

use std::cmp::Ordering;

use serde::Serialize;

use crate::metric::Metric;

/// A step of the halving: so many trials, each trained for so many epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
pub struct Rung {
    pub trials: u32,
    pub epochs: u32,
}

/// The rungs of a search: from one to the next half of the trials (rounded up) and twice the epochs, down to two
/// trials with all epochs. Rungs that would train as long as the one before are left out.
pub fn rungs(trials: u32, epochs: u32) -> Vec<Rung> {
    let mut sizes = vec![trials];
    while let Some(&last) = sizes.last().filter(|size| **size > 2) {
        sizes.push(last.div_ceil(2));
    }
    let halved = (0..sizes.len() as u32).rev();
    let rungs = sizes.into_iter().zip(halved);
    let mut rungs: Vec<Rung> = rungs
        .map(|(trials, halved)| Rung {
            trials,
            epochs: epochs.div_ceil(2_u32.saturating_pow(halved)),
        })
        .collect();
    rungs.dedup_by_key(|rung| rung.epochs);
    rungs
}

/// Epochs of all rungs together.
pub fn total_epochs(rungs: &[Rung]) -> u32 {
    rungs.iter().map(|rung| rung.trials * rung.epochs).sum()
}

/// A trial with its score on the validation split; `None` where its training diverged or the score is undefined.
pub type Scored = (u32, Option<f64>);

/// The trials that go on to a rung of `count`: the best, and the published settings (trial 0) whatever their score,
/// so that they are compared with the best at the full number of epochs. Ascending.
pub fn survivors(scores: &[Scored], metric: &Metric, count: u32) -> Vec<u32> {
    let ranked = ranked(scores, metric).into_iter();
    let mut best: Vec<u32> = ranked.take(count as usize).collect();
    if !best.contains(&0) {
        best.truncate(count as usize - 1);
        best.push(0);
    }
    best.sort_unstable();
    best
}

/// The best trial; `None` where no trial has a score.
pub fn best(scores: &[Scored], metric: &Metric) -> Option<u32> {
    ranked(scores, metric).first().copied()
}

/// The trials that have a score, the best first; of equal ones that of the lower number.
fn ranked(scores: &[Scored], metric: &Metric) -> Vec<u32> {
    let scored = scores
        .iter()
        .filter_map(|(trial, score)| Some((*trial, (*score)?)));
    let mut scored: Vec<(u32, f64)> = scored.collect();
    scored.sort_by(|(a, x), (b, y)| {
        let by_score = if metric.is_better(*x, *y) {
            Ordering::Less
        } else if metric.is_better(*y, *x) {
            Ordering::Greater
        } else {
            Ordering::Equal
        };
        by_score.then(a.cmp(b))
    });
    scored.into_iter().map(|(trial, _)| trial).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::protocol;

    fn shape(trials: u32, epochs: u32) -> String {
        let rungs = rungs(trials, epochs).into_iter();
        let rungs = rungs.map(|rung| format!("{}x{}", rung.trials, rung.epochs));
        rungs.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn half_of_the_trials_get_twice_the_epochs() {
        assert_eq!(shape(12, 200), "12x25 6x50 3x100 2x200");
        assert_eq!(total_epochs(&rungs(12, 200)), 1300);
        assert_eq!(shape(8, 100), "8x25 4x50 2x100");
        assert_eq!(shape(3, 9), "3x5 2x9");
        assert_eq!(shape(2, 9), "2x9");
    }

    #[test]
    fn few_epochs_make_few_rungs() {
        assert_eq!(shape(12, 4), "12x1 3x2 2x4");
        assert_eq!(shape(12, 1), "12x1");
    }

    #[test]
    fn the_best_go_on_and_the_published_settings_with_them() {
        let mae = protocol("mosi").unwrap().metric("mae").unwrap();
        let scores = [
            (0, Some(1.4)),
            (1, Some(1.1)),
            (2, None),
            (3, Some(0.9)),
            (4, Some(1.0)),
            (5, Some(1.0)),
        ];
        assert_eq!(survivors(&scores, mae, 3), [0, 3, 4]);
        assert_eq!(survivors(&scores, mae, 5), [0, 1, 3, 4, 5]);
        assert_eq!(survivors(&scores, mae, 6), [0, 1, 3, 4, 5], "diverged");
        assert_eq!(best(&scores, mae), Some(3));
        let corr = protocol("mosi").unwrap().metric("corr").unwrap();
        assert_eq!(survivors(&scores, corr, 2), [0, 1], "higher is better");
    }

    #[test]
    fn equal_scores_go_to_the_lower_number() {
        let mae = protocol("mosi").unwrap().metric("mae").unwrap();
        let scores = [(4, Some(1.0)), (0, Some(1.0)), (2, Some(1.0))];
        assert_eq!(best(&scores, mae), Some(0));
        assert_eq!(survivors(&scores, mae, 2), [0, 2]);
    }

    #[test]
    fn without_any_score_the_published_settings_go_on_alone() {
        let mae = protocol("mosi").unwrap().metric("mae").unwrap();
        let scores = [(0, None), (1, None)];
        assert_eq!(survivors(&scores, mae, 2), [0]);
        assert_eq!(best(&scores, mae), None);
    }
}
