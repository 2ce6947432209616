//! Looks for values that predictions of a network do not share: one that fills gaps, or clips; those of the sample
//! before; another spread than at both neighboring rates.

use std::collections::HashMap;

use crate::mask;
use crate::metric::correlation;
use crate::record::import::join::Joined;
use crate::record::import::plausible::rates::steps::{Pass, chains};
use crate::record::import::plausible::{
    Check, FEW, FEWEST, Finding, Reference, exact, middle_half, name, precise,
};

/// Fewest samples that share a value, and how much rarer all others must be. Of 700 runs of 22 models none of the
/// others shares a prediction with more than two samples, but those that collapsed to few values.
pub const SHARE: usize = 5;
const RARER: usize = 4;

/// Samples for each different prediction from which on predictions are classes.
const FEW_OF: usize = 10;

/// Times of chance by which samples have the prediction of the sample before.
const CARRIED: f64 = 10.0;

/// Part of the spread at both neighboring rates below which, or 1 over which, a condition has another scale. Of the
/// same runs none is below 0.91.
const SPREAD: f32 = 0.8;

/// Rank correlation with both neighbors from which spreads are compared.
const FOLLOWS: f64 = 0.8;

pub fn findings(run: &Joined, reference: &Reference<'_>) -> Vec<Finding> {
    let chains = chains(run);
    let mut found = Vec::new();
    let n = reference.ids.len();
    for chain in chains.iter().filter(|_| n >= FEW) {
        for (at, pass) in chain.iter().enumerate().filter(|(_, pass)| pass.rate < 1.0) {
            let alone = n >= FEWEST || precise(pass.values);
            let after = &chain[at + 1..];
            found.extend(repeated(pass, after, reference).filter(|_| alone));
            found.extend(
                carried(pass)
                    .filter(|_| alone)
                    .map(|text| (Check::Copies, pass, text)),
            );
            found.extend(interpolated(pass).map(|text| (Check::Constant, pass, text)));
            found.extend(leaked(pass, reference).map(|text| (Check::Copies, pass, text)));
        }
        let triples = chain.windows(3).filter(|_| n >= FEWEST);
        let spreads = triples.filter_map(spread);
        found.extend(spreads.map(|(pass, text)| (Check::Scale, pass, text)));
    }
    let finding = |(check, pass, text): (Check, &Pass<'_>, String)| Finding {
        check,
        wrong: false,
        text: format!("{}, condition {}: {text}", name(run), pass.key.2),
    };
    found.into_iter().map(finding).collect()
}

/// How many of some predictions have each value.
pub fn counts(values: impl Iterator<Item = f32>) -> HashMap<u32, usize> {
    let mut counts = HashMap::with_capacity(values.size_hint().0);
    for value in values {
        // Adding 0 turns -0 into 0.
        *counts.entry((value + 0.0).to_bits()).or_default() += 1;
    }
    counts
}

/// A prediction of several samples where others have their own. Samples of which nothing is left share one: they
/// have it at the next rate too.
fn repeated<'a>(
    pass: &'a Pass<'a>,
    after: &[Pass<'_>],
    reference: &Reference<'_>,
) -> Option<(Check, &'a Pass<'a>, String)> {
    let next = after.first();
    if next.is_none() && pass.rate > 0.0 {
        return None;
    }
    let stays = |(i, value): (usize, &f32)| {
        let same = next.is_some_and(|next| next.values[i] == *value);
        (pass.rate == 0.0 || !same).then_some(*value)
    };
    let counts = counts(pass.values.iter().enumerate().filter_map(stays));
    let (value, count) = counts
        .iter()
        .max_by_key(|(bits, count)| (**count, **bits))?;
    let ends = pass
        .values
        .iter()
        .fold([f32::MAX, f32::MIN], |[low, high], p| {
            [low.min(*p), high.max(*p)]
        });
    let value = f32::from_bits(*value);
    let inner = counts.iter().filter(|(bits, _)| {
        let other = f32::from_bits(**bits);
        other != value && !ends.contains(&other)
    });
    let others = inner.map(|(_, count)| *count).max().unwrap_or(0);
    let [low, high] = reference.range;
    // Most share the prediction of a model that collapsed, or knows few words: others then share theirs as well.
    let rest = pass.values.len() - count;
    let most = 2 * count >= pass.values.len();
    let collapsed = most && (rest < SHARE || 5 * (counts.len() - 1) < 3 * rest);
    let usual = *count < SHARE || *count <= RARER * others || collapsed;
    if usual || value <= low || value >= high {
        return None;
    }
    // Masks of other programs may be drawn anew at each rate: of samples of which nothing is left something may be at the next.
    let many = |other: &Pass<'_>| other.values.iter().filter(|p| **p == value).count() >= *count;
    if pass.rate > 0.0 && mask::find(&pass.key.0).is_err() && after.iter().any(many) {
        return None;
    }
    let first = pass.values.iter().position(|p| *p == value)?;
    let id = &reference.ids[first];
    let (check, what) = if ends.contains(&value) {
        (
            Check::Range,
            "none is beyond it, and others differ: were predictions clipped?",
        )
    } else {
        (
            Check::Constant,
            "others differ: were missing predictions filled, or does the model know no word of these texts (a lexicon, trees)?",
        )
    };
    let text =
        format!("the prediction is exactly {value} for {count} samples, such as `{id}`; {what}");
    Some((check, pass, text))
}

/// Samples with the prediction of the sample before them, which few others have.
fn carried(pass: &Pass<'_>) -> Option<String> {
    let counts = counts(pass.values.iter().copied());
    let count = |p: &f32| counts[&(p + 0.0).to_bits()];
    let pairs = pass.values.windows(2);
    let same = pairs
        .filter(|pair| pair[0] == pair[1] && count(&pair[0]) < SHARE)
        .count();
    if pass.values.len() > FEW_OF * counts.len() {
        // Of classes the rare ones are extremes, which clips of one video share.
        return None;
    }
    let rare = counts.values().filter(|count| **count < SHARE);
    let squares: usize = rare.map(|count| count * (count - 1)).sum();
    // Pairs of equal predictions, of which 2 in n are of neighbors.
    let chance = squares as f64 / pass.values.len() as f64;
    (same >= SHARE && same as f64 > CARRIED * chance).then(|| {
        format!(
            "{same} samples have exactly the prediction of the sample before, which few others have: were missing \
             predictions filled with it?"
        )
    })
}

/// The smallest distance of two different predictions.
fn step(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let gaps = sorted.windows(2).map(|pair| pair[1] - pair[0]);
    gaps.filter(|gap| *gap > 0.0).fold(f32::INFINITY, f32::min)
}

/// Samples on the line between their neighbors, as `interpolate` of pandas fills gaps.
fn interpolated(pass: &Pass<'_>) -> Option<String> {
    let triples = pass.values.windows(3);
    let on_line = triples.filter(|triple| {
        let [before, here, after] = [0, 1, 2].map(|i| f64::from(triple[i]));
        before != after && (before - 2.0 * here + after).abs() < 2e-6 * here.abs().max(1.0)
    });
    let count = on_line.count();
    (is_many(count, pass) && is_exact(pass.values)).then(|| {
        format!(
            "{count} samples have exactly the mean of the predictions beside them: were missing predictions interpolated?"
        )
    })
}

/// Samples whose prediction is the label to the last bit; clipped predictions share the ends of the range with labels.
fn leaked(pass: &Pass<'_>, reference: &Reference<'_>) -> Option<String> {
    let pairs = pass.values.iter().zip(reference.truth);
    let same = pairs.filter(|(p, truth)| p == truth && !reference.range.contains(truth));
    let same: Vec<f32> = same.map(|(p, _)| *p).collect();
    if !is_many(same.len(), pass) || !is_exact(pass.values) {
        return None;
    }
    // Samples of which nothing is left share one prediction, which may be the label of some.
    let counts = counts(pass.values.iter().copied());
    let most = counts.iter().max_by_key(|(bits, count)| (**count, **bits));
    let most = most.map(|(bits, _)| f32::from_bits(*bits));
    let count = same.iter().filter(|p| Some(**p) != most).count();
    is_many(count, pass).then(|| {
        format!(
            "{count} predictions are exactly the label of their sample: were missing predictions filled with labels?"
        )
    })
}

/// Whether equal predictions are no chance: of few, rounded ones are.
fn is_exact(pass: &[f32]) -> bool {
    exact(pass) && (pass.len() >= FEWEST || precise(pass))
}

/// Samples that are no accident: of exact predictions hardly one is expected.
pub fn is_many(count: usize, pass: &Pass<'_>) -> bool {
    count >= 8 && 100 * count >= 3 * pass.values.len()
}

/// A condition that follows both its neighbors, but is spread clearly less, or more.
fn spread<'a>(triple: &'a [Pass<'a>]) -> Option<(&'a Pass<'a>, String)> {
    let [low, pass, high] = [0, 1, 2].map(|i| &triple[i]);
    let follows = |other: &Pass<'_>| {
        correlation::spearman(pass.values, other.values).is_ok_and(|r| r > FOLLOWS)
    };
    let [before, here, after] = [low, pass, high].map(|pass| middle_half(pass.values));
    // Most of a condition may be one value, which has a name of its own.
    let varied = before.min(here).min(after) > 0.0;
    let other = varied && (here < SPREAD * before.min(after) || here > before.max(after) / SPREAD);
    // Quartiles of rounded predictions are multiples of a step.
    let apart = (here - before).abs().min((here - after).abs());
    let other = other && apart > 2.0 * step(pass.values);
    (other && follows(low) && follows(high)).then(|| {
        let text = format!(
            "the middle half of predictions spans {here:.3}, that of those at {} and {}, which they follow, {before:.3} \
             and {after:.3}: is one condition in another scale?",
            low.key.2, high.key.2
        );
        (pass, text)
    })
}
