//! Looks for predictions that do not fit each other: copies, and conditions in the wrong order.

use super::masked;
use super::steps::{self, Pass};
use crate::mask::{self, Condition};
use crate::metric::correlation;
use crate::record::import::join::{Joined, MaskKey};
use crate::record::import::plausible::{
    Check, FEW, FEWEST, Finding, Reference, middle_half, name, precise,
};

/// The distance from a label, as a part of the label range, at which a prediction is a copy of it.
pub const COPY: f32 = 0.002;

/// Part of the label range by which predictions of one model for the same input differ at most, on any device.
const AGAIN: f32 = 3e-4;

/// Standard errors by which predictions are better where more is missing. Predictions of the same samples
/// vary less than those of different ones, of which this is the standard error. Of 700 runs of 22 models the largest
/// difference of two rates is 2.1. Two missing modalities may cancel out: there it is 3.9.
const CERTAIN: f64 = 4.0;
const CERTAIN_OF_SUBSETS: f64 = 6.0;

/// Rate from which, and before 1 up to which, one position of each modality has other masks under another seed in 8 of 10
/// samples.
const MIDDLE: f64 = 0.3;

/// Difference of rates up to which predictions of the same samples are compared.
const STEP: f64 = 0.3;

/// Correlation with the labels from which predictions clearly follow them.
pub const FOLLOWS: f64 = 0.3;

/// What is odd about a run beside the labels and its own conditions.
pub fn findings(run: &Joined, reference: &Reference<'_>) -> Vec<Finding> {
    let what = name(run);
    let copies = labels(run, reference).or_else(|| conditions(run, reference));
    let order = shuffled(run, reference);
    let rates = nothing_left(run, reference)
        .or_else(|| reversed(run, reference))
        .or_else(|| complete(run, reference))
        .or_else(|| {
            // Under masks that were drawn anew at each rate, noise decides about what is nearer.
            let known = order.is_none() && !masked::are_others(run, reference);
            steps::out_of_order(run, reference).filter(|_| known)
        });
    let finding = |(check, text): (Check, String)| Finding {
        check,
        wrong: false,
        text: format!("{what}{text}"),
    };
    let copies = copies.map(|text| (Check::Copies, text));
    let order = order.map(|text| (Check::Order, text));
    let rates = rates.map(|text| (Check::Rates, text));
    let all = [copies, order, rates].into_iter().flatten();
    all.map(finding).collect()
}

/// Whether predictions have not collapsed to one value, but for a few samples; few ones must differ by more than chance.
pub fn varies(pass: &[f32]) -> bool {
    let enough = pass.len() >= FEWEST && middle_half(pass) > 0.0;
    enough || (pass.len() >= FEW && precise(pass))
}

/// A condition at which every prediction is the label.
fn labels(run: &Joined, reference: &Reference<'_>) -> Option<String> {
    let near = COPY * (reference.range[1] - reference.range[0]);
    let copied = |pass: &Vec<f32>| {
        let mut pairs = pass.iter().zip(reference.truth);
        let is_enough = pass.len() >= FEW && middle_half(pass) > 0.0;
        is_enough && pairs.all(|(p, t)| (p - t).abs() <= near)
    };
    let (key, _) = run.passes.iter().find(|(_, pass)| copied(pass))?;
    Some(format!(
        ", condition {}: every prediction is the label of its sample; were labels written in place of \
         predictions?",
        key.2
    ))
}

/// Two rates, or two masks of one, with equal predictions.
fn conditions(run: &Joined, reference: &Reference<'_>) -> Option<String> {
    let near = AGAIN * (reference.range[1] - reference.range[0]);
    let passes: Vec<_> = run.passes.iter().filter(|(_, p)| varies(p)).collect();
    let mut pairs = passes
        .iter()
        .enumerate()
        .flat_map(|(i, second)| passes[..i].iter().map(move |first| (first, second)));
    let (first, second) = pairs.find(|(a, b)| {
        let enough = reference.ids.len() >= FEWEST || lose_something(a.0, b.0, reference);
        enough && differ(a.0, b.0) && are_near(a.1, b.1, near)
    })?;
    let (first, second) = (first.0, second.0);
    let (first, second) = if first.0 != second.0 {
        let under = |key: &MaskKey| format!("{} under masks {}", key.2, key.0);
        (under(first), under(second))
    } else if first.2 == second.2 {
        (
            format!("mask seed {}", first.1),
            format!("mask seed {}", second.1),
        )
    } else {
        (first.2.to_string(), second.2.to_string())
    };
    Some(format!(
        ", condition {second}: the predictions are those of {first}, for every sample; were masks applied?"
    ))
}

/// Whether masks of some samples differ: a few short ones may keep everything at two rates, or lose it.
fn lose_something(a: &MaskKey, b: &MaskKey, reference: &Reference<'_>) -> bool {
    if a.0 == b.0 && a.1 == b.1 {
        let same = reference.masks.between(a, b);
        return same.is_some_and(|same| same.iter().filter(|same| !**same).count() >= FEW);
    }
    a.2.rates()
        .iter()
        .all(|rate| (MIDDLE..=1.0 - MIDDLE).contains(rate))
}

/// Whether predictions are the same but for rounding.
pub fn are_near(a: &[f32], b: &[f32], near: f32) -> bool {
    // A collapsed model predicts nearly the same everywhere.
    let [low, high] = a.iter().fold([f32::MAX, f32::MIN], |[low, high], p| {
        [low.min(*p), high.max(*p)]
    });
    let exact = if high - low > 100.0 * near { near } else { 0.0 };
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= exact)
}

/// Whether two passes have other masks of every modality, by their rate, mask seed or mask protocol: a model that does
/// not use a modality predicts the same whether it is missing or not.
fn differ(a: &MaskKey, b: &MaskKey) -> bool {
    let uniform = |condition: &Condition| {
        let [text, audio, vision] = condition.rates();
        text == audio && audio == vision
    };
    let some = |condition: &Condition| condition.rates().iter().all(|r| *r > 0.0 && *r < 1.0);
    let same_rate = a.2 == b.2 && some(&a.2);
    let other_masks = if a.0 == b.0 {
        let mut rates = a.2.rates().into_iter().zip(b.2.rates());
        rates.all(|(a, b)| a != b) || (same_rate && a.1 != b.1)
    } else {
        // The two of the reference may share their masks of the text.
        same_rate && !(a.0.starts_with("reference") && b.0.starts_with("reference"))
    };
    uniform(&a.2) && uniform(&b.2) && other_masks
}

/// Predictions that follow the labels although nothing is left to predict from.
fn nothing_left(run: &Joined, reference: &Reference<'_>) -> Option<String> {
    let empty = |key: &MaskKey| key.2.rates() == [1.0; 3] && leaves_nothing(&key.0);
    let passes = run.passes.iter().filter(|(key, _)| empty(key));
    let mut known = passes.filter_map(|(key, p)| {
        Some((
            key,
            crate::record::import::plausible::correlation(p, reference.truth)?,
        ))
    });
    // Of 700 runs of 22 models, none is above 0.15.
    let chance = 4.0 / (reference.truth.len() as f64).sqrt();
    let (key, r) = known.find(|(_, r)| *r > chance.clamp(0.3, 0.5))?;
    Some(format!(
        ", condition {}: nothing is left to predict from, but predictions follow the labels (correlation \
         {r:.2}); is the rate that of what is kept?",
        key.2
    ))
}

/// Whether a mask protocol masks everything at rate 1.
pub fn leaves_nothing(mask_protocol: &str) -> bool {
    mask_protocol != "modality-random" && mask::find(mask_protocol).is_ok()
}

/// Two mask seeds or mask protocols with other predictions where nothing is masked.
fn complete(run: &Joined, reference: &Reference<'_>) -> Option<String> {
    let near = COPY * (reference.range[1] - reference.range[0]);
    let nothing = |key: &MaskKey| key.2.rates() == [0.0; 3];
    let mut passes = run.passes.iter().filter(|(key, _)| nothing(key));
    let (first, expected) = passes.next()?;
    let (other, found) = passes.find(|(_, pass)| !are_near(expected, pass, near))?;
    Some(format!(
        ", condition 0: predictions under {} masks with seed {} are not those under {} masks with seed {}, such \
         as {}, although nothing is masked: was dropout active?",
        other.0,
        other.1,
        first.0,
        first.1,
        named(found, expected, reference)
    ))
}

/// Two rates next to each other of which one has predictions that do not follow those at the other, while the
/// others follow their neighbors, or it follows no labels and the other does. Of 700 runs of 22 models none has
/// a rank correlation below 0.6 between such rates. Where nothing is left, predictions follow nothing.
fn shuffled(run: &Joined, reference: &Reference<'_>) -> Option<String> {
    let chance = 2.0 / (reference.truth.len() as f64).sqrt();
    let chains = steps::chains(run);
    chains.iter().find_map(|chain| {
        let with_labels = |pass: &Pass<'_>| rank_correlation(pass.values, reference.truth);
        let pairs = chain.windows(2).filter_map(|pair| {
            let (a, b) = (pair.first()?, pair.last()?);
            let near = b.rate < 1.0 && b.rate - a.rate <= STEP;
            let between = rank_correlation(a.values, b.values).filter(|_| near)?;
            Some((a, b, between))
        });
        let pairs: Vec<_> = pairs.collect();
        pairs.iter().enumerate().find_map(|(at, (a, b, between))| {
            let (low, high) = (with_labels(a)?, with_labels(b)?);
            let others = |i: usize| pairs.get(i).is_some_and(|pair| pair.2 > FOLLOWS);
            let neighbors = others(at + 1) || at.checked_sub(1).is_some_and(others);
            let labels = low.min(high) < chance && low.max(high) > FOLLOWS;
            let (lost, kept) = if low < high { (a, b) } else { (b, a) };
            (*between < chance && (neighbors || labels)).then(|| {
                format!(
                    ", condition {lost}: predictions follow neither the labels (rank correlation {:.2}) nor the \
                     predictions for the same samples at {kept} ({between:.2}; {:.2} with the labels), such as {}; \
                     were the samples of one condition shuffled?",
                    low.min(high),
                    low.max(high),
                    named(lost.values, kept.values, reference),
                    lost = lost.key.2,
                    kept = kept.key.2,
                )
            })
        })
    })
}

/// The sample whose predictions differ most, with both.
pub fn named(a: &[f32], b: &[f32], reference: &Reference<'_>) -> String {
    let distance = |i: &usize| (a[*i] - b[*i]).abs();
    let most = (0..a.len()).max_by(|x, y| distance(x).total_cmp(&distance(y)));
    most.map_or(String::new(), |i| {
        format!("`{}` {} and {}", reference.ids[i], a[i], b[i])
    })
}

/// Two conditions of one mask protocol, one of which lacks all that the other lacks and more, but has the clearly
/// better predictions.
fn reversed(run: &Joined, reference: &Reference<'_>) -> Option<String> {
    let passes = run.passes.iter();
    let known: Vec<_> = passes
        .filter_map(|(key, pass)| Some((key, rank_correlation(pass, reference.truth)?)))
        .collect();
    let error = (2.0 / (reference.truth.len() as f64 - 3.0)).sqrt();
    let pairs = known.iter().flat_map(|a| known.iter().map(move |b| (a, b)));
    let worse = |(a, b): &(&(&MaskKey, f64), &(&MaskKey, f64))| {
        let uniform = a.0.2.rate().is_some() && b.0.2.rate().is_some();
        let certain = if uniform { CERTAIN } else { CERTAIN_OF_SUBSETS };
        less(a.0, b.0) && (b.1.atanh() - a.1.atanh()) / error > certain
    };
    let (low, high) = pairs.filter(worse).max_by(|x, y| {
        let gain = |(a, b): &(&(&MaskKey, f64), &(&MaskKey, f64))| b.1 - a.1;
        gain(x).total_cmp(&gain(y))
    })?;
    Some(format!(
        ": predictions follow the labels better at {} (rank correlation {:.2}) than at {} ({:.2}), where less \
         is missing; are the rates those of what is kept, or conditions exchanged?",
        described(high.0),
        high.1,
        described(low.0),
        low.1
    ))
}

/// Whether less is missing under one condition than under another, in each modality, of the same masks.
pub fn less(a: &MaskKey, b: &MaskKey) -> bool {
    let mut rates = a.2.rates().into_iter().zip(b.2.rates());
    a.0 == b.0 && a.1 == b.1 && a.2 != b.2 && rates.all(|(a, b)| a <= b)
}

fn described(key: &MaskKey) -> String {
    match key.2.rate() {
        Some(_) => format!("rate {}", key.2),
        None => key.2.to_string(),
    }
}

/// Spearman correlation, which a few extreme predictions do not decide about.
pub fn rank_correlation(a: &[f32], b: &[f32]) -> Option<f64> {
    let r = correlation::spearman(a, b).ok()?;
    (a.len() >= FEWEST).then_some(r.clamp(-0.999, 0.999))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_rates_seeds_and_protocols_have_other_masks() {
        let key = |protocol: &str, seed: u64, rate: f64| -> MaskKey {
            (protocol.to_owned(), seed, Condition::uniform(rate).unwrap())
        };
        let half = key("random", 1, 0.5);
        for other in [
            key("random", 1, 0.6),
            key("random", 2, 0.5),
            key("block", 1, 0.5),
        ] {
            assert!(differ(&half, &other), "{other:?}");
        }
        assert!(!differ(&half, &half));
        let complete = |protocol: &str| key(protocol, 1, 0.0);
        assert!(
            !differ(&complete("random"), &complete("block")),
            "nothing is masked"
        );
        let [a, b] = ["reference", "reference-tfr"].map(|name| key(name, 1, 0.5));
        assert!(!differ(&a, &b));
    }
}
