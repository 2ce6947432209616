//! Looks for single predictions that were filled along the rates: with the one at the rate before, or between two.

use super::values::{SHARE, counts, is_many};
use crate::mask;
use crate::record::import::join::Joined;
use crate::record::import::plausible::rates::jumps::EACH;
use crate::record::import::plausible::rates::masked;
use crate::record::import::plausible::rates::steps::{Pass, chains};
use crate::record::import::plausible::{
    Check, Finding, Reference, is_in_another_order, name, other_seeds, precise,
};

/// Fewest samples of a test split in which predictions of the rate before are counted.
const SAMPLES: usize = 100;

/// Fewest filled predictions.
const FEWEST: usize = 20;

/// Standard errors and part of all samples by which more keep their prediction at one step than at any other. Masks with
/// a draw for each position leave as many samples as they are at every step: of 500 sound evaluations none has more than 1.0.
const CERTAIN: f64 = 4.0;
const SHARE_OF_ALL: f64 = 0.03;

/// Part of predictions that one seed keeps from the rate before where another one changes them, and of the label range by
/// how much. Seeds share masks: of 5936 pairs of rates of two sound seeds 3 are such.
const KEPT: f64 = 0.01;
const CHANGED: f32 = 1e-3;

/// Times as often as by chance that samples keep their prediction under both seeds, where a model of trees does.
const TOGETHER: f64 = 2.0;

pub fn findings(run: &Joined, runs: &[Joined], reference: &Reference<'_>) -> Vec<Finding> {
    let chains = chains(run);
    let chains = chains.iter().map(|chain| {
        let left = chain.iter().filter(|pass| pass.rate < 1.0).count();
        &chain[..left]
    });
    let chains: Vec<&[Pass<'_>]> = chains.collect();
    let find = |check, text: Option<String>| {
        let text = format!("{}, {}", name(run), text?);
        let wrong = false;
        Some(Finding { check, wrong, text })
    };
    let between = chains.iter().find_map(|chain| between(chain, reference));
    let large = reference.ids.len() >= SAMPLES && !masked::are_others(run, reference);
    let before = chains.iter().filter(|_| large).find_map(|chain| {
        let mut seeds = other_seeds(run, runs);
        kept(chain, reference).or_else(|| {
            seeds.find_map(|other| {
                // Against a seed in another order every sample that keeps its prediction is odd.
                let text = kept_alone(chain, other, reference)?;
                (!is_in_another_order(other, reference)).then_some(text)
            })
        })
    });
    let both = [find(Check::Constant, between), find(Check::Copies, before)];
    both.into_iter().flatten().collect()
}

/// Samples with the value between those at the rates beside.
fn between(chain: &[Pass<'_>], reference: &Reference<'_>) -> Option<String> {
    let changed = f64::from(CHANGED * (reference.range[1] - reference.range[0]));
    chain.windows(3).find_map(|three| {
        let [low, pass, high] = [0, 1, 2].map(|i| &three[i]);
        let part = (pass.rate - low.rate) / (high.rate - low.rate);
        let on_line = |i: &usize| {
            let [a, here, b] = [low, pass, high].map(|pass| f64::from(pass.values[*i]));
            let line = a + part * (b - a);
            (b - a).abs() > changed && (here - line).abs() < 2e-6 * here.abs().max(1.0)
        };
        let filled: Vec<usize> = (0..pass.values.len()).filter(on_line).collect();
        (is_many(filled.len(), pass) && precise(pass.values)).then(|| {
            format!(
                "condition {}: {} samples, such as `{}`, have exactly the value on the line between their predictions at {} and \
                 {}: were missing predictions interpolated between rates?",
                pass.key.2,
                filled.len(),
                reference.ids[filled[0]],
                low.key.2,
                high.key.2
            )
        })
    })
}

/// Whether each prediction of a pass is that of few samples: those of which nothing is left share one.
fn rare(pass: &[f32]) -> Vec<bool> {
    let counts = counts(pass.iter().copied());
    let few = |p: &f32| counts[&(p + 0.0).to_bits()] < SHARE;
    pass.iter().map(few).collect()
}

/// A step between rates at which more samples keep their prediction than at any other one.
fn kept(chain: &[Pass<'_>], reference: &Reference<'_>) -> Option<String> {
    let first = chain.first()?;
    let size = chain.get(1)?.rate - first.rate;
    let steps = || chain.windows(2);
    let even = steps().all(|pair| (pair[1].rate - pair[0].rate - size).abs() < 1e-6);
    if !even
        || chain.len() < 4
        || !EACH.contains(&&*first.key.0)
        || !chain.iter().all(|pass| precise(pass.values))
    {
        return None;
    }
    let rare: Vec<Vec<bool>> = chain.iter().map(|pass| rare(pass.values)).collect();
    let own = |i: &usize| rare.iter().all(|rare| rare[*i]);
    let own: Vec<usize> = (0..first.values.len()).filter(own).collect();
    let same = steps().map(|pair| {
        let same = own
            .iter()
            .filter(|i| pair[0].values[**i] == pair[1].values[**i]);
        same.copied().collect::<Vec<usize>>()
    });
    let mut same: Vec<(usize, Vec<usize>)> = same.enumerate().collect();
    same.sort_by_key(|(_, samples)| samples.len());
    let (at, most) = same.pop()?;
    let (_, next) = same.pop()?;
    let (count, other) = (most.len(), next.len());
    let share = (count + other) as f64 / (2 * own.len()) as f64;
    let error = (2.0 * own.len() as f64 * share * (1.0 - share)).sqrt();
    let more = (count - other) as f64;
    let many = more > CERTAIN * error && more > SHARE_OF_ALL * own.len() as f64;
    let first = most.iter().find(|i| !next.contains(i))?;
    let many = many && count - other >= FEWEST;
    many.then(|| {
        format!(
            "condition {}: {count} of {} samples, such as `{}`, have exactly the prediction of condition {}, at any other step \
             between rates {other} at most: were missing predictions filled with those of the rate before, or whole modalities \
             removed in place of positions?",
            chain[at + 1].key.2,
            own.len(),
            reference.ids[*first],
            chain[at].key.2
        )
    })
}

/// Samples that keep their prediction from one rate to the next, while they do not under another seed of the model,
/// which has the same masks if this program draws them: other programs may draw them anew for each seed and rate.
fn kept_alone(chain: &[Pass<'_>], other: &Joined, reference: &Reference<'_>) -> Option<String> {
    if mask::find(&chain.first()?.key.0).is_err() {
        return None;
    }
    let apart = CHANGED * (reference.range[1] - reference.range[0]);
    let (mut pairs, mut filled, mut most) = (0_u32, Vec::new(), 0);
    let (mut kept, mut theirs_kept, mut both) = (0_u32, 0_u32, 0_u32);
    for pair in chain.windows(2) {
        let [a, b] = [&pair[0], &pair[1]];
        let theirs = [a, b].map(|pass| other.passes.get(pass.key));
        let [Some(x), Some(y)] = theirs else {
            continue;
        };
        let [x, y] = [(a, x), (b, y)].map(|(pass, values)| Pass {
            key: pass.key,
            rate: pass.rate,
            values,
        });
        let all = [a, b, &x, &y];
        if !all.iter().all(|pass| precise(pass.values)) {
            continue;
        }
        let rare = all.map(|pass| rare(pass.values));
        // Where masks are the same, it is the other seed that is odd.
        let same = reference.masks.between(a.key, b.key);
        let masked = |i: usize| same.as_ref().is_none_or(|same| !same[i]);
        let own = |i: &usize| rare.iter().all(|rare| rare[*i]) && masked(*i);
        let before = filled.len();
        for i in (0..a.values.len()).filter(own) {
            pairs += 1;
            let (keeps, theirs) = (a.values[i] == b.values[i], x.values[i] == y.values[i]);
            kept += u32::from(keeps);
            theirs_kept += u32::from(theirs);
            both += u32::from(keeps && theirs);
            if keeps && (x.values[i] - y.values[i]).abs() > apart {
                filled.push((i, a, b));
            }
        }
        most = most.max(filled.len() - before);
    }
    // Trees keep a prediction while the words that they ask for are left, which are often the same under both seeds.
    let product = f64::from(kept) * f64::from(theirs_kept);
    if f64::from(both) * f64::from(pairs) > TOGETHER * product
        && TOGETHER * f64::from(theirs_kept) > f64::from(kept)
    {
        return None;
    }
    // Where the other seed has another model from some rate on, all samples change at one step.
    let others = filled.len() - most;
    let many = others >= FEWEST && others as f64 > KEPT * f64::from(pairs);
    let (i, a, b) = filled.first().filter(|_| many)?;
    Some(format!(
        "condition {}: `{}` has exactly the prediction of condition {}, but under seed {} another one, and so have {} of \
         {pairs} samples over all rates: were missing predictions filled with those of the rate before?",
        b.key.2,
        reference.ids[*i],
        a.key.2,
        other.seed,
        filled.len()
    ))
}
