//! Looks for predictions that were scaled by their own extremes: the smallest is one number and the largest another, exactly
//! and once each, in every condition or in every batch.

use crate::record::import::join::Joined;
use crate::record::import::plausible::{Check, Finding, Reference, name, precise};

/// Part of the label range to which extremes are equal: digits of a division.
const EXACT: f32 = 1e-6;

/// Fewest conditions, of all seeds, or batches with equal extremes: predictions that a model clips may reach both ends once.
const FEWEST: usize = 4;

/// Smallest batch, and smallest rest of one that counts.
const BATCH: usize = 4;
const REST: usize = 3;

pub fn finding(run: &Joined, runs: &[Joined], reference: &Reference<'_>) -> Option<Finding> {
    let of_model = runs.iter().filter(|other| other.model == run.model);
    let passes = of_model.flat_map(|run| &run.passes);
    let passes = passes.filter(|(key, pass)| key.2.rate() != Some(1.0) && precise(pass));
    let passes: Vec<&[f32]> = passes.map(|(_, pass)| &pass[..]).collect();
    let ends = extremes(passes.first()?);
    if !is_number(ends, reference) {
        return None;
    }
    let near = EXACT * (reference.range[1] - reference.range[0]);
    let batch = batch(passes[0], ends, near)?;
    let blocks = |pass: &&[f32]| one_each(pass, batch, ends, near);
    let counts: Option<Vec<usize>> = passes.iter().map(blocks).collect();
    let count: usize = counts?.iter().sum();
    let own = run
        .passes
        .iter()
        .filter(|(key, _)| key.2.rate() != Some(1.0));
    let (key, pass) = own.max_by_key(|(key, _)| std::cmp::Reverse(key.2))?;
    let at = |end: f32| pass.iter().position(|p| (p - end).abs() <= near);
    let (low, high) = (at(ends[0])?, at(ends[1])?);
    let whole = batch >= pass.len();
    (count >= FEWEST).then(|| {
        let each = if whole {
            format!("each of {count} conditions (all seeds together)")
        } else {
            format!("each batch of {batch} samples")
        };
        let by = if whole { "condition by condition" } else { "batch by batch" };
        Finding {
            check: Check::Scale,
            wrong: false,
            text: format!(
                "{}: in {each} the smallest prediction is exactly {} and the largest exactly {}, once each (`{}` and `{}` at {}): \
                 were predictions scaled to this range {by}, as min-max scaling does? No model predicts so; predictions must be in \
                 label units",
                name(run),
                ends[0], ends[1], reference.ids[low], reference.ids[high], key.2
            ),
        }
    })
}

fn extremes(pass: &[f32]) -> [f32; 2] {
    pass.iter().fold([f32::MAX, f32::MIN], |[low, high], p| {
        [low.min(*p), high.max(*p)]
    })
}

/// Whether both are numbers that are chosen: halves, or the smallest and largest label. Others are extremes of samples that
/// keep everything at several rates.
fn is_number(ends: [f32; 2], reference: &Reference<'_>) -> bool {
    let labels = extremes(reference.truth);
    let chosen = ends.iter().zip(labels).all(|(end, label)| {
        (2.0 * end - (2.0 * end).round()).abs() < 1e-5 || (end - label).abs() < 1e-5
    });
    chosen && ends[1] > ends[0]
}

/// The batch size with which each batch has both extremes once: all samples, or fewer.
fn batch(pass: &[f32], ends: [f32; 2], near: f32) -> Option<usize> {
    let n = pass.len();
    let fits = |batch: &usize| one_each(pass, *batch, ends, near).is_some();
    std::iter::once(n).chain((BATCH..=n / 2).rev()).find(fits)
}

/// The number of batches, if each has both extremes once.
fn one_each(pass: &[f32], batch: usize, ends: [f32; 2], near: f32) -> Option<usize> {
    let [low, high] = extremes(pass);
    if (low - ends[0]).abs() > near || (high - ends[1]).abs() > near {
        return None;
    }
    // A short last batch may have been scaled to nothing.
    let parts = pass.chunks(batch).filter(|part| part.len() >= REST);
    let once =
        |part: &[f32], end: f32| part.iter().filter(|p| (*p - end).abs() <= near).count() == 1;
    let parts: Vec<bool> = parts
        .map(|part| once(part, ends[0]) && once(part, ends[1]))
        .collect();
    parts.iter().all(|each| *each).then_some(parts.len())
}
