//! Looks for a state that was carried from one batch to the next: predictions follow those one batch before.

use crate::record::import::join::Joined;
use crate::record::import::plausible::{Check, Finding, Reference, centered_ranks, name};

/// Sizes of batches.
const SIZES: [usize; 13] = [8, 10, 12, 16, 20, 24, 32, 48, 50, 64, 96, 100, 128];

/// Samples for each of a batch without which chance decides.
const BATCHES: usize = 5;

/// Distances beside that of a batch: samples of one video are alike at all of them.
const BESIDE: [isize; 6] = [-3, -2, -1, 1, 2, 3];

/// Standard errors by which predictions resemble those one batch before more than those beside these, and labels do not. Of
/// 330 sound passes on CMU-MOSI none has more than 3.8.
const CERTAIN: f64 = 6.0;

pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let truth = centered_ranks(reference.truth);
    let sizes = || {
        SIZES
            .into_iter()
            .filter(|size| BATCHES * size <= truth.len())
    };
    let left = |rates: [f64; 3]| rates.iter().any(|rate| *rate < 1.0);
    let mut passes = run.passes.iter().filter(|(key, _)| left(key.2.rates()));
    let (key, size, correlation) = passes.find_map(|(key, pass)| {
        let ranks = centered_ranks(pass);
        let found = sizes().find(|size| {
            let excess = more_than_beside(&ranks, *size) - more_than_beside(&truth, *size);
            excess > CERTAIN
        })?;
        Some((key, found, at_distance(&ranks, found)))
    })?;
    Some(Finding {
        check: Check::Order,
        wrong: false,
        text: format!(
            "{}, condition {}: predictions resemble those {size} samples before (correlation {correlation:.2}) more than those \
             one, two and three samples from there: was the state of a recurrent network carried from one batch of {size} to \
             the next?",
            name(run),
            key.2
        ),
    })
}

/// Correlation of ranks with those some samples before.
fn at_distance(ranks: &[f64], distance: usize) -> f64 {
    let squares: f64 = ranks.iter().map(|rank| rank * rank).sum();
    let products: f64 = ranks
        .iter()
        .zip(&ranks[distance..])
        .map(|(a, b)| a * b)
        .sum();
    let part = ranks.len() as f64 / (ranks.len() - distance) as f64;
    if squares > 0.0 {
        part * products / squares
    } else {
        0.0
    }
}

/// How much more values resemble those one batch before than those beside these, in standard errors.
fn more_than_beside(ranks: &[f64], size: usize) -> f64 {
    let beside = BESIDE.iter().filter_map(|by| size.checked_add_signed(*by));
    let beside: f64 = beside.map(|distance| at_distance(ranks, distance)).sum();
    let more = at_distance(ranks, size) - beside / BESIDE.len() as f64;
    more * ((ranks.len() - size) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::import::plausible::testing;

    fn found(size: Option<usize>) -> Option<String> {
        let noise = |i: usize, by: usize| ((i * i * by) as f64 * 0.618_034).fract() as f32 - 0.5;
        let truth: Vec<f32> = (0..400).map(|i| 5.0 * noise(i, 1)).collect();
        let mut pass: Vec<f32> = Vec::new();
        for (i, t) in truth.iter().enumerate() {
            let own = 0.5 * t + noise(i, 7);
            let before = size
                .and_then(|size| i.checked_sub(size))
                .map_or(own, |at| pass[at]);
            pass.push(0.6 * own + 0.4 * before);
        }
        let ids: Vec<String> = (0..400).map(|i| format!("v$_${i}")).collect();
        let reference = testing::reference(&ids, &truth);
        finding(&testing::complete(pass), &reference).map(|finding| finding.text)
    }

    #[test]
    fn a_state_carried_over_batches_is_found() {
        let text = found(Some(32)).unwrap();
        assert!(
            text.contains("those 32 samples before (correlation 0."),
            "{text}"
        );
        assert_eq!(found(None), None);
        // A size that no batch has.
        assert_eq!(found(Some(37)), None);
    }
}
