//! Test splits of a fold, of 24 samples, and conditions that were scaled by their own extremes.

use super::super::super::join::Joined;
use super::super::super::same_masks::SameMasks;
use super::super::units::stretched;
use super::super::{Check, FEW, Reference, check, correlated, few};
use super::{Kind, STRONG, Simulated, simulate};

const KIND: Kind = Kind {
    samples: 24,
    video: 1,
    ..STRONG
};

/// Every sample loses something at each rate.
fn nested() -> SameMasks {
    let rates: Vec<f64> = (0..10).map(|rate| f64::from(rate) / 10.0).collect();
    let key = simulate(KIND).run(1).passes.keys().next().unwrap().clone();
    SameMasks::of(&key, &rates, vec![vec![true; KIND.samples]; 9])
}

fn found(made: &Simulated, runs: &[Joined]) -> String {
    let masks = nested();
    let reference = Reference {
        masks: &masks,
        train: &[],
        ..made.reference()
    };
    // Simulated models leave the label range.
    let doubts = check("p.csv", runs, &[], &reference, &[Check::Range]).unwrap();
    let texts: Vec<String> = doubts.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

fn assert_run(words: &str, change: impl Fn(&mut Simulated)) {
    let mut changed = simulate(KIND);
    change(&mut changed);
    let found = found(&changed, &[changed.run(1)]);
    let named = found.contains(words) && found.is_empty() == words.is_empty();
    assert!(named, "{words}: {found}");
}

/// Predictions of a network have no round numbers.
fn each(made: &mut Simulated, of: impl Fn(usize, f32) -> f32) {
    for pass in &mut made.passes {
        for (i, p) in pass.iter_mut().enumerate() {
            *p = of(i, *p);
        }
    }
}

#[test]
fn copies_and_gaps_are_found_in_few_samples() {
    assert_run("", |_| {});
    assert_run("the predictions are those of 0, for every sample", |made| {
        let first = made.passes[0].clone();
        made.passes
            .iter_mut()
            .for_each(|pass| pass.clone_from(&first));
    });
    assert_run(
        "condition 0: the prediction is exactly 0 for 8 samples",
        |made| {
            each(made, |i, p| if i < 16 { p } else { 0.0 });
        },
    );
    let made = simulate(KIND);
    let seeds = [made.run(1), made.run(2)];
    let text = found(&made, &seeds);
    assert!(
        text.contains("for every sample and condition; had the training seed"),
        "{text}"
    );
    // Few classes are equal by chance.
    let mut made = simulate(KIND);
    each(&mut made, |_, p| (2.0 * p).round() / 2.0);
    let mut other = made.run(2);
    for pass in other.passes.values_mut() {
        pass[3] += 0.5;
        pass[7] -= 0.5;
    }
    let text = found(&made, &[made.run(1), other]);
    assert!(!text.contains("the predictions are those of"), "{text}");
}

#[test]
fn turned_signs_and_another_order_are_found_in_few_samples() {
    let signs = |made: &Simulated| {
        let found = correlated("m", &made.run(1), &made.reference());
        found.map_or(String::new(), |finding| finding.text)
    };
    let mut made = simulate(KIND);
    assert_eq!(signs(&made), "");
    each(&mut made, |_, p| -p);
    assert!(
        signs(&made).contains("were signs turned?"),
        "{}",
        signs(&made)
    );
    each(&mut made, |_, p| 3.0 - p);
    assert!(
        signs(&made).contains("another zero or scale"),
        "{}",
        signs(&made)
    );
    let unlike = |made: &Simulated| few::unlike(&made.run(1), &made.reference()).is_some();
    let mut made = simulate(KIND);
    assert!(!unlike(&made));
    for rate in 0..10_usize {
        made.passes[rate].rotate_left(rate * rate * 5 % 23);
    }
    assert!(unlike(&made));
}

#[test]
fn fewer_samples_than_chance_needs_are_left_alone() {
    let mut made = simulate(Kind {
        samples: FEW - 1,
        ..KIND
    });
    each(&mut made, |_, p| -p);
    let seeds = [made.run(1), made.run(2)];
    let doubts = check("p.csv", &seeds, &[], &made.reference(), &[]).unwrap();
    assert_eq!(doubts, []);
}

fn scaled(pass: &mut [f32], [low, high]: [f32; 2]) {
    let ends = pass
        .iter()
        .fold([f32::MAX, f32::MIN], |[a, b], p| [a.min(*p), b.max(*p)]);
    for p in pass {
        *p = (*p - ends[0]) / (ends[1] - ends[0]) * (high - low) + low;
    }
}

#[test]
fn conditions_scaled_by_their_extremes_are_found() {
    let text = |made: &Simulated, change: fn(&mut Vec<f32>)| {
        let mut run = made.run(1);
        run.passes.values_mut().for_each(change);
        let found = stretched::finding(&run, &[run.clone()], &made.reference());
        found.map_or(String::new(), |finding| {
            assert_eq!(finding.check, Check::Scale);
            finding.text
        })
    };
    let made = simulate(STRONG);
    assert_eq!(text(&made, |_| {}), "");
    let found = text(&made, |pass| scaled(pass, [-3.0, 3.0]));
    assert!(found.contains("in each of 10 conditions"), "{found}");
    assert!(
        found.contains("exactly -3 and the largest exactly 3"),
        "{found}"
    );
    let found = text(&made, |pass| {
        pass.chunks_mut(32)
            .for_each(|part| scaled(part, [-1.0, 1.0]));
    });
    assert!(found.contains("in each batch of 32 samples"), "{found}");
    // Clipping, and a model that never leaves a range.
    assert_eq!(
        text(&made, |pass| pass
            .iter_mut()
            .for_each(|p| *p = p.clamp(-2.0, 2.0))),
        ""
    );
    assert_eq!(
        text(&made, |pass| pass
            .iter_mut()
            .for_each(|p| *p = 3.0 * (*p / 3.0).tanh())),
        ""
    );
}
