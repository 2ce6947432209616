//! Looks for single gaps filled with a mean: of the other seeds, of the other rates, of the samples around or before, of the
//! video.

use std::collections::HashMap;

use crate::record::import::join::Joined;
use crate::record::import::plausible::rates::steps::chains;
use crate::record::import::plausible::{
    Check, FEWEST, Finding, Reference, groups, name, other_seeds, precise,
};

/// Fewest predictions that are exactly the same mean, and most of a pass: as a whole it has a name of its own. By chance less than
/// one in a hundred passes has one.
const FILLED: usize = 4;
const MOST: f64 = 0.6;

/// Part of its size by which a mean may be off: that of digits.
const EXACT: f64 = 2e-6;

/// Digits of a prediction, and bits behind those of float16, without which means of predictions meet others by chance; and the
/// part of the predictions that has them.
const DIGITS: usize = 5;
const LAST_BITS: u32 = 0x1fff;
const FINE: f64 = 0.8;

/// Samples on both sides, and before, that moving means are over.
const AROUND: [usize; 2] = [1, 2];
const BEFORE: [usize; 4] = [2, 3, 4, 5];

pub fn finding(run: &Joined, runs: &[Joined], reference: &Reference<'_>) -> Option<Finding> {
    let (condition, text) = of_seeds(run, runs)
        .or_else(|| of_rates(run))
        .or_else(|| of_neighbors(run, reference))?;
    Some(Finding {
        check: Check::Constant,
        wrong: false,
        text: format!("{}, condition {condition}: {text}", name(run)),
    })
}

/// Samples of a pass that are exactly what `of` gives for them, where it gives anything: a mean that differs from what it is of.
fn filled(pass: &[f32], of: impl Fn(usize) -> Option<f64>) -> Vec<usize> {
    let is = |i: &usize| {
        let here = f64::from(pass[*i]);
        of(*i).is_some_and(|mean| (mean - here).abs() <= EXACT * here.abs().max(0.1))
    };
    (0..pass.len()).filter(is).collect()
}

fn is_some(filled: &[usize], pass: &[f32]) -> bool {
    filled.len() >= FILLED && (filled.len() as f64) < MOST * pass.len() as f64
}

/// Whether most predictions have so many digits and bits that hardly one is a mean of others by chance.
fn is_fine(pass: &[f32]) -> bool {
    let digits = |p: &f32| {
        let text = p.abs().to_string();
        let digits = text.trim_start_matches(['0', '.']);
        digits.bytes().filter(u8::is_ascii_digit).count()
    };
    let fine = |p: &&f32| p.to_bits() & LAST_BITS != 0 && digits(p) >= DIGITS;
    precise(pass) && pass.iter().filter(fine).count() as f64 >= FINE * pass.len() as f64
}

/// The mean of values that differ by more than digits.
fn mean(values: &[f32]) -> Option<f64> {
    let ends = values.iter().fold([f32::MAX, f32::MIN], |[low, high], v| {
        [low.min(*v), high.max(*v)]
    });
    let sum: f64 = values.iter().map(|v| f64::from(*v)).sum();
    (values.len() > 1 && ends[1] - ends[0] > 1e-3).then(|| sum / values.len() as f64)
}

type Found = (String, String);

fn of_seeds(run: &Joined, runs: &[Joined]) -> Option<Found> {
    run.passes.iter().find_map(|(key, pass)| {
        let others = other_seeds(run, runs).filter_map(|other| other.passes.get(key));
        let others: Vec<&Vec<f32>> = others.filter(|other| is_fine(other)).collect();
        let filled = filled(pass, |i| {
            let values: Vec<f32> = others.iter().map(|other| other[i]).collect();
            mean(&values)
        });
        (is_fine(pass) && is_some(&filled, pass)).then(|| {
            let text = format!(
                "{} predictions are exactly the mean of those of the other {} seeds: were missing predictions filled with it?",
                filled.len(),
                others.len()
            );
            (key.2.to_string(), text)
        })
    })
}

fn of_rates(run: &Joined) -> Option<Found> {
    chains(run).iter().find_map(|chain| {
        let left: Vec<_> = chain.iter().filter(|pass| pass.rate < 1.0).collect();
        let found = left.iter().enumerate().find_map(|(at, pass)| {
            let filled = filled(pass.values, |i| {
                let others = left.iter().enumerate().filter(|(other, _)| *other != at);
                let values: Vec<f32> = others.map(|(_, pass)| pass.values[i]).collect();
                mean(&values)
            });
            let is_filled = left.len() > 2 && is_fine(pass.values);
            (is_filled && is_some(&filled, pass.values)).then_some((pass, filled.len()))
        });
        found.map(|(pass, count)| {
            let text = format!(
                "{count} predictions are exactly the mean of those at the other rates: were missing predictions filled with it?"
            );
            (pass.key.2.to_string(), text)
        })
    })
}

fn of_neighbors(run: &Joined, reference: &Reference<'_>) -> Option<Found> {
    let videos = groups::videos(reference.ids);
    let of_video: HashMap<usize, &Vec<usize>> = (videos.iter())
        .flat_map(|all| all.iter().map(move |i| (*i, all)))
        .collect();
    let passes = run.passes.iter();
    let mut passes = passes.filter(|(_, pass)| pass.len() >= FEWEST && is_fine(pass));
    passes.find_map(|(key, pass)| {
        let at = |places: &[usize]| {
            let values: Vec<f32> = places.iter().filter_map(|i| pass.get(*i)).copied().collect();
            mean(&values).filter(|_| values.len() == places.len())
        };
        let around = AROUND.into_iter().map(|by| {
            let filled = filled(pass, |i| {
                let places = (i.checked_sub(by)?..=i + by).filter(|j| *j != i);
                at(&places.collect::<Vec<_>>())
            });
            (filled, format!("the {by} before and behind"))
        });
        let before = BEFORE.into_iter().map(|by| {
            let filled = filled(pass, |i| at(&(i.checked_sub(by)?..i).collect::<Vec<_>>()));
            (filled, format!("the {by} before"))
        });
        // Several gaps of one video share its mean.
        let video = std::iter::once_with(|| {
            let filled = filled(pass, |i| {
                let others = of_video.get(&i)?.iter().filter(|j| pass[**j] != pass[i]);
                let others: Vec<usize> = others.copied().collect();
                at(&others).filter(|_| others.len() > 2)
            });
            (filled, "the others of their video".to_string())
        });
        let (filled, what) = around.chain(before).chain(video).find(|(filled, _)| is_some(filled, pass))?;
        let text = format!(
            "{} predictions, such as that of `{}`, are exactly the mean of {what}: were missing predictions filled with it?",
            filled.len(),
            reference.ids[filled[0]]
        );
        Some((key.2.to_string(), text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::import::plausible::testing;

    fn pass(by: usize) -> Vec<f32> {
        let noise = |i: usize| ((i * i * by) as f64 * 0.618_034).fract() - 0.5;
        (0..120)
            .map(|i| (4.0 * noise(i) + 0.3 * noise(i * 7 + 1)) as f32)
            .collect()
    }

    fn found(passes: &[Vec<f32>]) -> Option<String> {
        let ids: Vec<String> = (0..120)
            .map(|i| format!("v{}$_${}", i / 8, i % 8))
            .collect();
        let truth = pass(3);
        let runs = testing::seeds(passes);
        let reference = testing::reference(&ids, &truth);
        finding(&runs[0], &runs, &reference).map(|finding| finding.text)
    }

    #[test]
    fn gaps_filled_with_the_mean_of_other_seeds_are_found() {
        let (mut first, second, third) = (pass(5), pass(7), pass(11));
        assert_eq!(found(&[first.clone(), second.clone(), third.clone()]), None);
        for i in (3..120).step_by(20) {
            first[i] = second[i].midpoint(third[i]);
        }
        let text = found(&[first, second, third]).unwrap();
        assert!(
            text.contains("6 predictions are exactly the mean of those of the other 2 seeds"),
            "{text}"
        );
    }

    #[test]
    fn rounded_predictions_are_means_of_others_by_chance() {
        let sound = [5, 7, 11].map(pass);
        let short = |p: &f32| format!("{p:.2e}").parse::<f32>().unwrap();
        let bfloat = |p: &f32| f32::from_bits(p.to_bits() & 0xffff_0000);
        for round in [&short as &dyn Fn(&f32) -> f32, &bfloat] {
            let rounded = sound
                .clone()
                .map(|pass| pass.iter().map(round).collect::<Vec<f32>>());
            assert!(rounded.iter().all(|pass| !is_fine(pass)));
            assert_eq!(found(&rounded), None);
        }
        assert!(sound.iter().all(|pass| is_fine(pass)));
    }

    #[test]
    fn gaps_filled_with_means_of_samples_beside_them_are_found() {
        for (what, of) in [
            ("the 2 before and behind", &[-2, -1, 1, 2][..]),
            ("the 3 before", &[-3, -2, -1]),
            ("the others of their video", &[-3, -2, -1, 1, 2, 3, 4]),
        ] {
            let mut pass = pass(5);
            for i in (3..120).step_by(24) {
                let sum: f64 = of
                    .iter()
                    .map(|by| f64::from(pass[(i as i64 + by) as usize]))
                    .sum();
                pass[i] = (sum / of.len() as f64) as f32;
            }
            let text = found(&[pass]).unwrap();
            assert!(
                text.contains(&format!("are exactly the mean of {what}")),
                "{text}"
            );
        }
    }
}
