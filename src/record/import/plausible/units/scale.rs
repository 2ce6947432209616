//! Looks for predictions in another scale, or with another zero, than the labels.

use crate::record::import::join::Joined;
use crate::record::import::plausible::{Check, FEWEST, Finding, Moments, Reference};

/// Distance of a mean from 0, and of a standard deviation from 1, up to which values were standardized.
const EXACT: f64 = 0.003;

/// The same for a single condition, of which there are many.
const EXACT_OF_ONE: f64 = 1e-5;

/// Factor by which labels spread wider than a regression on the predictions gives, in two standard errors.
const WIDER: f64 = 1.33;

/// Correlation from which predictions that are too narrow are in another scale: models that are trained for too
/// few epochs shrink. Of 37 runs of 21 models on CMU-MOSI with complete samples those above it shrink by 1.1 at
/// most, a CENET with 0.63 by 3.7.
const TRAINED: f64 = 0.65;

/// Part of the spread that the correlation gives below which no training explains predictions.
const TINY: f64 = 0.15;

/// Part of the label range, and of the labels' deviation for complete samples, by which a mean is another zero. Of 198 sound
/// evaluations none is more than 0.37 deviations off.
const OFF: f64 = 0.3;
const OFF_OF_COMPLETE: f64 = 0.55;

/// Factor from which labels that spread wider are no standardized ones.
const HUNDREDTHS: f64 = 30.0;

/// Part of the predictions at the ends of the label range, and at each, that no clipped model has, and how many times that of
/// labels it is.
const CLIPPED: f64 = 0.2;
const EACH_END: f64 = 0.03;
const LESS_OF_LABELS: f64 = 4.0;

/// Samples from which a mean is that of the data, not of a few.
const MANY: usize = 100;

/// Predictions with mean 0 and deviation 1, where labels have neither: of every condition by itself, of all
/// together, or of all runs of the model.
pub fn standardized(
    what: &str,
    run: &Joined,
    of_model: &[&Joined],
    reference: &Reference<'_>,
) -> Option<Finding> {
    let exact = |moments: &Moments, within: f64| {
        // NumPy divides by n, pandas by n - 1.
        let pandas = moments.sd * (moments.n / (moments.n - 1.0)).sqrt();
        let one = |sd: f64| (sd - 1.0).abs() < within;
        moments.mean.abs() < within && (one(moments.sd) || one(pandas))
    };
    let labels = Moments::of(reference.truth);
    if reference.truth.len() < FEWEST || (labels.mean.abs() < 0.1 && (labels.sd - 1.0).abs() < 0.1)
    {
        return None;
    }
    let all: Vec<f32> = crate::record::import::plausible::all(run).collect();
    let model: Vec<f32> = of_model
        .iter()
        .flat_map(|run| crate::record::import::plausible::all(run))
        .collect();
    let each = |pass: &Vec<f32>| exact(&Moments::of(pass), EXACT);
    let one = |pass: &Vec<f32>| exact(&Moments::of(pass), EXACT_OF_ONE);
    let mut passes = run.passes.values();
    let whole = [&all, &model].into_iter().any(each);
    let found = whole || passes.clone().all(each) || passes.any(one);
    found.then(|| Finding {
        check: Check::Scale,
        wrong: false,
        text: format!(
            "{what}: predictions have mean 0 and standard deviation 1, as standardized values do; labels have \
             {:.2} and {:.2} (`{}` {}, label {}); were they not brought back to label units?",
            labels.mean, labels.sd, reference.ids[0], all[0], reference.truth[0]
        ),
    })
}

/// Predictions of which many are exactly at both ends of the label range, where labels are not.
pub fn clipped(what: &str, run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let [low, high] = reference.range;
    let at = |values: &[f32], end: f32| {
        values.iter().filter(|v| **v == end).count() as f64 / values.len() as f64
    };
    let ends = |values: &[f32]| [low, high].map(|end| at(values, end));
    let labels: f64 = ends(reference.truth).iter().sum();
    let clipped = |pass: &[f32]| {
        let ends = ends(pass);
        let both: f64 = ends.iter().sum();
        let is_much = both >= CLIPPED && both >= LESS_OF_LABELS * labels;
        (pass.len() >= FEWEST && is_much && ends.iter().all(|end| *end >= EACH_END)).then_some(both)
    };
    let mut passes = run.passes.iter();
    let (key, part) = passes.find_map(|(key, pass)| Some((key, clipped(pass)?)))?;
    Some(Finding {
        check: Check::Scale,
        wrong: false,
        text: format!(
            "{what}, condition {}: {:.0} % of the predictions are exactly {low} or {high}, of the labels {:.0} %; were they \
             brought back to label units twice, and clipped?",
            key.2,
            100.0 * part,
            100.0 * labels
        ),
    })
}

/// What is odd about the scale or zero of predictions whose correlation with the labels is `r`.
pub fn of_pass(pass: &[f32], reference: &Reference<'_>, r: f64, complete: bool) -> Option<String> {
    let (p, t) = (Moments::of(pass), Moments::of(reference.truth));
    let ratio = p.sd / t.sd;
    // Slope of the labels' regression on the predictions.
    let slope = r / ratio;
    let error = ((1.0 - r * r) / (p.n - 2.0)).sqrt() / r;
    if r <= 0.5 {
        return None;
    }
    let narrow = complete && slope * (1.0 - 2.0 * error) > WIDER;
    let narrow = r > TRAINED && (narrow || ratio < 0.45 * r);
    // A regression by least squares has a ratio of r; labels divided by 3 are usual.
    if narrow || ratio < TINY * r {
        return Some(format!(
            "predictions follow the labels (correlation {r:.2}), but labels spread {:.1} times as wide, \
             {slope:.1} times as wide as a regression gives{}: another scale, such as {}?",
            1.0 / ratio,
            furthest(pass, reference),
            narrower(&p, 1.0 / ratio, reference)
        ));
    }
    off(pass, reference, r, complete)
}

/// What predictions are that spread less than labels do.
fn narrower(p: &Moments, times: f64, reference: &Reference<'_>) -> &'static str {
    let [low, high] = reference.range.map(f64::from);
    let labels = Moments::of(reference.truth);
    // Where the mean of labels comes to, if the range is scaled to one from 0 to 1.
    let scaled = (labels.mean - low) / (high - low);
    if (p.mean - scaled).abs() < 0.1 && p.sd < 0.5 && p.mean > 2.0 * p.sd.min(0.1) {
        "labels scaled to a range from 0 to 1"
    } else if times > HUNDREDTHS {
        "hundredths"
    } else {
        "standardized labels"
    }
}

/// The sample whose prediction is furthest from its label.
fn furthest(pass: &[f32], reference: &Reference<'_>) -> String {
    let far = |i: &usize| f64::from(pass[*i] - reference.truth[*i]).abs();
    let worst = (0..pass.len()).max_by(|a, b| far(a).total_cmp(&far(b)));
    worst.map_or(String::new(), |worst| {
        let (id, label) = (&reference.ids[worst], reference.truth[worst]);
        format!(" (`{id}` {}, label {label})", pass[worst])
    })
}

/// What is odd about the zero of predictions whose correlation with the labels is `r`.
pub fn off(pass: &[f32], reference: &Reference<'_>, r: f64, complete: bool) -> Option<String> {
    let (p, t) = (Moments::of(pass), Moments::of(reference.truth));
    let [low, high] = reference.range.map(f64::from);
    let shift = p.mean - t.mean;
    // Slope and intercept of the labels' regression on the predictions.
    let slope = r * t.sd / p.sd;
    let intercept = t.mean - slope * p.mean;
    let mean = |error: &dyn Fn(f64, f64) -> f64| {
        let pairs = pass.iter().zip(reference.truth);
        let errors = pairs.map(|(p, t)| error(f64::from(*p), f64::from(*t)).abs());
        errors.sum::<f64>() / p.n
    };
    let found = mean(&|p, t| p - t);
    let fitted = mean(&|p, t| slope * p + intercept - t);
    // Copies of labels that are scaled a little are fitted without any error, but are not far off.
    let halved = complete && fitted < 0.5 * found && found - fitted > 0.05 * (high - low);
    let is_off = shift.abs() > OFF * (high - low)
        || (complete && pass.len() >= MANY && shift.abs() > OFF_OF_COMPLETE * t.sd);
    (is_off || halved).then(|| {
        format!(
            "predictions follow the labels (correlation {r:.2}), but their mean is {:.2}, that of the labels \
             {:.2}{}; {slope:.2} times the prediction plus {intercept:.2} lowers the MAE from {found:.2} to \
             {fitted:.2}: another zero or scale, such as classes from 0?",
            p.mean,
            t.mean,
            furthest(pass, reference)
        )
    })
}
