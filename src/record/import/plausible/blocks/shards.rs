//! Looks for contiguous parts of the test split that one condition has from elsewhere: from an untrained or collapsed
//! model, which spreads less, or from another rate.

use crate::record::import::join::Joined;
use crate::record::import::plausible::gaps::values::{SHARE, counts};
use crate::record::import::plausible::rates::steps::{Pass, chains};
use crate::record::import::plausible::{Check, Finding, Reference, middle_half, name};

/// Fewest samples of a part whose spread is judged, and of the rest, and cells at whose borders it begins and ends.
const SMALLEST: usize = 60;
const CELLS: usize = 32;

/// Part of the spread that a part of a condition has, beside the rest and the same samples at the next rate, below
/// which it is another model's. Of 66 sound runs on CMU-MOSI none is below 0.41.
const SPREAD: f32 = 0.2;
const DEVIATION: f64 = 0.4;

/// Part of the label range that predictions of the rest span at both rates.
const WIDE: f32 = 0.01;

/// Fewest samples in a row with the predictions of another rate, and the largest part of the others that have them.
/// Short samples keep everything from one rate to the next, a quarter of CMU-MOSI: nine come in a row at most.
const BLOCK: usize = 30;
const OUTSIDE: f64 = 0.5;

/// Rates at all of which such a part is the same that make it one without masks.
const STILL: usize = 3;

pub fn findings(run: &Joined, reference: &Reference<'_>) -> Vec<Finding> {
    let chains = chains(run);
    let find = |check, text: Option<String>| {
        let text = format!("{}, {}", name(run), text?);
        let wrong = false;
        Some(Finding { check, wrong, text })
    };
    let left = |chain: &[Pass<'_>]| chain.iter().filter(|pass| pass.rate < 1.0).count();
    let narrow = chains.iter().find_map(|chain| {
        let mut pairs = chain[..left(chain)].windows(2);
        pairs.find_map(|pair| narrow(&pair[0], &pair[1], reference))
    });
    let block = chains.iter().find_map(|chain| {
        let chain = &chain[..left(chain)];
        let pairs = (0..chain.len()).flat_map(|high| (0..high).map(move |low| (low, high)));
        let mut pairs = pairs.map(|(low, high)| [&chain[low], &chain[high]]);
        pairs.find_map(|pair| block(pair, chain, reference))
    });
    let both = [find(Check::Scale, narrow), find(Check::Copies, block)];
    both.into_iter().flatten().collect()
}

/// Samples whose predictions few others have at two rates: those of which nothing is left share one.
fn own(a: &Pass<'_>, b: &Pass<'_>) -> Vec<usize> {
    let [first, second] = [a, b].map(|pass| counts(pass.values.iter().copied()));
    let rare = |i: &usize| {
        let [x, y] = [a, b].map(|pass| (pass.values[*i] + 0.0).to_bits());
        first[&x] < SHARE && second[&y] < SHARE
    };
    (0..a.values.len()).filter(rare).collect()
}

/// Sums of the first predictions, and of their squares.
fn sums(pass: &Pass<'_>, own: &[usize]) -> Vec<[f64; 2]> {
    let mut upto = vec![[0.0; 2]];
    for i in own {
        let value = f64::from(pass.values[*i]);
        let [sum, squares] = upto[upto.len() - 1];
        upto.push([sum + value, squares + value * value]);
    }
    upto
}

/// Standard deviation of a part as a share of that of the rest.
fn share(upto: &[[f64; 2]], start: usize, end: usize) -> f64 {
    let n = upto.len() - 1;
    let here = [0, 1].map(|i| upto[end][i] - upto[start][i]);
    let there = [0, 1].map(|i| upto[n][i] - here[i]);
    let deviation = |[sum, squares]: [f64; 2], count: usize| {
        let count = count as f64;
        (squares / count - (sum / count).powi(2)).max(0.0).sqrt()
    };
    deviation(here, end - start) / deviation(there, n + start - end)
}

/// A part that spreads far less at one of two rates than the rest and the other rate let expect.
fn narrow(a: &Pass<'_>, b: &Pass<'_>, reference: &Reference<'_>) -> Option<String> {
    let own = own(a, b);
    let border = |cell: usize| own.len() * cell / CELLS;
    let ranges = (0..CELLS).flat_map(|from| (from + 1..=CELLS).map(move |to| (from, to)));
    let wide = WIDE * (reference.range[1] - reference.range[0]);
    let [a_upto, b_upto] = [a, b].map(|pass| sums(pass, &own));
    let parts = ranges.filter_map(|(from, to)| {
        let (start, end) = (border(from), border(to));
        let small = end - start < SMALLEST || own.len() - (end - start) < SMALLEST;
        // Deviations are faster than the middle half of every part.
        let [x, y] = [&a_upto, &b_upto].map(|upto| share(upto, start, end));
        if small || x.min(y) > DEVIATION * x.max(y) {
            return None;
        }
        let spreads = |pass: &Pass<'_>| {
            let of = |at: &[usize]| at.iter().map(|i| pass.values[*i]).collect::<Vec<f32>>();
            let rest = [of(&own[..start]), of(&own[end..])].concat();
            [middle_half(&of(&own[start..end])), middle_half(&rest)]
        };
        let [[x, x_rest], [y, y_rest]] = [spreads(a), spreads(b)];
        let (ours, theirs) = (x * y_rest, y * x_rest);
        let ratio = ours.min(theirs) / ours.max(theirs);
        (x_rest.min(y_rest) > wide && ratio < SPREAD).then_some((ratio, start..end))
    });
    let (_, part) = parts.min_by(|a, b| a.0.total_cmp(&b.0))?;
    let inside = &own[part];
    let spread = |pass: &Pass<'_>, inside: &[usize]| {
        let values: Vec<f32> = inside.iter().map(|i| pass.values[*i]).collect();
        middle_half(&values)
    };
    let [x, y] = [a, b].map(|pass| spread(pass, inside));
    let [x_all, y_all] = [a, b].map(|pass| spread(pass, &own));
    let (first, count) = (*inside.first()?, inside.len());
    Some(format!(
        "conditions {} and {}: the middle half of predictions for the {count} samples from `{}` on spans {x:.3} and {y:.3}, \
         for all samples {x_all:.3} and {y_all:.3}: was a part of one condition predicted by an untrained model, or in \
         another scale?",
        a.key.2, b.key.2, reference.ids[first]
    ))
}

/// Samples in a row with exactly the predictions of a lower rate, which most others have not.
fn block(
    [low, high]: [&Pass<'_>; 2],
    chain: &[Pass<'_>],
    reference: &Reference<'_>,
) -> Option<String> {
    let own = own(low, high);
    let same = |i: &usize| low.values[*i] == high.values[*i];
    let longest = own.chunk_by(|a, b| same(a) == same(b));
    let longest = longest
        .filter(|row| same(&row[0]))
        .max_by_key(|row| row.len())?;
    let rest = own.len() - longest.len();
    let equal = own.iter().filter(|i| same(i)).count() - longest.len();
    if longest.len() < BLOCK || (equal as f64) >= OUTSIDE * rest as f64 {
        return None;
    }
    let part = format!(
        "{} samples in a row from `{}` on",
        longest.len(),
        reference.ids[longest[0]]
    );
    // The part may end some samples later where these happen to be equal.
    let is_still = |i: &&usize| {
        let mut passes = chain.iter();
        passes.all(|pass| pass.values[**i] == low.values[**i])
    };
    let still = longest.iter().filter(is_still).count();
    let without_masks = chain.len() >= STILL && 10 * still >= 9 * longest.len();
    Some(match chain {
        [first, .., last] if without_masks => format!(
            "conditions {} to {}: {part} have the same predictions at all {} rates, of the others {equal} in {rest} at {} and {}: \
             were they predicted without masks, or not at all?",
            first.key.2,
            last.key.2,
            chain.len(),
            low.key.2,
            high.key.2
        ),
        _ => format!(
            "condition {}: {part} have exactly the predictions of condition {}, of the others {equal} in {rest}: was a part of \
             one written into the other?",
            high.key.2, low.key.2
        ),
    })
}
