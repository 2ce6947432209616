//! Predictions beside the masks that a file states, labels that leaked, and seeds whose checkpoint was not loaded.

use super::super::super::join::Joined;
use super::super::super::same_masks::SameMasks;
use super::super::Reference;
use super::super::labels::learned;
use super::super::rates::masked;
use super::super::runs::means;
use super::shared::two_seeds;
use super::{Kind, STRONG, Simulated, kinds, simulate};
use crate::mask::Condition;

/// The masks of a sound run, whose predictions change wherever its masks do.
fn masks(sound: &Simulated) -> SameMasks {
    let changes = sound.passes.windows(2).map(|pair| {
        let both = pair[0].iter().zip(&pair[1]);
        both.map(|(a, b)| a != b).collect()
    });
    let key = sound.run(1).passes.keys().next().unwrap().clone();
    let keys = sound.run(1).passes;
    let rates: Vec<f64> = keys.keys().map(|key| key.2.rate().unwrap()).collect();
    SameMasks::of(&key, &rates, changes.collect())
}

/// What is found in a run beside the masks of a sound one, without and with equal masks.
fn found(sound: &Simulated, run: &Joined) -> [String; 2] {
    let masks = masks(sound);
    let reference = Reference {
        masks: &masks,
        train: &[],
        ..sound.reference()
    };
    [masked::unmasked, masked::finding]
        .map(|of| of(run, &reference).map_or(String::new(), |finding| finding.text))
}

fn assert_changed(words: &str, change: impl Fn(usize, &mut Vec<f32>, &Simulated)) {
    let sound = simulate(STRONG);
    let mut run = sound.run(1);
    for (rate, pass) in run.passes.values_mut().enumerate() {
        change(rate, pass, &sound);
    }
    let [_, text] = found(&sound, &run);
    assert!(text.contains(words), "{words}: {text}");
}

/// A number from -1 to 1 that looks random.
fn noise(i: usize, rate: usize) -> f32 {
    let mut x = (1_000_003 * i as u64 + 7919 * rate as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 31;
    x = x.wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^= x >> 29;
    (x >> 40) as f32 / (1 << 23) as f32 - 1.0
}

#[test]
fn sound_predictions_agree_with_masks() {
    for kind in kinds(3) {
        let sound = simulate(kind);
        assert_eq!(found(&sound, &sound.run(1)), ["", ""], "{kind:?}");
        let mut rounded = sound.run(1);
        let digits = |p: &mut f32| *p = (*p * 100.0).round() / 100.0;
        rounded.passes.values_mut().flatten().for_each(digits);
        assert_eq!(found(&sound, &rounded), ["", ""], "{kind:?}");
    }
}

#[test]
fn changes_under_equal_masks_are_found() {
    let dropout = |rate: usize, pass: &mut Vec<f32>, _: &Simulated| {
        let each = pass.iter_mut().enumerate();
        each.for_each(|(i, p)| *p += 0.2 * noise(i, rate));
    };
    assert_changed("was dropout active in evaluation", dropout);
    assert_changed("are masks others than stated", |rate, pass, sound| {
        let other = (rate + usize::from(rate > 0)).min(9);
        pass.clone_from(&sound.passes[other]);
    });
    assert_changed("is one of 0.5 and 0.6 from other masks", |rate, pass, _| {
        if rate == 5 {
            let each = pass.iter_mut().enumerate();
            each.for_each(|(i, p)| *p += noise(i, if i % 9 == 0 { 1 } else { 2 }));
        }
    });
}

#[test]
fn another_order_is_named_where_predictions_follow_nothing() {
    // 293 has no divisor in common with the 686 samples.
    let shuffle = |pass: &mut Vec<f32>, by: usize| {
        let n = pass.len();
        *pass = (0..n).map(|i| pass[(i * 293 + by) % n]).collect();
    };
    assert_changed("is one of the two in another order", |rate, pass, _| {
        if rate == 5 {
            shuffle(pass, 11);
        }
    });
    assert_changed(
        "are predictions in another order than their ids",
        |rate, pass, _| {
            shuffle(pass, 11 + 31 * rate);
        },
    );
}

#[test]
fn changes_under_equal_masks_are_found_at_a_rate_of_each_modality() {
    let sound = simulate(STRONG);
    let n = sound.truth.len();
    // Samples that lose audio between the rates.
    let few: Vec<bool> = (0..n).map(|i| i < 40).collect();
    let condition = |audio: f64| Condition::new([0.0, audio, 0.0]).unwrap();
    let [low, high] = [0.5, 0.75].map(|audio| ("mixed".to_string(), 1, condition(audio)));
    let masks = SameMasks::of(&low, &[0.0, 0.5, 0.75], vec![few.clone(), few]);
    let reference = Reference {
        masks: &masks,
        train: &[],
        ..sound.reference()
    };
    let text = |changed: std::ops::Range<usize>| {
        let mut other = sound.passes[0].clone();
        other[changed].iter_mut().for_each(|p| *p += 1.0);
        let passes = [
            (low.clone(), sound.passes[0].clone()),
            (high.clone(), other),
        ];
        let run = Joined {
            model: "m".to_string(),
            seed: 1,
            passes: passes.into(),
        };
        masked::finding(&run, &reference).map(|finding| finding.text)
    };
    assert_eq!(text(0..40), None);
    let text = text(0..100).unwrap();
    assert!(
        text.contains("are rates those of another modality"),
        "{text}"
    );
    assert!(
        text.contains("conditions l=0,a=0.5,v=0 and l=0,a=0.75,v=0"),
        "{text}"
    );
}

#[test]
fn masks_that_were_not_applied_are_found_beside_noise() {
    let sound = simulate(STRONG);
    let mut noisy = sound.run(1);
    for (rate, pass) in noisy.passes.values_mut().enumerate() {
        let each = sound.passes[0].iter().enumerate();
        *pass = each.map(|(i, p)| p + 0.2 * noise(i, rate)).collect();
    }
    let [text, _] = found(&sound, &noisy);
    assert!(
        text.contains("rates 0 to 0.9: predictions at the first and the last"),
        "{text}"
    );
    // Two rates, one of which has two decimals.
    let mut two = sound.run(1);
    let digits = sound.passes[0].iter().map(|p| (p * 100.0).round() / 100.0);
    let digits: Vec<f32> = digits.collect();
    for (rate, pass) in two.passes.values_mut().enumerate() {
        if rate == 5 {
            pass.clone_from(&digits);
        }
    }
    two.passes
        .retain(|key, _| [Some(0.0), Some(0.5)].contains(&key.2.rate()));
    let [text, _] = found(&sound, &two);
    assert!(
        text.contains("rates 0 and 0.5: nine of ten samples"),
        "{text}"
    );
}

#[test]
fn masks_that_are_others_at_every_step_are_told_from_an_exchange() {
    let sound = simulate(STRONG);
    let masks = masks(&sound);
    let reference = Reference {
        masks: &masks,
        train: &[],
        ..sound.reference()
    };
    let mut run = sound.run(1);
    assert!(!masked::are_others(&run, &reference));
    let mut exchanged = simulate(STRONG);
    exchanged.passes.swap(3, 5);
    assert!(!masked::are_others(&exchanged.run(1), &reference));
    for (rate, pass) in run.passes.values_mut().enumerate() {
        let each = pass.iter_mut().enumerate();
        each.for_each(|(i, p)| *p += 3.0 * noise(i, rate));
    }
    assert!(masked::are_others(&run, &reference));
}

#[test]
fn labels_that_leaked_are_found() {
    let sound = simulate(STRONG);
    let mut run = sound.without_first(8);
    let text = |run: &Joined| {
        let found = learned::findings(run, &[], &sound.reference());
        found.into_iter().map(|one| one.text).collect::<String>()
    };
    assert_eq!(text(&run), "");
    for pass in run.passes.values_mut() {
        let each = sound.truth.iter().enumerate();
        *pass = each.map(|(i, t)| t + 0.2 * noise(i, 3)).collect();
    }
    let found = text(&run);
    assert!(
        found.contains("trained or chosen on the test split"),
        "{found}"
    );
}

#[test]
fn a_seed_without_its_checkpoint_is_found() {
    let (made, ..) = two_seeds();
    let seeds = [1, 2, 3].map(|seed| {
        let mut run = made.without_first(3);
        run.seed = seed;
        for (rate, pass) in run.passes.values_mut().enumerate() {
            for (i, p) in pass.iter_mut().enumerate() {
                *p += 0.3 * noise(i + seed as usize, rate);
            }
        }
        run
    });
    let text = |run: &Joined, runs: &[Joined]| {
        let found = learned::findings(run, runs, &made.reference());
        found.into_iter().map(|one| one.text).collect::<String>()
    };
    assert_eq!(text(&seeds[1], &seeds), "");
    let mut changed = seeds.clone();
    for (rate, pass) in changed[1].passes.values_mut().enumerate() {
        let each = pass.iter_mut().enumerate();
        each.for_each(|(i, p)| *p = 0.1 * noise(i, rate));
    }
    let found = text(&changed[1], &changed);
    assert!(found.contains("was its checkpoint not loaded"), "{found}");
    assert_eq!(text(&changed[0], &changed), "");
    let weak = simulate(Kind {
        strength: 0.0,
        ..STRONG
    })
    .run(2);
    assert_eq!(text(&weak, std::slice::from_ref(&weak)), "");
}

#[test]
fn equal_seeds_and_equal_rates_are_no_means() {
    let sound = simulate(STRONG);
    let reference = sound.reference();
    let mut equal = [1, 2, 3].map(|seed| sound.run(seed)).to_vec();
    let complete = sound.passes[0].clone();
    for run in &mut equal {
        run.passes
            .values_mut()
            .for_each(|pass| pass.clone_from(&complete));
        assert!(means::finding(run, &[], &reference).is_none());
    }
    let third = sound.run(3);
    let seeds = [sound.run(1), sound.run(2), third.clone()];
    assert!(means::finding(&third, &seeds, &reference).is_none());
    let text = sound.found_with(&[&seeds[0]], &third).join("; ");
    assert!(text.contains("had the training seed no effect"), "{text}");
}
