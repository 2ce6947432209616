//! Looks for parts of the test split in another order: contiguous parts, and every k-th sample.
//!
//! Two series that follow each other over the test split (predictions and labels, or predictions at two rates)
//! stop doing so in a part whose order was changed in one of them. All parts of a grid are tried. Ranks replace
//! values, since a few extreme predictions decide about a correlation.

use crate::record::import::join::Joined;
use crate::record::import::plausible::rates::steps::chains;
use crate::record::import::plausible::sums::Sums;
use crate::record::import::plausible::{
    Check, Finding, PROCESSES, Reference, centered_ranks, name,
};

/// Fewest samples of a part, and of the rest, and the largest part of the test split.
const SMALLEST: usize = 30;
const LARGEST: f64 = 0.75;

/// Cells of the test split at whose borders contiguous parts begin and end.
const CELLS: usize = 32;

/// What a part must differ by, in standard errors, and the rank correlation that the rest must have.
struct Limits {
    certain: f64,
    follows: f64,
}

/// Labels. Samples of one video differ from those of others: of 130 sound runs on CMU-MOSI the largest
/// difference is 4.6.
const LABELS: Limits = Limits {
    certain: 6.0,
    follows: 0.3,
};

/// Predictions at the next rate, which are close: of the same runs the largest difference is 2.7.
const PASSES: Limits = Limits {
    certain: 5.0,
    follows: 0.5,
};

/// A part of the run's complete samples or of one condition that follows nothing.
pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let text = labels(run, reference).or_else(|| passes(run, reference))?;
    Some(Finding {
        check: Check::Order,
        wrong: false,
        text: format!("{}, {text}", name(run)),
    })
}

fn labels(run: &Joined, reference: &Reference<'_>) -> Option<String> {
    let complete = run.passes.iter();
    let mut complete = complete.filter(|(key, _)| key.2.rates() == [0.0; 3]);
    let lost = complete.find_map(|(_, pass)| lost(pass, reference.truth, &LABELS))?;
    Some(format!(
        "complete samples: predictions follow the labels (rank correlation {:.2}), but not those of {} ({:.2}): was \
         a part put into another order?",
        lost.there,
        lost.describe(reference.ids),
        lost.here
    ))
}

/// Neighbors in rate, and complete samples with each subset of missing modalities.
fn passes(run: &Joined, reference: &Reference<'_>) -> Option<String> {
    let chains = chains(run);
    let neighbors = chains.iter().flat_map(|chain| chain.windows(2));
    let neighbors = neighbors.filter_map(|pair| Some((pair.first()?, pair.last()?)));
    let neighbors = neighbors.filter(|(_, b)| b.rate < 1.0);
    let pairs = neighbors.map(|(a, b)| ((a.key, a.values), (b.key, b.values)));
    let all = || run.passes.iter().map(|(key, values)| (key, &values[..]));
    let complete = all().find(|(key, _)| key.2.rate() == Some(0.0));
    let subsets = all().filter(|(key, _)| key.2.rate().is_none());
    let subsets = subsets.filter_map(|subset| Some((complete?, subset)));
    pairs.chain(subsets).find_map(|((a, x), (b, y))| {
        let lost = lost(x, y, &PASSES)?;
        Some(format!(
            "conditions {} and {}: predictions follow each other (rank correlation {:.2}), but not for {} ({:.2}): \
             was a part of one condition put into another order?",
            a.2,
            b.2,
            lost.there,
            lost.describe(reference.ids),
            lost.here
        ))
    })
}

/// A part that follows little, and the correlations in it and in the rest.
struct Lost {
    part: Part,
    count: usize,
    here: f64,
    there: f64,
}

impl Lost {
    fn describe(&self, ids: &[String]) -> String {
        let Self { part, count, .. } = self;
        let first = &ids[part.start];
        match part.step {
            1 => format!("the {count} samples from `{first}` on"),
            step => format!("every {step}th of the samples from `{first}` on, {count} in all"),
        }
    }
}

/// Every `step`th sample from `start` on.
#[derive(Clone, Copy)]
struct Part {
    start: usize,
    step: usize,
}

/// The part whose covariance is furthest below what the rest lets expect.
fn lost(x: &[f32], y: &[f32], limits: &Limits) -> Option<Lost> {
    let n = x.len();
    if n < 2 * SMALLEST {
        return None;
    }
    let pairs: Vec<(f64, f64)> = centered_ranks(x)
        .into_iter()
        .zip(centered_ranks(y))
        .collect();
    let mut upto = vec![Sums::default()];
    for (x, y) in &pairs {
        upto.push(upto[upto.len() - 1].plus(*x, *y));
    }
    let whole = upto[n];
    let border = |cell: usize| n * cell / CELLS;
    let ranges = (0..CELLS).flat_map(|from| (from + 1..=CELLS).map(move |to| (from, to)));
    let ranges = ranges.map(|(from, to)| {
        let (start, end) = (border(from), border(to));
        let step = 1;
        (Part { start, step }, upto[end].minus(upto[start]))
    });
    // Every k-th sample is that of one process.
    let strides = PROCESSES.flat_map(|step| (0..step).map(move |start| (start, step)));
    let strides = strides.map(|(start, step)| {
        let each = pairs[start..].iter().step_by(step);
        let sums = each.fold(Sums::default(), |sums, (x, y)| sums.plus(*x, *y));
        (Part { start, step }, sums)
    });
    let parts = ranges.chain(strides).filter_map(|(part, here)| {
        let there = whole.minus(here);
        let large = here.n.min(there.n) >= SMALLEST as f64 && here.n <= LARGEST * whole.n;
        large
            .then(|| apart(here, there, limits))?
            .map(|(errors, here_r, there_r)| {
                let count = here.n as usize;
                let (here, there) = (here_r, there_r);
                (
                    errors,
                    Lost {
                        part,
                        count,
                        here,
                        there,
                    },
                )
            })
    });
    let worst = parts.max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(worst.1)
}

/// By how many standard errors the covariance in a part is below what the regressions in the rest let expect, with
/// the correlations in both; nothing if it is near, or more than half of that. Both regressions are asked, of each
/// series on the other, since a part with few different labels, or few different predictions, has a small covariance.
fn apart(here: Sums, there: Sums, limits: &Limits) -> Option<(f64, f64, f64)> {
    let [x, y, found] = here.moments();
    let [x_rest, y_rest, rest] = there.moments();
    let follows = rest / (x_rest * y_rest).sqrt();
    let expected = (rest / x_rest * x).min(rest / y_rest * y);
    // Of the covariance in the part and of the slope in the rest, from what the regression leaves.
    let spread = |by: f64, of: f64, along: f64| {
        let left = (of - rest * rest / by).max(0.0);
        (left * along * (1.0 / here.n + along / by / there.n)).sqrt()
    };
    let error = (x * y / here.n)
        .sqrt()
        .max(spread(x_rest, y_rest, x))
        .max(spread(y_rest, x_rest, y));
    let errors = (expected - found) / error;
    let lost = errors > limits.certain && follows > limits.follows && found < expected / 2.0;
    lost.then(|| (errors, found / (x * y).sqrt(), follows))
}
