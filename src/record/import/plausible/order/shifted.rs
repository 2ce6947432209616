//! Looks for predictions that belong to a sample beside from some sample on, as where rows were lost or cells inserted.

use crate::record::import::join::Joined;
use crate::record::import::plausible::sums::Sums;
use crate::record::import::plausible::{Check, Finding, Reference, centered_ranks, name};

/// Fewest samples of the shifted part, and cells of the test split at whose borders it begins.
const SMALLEST: usize = 60;
const CELLS: usize = 32;

/// Samples by which predictions are moved.
const FAR: usize = 4;

/// Standard errors by which labels of the sample beside fit better, and the rank correlation that they must have. Of 93 sound
/// runs on CMU-MOSI and ICT-MMMO, with the best part and direction chosen, no condition is above 0.
const CERTAIN: f64 = 4.5;
const FOLLOWS: f64 = 0.2;

/// The part of a condition whose predictions go with the labels beside, the clearest one.
pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let left = run.passes.iter();
    let left = left.filter(|(key, _)| key.2.rates().iter().any(|rate| *rate < 1.0));
    let found = left.filter_map(|(key, pass)| Some((key, shift(pass, reference.truth)?)));
    let (key, shift) = found.max_by(|a, b| a.1.errors.total_cmp(&b.1.errors))?;
    let side = if shift.is_next { "after" } else { "before" };
    let beside = match shift.by {
        1 => format!("the sample {side} theirs"),
        by => format!("the sample {by} {side} theirs"),
    };
    let lost = match shift.by {
        1 => "was a row lost, or a cell inserted or removed",
        _ => "were rows lost at several places, or cells inserted or removed",
    };
    Some(Finding {
        check: Check::Order,
        wrong: false,
        text: format!(
            "{}, condition {}: from `{}` on, predictions go with the label of {beside} (rank correlation {:.2}, \
             with their own {:.2}): {lost}?",
            name(run),
            key.2,
            reference.ids[shift.start],
            shift.beside,
            shift.own
        ),
    })
}

/// A part that begins at `start` and goes with the labels `by` samples beside.
struct Shift {
    start: usize,
    by: usize,
    is_next: bool,
    errors: f64,
    beside: f64,
    own: f64,
}

fn shift(pass: &[f32], truth: &[f32]) -> Option<Shift> {
    let n = pass.len();
    let (p, t) = (centered_ranks(pass), centered_ranks(truth));
    let starts = (0..CELLS).map(|cell| n * cell / CELLS);
    let starts = starts.take_while(|start| n - start > SMALLEST);
    let parts = starts.flat_map(|start| (1..=FAR).map(move |by| (start, by)));
    let parts = parts.flat_map(|(start, by)| [(start, by, true), (start, by, false)]);
    let found = parts.filter_map(|(start, by, is_next)| {
        let (kept, moved) = if is_next {
            (start..n - by, start + by..n)
        } else {
            (start + by..n, start..n - by)
        };
        let own = correlation(&p[kept.clone()], &t[kept.clone()])?;
        let beside = correlation(&p[kept], &t[moved])?;
        let z = |r: f64| r.clamp(-0.999, 0.999).atanh();
        let errors = (z(beside) - z(own)) / (2.0 / ((n - start) as f64 - 4.0)).sqrt();
        let is_found = errors > CERTAIN && beside > FOLLOWS;
        is_found.then_some(Shift {
            start,
            by,
            is_next,
            errors,
            beside,
            own,
        })
    });
    found.max_by(|a, b| a.errors.total_cmp(&b.errors))
}

fn correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    let pairs = x.iter().zip(y);
    let sums = pairs.fold(Sums::default(), |sums, (x, y)| sums.plus(*x, *y));
    sums.correlation()
}
