//! Parts of the test split with another zero or scale, later rates of another model, and predictions that were filled
//! along the rates.

use super::super::super::join::Joined;
use super::super::gaps::filled;
use super::shared::two_seeds;
use super::{ALL, STRONG, Simulated, assert_found, simulate};

/// Applies a function to every second half of the test split: contiguous, by sorted ids, and every other sample.
fn halves() -> Vec<Vec<usize>> {
    let n = STRONG.samples;
    let ids = simulate(STRONG).ids;
    let mut sorted: Vec<usize> = (0..n).collect();
    sorted.sort_by_key(|i| &ids[*i]);
    vec![
        (n / 2..n).collect(),
        (0..n / 4).collect(),
        (n * 2 / 5..n * 3 / 5).collect(),
        sorted[n / 2..].to_vec(),
        (1..n).step_by(2).collect(),
        (2..n).step_by(3).collect(),
    ]
}

fn change(changed: &mut Simulated, part: &[usize], of: fn(f32) -> f32) {
    for pass in &mut changed.passes {
        part.iter().for_each(|i| pass[*i] = of(pass[*i]));
    }
}

#[test]
fn a_part_with_another_zero_or_scale_is_found() {
    for part in halves() {
        for of in [(|p| p + 3.0) as fn(f32) -> f32, |p| p - 3.0] {
            assert_found("has a part another zero?", |c| change(c, &part, of));
        }
        for of in [(|p| p / 4.0) as fn(f32) -> f32, |p| p * 4.0] {
            assert_found("has a part another scale?", |c| change(c, &part, of));
        }
    }
}

#[test]
fn a_test_split_sorted_by_labels_is_not_uneven() {
    let mut sorted = simulate(STRONG);
    let mut order: Vec<usize> = (0..STRONG.samples).collect();
    order.sort_by(|a, b| sorted.truth[*a].total_cmp(&sorted.truth[*b]));
    let pick = |values: &[f32]| order.iter().map(|i| values[*i]).collect::<Vec<f32>>();
    sorted.truth = pick(&sorted.truth);
    sorted.passes = sorted.passes.iter().map(|pass| pick(pass)).collect();
    let found = crate::record::import::plausible::blocks::uneven::finding(
        &sorted.run(1),
        &sorted.reference(),
    );
    assert!(found.is_none(), "{:?}", found.map(|finding| finding.text));
}

#[test]
fn later_rates_of_another_model_are_found() {
    for from in 2..8 {
        let words = format!("from rate 0.{} to 0.{from} as", from - 1);
        assert_found(&words, |changed| {
            for rate in ALL.into_iter().filter(|rate| *rate >= from) {
                for (i, p) in changed.passes[rate].iter_mut().enumerate() {
                    *p = 0.5 * *p + 4.0 * ((i * i * 7919 % 1009) as f32 / 1009.0 - 0.5);
                }
            }
        });
    }
}

#[test]
fn predictions_filled_along_the_rates_are_found() {
    assert_found(
        "were missing predictions interpolated between rates?",
        |c| {
            for i in (0..STRONG.samples).step_by(20) {
                c.passes[4][i] = f32::midpoint(c.passes[3][i], c.passes[5][i]);
            }
        },
    );
    assert_found("at any other step between rates", |c| {
        for i in (0..STRONG.samples).step_by(3) {
            c.passes[6][i] = c.passes[5][i];
        }
    });
}

#[test]
fn predictions_that_one_seed_keeps_are_found() {
    let (made, first, mut second) = two_seeds();
    let reference = made.reference();
    let runs = [first];
    let found = |run: &Joined| {
        let found = filled::findings(run, &runs, &reference);
        found
            .into_iter()
            .map(|finding| finding.text)
            .collect::<Vec<_>>()
    };
    assert!(found(&second).is_empty(), "{:?}", found(&second));
    let keys: Vec<_> = second.passes.keys().cloned().collect();
    for (rate, pair) in keys.windows(2).enumerate() {
        let before = second.passes[&pair[0]].clone();
        let pass = second.passes.get_mut(&pair[1]).unwrap();
        for i in (rate..pass.len()).step_by(11) {
            pass[i] = before[i];
        }
    }
    let texts = found(&second).join("; ");
    // A seed that is sound beside one that has another model from some rate on.
    let (_, _, mut third) = two_seeds();
    for pass in third.passes.values_mut().skip(5) {
        for (i, p) in pass.iter_mut().enumerate() {
            *p += (i * 31 % 17) as f32 / 17.0;
        }
    }
    let beside = filled::findings(&runs[0], &[third], &reference);
    assert!(
        beside.is_empty(),
        "{:?}",
        beside.into_iter().map(|f| f.text).collect::<Vec<_>>()
    );
    assert!(texts.contains("but under seed 1 another one"), "{texts}");
}
