//! Compares predictions with the masks that the file names: samples whose masks are the same at two rates have equal
//! predictions, and most others have not.

use super::between::varies;
use super::steps::{Pass, chains, series};
use crate::mask::{Condition, ConditionKind};
use crate::record::import::join::Joined;
use crate::record::import::plausible::{
    Check, FEWEST, Finding, Reference, correlation, middle_half, name,
};

/// Fewest samples with equal masks, over all steps between rates, and fewest of them, and which part, with other
/// predictions. Of 330 steps of 33 runs on CMU-MOSI, with 169 to 198 such samples each, none has one, and none of 720 steps
/// of 60 runs on ICT-MMMO.
const SAME: usize = 20;
const CHANGED: usize = 10;
const PART: f64 = 0.05;

/// Part of the label range, and of what usually changes where masks do, up to which predictions count as equal: cards
/// add in another order, in half precision.
const EQUAL: f32 = 1e-3;
const OF_USUAL: f32 = 0.1;

/// Steps between rates, with the fewest samples of equal masks each, of which most have other predictions at every one, and the
/// part over all: an exchange of two rates touches no more than four steps.
const STEPS: usize = 5;
const MOST: f64 = 0.5;
const MOST_OF_ALL: f64 = 0.8;

/// Part of the changed samples from which all count as changed.
const ALL: f64 = 0.9;

/// Part of the middle half of predictions that nine of ten samples with other masks change less than, by the square of
/// the difference of rates, and at most. Of 6300 pairs of rates of 33 runs on CMU-MOSI the smallest such change is 0.26,
/// 0.70 from a difference of 0.5 on; of ICT-MMMO (24 samples) 0.0070 at 0.1, 0.021 at 0.2, 0.040 at 0.3, 0.071 at 0.5.
const STILL: f64 = 0.2;
const STILL_AT_MOST: f64 = 0.03;

/// Part of the middle half that one of fifty samples with other masks changes by, where a lexicon or rules predict.
const JUMP: f64 = 0.2;

/// Fewest rates below 1 and samples, how many times as far apart the first and the last rate are as neighbors at most, and
/// how much less the last ones follow the labels. Of 270 such runs on CMU-MOSI none is below 2.0 times.
const RATES: usize = 5;
const SAMPLES: usize = 100;
const APART: f64 = 1.25;
const FALLS: f64 = 0.05;

/// Correlations with the labels, at one rate and at the one beside it, where the samples of the second are in another order.
const FOLLOWS: f64 = 0.3;
const NOTHING: f64 = 0.1;

/// Highest rate at which models that have learned something follow the labels.
const READ: f64 = 0.7;

/// Part of the label range that the middle half of predictions must span.
const WIDE: f32 = 0.01;

/// Predictions that hardly change, or change as much from one rate to the next as over all.
pub fn unmasked(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let text = still(run, reference).or_else(|| flat(run, reference))?;
    Some(Finding {
        check: Check::Copies,
        wrong: false,
        text: format!("{}, {text}", name(run)),
    })
}

/// Samples whose predictions change where their masks do not.
pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    Some(Finding {
        check: Check::Rates,
        wrong: false,
        text: format!("{}, {}", name(run), changed(run, reference)?),
    })
}

/// Two rates next to each other, with what samples of equal masks do between them.
struct Step<'a> {
    low: &'a Pass<'a>,
    high: &'a Pass<'a>,
    same: usize,
    changed: Vec<usize>,
}

/// Whether masks are other ones at every step, so that neighboring rates tell nothing of each other.
pub fn are_others(run: &Joined, reference: &Reference<'_>) -> bool {
    series(run, drawn).iter().any(|chain| {
        let steps = chain.windows(2);
        let steps = steps.filter_map(|pair| step(&pair[0], &pair[1], reference));
        let steps: Vec<Step<'_>> = steps.filter(|step| step.same >= CHANGED).collect();
        let part = |changed: usize, same: usize| changed as f64 / same as f64;
        let most = |step: &Step<'_>| part(step.changed.len(), step.same) >= MOST;
        let sum = |of: fn(&Step<'_>) -> usize| steps.iter().map(of).sum::<usize>();
        let all = part(sum(|step| step.changed.len()), sum(|step| step.same));
        steps.len() >= STEPS && steps.iter().all(most) && all >= MOST_OF_ALL
    })
}

/// The mean rate of a condition whose masks are drawn.
fn drawn(condition: &Condition) -> Option<f64> {
    let mean = condition.rates().iter().sum::<f64>() / 3.0;
    (condition.kind() != ConditionKind::Subset).then_some(mean)
}

/// Samples with equal masks at two rates, and other predictions.
fn changed(run: &Joined, reference: &Reference<'_>) -> Option<String> {
    let all = series(run, drawn);
    all.iter().find_map(|chain| {
        let steps = chain.windows(2);
        let steps: Vec<Step<'_>> = steps
            .filter_map(|pair| step(&pair[0], &pair[1], reference))
            .collect();
        let same: usize = steps.iter().map(|step| step.same).sum();
        let count: usize = steps.iter().map(|step| step.changed.len()).sum();
        let many = count >= CHANGED && count as f64 >= PART * same as f64 && same >= SAME;
        let most = steps.iter().max_by_key(|step| step.changed.len())?;
        let sample = *most.changed.first().filter(|_| many)?;
        let (protocol, seed, _) = most.low.key;
        let [low, high] = [most.low, most.high].map(|pass| pass.key.2);
        let rates = low.rate().is_some() && high.rate().is_some();
        let (what, other) = if rates {
            ("rates", "")
        } else {
            ("conditions", "are rates those of another modality, ")
        };
        Some(format!(
            "{what} {low} and {high}: `{}` has the same {protocol} masks with seed {seed} at both, but predictions {} and {}; \
             so have {count} of {same} such samples over all {what}, where a model gives equal ones: {other}{}?",
            reference.ids[sample],
            most.low.values[sample],
            most.high.values[sample],
            another_order(&steps, most, reference).unwrap_or_else(|| cause(&steps, most))
        ))
    })
}

/// Another order, where predictions do not follow the labels at rates at which others do.
fn another_order(steps: &[Step<'_>], most: &Step<'_>, reference: &Reference<'_>) -> Option<String> {
    if reference.ids.len() < SAMPLES {
        return None;
    }
    let follows = |pass: &Pass<'_>| correlation(pass.values, reference.truth).unwrap_or(0.0);
    let mut two = [most.low, most.high].map(|pass| (follows(pass), pass));
    two.sort_by(|a, b| a.0.total_cmp(&b.0));
    let [(least, pass), (other, _)] = two;
    if most.high.rate < 1.0 && other > FOLLOWS && least < NOTHING {
        return Some(format!(
            "is one of the two in another order, as from a shuffled loader (correlation with the labels {least:.2} at {}, \
             {other:.2} at the other), or from other masks, or was dropout active in evaluation",
            pass.key.2
        ));
    }
    let passes = steps.iter().flat_map(|step| [step.low, step.high]);
    let mut read = passes.filter(|pass| pass.rate <= READ).peekable();
    (read.peek().is_some() && read.all(|pass| follows(pass).abs() < NOTHING)).then(|| {
        "are predictions in another order than their ids, as from a shuffled loader (they do not follow the labels), are \
         masks others than stated, or was dropout active in evaluation"
            .to_string()
    })
}

fn cause(steps: &[Step<'_>], most: &Step<'_>) -> String {
    let sound = |step: &&Step<'_>| step.same >= CHANGED && step.changed.is_empty();
    let all = |step: &Step<'_>| step.changed.len() as f64 >= ALL * step.same as f64;
    let still = steps.iter().filter(sound).count();
    // One rate is beside two steps.
    let touched = steps.iter().filter(|step| !step.changed.is_empty()).count();
    if still > 0 && touched <= 2 {
        format!(
            "is one of {} and {} from other masks, or has it predictions of another checkpoint, seed or order",
            most.low.key.2, most.high.key.2
        )
    } else if steps.iter().filter(|step| step.same >= CHANGED).all(all) {
        "was dropout active in evaluation, do predictions depend on other samples of their batch or video, or are masks \
         others than stated (`--mask-protocol`, `--mask-seed`)"
            .to_string()
    } else {
        "are masks others than stated (`--mask-protocol`, `--mask-seed`, rates), was dropout active in evaluation, do \
         predictions depend on other samples of their batch or video, or are some rates from another checkpoint or seed"
            .to_string()
    }
}

fn step<'a>(low: &'a Pass<'a>, high: &'a Pass<'a>, reference: &Reference<'_>) -> Option<Step<'a>> {
    let same = reference.masks.between(low.key, high.key)?;
    let apart = |i: usize| (low.values[i] - high.values[i]).abs();
    let (same, others): (Vec<usize>, Vec<usize>) = (0..same.len()).partition(|i| same[*i]);
    let mut usual: Vec<f32> = others.into_iter().map(apart).collect();
    usual.sort_by(f32::total_cmp);
    let usual = usual.get(usual.len() / 2).copied().unwrap_or(0.0);
    let near = (EQUAL * (reference.range[1] - reference.range[0])).max(OF_USUAL * usual);
    let changed = same.iter().copied().filter(|i| apart(*i) > near).collect();
    let same = same.len();
    Some(Step {
        low,
        high,
        same,
        changed,
    })
}

/// Two rates between which hardly any prediction changes, where masks do.
fn still(run: &Joined, reference: &Reference<'_>) -> Option<String> {
    let chains = chains(run);
    let wide = WIDE * (reference.range[1] - reference.range[0]);
    let pairs = chains.iter().flat_map(|chain| {
        let pairs = (0..chain.len()).flat_map(|high| (0..high).map(move |low| (low, high)));
        pairs.map(|(low, high)| (&chain[low], &chain[high]))
    });
    let mut pairs = pairs.filter(|(low, high)| {
        let spread = middle_half(low.values).min(middle_half(high.values));
        varies(low.values) && high.rate < 1.0 && spread > wide
    });
    let (low, high, change) = pairs.find_map(|(low, high)| {
        let same = reference.masks.between(low.key, high.key)?;
        let others = (0..same.len()).filter(|i| !same[*i]);
        let apart = others.map(|i| (low.values[i] - high.values[i]).abs());
        let mut apart: Vec<f32> = apart.collect();
        apart.sort_by(f32::total_cmp);
        let most = f64::from(*apart.get(9 * apart.len() / 10)?);
        let spread = f64::from(middle_half(low.values));
        // Rules and lexicons change few predictions, but those a lot.
        let others = f64::from(*apart.get(49 * apart.len() / 50)?);
        let least = STILL_AT_MOST.min(STILL * (high.rate - low.rate).powi(2));
        (apart.len() >= FEWEST && most < least * spread && others < JUMP * spread)
            .then_some((low, high, most))
    })?;
    Some(format!(
        "rates {} and {}: nine of ten samples whose masks differ change by less than {change:.4}, although the middle half \
         of predictions spans {:.3}: were masks not applied, and digits or a card made the difference?",
        low.key.2,
        high.key.2,
        middle_half(low.values)
    ))
}

/// Rates of which the first and the last are no further apart than neighbors: under nested masks samples lose more and more.
fn flat(run: &Joined, reference: &Reference<'_>) -> Option<String> {
    let wide = WIDE * (reference.range[1] - reference.range[0]);
    chains(run).iter().find_map(|chain| {
        let left = chain.iter().filter(|pass| pass.rate < 1.0).count();
        let chain = &chain[..left];
        let [first, second, .., last] = chain else {
            return None;
        };
        reference.masks.between(first.key, second.key)?;
        let spread = chain.iter().map(|pass| middle_half(pass.values));
        if left < RATES || reference.ids.len() < SAMPLES || spread.fold(f32::MAX, f32::min) <= wide {
            return None;
        }
        let apart = |a: &Pass<'_>, b: &Pass<'_>| {
            let each = a.values.iter().zip(b.values);
            each.map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() / a.values.len() as f64
        };
        let steps = chain.windows(2).map(|pair| apart(&pair[0], &pair[1]));
        let step = steps.sum::<f64>() / (left - 1) as f64;
        let all = apart(first, last);
        let [before, after] =
            [first, last].map(|pass| correlation(pass.values, reference.truth).unwrap_or(0.0));
        (step > 0.0 && all < APART * step && before - after < FALLS).then(|| {
            format!(
                "rates {} to {}: predictions at the first and the last differ by {all:.4} in the mean, those at neighboring \
                 rates by {step:.4}, and they follow the labels as well at both (correlation {before:.2} and {after:.2}): \
                 were masks not applied, and dropout or other random numbers made the difference?",
                first.key.2, last.key.2
            )
        })
    })
}
