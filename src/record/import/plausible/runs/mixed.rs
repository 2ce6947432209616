//! Looks for seeds that were mixed within conditions: rows under one seed that come from several trained models.
//!
//! A trained model that predicts more for a sample than the other seeds of its model do still does so when a little more
//! is missing. Where labels of seeds were repeated in another way than predictions, each condition mixes models in a way of
//! its own, and it does not.

use crate::mask;
use crate::record::import::join::Joined;
use crate::record::import::plausible::rates::between::rank_correlation;
use crate::record::import::plausible::rates::steps::chains;
use crate::record::import::plausible::{Check, Finding, Reference, middle_half};

/// Fewest samples that are compared, and largest difference of their rates.
const SAMPLES: usize = 100;
const STEP: f64 = 0.2;

/// Least rank correlation of what seeds predict beyond their mean, between two such rates. Of 1404 pairs of rates of 18
/// models, with two and three seeds, none has less than 0.57; mixed at random none of more than 100 samples has more than 0.34.
const FOLLOWS: f64 = 0.35;

/// How far it falls between neighboring rates at most, where it falls because little is left, and what it is below everywhere
/// where all conditions are mixed. Ridges on random functions of 30 frames go from 0.9 to 0.3 over the rates by steps below 0.15.
const FALLS: f64 = 0.25;
const NOWHERE: f64 = 0.5;

/// Part of the spread of predictions that seeds must differ by.
const DIFFER: f32 = 0.05;

pub fn finding(run: &Joined, runs: &[Joined], reference: &Reference<'_>) -> Option<Finding> {
    let seeds: Vec<&Joined> = runs
        .iter()
        .filter(|other| other.model == run.model)
        .collect();
    // One finding for all seeds, after those that other checks have of each.
    let last = seeds.last().is_some_and(|last| last.seed == run.seed);
    if seeds.len() < 2 || !last || reference.truth.len() < SAMPLES {
        return None;
    }
    let chains = chains(run);
    let pairs = chains.iter().flat_map(|chain| chain.windows(2));
    let near = pairs.filter(|pair| {
        // Other programs may draw masks anew at each rate.
        let nested = mask::find(&pair[0].key.0).is_ok();
        nested && pair[1].rate < 1.0 && pair[1].rate - pair[0].rate <= STEP + 1e-9
    });
    let judged = near.filter_map(|pair| {
        let [low, high] = [0, 1].map(|i| beyond_mean(&seeds, &pair[i]));
        let (low, high) = (low?, high?);
        let follows = rank_correlation(&low, &high)?;
        Some((follows, pair, low, high))
    });
    let judged: Vec<_> = judged.collect();
    let all: Vec<f64> = judged.iter().map(|pair| pair.0).collect();
    let least = judged.into_iter().enumerate();
    let least = least.min_by(|a, b| a.1.0.total_cmp(&b.1.0));
    let (at, (follows, pair, low, high)) = least?;
    (follows < FOLLOWS && is_sudden(&all, at)).then(|| {
        let [a, b] = [0, 1].map(|i| pair[i].key.2);
        let n = reference.ids.len();
        let apart = |i: &usize| low[*i] * high[*i];
        let most = (0..low.len()).min_by(|x, y| apart(x).total_cmp(&apart(y))).unwrap_or(0);
        Finding {
            check: Check::Rates,
            wrong: false,
            text: format!(
                "{}: what a seed predicts beyond the mean of its {} seeds at rate {a} has little to do with that at {b} (rank \
                 correlation {follows:.2}, where trained models have 0.5 and more), such as `{}` {:+.2} and {:+.2} under seed \
                 {}: were predictions of several seeds mixed within conditions, masks of each seed drawn anew, or was dropout \
                 active?",
                run.model,
                seeds.len(),
                reference.ids[most % n],
                low[most],
                high[most],
                seeds[most / n].seed,
            ),
        }
    })
}

/// Whether the least of the correlations is far below one beside it, or none is high.
fn is_sudden(follows: &[f64], at: usize) -> bool {
    let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
    let mut beside = beside.filter_map(|i| follows.get(i));
    beside.any(|other| other - follows[at] > FALLS) || follows.iter().all(|all| *all < NOWHERE)
}

/// Predictions less the mean of all seeds for the same sample, seed after seed; `None` where seeds hardly differ.
fn beyond_mean(
    seeds: &[&Joined],
    pass: &crate::record::import::plausible::rates::steps::Pass<'_>,
) -> Option<Vec<f32>> {
    let all: Option<Vec<&Vec<f32>>> = seeds.iter().map(|run| run.passes.get(pass.key)).collect();
    let all = all?;
    let mean = |i: usize| all.iter().map(|p| p[i]).sum::<f32>() / all.len() as f32;
    let means: Vec<f32> = (0..pass.values.len()).map(mean).collect();
    let beyond = all
        .iter()
        .flat_map(|p| p.iter().zip(&means).map(|(p, mean)| p - mean));
    let beyond: Vec<f32> = beyond.collect();
    let spreads = all.iter().map(|p| middle_half(p)).fold(0.0, f32::max);
    (middle_half(&beyond) > DIFFER * spreads).then_some(beyond)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Condition;
    use crate::record::import::plausible::testing::reference;

    const SAMPLES: usize = 200;
    const SEEDS: usize = 3;

    /// A number from -1 to 1 that looks random.
    fn noise(parts: [usize; 3]) -> f32 {
        let mut x = parts.iter().fold(0x9e37_79b9_7f4a_7c15_u64, |x, part| {
            (x ^ *part as u64)
                .wrapping_mul(0xbf58_476d_1ce4_e5b9)
                .rotate_left(29)
        });
        x ^= x >> 31;
        x = x.wrapping_mul(0x94d0_49bb_1331_11eb);
        (x >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// Runs of three seeds that differ by `apart`, whose prediction of a sample at a rate is that of the seed that
    /// `of` gives.
    fn found(apart: f32, of: impl Fn(usize, usize, usize) -> usize) -> Option<String> {
        let prediction = |seed: usize, i: usize, rate: usize| {
            let own = apart * (noise([seed, i, 100]) + 0.3 * noise([seed, i, rate]));
            2.0 * noise([50, i, 0]) * (1.0 - rate as f32 / 10.0) + own
        };
        let runs = (0..SEEDS).map(|seed| {
            let passes = (0..6).map(|rate| {
                let condition = Condition::uniform(rate as f64 / 10.0).unwrap();
                let pass = (0..SAMPLES).map(|i| prediction(of(seed, i, rate), i, rate));
                (("random".to_string(), 1111, condition), pass.collect())
            });
            Joined {
                model: "m".to_string(),
                seed: seed as u64,
                passes: passes.collect(),
            }
        });
        let runs: Vec<Joined> = runs.collect();
        let ids: Vec<String> = (0..SAMPLES).map(|i| format!("v$_${i}")).collect();
        let truth: Vec<f32> = (0..SAMPLES).map(|i| 2.0 * noise([50, i, 0])).collect();
        let reference = reference(&ids, &truth);
        let mut all = runs
            .iter()
            .filter_map(|run| finding(run, &runs, &reference));
        let first = all.next().map(|finding| finding.text);
        assert!(all.next().is_none(), "one finding for all seeds");
        first
    }

    #[test]
    fn seeds_mixed_in_each_condition_are_found() {
        let everywhere = |seed: usize, i: usize, rate: usize| {
            (seed + ((noise([7, i, rate]) + 1.0) * 1.5) as usize) % SEEDS
        };
        let text = found(0.5, everywhere).unwrap();
        assert!(text.contains("mixed within conditions"), "{text}");
        // At one rate, the seeds of one sample after the other as `tile` gives them in place of `repeat`.
        let once = |seed: usize, i: usize, rate: usize| {
            if rate == 3 { (seed + i) % SEEDS } else { seed }
        };
        let text = found(0.5, once).unwrap();
        assert!(
            text.contains("rate 0.3") || text.contains("at 0.3"),
            "{text}"
        );
    }

    #[test]
    fn seeds_that_part_slowly_as_less_is_left_are_none() {
        assert!(!is_sudden(&[0.9, 0.8, 0.69, 0.57, 0.45, 0.33], 5));
        assert!(is_sudden(&[0.9, 0.8, 0.7, 0.3, 0.3, 0.7], 3));
        assert!(is_sudden(&[0.9, 0.8, 0.7, 0.3], 3));
        assert!(is_sudden(&[0.3, 0.25, 0.2], 2));
        assert!(is_sudden(&[0.3], 0));
    }

    #[test]
    fn trained_models_and_equal_ones_are_not() {
        let own = |seed: usize, _: usize, _: usize| seed;
        assert_eq!(found(0.5, own), None);
        assert_eq!(found(0.1, own), None);
        let mixed = |seed: usize, i: usize, rate: usize| (seed + i + rate) % SEEDS;
        assert_eq!(found(1e-4, mixed), None);
    }
}
