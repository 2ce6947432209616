//! Looks at what kind of numbers all predictions of a run are: classes, probabilities, numbers without their sign.

use std::collections::BTreeSet;

use crate::data::dataset::one_sided::Lack;
use crate::record::import::join::Joined;
use crate::record::import::plausible::{Check, FEWEST, Finding, Reference, all};

/// Steps of labels, of which few predictions are all multiples.
const GRID: f64 = 0.05;

/// A few values on a grid, as of predictions that were rounded to labels, for some condition.
pub fn rounded(what: &str, run: &Joined) -> Option<Finding> {
    let (key, count) = run.passes.iter().find_map(|(key, pass)| {
        let steps = pass.iter().map(|p| f64::from(*p) / GRID);
        let on_grid = steps.clone().all(|step| (step - step.round()).abs() < 1e-3);
        let values: BTreeSet<i64> = steps.map(|step| step.round() as i64).collect();
        let few = (3..=pass.len() / 3).contains(&values.len()) && pass.len() >= 2 * FEWEST;
        (on_grid && few).then_some((key, values.len()))
    })?;
    Some(Finding {
        check: Check::Classes,
        wrong: false,
        text: format!(
            "{what}, condition {}: predictions have {count} different values, all multiples of {GRID}: were they \
             rounded to labels or classes?",
            key.2
        ),
    })
}

/// A few whole numbers where labels are not whole.
pub fn classes(what: &str, run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let labels_are_whole = reference.truth.iter().all(|t| t.fract() == 0.0);
    let whole = all(run).all(|p| p.fract() == 0.0);
    if labels_are_whole || !whole || reference.truth.len() < 8 {
        return None;
    }
    // Adding 0 turns -0 into 0.
    let mut values: Vec<f32> = all(run).map(|p| p + 0.0).collect();
    values.sort_by(f32::total_cmp);
    values.dedup();
    let negative = reference.range[0] < 0.0;
    let mut shown: Vec<String> = values.iter().take(8).map(f32::to_string).collect();
    if values.len() > 8 {
        shown.push("...".to_string());
    }
    (values.len() > 1).then(|| Finding {
        check: Check::Classes,
        // Class numbers start at 0; a prediction below it is a rounded label.
        wrong: negative && values[0] >= 0.0,
        text: format!(
            "{what}: all predictions are whole numbers ({}), as classes are; labels are not whole, from {} to {}",
            shown.join(", "),
            reference.range[0],
            reference.range[1]
        ),
    })
}

/// Predictions between 0 and 1 where labels are negative as well.
pub fn probabilities(what: &str, run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let inside = all(run).all(|p| (0.0..=1.0).contains(&p));
    let negative = reference.truth.iter().filter(|t| **t < 0.0).count();
    let usual = 5 * negative > reference.truth.len();
    (inside && usual && reference.truth.len() >= 8).then(|| Finding {
        check: Check::Probabilities,
        wrong: false,
        text: format!(
            "{what}: all predictions lie between 0 and 1, as probabilities do; {negative} of {} labels are \
             negative",
            reference.truth.len()
        ),
    })
}

/// Predictions near 0 without which one condition is not judged by itself.
const NEAR: usize = 20;

/// No negative prediction, in all conditions or in one, but many near 0, where labels are negative as well. Predictions around
/// a positive value are those of a weak model, of which none is near 0.
pub fn unsigned(what: &str, run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let negative = reference.truth.iter().filter(|t| **t < 0.0).count();
    let usual = 5 * negative > reference.truth.len() && reference.truth.len() >= FEWEST;
    let whole = || near_zero(all(run)).map(|found| (String::new(), found));
    let left = |rates: [f64; 3]| rates.iter().any(|rate| *rate < 1.0);
    let one = || {
        let passes = run.passes.iter().filter(|(key, _)| left(key.2.rates()));
        let mut found =
            passes.filter_map(|(key, pass)| Some((key, near_zero(pass.iter().copied())?)));
        let (key, found) = found.find(|(_, (low, _))| *low >= NEAR)?;
        Some((format!(", condition {}", key.2), found))
    };
    let (condition, (low, of)) = usual.then(|| whole().or_else(one)).flatten()?;
    Some(Finding {
        check: Check::Range,
        wrong: false,
        text: format!(
            "{what}{condition}: no prediction is negative, though {low} of {of} are near 0 and {negative} of {} labels are \
             negative: were signs lost?",
            reference.truth.len()
        ),
    })
}

/// How many of some predictions, none of which is negative, are near 0, where many are.
fn near_zero(predictions: impl Iterator<Item = f32>) -> Option<(usize, usize)> {
    let mut values: Vec<f32> = predictions.collect();
    values.sort_by(f32::total_cmp);
    let near = values.get(values.len() / 2)? / 4.0;
    let low = values.partition_point(|p| *p < near);
    (values[0] >= 0.0 && 20 * low > values.len()).then_some((low, values.len()))
}

/// Predictions of some condition that are missing on one side of zero; those of a network lie everywhere.
pub fn one_sided(what: &str, run: &Joined) -> Option<Finding> {
    let lack = |pass: &Vec<f32>| Lack::of(pass.iter().map(|p| f64::from(*p)));
    // Where nothing is left a few predictions are those of all samples.
    let is_left = |rates: [f64; 3]| rates.iter().any(|rate| *rate < 1.0);
    let (key, lack) = run
        .passes
        .iter()
        .filter(|(key, _)| is_left(key.2.rates()))
        .find_map(|(key, pass)| Some((key, lack(pass)?)))?;
    Some(Finding {
        check: Check::Range,
        wrong: false,
        text: format!(
            "{what}, condition {}: no prediction is {}: was the sign of -0.4 and the like lost, or were numbers read as dates?",
            key.2,
            lack.describe()
        ),
    })
}
