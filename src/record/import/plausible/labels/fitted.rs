//! Looks for predictions that were fitted to the labels of the test split: brought to their mean, line or deviation, or chosen
//! sample by sample.

use crate::record::import::join::{Joined, MaskKey};
use crate::record::import::plausible::{
    Check, FEWEST, Finding, Moments, Reference, correlation, exact, groups, name, other_seeds,
};

/// Distance of means in deviations of the labels, of slopes and of deviations as a ratio, within which they are equal by no
/// chance; three decimals change them by less. Of 297 sound evaluations none has a mean within 0.05.
const EQUAL: f64 = 1e-5;

/// Deviation, as a part of the labels', of predictions that are no constant.
const VARIES: f64 = 1e-3;

/// Passes of a model with the mean of the labels.
const PASSES: usize = 2;

/// Fewest videos, those of three clips and more, and the part of them, in which the mean or the median of errors is as near to 0. Of
/// 420 sound passes on CMU-MOSI none has more than 1 of 31.
const VIDEOS: usize = 5;
const CLIPS: usize = 3;
const PART: f64 = 0.5;

/// MAE as a part of the deviation of labels from the line that fits best, and the samples that tell it: it is 0.80 for normal
/// errors, 0.79 at least in the same evaluations, 0.71 in published tables, and 0.6 for the best of ten outputs.
const CHOSEN: f64 = 0.63;
const SAMPLES: usize = 100;

pub fn finding(run: &Joined, runs: &[Joined], reference: &Reference<'_>) -> Option<Finding> {
    let text = run
        .passes
        .iter()
        .find_map(|(key, pass)| {
            fitted(key, pass, reference).or_else(|| chosen(key, pass, reference))
        })
        .or_else(|| centered(run, runs, reference))?;
    Some(Finding {
        check: Check::Copies,
        wrong: false,
        text: format!("{}, {text}", name(run)),
    })
}

/// The mean of errors, or their median.
type Middle = fn(Vec<f64>) -> f64;

/// Videos in which errors are 0 in the mean, or by their median.
pub fn of_videos(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let mut videos = groups::videos(reference.ids);
    videos.retain(|clips| clips.len() >= CLIPS);
    let near = EQUAL * Moments::of(reference.truth).sd;
    let mut passes = run.passes.iter().filter(|(_, pass)| exact(pass));
    let (key, what, unbiased) = passes.find_map(|(key, pass)| {
        let error = |at: &usize| f64::from(pass[*at]) - f64::from(reference.truth[*at]);
        let errors = |clips: &[usize]| clips.iter().map(error).collect::<Vec<f64>>();
        let kinds: [(_, Middle); 2] = [("mean", mean), ("median", median)];
        kinds.into_iter().find_map(|(what, middle)| {
            let is_unbiased = |clips: &&Vec<usize>| middle(errors(clips)).abs() < near;
            let unbiased: Vec<&Vec<usize>> = videos.iter().filter(is_unbiased).collect();
            let enough = unbiased.len() >= VIDEOS.max((PART * videos.len() as f64) as usize);
            enough.then_some((key, what, unbiased))
        })
    })?;
    let first = &reference.ids[*unbiased.first()?.first()?];
    Some(Finding {
        check: Check::Copies,
        wrong: false,
        text: format!(
            "{}, condition {}: in {} of {} videos, such as that of `{first}`, the {what} of predictions less labels is exactly 0: \
             was the bias of each video removed with the labels of the test split? Fit on valid",
            name(run),
            key.2,
            unbiased.len(),
            videos.len()
        ),
    })
}

fn mean(errors: Vec<f64>) -> f64 {
    errors.iter().sum::<f64>() / errors.len() as f64
}

fn median(mut errors: Vec<f64>) -> f64 {
    errors.sort_by(f64::total_cmp);
    let half = errors.len() / 2;
    f64::midpoint(errors[half], errors[(errors.len() - 1) / 2])
}

/// What sets predictions apart from the labels.
struct Distance {
    mean: f64,
    /// Of the line of labels on predictions, from 1.
    slope: f64,
    /// Of deviations, from 1.
    deviation: f64,
}

impl Distance {
    fn of(pass: &[f32], truth: &[f32]) -> Option<Self> {
        let (p, t) = (Moments::of(pass), Moments::of(truth));
        if p.sd < VARIES * t.sd || pass.len() < FEWEST {
            return None;
        }
        let r = correlation(pass, truth)?;
        Some(Self {
            mean: (p.mean - t.mean).abs() / t.sd,
            slope: (r * t.sd / p.sd - 1.0).abs(),
            deviation: (p.sd / t.sd - 1.0).abs(),
        })
    }
}

fn fitted(key: &MaskKey, pass: &[f32], reference: &Reference<'_>) -> Option<String> {
    let distance = Distance::of(pass, reference.truth).filter(|found| found.mean < EQUAL)?;
    let what = match () {
        () if distance.slope < EQUAL => {
            "the slope of a line (or steps) fitted to them is exactly 1"
        }
        () if distance.deviation < EQUAL => "exactly their deviation",
        () => return None,
    };
    Some(format!(
        "condition {}: predictions have exactly the mean of the test labels, and {what}: were they calibrated on the test split? \
         Fit on valid",
        key.2
    ))
}

/// Several passes of a model with exactly the mean of the labels.
fn centered(run: &Joined, runs: &[Joined], reference: &Reference<'_>) -> Option<String> {
    let is_centered = |pass: &Vec<f32>| {
        Distance::of(pass, reference.truth).is_some_and(|found| found.mean < EQUAL)
    };
    let (key, _) = run.passes.iter().find(|(_, pass)| is_centered(pass))?;
    let all = std::iter::once(run).chain(other_seeds(run, runs));
    let count = all
        .flat_map(|run| run.passes.values())
        .filter(|pass| is_centered(pass))
        .count();
    (count >= PASSES).then(|| {
        format!(
            "condition {}: predictions have exactly the mean of the test labels, and in {} more conditions and seeds: was their \
             bias removed on the test split? Fit on valid",
            key.2,
            count - 1
        )
    })
}

/// Errors that are far smaller than their spread lets expect.
fn chosen(key: &MaskKey, pass: &[f32], reference: &Reference<'_>) -> Option<String> {
    if pass.len() < SAMPLES || !exact(pass) {
        return None;
    }
    let r = correlation(pass, reference.truth)?;
    let pairs = pass.iter().zip(reference.truth);
    let error = pairs.map(|(p, t)| f64::from((p - t).abs())).sum::<f64>() / pass.len() as f64;
    let spread = Moments::of(reference.truth).sd * (1.0 - r * r).sqrt();
    let ratio = error / spread;
    (ratio < CHOSEN).then(|| {
        format!(
            "condition {}: the MAE of {error:.3} is {ratio:.2} of the deviation from the best line, where normal errors have 0.80: \
             was the best of several outputs chosen for each sample by its label?",
            key.2
        )
    })
}
