//! Runs that share predictions in part, and parts of conditions from elsewhere.

use super::super::super::join::Joined;
use super::super::runs::pairs;
use super::super::{Check, correlated};
use super::{Kind, STRONG, Simulated, assert_found, simulate};

impl Simulated {
    /// The run without its first conditions.
    pub(super) fn without_first(&self, first: usize) -> Joined {
        let mut run = self.run(1);
        let least = first as f64 / 10.0 - 1e-9;
        run.passes.retain(|key, _| key.2.rates()[0] >= least);
        run
    }
}

/// Two sound runs of one model that differ by more than chance.
pub(super) fn two_seeds() -> (Simulated, Joined, Joined) {
    let made = simulate(STRONG);
    let mut other = simulate(STRONG);
    for (rate, pass) in other.passes.iter_mut().enumerate() {
        for (i, p) in pass.iter_mut().enumerate() {
            *p += ((i * i * 7919 + rate) % 1009) as f32 / 1009.0 - 0.5;
        }
    }
    let (first, second) = (made.run(1), other.run(2));
    (made, first, second)
}

/// Asserts what is found in the second of two runs, after a change of both, of all rates.
fn assert_pair(words: &str, change: impl Fn(usize, &mut f32, &mut f32)) {
    let (made, mut first, mut second) = two_seeds();
    for (a, b) in first.passes.values_mut().zip(second.passes.values_mut()) {
        let each = a.iter_mut().zip(b.iter_mut()).enumerate();
        each.for_each(|(i, (a, b))| change(i, a, b));
    }
    let found = made.found_with(&[&first], &second).join("; ");
    let named = found.contains(words) && found.is_empty() == words.is_empty();
    assert!(named, "{words}: {found}");
}

#[test]
fn predictions_shared_with_another_run_in_part_are_found() {
    let round = |p: &mut f32, by: f32| *p = (*p * by).round() / by;
    assert_pair(
        "m, seed 2 and m, seed 1, condition 0: 12 samples, from `v30$_$0` to",
        |i, a, b| {
            if (360..372).contains(&i) {
                *b = *a;
            }
        },
    );
    let words = "have exactly the same predictions in both, and some at 9 more conditions";
    assert_pair(words, |i, a, b| {
        if i * 7919 % 1009 < 100 {
            *b = *a;
        }
        round(a, 1e4);
        round(b, 1e4);
    });
    // A few, rounded ones, and clipped ones.
    assert_pair("", |i, a, b| {
        if i * 7919 % 1009 < 10 {
            *b = *a;
        }
    });
    assert_pair("", |_, a, b| {
        round(a, 100.0);
        round(b, 100.0);
    });
    assert_pair("", |_, a, b| {
        *a = a.clamp(-5.0, 5.0);
        *b = b.clamp(-5.0, 5.0);
    });
}

#[test]
fn a_copy_is_told_from_what_was_copied() {
    for copied in [1, 2] {
        let (made, mut first, mut second) = two_seeds();
        let key = first.passes.keys().nth(4).unwrap().clone();
        let (a, b) = (first.passes.get_mut(&key), second.passes.get_mut(&key));
        for (i, (a, b)) in a.unwrap().iter_mut().zip(b.unwrap()).enumerate() {
            let (from, to) = if copied == 1 { (b, a) } else { (a, b) };
            if i * 7919 % 1009 < 40 {
                *to = *from;
            }
        }
        let found = made.found_with(&[&first], &second).join("; ");
        let words = [
            "m, seed 1, condition 0.4: 27 samples",
            "m, seed 2, condition 0.4: 27 samples",
        ];
        assert!(found.contains(words[copied - 1]), "{found}");
    }
}

#[test]
fn seeds_without_effect_are_found() {
    let words = "with a correlation of 0.99";
    assert_pair(words, |i, a, b| *b = *a + (i * 7919 % 101) as f32 * 1e-4);
    assert_pair("with a correlation of 1.00000", |_, a, b| {
        *b = *a * 0.93 + 0.04
    });
    // Seeds that have collapsed are alike.
    let (made, first, _) = two_seeds();
    let mut flat = first.clone();
    for p in flat.passes.values_mut().flatten() {
        *p *= 0.001;
    }
    let mut other = flat.clone();
    other.passes.values_mut().flatten().for_each(|p| *p += 0.5);
    other.seed = 2;
    let alike = pairs::findings(&other, &[&flat], &made.reference());
    assert!(alike.is_empty());
}

#[test]
fn parts_of_an_untrained_model_are_found() {
    for (part, rate) in [(0..100, 0), (200..300, 5), (586..686, 0), (100..250, 9)] {
        assert_found("predicted by an untrained model", |changed| {
            for p in &mut changed.passes[rate][part.clone()] {
                *p = 0.1 + 0.02 * *p;
            }
        });
    }
}

#[test]
fn labels_in_place_of_predictions_are_found_in_few_samples() {
    let few = |samples: usize| {
        let mut changed = simulate(Kind { samples, ..STRONG });
        changed.passes[3] = changed.truth.clone();
        changed.found().join("; ")
    };
    for samples in [8, 16, 24] {
        let found = few(samples);
        assert!(
            found.contains("condition 0.3: every prediction is the label"),
            "{found}"
        );
    }
    assert_eq!(few(6), "");
}

#[test]
fn a_part_of_another_rate_is_found() {
    for (part, from, to) in [(100..150, 3, 6), (343..686, 4, 5), (0..343, 8, 1)] {
        assert_found("was a part of one written into the other", |changed| {
            let taken = changed.passes[from][part.clone()].to_vec();
            changed.passes[to][part.clone()].copy_from_slice(&taken);
        });
    }
}

#[test]
fn a_part_that_is_the_same_at_all_rates_is_found() {
    assert_found("have the same predictions at all 10 rates", |changed| {
        let taken = changed.passes[0][100..160].to_vec();
        for pass in &mut changed.passes {
            pass[100..160].copy_from_slice(&taken);
        }
    });
}

#[test]
fn labels_in_some_samples_of_two_seeds_are_found() {
    let (made, mut first, mut second) = two_seeds();
    for pass in first.passes.values_mut().chain(second.passes.values_mut()) {
        for i in (0..made.truth.len()).step_by(41) {
            pass[i] = made.truth[i];
        }
    }
    let found = made.found_with(&[&first], &second).join("; ");
    assert!(found.contains("have exactly their labels"), "{found}");
}

#[test]
fn predictions_that_follow_nothing_are_found_without_complete_samples() {
    let text = |simulated: &Simulated, first: usize| {
        let (run, reference) = (simulated.without_first(first), simulated.reference());
        let found = correlated("m", &run, &reference);
        found
            .filter(|one| one.check == Check::Order)
            .map(|one| one.text)
    };
    let sound = simulate(STRONG);
    for first in [0, 1, 3, 6, 9] {
        assert_eq!(text(&sound, first), None, "{first}");
    }
    let mut negated = simulate(STRONG);
    negated.passes.iter_mut().flatten().for_each(|p| *p = -*p);
    assert!(
        text(&negated, 5)
            .unwrap()
            .contains("predictions run against the labels")
    );
    let mut other = simulate(STRONG);
    // Far enough apart that no video holds both.
    let half = other.truth.len() / 2;
    other
        .passes
        .iter_mut()
        .for_each(|pass| pass.rotate_left(half));
    assert!(
        text(&other, 2)
            .unwrap()
            .contains("have nothing to do with the labels")
    );
    assert_eq!(text(&other, 7), None, "a weak model at a high rate");
}
