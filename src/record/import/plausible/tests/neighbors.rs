//! Predictions that were averaged over samples beside.

use super::{ALL, assert_found};

#[test]
fn a_mean_over_neighboring_samples_is_found() {
    let moving = |pass: &mut Vec<f32>, window: usize| {
        let before = pass.clone();
        for (i, p) in pass.iter_mut().enumerate() {
            let part = &before[(i + 1).saturating_sub(window)..=i];
            *p = part.iter().sum::<f32>() / part.len() as f32;
        }
    };
    for rates in [&ALL[..], &[0], &[6]] {
        for window in [2, 3, 5, 9] {
            assert_found("averaged over neighboring samples", |changed| {
                rates
                    .iter()
                    .for_each(|rate| moving(&mut changed.passes[*rate], window));
            });
        }
        assert_found("averaged over neighboring samples", |changed| {
            for rate in rates {
                let mut last = 0.0;
                for p in &mut changed.passes[*rate] {
                    last = 0.4 * *p + 0.6 * last;
                    *p = last;
                }
            }
        });
    }
}
