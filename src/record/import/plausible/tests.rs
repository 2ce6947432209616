//! Simulates predictions under nested masks: sound ones are never warned about, changed ones are.

mod few;
mod fitted;
mod masked;
mod neighbors;
mod orders_of_ids;
mod shared;
mod uneven_parts;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::super::join::Joined;
use super::super::same_masks::UNKNOWN;
use super::Reference;
use super::beside::{centered, smooth};
use super::blocks::{parts, shards, uneven, within};
use super::digits::kinds;
use super::gaps::{filled, values};
use super::labels::signs;
use super::order::{orders, scrambled, shifted};
use super::rates::{between, jumps};
use super::runs::{means, pairs};
use super::sets::subsets;
use super::units::{first, scale};
use crate::mask::Condition;

/// What the test split and the model are like.
#[derive(Clone, Copy, Debug)]
struct Kind {
    samples: usize,
    /// Part of a label that predictions for complete samples hold, in standard deviations beside noise of 1.
    strength: f32,
    /// Whether most labels are near one end.
    skewed: bool,
    /// Samples of one video, whose labels are alike.
    video: usize,
    seed: u64,
}

/// Labels from -3 to 3, and predictions at the rates 0, 0.1, ... 0.9.
struct Simulated {
    ids: Vec<String>,
    truth: Vec<f32>,
    passes: Vec<Vec<f32>>,
}

/// A number in [0, 1).
fn uniform(random: &mut ChaCha8Rng) -> f32 {
    (random.next_u32() >> 8) as f32 / (1 << 24) as f32
}

/// Nearly normal, of standard deviation 1.
fn normal(random: &mut ChaCha8Rng) -> f32 {
    (0..12).map(|_| uniform(random)).sum::<f32>() - 6.0
}

/// Words of a sample each hold a part of its label and of the model's error; a mask removes those whose draw is
/// below the rate.
fn simulate(kind: Kind) -> Simulated {
    const WORDS: usize = 10;
    let mut random = ChaCha8Rng::seed_from_u64(kind.seed);
    let mut video = 0.0;
    let (mut truth, mut passes) = (Vec::new(), vec![Vec::new(); 10]);
    for i in 0..kind.samples {
        if i % kind.video == 0 {
            video = normal(&mut random);
        }
        let label = 0.6 * video + 0.8 * normal(&mut random);
        let shown = if kind.skewed {
            1.5 - 0.7 * label * label
        } else {
            1.3 * label
        };
        truth.push((shown.clamp(-3.0, 3.0) * 5.0).round() / 5.0);
        let error = normal(&mut random);
        let words: Vec<(f32, f32)> = (0..WORDS)
            .map(|_| {
                let own = kind.strength * shown + error + normal(&mut random);
                (uniform(&mut random), own / WORDS as f32)
            })
            .collect();
        for (rate, pass) in passes.iter_mut().enumerate() {
            let kept = words.iter().filter(|(draw, _)| *draw >= rate as f32 / 10.0);
            pass.push(kept.map(|(_, word)| word).sum::<f32>());
        }
    }
    let ids = (0..kind.samples).map(|i| format!("v{}$_${}", i / kind.video, i % kind.video));
    Simulated {
        ids: ids.collect(),
        truth,
        passes,
    }
}

/// Weak and strong models, small and large test splits, skewed labels, long videos.
fn kinds(each: u64) -> impl Iterator<Item = Kind> {
    let strengths = [0.0, 0.3, 1.0, 3.0].into_iter();
    let all = strengths.flat_map(|strength| {
        [60, 200, 686].into_iter().flat_map(move |samples| {
            [(false, 1), (true, 1), (false, 12), (true, 25)].map(|kind| (strength, samples, kind))
        })
    });
    all.flat_map(move |(strength, samples, (skewed, video))| {
        (0..each).map(move |seed| Kind {
            samples,
            strength,
            skewed,
            video,
            seed,
        })
    })
}

impl Simulated {
    fn run(&self, seed: u64) -> Joined {
        let passes = self.passes.iter().enumerate().map(|(rate, pass)| {
            let condition = Condition::uniform(rate as f64 / 10.0).unwrap();
            (("random".to_string(), 1111, condition), pass.clone())
        });
        let (model, passes) = ("m".to_string(), passes.collect());
        Joined {
            model,
            seed,
            passes,
        }
    }

    fn reference(&self) -> Reference<'_> {
        Reference {
            ids: &self.ids,
            truth: &self.truth,
            lengths: [&[]; 3],
            range: [-3.0, 3.0],
            absent: [false; 3],
            masks: &UNKNOWN,
            train: &[],
        }
    }

    /// What the checks of single runs find, but for the labels' scale, which simulated models miss.
    fn found(&self) -> Vec<String> {
        self.found_with(&[], &self.run(1))
    }

    fn found_with(&self, before: &[&Joined], run: &Joined) -> Vec<String> {
        let reference = self.reference();
        let mut found = between::findings(run, &reference);
        found.extend(pairs::findings(run, before, &reference));
        found.extend(within::findings(run, &reference));
        found.extend(orders::finding(run, &reference));
        found.extend(shifted::finding(run, &reference));
        found.extend(parts::finding(run, &reference));
        found.extend(values::findings(run, &reference));
        found.extend(first::finding(run, &reference));
        found.extend(shards::findings(run, &reference));
        found.extend(smooth::finding(run, &reference));
        found.extend(smooth::running(run, &reference));
        found.extend(centered::finding(run, &reference));
        found.extend(scrambled::finding(run, &reference));
        found.extend(signs::finding(run, &reference));
        found.extend(subsets::finding(run, &[], &reference));
        found.extend(means::finding(run, &[], &reference));
        found.extend(uneven::finding(run, &reference));
        found.extend(jumps::finding(run, &reference));
        let runs: Vec<Joined> = before.iter().map(|run| (*run).clone()).collect();
        found.extend(filled::findings(run, &runs, &reference));
        found.into_iter().map(|finding| finding.text).collect()
    }

    /// Gives every sample of `part` the predictions of another one, under the rates.
    fn shuffle(&mut self, part: &[usize], rates: &[usize]) {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut order = part.to_vec();
        for last in (1..order.len()).rev() {
            order.swap(last, random.next_u32() as usize % (last + 1));
        }
        for rate in rates {
            let before = self.passes[*rate].clone();
            for (to, from) in part.iter().zip(&order) {
                self.passes[*rate][*to] = before[*from];
            }
        }
    }
}

const STRONG: Kind = Kind {
    samples: 686,
    strength: 2.0,
    skewed: false,
    video: 12,
    seed: 3,
};

const ALL: [usize; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

#[test]
fn sound_predictions_are_never_warned_about() {
    for kind in kinds(10) {
        let found = simulate(kind).found();
        assert!(found.is_empty(), "{kind:?}: {found:?}");
    }
}

#[test]
fn a_part_in_another_order_is_found() {
    let n = STRONG.samples;
    let parts = [
        (0..n / 2).collect::<Vec<_>>(),
        (n / 2..n).collect(),
        (n / 3..2 * n / 3).collect(),
        (1..n).step_by(2).collect(),
        (2..n).step_by(3).collect(),
    ];
    for part in parts {
        for rates in [&ALL[..], &[0], &[4], &[9]] {
            let mut changed = simulate(STRONG);
            changed.shuffle(&part, rates);
            let found = changed.found().join("; ");
            let named = found.contains("another order") || found.contains("exchanged");
            assert!(named, "from {} on, rates {rates:?}: {found}", part[0]);
        }
    }
}

#[test]
fn a_random_half_of_one_condition_in_another_order_is_found() {
    let mut changed = simulate(STRONG);
    let part: Vec<usize> = (0..STRONG.samples)
        .filter(|i| i * 7919 % 1009 < 504)
        .collect();
    changed.shuffle(&part, &[3]);
    let found = changed.found().join("; ");
    assert!(found.contains("rate 0.3"), "{found}");
}

#[test]
fn neighboring_rates_that_were_exchanged_are_found() {
    for strength in [0.3, 2.0] {
        for low in 0..9 {
            let mut changed = simulate(Kind { strength, ..STRONG });
            changed.passes.swap(low, low + 1);
            let found = changed.found().join("; ");
            assert!(found.contains("exchanged"), "{low}: {found}");
        }
    }
}

#[test]
fn predictions_of_another_seed_at_one_rate_are_found() {
    let mut changed = simulate(STRONG);
    let other = simulate(Kind {
        strength: 1.0,
        ..STRONG
    });
    changed.passes[5].clone_from(&other.passes[5]);
    let found = changed.found().join("; ");
    assert!(found.contains("rate 0.5"), "{found}");
}

/// Asserts that a changed run is warned about with some words.
fn assert_found(words: &str, change: impl Fn(&mut Simulated)) {
    let mut changed = simulate(STRONG);
    change(&mut changed);
    let found = changed.found().join("; ");
    assert!(found.contains(words), "{words}: {found}");
}

#[test]
fn gaps_that_were_filled_are_found() {
    let gap = |i: usize| i * 7919 % 1009 < 30;
    assert_found("exactly 0 for 2", |changed| {
        for pass in &mut changed.passes {
            let each = pass.iter_mut().enumerate().filter(|(i, _)| gap(*i));
            each.for_each(|(_, p)| *p = 0.0);
        }
    });
    assert_found(
        "condition 0.4: the prediction is exactly 0 for 2",
        |changed| {
            let each = changed.passes[4].iter_mut().enumerate();
            each.filter(|(i, _)| gap(*i)).for_each(|(_, p)| *p = 0.0);
        },
    );
    // Most of a condition was never computed.
    assert_found("condition 0: the prediction is exactly 0 for", |changed| {
        let n = changed.passes[0].len();
        changed.passes[0][n / 3..].fill(0.0);
    });
    assert_found("exactly the prediction of the sample before", |changed| {
        let pass = &mut changed.passes[4];
        (1..pass.len())
            .filter(|i| gap(*i))
            .for_each(|i| pass[i] = pass[i - 1]);
    });
}

#[test]
fn interpolated_gaps_and_labels_among_predictions_are_found() {
    let gap = |i: usize| i * 7919 % 10 < 3;
    assert_found("were missing predictions interpolated?", |changed| {
        let pass = &mut changed.passes[1];
        let inner = 1..pass.len() - 1;
        // Every other gap has both neighbors.
        for i in inner.filter(|i| gap(*i) && i % 2 == 0) {
            pass[i] = f32::midpoint(pass[i - 1], pass[i + 1]);
        }
    });
    assert_found("were missing predictions filled with labels?", |changed| {
        let truth = changed.truth.clone();
        let each = changed.passes[1].iter_mut().zip(truth).enumerate();
        each.filter(|(i, _)| gap(*i))
            .for_each(|(_, (p, truth))| *p = truth);
    });
    // Rounded predictions meet labels and each other's means by chance.
    let mut rounded = simulate(STRONG);
    for p in rounded.passes.iter_mut().flatten() {
        *p = (*p * 10.0).round() / 10.0;
    }
    let found = rounded.found().join("; ");
    assert!(
        !found.contains("interpolated") && !found.contains("labels?"),
        "{found}"
    );
}

#[test]
fn one_condition_in_another_scale_is_found() {
    let each = |changed: &mut Simulated, of: fn(f32) -> f32| {
        changed.passes[2].iter_mut().for_each(|p| *p = of(*p));
    };
    assert_found("were predictions clipped?", |changed| {
        each(changed, |p| p.clamp(-0.8, 0.8))
    });
    assert_found("is one condition in another scale?", |changed| {
        each(changed, |p| 0.7 * p)
    });
}

#[test]
fn complete_samples_in_another_scale_are_found() {
    let complete = |changed: &mut Simulated, of: fn(f32) -> f32| {
        changed.passes[0].iter_mut().for_each(|p| *p = of(*p));
    };
    for of in [(|p| p / 3.0) as fn(f32) -> f32, |p| 2.0 * p] {
        assert_found("is one of them in another scale?", |c| complete(c, of));
    }
    assert_found("has one of them another zero?", |c| {
        complete(c, |p| p + 0.5)
    });
}

#[test]
fn predictions_brought_to_label_units_twice_are_found() {
    let found = |factor: f32| {
        let mut changed = simulate(STRONG);
        for p in changed.passes.iter_mut().flatten() {
            *p = (factor * *p).clamp(-3.0, 3.0);
        }
        scale::clipped("m", &changed.run(1), &changed.reference()).map(|finding| finding.text)
    };
    // These predictions spread wider than labels.
    assert_eq!(found(0.4), None);
    assert!(found(1.2).unwrap().contains("twice, and clipped?"));
}

#[test]
fn lost_signs_are_found() {
    let mut changed = simulate(STRONG);
    let signs = |changed: &Simulated| {
        let reference = changed.reference();
        kinds::unsigned("m", &changed.run(1), &reference).map(|finding| finding.text)
    };
    assert_eq!(signs(&changed), None);
    let small =
        |changed: &Simulated| kinds::one_sided("m", &changed.run(1)).map(|finding| finding.text);
    assert_eq!(small(&changed), None);
    // As strings without the sign of -0.4 and the like, at one rate.
    for p in changed.passes[4].iter_mut().filter(|p| **p > -1.0) {
        *p = p.abs();
    }
    assert!(small(&changed).unwrap().contains("the sign of -0.4"));
    let mut one = simulate(STRONG);
    for p in &mut one.passes[4] {
        *p = p.abs();
    }
    let text = signs(&one).unwrap();
    assert!(
        text.contains("condition 0.4: no prediction is negative"),
        "{text}"
    );
    for p in changed.passes.iter_mut().flatten() {
        *p = p.abs();
    }
    assert!(signs(&changed).unwrap().contains("were signs lost?"));
    // A weak model around a positive value.
    changed
        .passes
        .iter_mut()
        .flatten()
        .for_each(|p| *p = 0.5 + 0.05 * *p);
    assert_eq!(signs(&changed), None);
}

#[test]
fn runs_that_share_predictions_are_found() {
    // Two models of one data set that differ by more than chance.
    let made = simulate(STRONG);
    let mut other = simulate(STRONG);
    for pass in &mut other.passes {
        for (i, p) in pass.iter_mut().enumerate() {
            *p += (i * i * 7919 % 1009) as f32 / 1009.0 - 0.5;
        }
    }
    let (first, second) = (made.run(1), other.run(2));
    assert_eq!(made.found_with(&[&first], &second), [""; 0]);
    let rounded = |p: &mut f32| *p = (*p * 1000.0).round() / 1000.0;
    for (changed, words) in [
        (&mut second.clone(), "at 1 of 10 conditions, such as 0.3"),
        (&mut first.clone(), "for every sample and condition"),
    ] {
        let key = first.passes.keys().nth(3).unwrap();
        changed
            .passes
            .insert(key.clone(), first.passes[key].clone());
        changed.passes.values_mut().flatten().for_each(rounded);
        changed.seed = 3;
        let found = made.found_with(&[&first], changed).join("; ");
        assert!(found.contains(words), "{words}: {found}");
    }
    let (mut a, mut b) = (first, second);
    let complete = a.passes.keys().next().unwrap().clone();
    let taken = a
        .passes
        .insert(complete.clone(), b.passes[&complete].clone());
    b.passes.insert(complete, taken.unwrap());
    let found = made.found_with(&[&a], &b).join("; ");
    assert!(
        found.contains("were predictions of both exchanged"),
        "{found}"
    );
}

#[test]
fn means_of_seeds_and_of_rates_are_found() {
    assert_found(
        "condition 0.4: the predictions are on the line between those at 0.3 and 0.5",
        |changed| {
            let [low, high] = [3, 5].map(|rate| changed.passes[rate].clone());
            let line = low
                .iter()
                .zip(&high)
                .map(|(a, b)| (500.0 * (a + b)).round() / 1000.0);
            changed.passes[4] = line.collect();
        },
    );
    let kinds = [3, 4].map(|seed| simulate(Kind { seed, ..STRONG }));
    let mut runs = vec![kinds[0].run(1), kinds[1].run(2), kinds[0].run(3)];
    for (key, pass) in &mut runs[2].passes {
        let both = kinds.each_ref().map(|kind| kind.run(1).passes[key].clone());
        *pass = both[0]
            .iter()
            .zip(&both[1])
            .map(|(a, b)| (a + b) / 2.0)
            .collect();
    }
    let reference = kinds[0].reference();
    let found = |run: &Joined| means::finding(run, &runs, &reference).map(|finding| finding.text);
    let text = found(&runs[2]).unwrap();
    assert!(
        text.contains("the means of those of the other 2 seeds"),
        "{text}"
    );
    assert_eq!(found(&runs[0]), None);
}
