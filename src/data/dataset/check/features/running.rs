//! Finds splits in which each sample was scaled by those up to it, as a scaler that is fitted on the way does.

use std::collections::BTreeMap;

use super::counters::each;
use crate::data::dataset::details::Details;
use crate::data::dataset::details::sample_scale::Form;
use crate::data::dataset::read::plan::Plan;

/// Samples without which nothing is judged, and the part of them that is none.
const SAMPLES: usize = 10;
const NONE: f64 = 0.1;

/// Dimensions in which a second vector is 1 or -1 by no chance, and the distance from these that is none.
const DIMENSIONS: usize = 10;
const NEAR: f32 = 1e-3;

/// Finds splits whose first sample alone has what scaling by itself leaves. In the sound data no first one has.
pub fn running_scale(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    each(plans, details, |details, _| {
        let fault = if begins_standardized(details) {
            "in the first sample alone have mean 0 and deviation 1 in every dimension"
        } else if begins_with_signs(&details.vectors.0) {
            "in the first sample are 0, and in the second one alone 1 or -1"
        } else {
            return None;
        };
        Some((
            "values of".to_owned(),
            fault.to_owned(),
            "was each sample scaled by those up to it, as partial_fit on the way does? Fit the scaler on all of train first",
        ))
    })
}

/// Whether the first of the samples was scaled by itself, and hardly another one.
fn begins_standardized(details: &Details) -> bool {
    let form = Form::Standardized;
    let rest = details.scales.part(form, SAMPLES);
    details.scales.first_has(form) && rest.is_some_and(|part| part <= NONE)
}

/// Whether the first vector that is not zero is that of the second sample, and as its distance from the mean of two is
/// once it is divided by their deviation; and hardly another one is.
fn begins_with_signs(vectors: &[(usize, Vec<f32>)]) -> bool {
    let is_signs = |vector: &[f32]| {
        let mut others = vector.iter().filter(|value| **value != 0.0).peekable();
        others.clone().count() >= DIMENSIONS && others.all(|value| (value.abs() - 1.0).abs() < NEAR)
    };
    let Some(((1, first), rest)) = vectors.split_first() else {
        return false;
    };
    let like_it = rest.iter().filter(|(_, vector)| is_signs(vector));
    rest.len() >= SAMPLES && is_signs(first) && like_it.count() as f64 <= NONE * rest.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of twelve dimensions, each scaled by those up to it or by all.
    fn vectors(is_running: bool) -> Vec<(usize, Vec<f32>)> {
        let value = |row: usize, at: usize| ((row * 7919 + at * 104_729 + 13) % 1009) as f32;
        let scaled = |row: usize, at: usize| {
            let by = if is_running { row + 1 } else { 40 };
            let known = || (0..by).map(|row| value(row, at));
            let mean = known().sum::<f32>() / by as f32;
            let variance = known().map(|v| (v - mean).powi(2)).sum::<f32>() / by as f32;
            (value(row, at) - mean) / variance.sqrt().max(1e-6)
        };
        let rows = (0..40).map(|row| (row, (0..12).map(|at| scaled(row, at)).collect()));
        let is_zero = |(_, vector): &(usize, Vec<f32>)| vector.iter().all(|v| *v == 0.0);
        rows.filter(|row| !is_zero(row)).collect()
    }

    #[test]
    fn vectors_that_were_scaled_on_the_way_are_found() {
        assert!(begins_with_signs(&vectors(true)));
        assert!(!begins_with_signs(&vectors(false)));
        assert!(!begins_with_signs(&vectors(false)[1..]), "zeros in front");
        let signs = |row: usize| {
            (0..12).map(move |at| {
                if (row + at).is_multiple_of(3) {
                    -1.0
                } else {
                    1.0
                }
            })
        };
        let flags: Vec<_> = (1..40).map(|row| (row, signs(row).collect())).collect();
        assert!(!begins_with_signs(&flags), "flags");
    }

    #[test]
    fn a_first_sample_that_was_scaled_by_itself_is_found() {
        let value = |row: usize, i: usize| ((row * 31 + i * 7919) % 100) as f64;
        let begins = |scaled: std::ops::Range<usize>| {
            let mut details = Details::default();
            for row in 0..20 {
                let mut sample: Vec<f32> = (0..60).map(|i| value(row, i) as f32).collect();
                if scaled.contains(&row) {
                    for at in 0..3 {
                        let own = || (0..20).map(|step| value(row, 3 * step + at));
                        let mean = own().sum::<f64>() / 20.0;
                        let variance = own().map(|v| (v - mean).powi(2)).sum::<f64>() / 20.0;
                        for step in 0..20 {
                            let place = &mut sample[3 * step + at];
                            *place = ((f64::from(*place) - mean) / variance.sqrt()) as f32;
                        }
                    }
                }
                details.scales.add(&sample, 3, (row, 20));
            }
            begins_standardized(&details)
        };
        assert!(begins(0..1));
        assert!(!begins(0..0));
        assert!(!begins(1..2), "another one");
        assert!(!begins(0..20), "all");
    }
}
