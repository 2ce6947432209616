//! Predictions that were fitted to the labels of the test split.

use super::super::labels::fitted::{finding, of_videos};
use super::super::testing::{complete, reference};
use super::super::{Moments, correlation};
use super::{ChaCha8Rng, STRONG, SeedableRng, Simulated, normal, simulate};

fn found(change: impl Fn(&mut Simulated)) -> Option<String> {
    let mut changed = simulate(STRONG);
    change(&mut changed);
    let run = changed.run(1);
    finding(&run, std::slice::from_ref(&run), &changed.reference()).map(|found| found.text)
}

fn says(words: &str, change: impl Fn(&mut Simulated)) {
    let found = found(change);
    assert!(
        found.as_ref().is_some_and(|text| text.contains(words)),
        "{found:?}"
    );
}

/// Applies a function of the moments of a pass and of the labels to each of its predictions.
fn by(changed: &mut Simulated, passes: usize, of: fn(f64, &Moments, &Moments) -> f64) {
    let truth = Moments::of(&changed.truth);
    for pass in changed.passes.iter_mut().take(passes) {
        let own = Moments::of(pass);
        pass.iter_mut()
            .for_each(|p| *p = of(f64::from(*p), &own, &truth) as f32);
    }
}

#[test]
fn predictions_fitted_to_the_test_labels_are_found() {
    assert_eq!(found(|_| ()), None);
    says("exactly their deviation", |c| {
        by(c, 1, |p, own, truth| {
            (p - own.mean) / own.sd * truth.sd + truth.mean
        });
    });
    let centered = |p: f64, own: &Moments, truth: &Moments| p - own.mean + truth.mean;
    says("was their bias removed", |c| by(c, 2, centered));
    assert_eq!(found(|c| by(c, 1, centered)), None, "a single mean");
    says("fitted to them is exactly 1", |c| {
        let r = correlation(&c.passes[3], &c.truth).unwrap();
        let (own, truth) = (Moments::of(&c.passes[3]), Moments::of(&c.truth));
        let line = |p: f32| r * truth.sd / own.sd * (f64::from(p) - own.mean) + truth.mean;
        c.passes[3].iter_mut().for_each(|p| *p = line(*p) as f32);
    });
}

#[test]
fn the_best_of_several_outputs_is_found() {
    says("by its label?", |c| {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        for (p, truth) in c.passes[0].iter_mut().zip(&c.truth) {
            // In label units.
            let own = *p / STRONG.strength;
            let outputs = (0..20).map(|_| own + 0.4 * normal(&mut random));
            let off = |p: &f32| (p - truth).abs();
            *p = outputs.min_by(|a, b| off(a).total_cmp(&off(b))).unwrap();
        }
    });
}

#[test]
fn videos_without_bias_are_found() {
    let ids: Vec<String> = (0..90).map(|i| format!("v{}$_${}", i / 9, i % 9)).collect();
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let truth: Vec<f32> = (0..90).map(|_| normal(&mut random)).collect();
    let pass: Vec<f32> = truth.iter().map(|t| t + normal(&mut random)).collect();
    let found = |bias: fn(Vec<f32>) -> f32, videos: usize| {
        let mut pass = pass.clone();
        let each = pass.chunks_mut(9).zip(truth.chunks(9));
        for (video, labels) in each.take(videos) {
            let bias = bias(video.iter().zip(labels).map(|(p, t)| p - t).collect());
            video.iter_mut().for_each(|p| *p -= bias);
        }
        of_videos(&complete(pass), &reference(&ids, &truth)).map(|found| found.text)
    };
    let mean = |errors: Vec<f32>| errors.iter().sum::<f32>() / errors.len() as f32;
    let median = |mut errors: Vec<f32>| {
        errors.sort_by(f32::total_cmp);
        errors[errors.len() / 2]
    };
    let text = found(mean, 10).unwrap();
    assert!(text.contains("in 10 of 10 videos"), "{text}");
    assert!(text.contains("the mean of predictions"), "{text}");
    let text = found(median, 6).unwrap();
    assert!(text.contains("the median of predictions"), "{text}");
    assert_eq!(found(mean, 4), None, "a few videos");
    assert_eq!(found(|_| 0.0, 10), None);
}
