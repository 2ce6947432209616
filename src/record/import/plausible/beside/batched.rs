//! Looks for samples of a batch that were mixed: predictions that follow the borders of batches of some size.
//!
//! Labels, other seeds and lower rates let expect a prediction: what is left of it has nothing to do with where in a batch its
//! sample is.

use super::smooth;
use super::traces::{Series, Trace};
use crate::record::import::join::{Joined, MaskKey};
use crate::record::import::plausible::blocks::{parts, uneven};
use crate::record::import::plausible::order::scrambled;
use crate::record::import::plausible::rates::between::FOLLOWS;
use crate::record::import::plausible::{
    Check, Finding, PROCESSES, Reference, correlation, groups, name, other_seeds,
};

/// Fewest samples, fewest batches, and passes of a run that are looked at, those that leave most.
const SAMPLES: usize = 100;
const BATCHES: usize = 8;
const PASSES: usize = 3;

/// Samples of a batch.
const SIZES: std::ops::RangeInclusive<usize> = 4..=64;
const LARGE: [usize; 3] = [96, 100, 128];

/// Standard errors of a trace, and those beyond which labels have it as well: the chance of all sizes and passes together is about
/// 1e-7. Of 81 sound series of 9 models on CMU-MOSI none has more than 5.5.
const CERTAIN: f64 = 6.5;
const OF_LABELS: f64 = 3.0;

/// Part of the standard errors of the size with most from which a process for each few samples may leave them.
const OF_MOST: f64 = 0.7;

/// Part of the label range by which what is left of predictions varies at least, beyond rounding.
const VARIES: f64 = 0.005;

pub fn finding(run: &Joined, runs: &[Joined], reference: &Reference<'_>) -> Option<Finding> {
    let n = reference.ids.len();
    if n < SAMPLES {
        return None;
    }
    let left = Left::of(run, runs, reference);
    let labels = Series::of(reference.truth, &groups::videos(reference.ids));
    let sizes = SIZES.chain(LARGE).filter(|size| BATCHES * size <= n);
    let sizes: Vec<usize> = sizes.collect();
    let of_trace = |trace| {
        let each = left.found(trace, &sizes).into_iter();
        let both = each.zip(labels.of_sizes(trace, &sizes));
        both.filter(|(found, labels)| found.errors > CERTAIN && *labels < OF_LABELS)
    };
    let found = Trace::ALL.into_iter().flat_map(of_trace);
    let found: Vec<Found<'_>> = found.map(|(found, _)| found).collect();
    // What is added by position is alike in all batches, and half a batch may be as well.
    let is_position = |found: &&Found<'_>| found.trace == Trace::Position;
    let most = |a: &&Found<'_>, b: &&Found<'_>| a.errors.total_cmp(&b.errors);
    let position = found.iter().filter(is_position).max_by(most);
    let most = position.or_else(|| found.iter().max_by(most))?;
    // What other checks have a better name for.
    let is_place = matches!(most.trace, Trace::Position | Trace::Spread);
    let of_process = found.iter().any(|part| {
        // What follows each 4th place follows each 20th as well.
        is_place
            && part.trace == most.trace
            && PROCESSES.contains(&part.size)
            && most.size % part.size == 0
            && part.errors > OF_MOST * most.errors
    });
    let named = scrambled::finding(run, reference)
        .or_else(|| smooth::finding(run, reference))
        .or_else(|| uneven::finding(run, reference).filter(|_| of_process))
        .or_else(|| parts::finding(run, reference).filter(|_| of_process));
    if named.is_some() {
        return None;
    }
    Some(Finding {
        check: Check::Order,
        wrong: false,
        text: format!(
            "{}, condition {}: {}",
            name(run),
            most.key.2,
            most.describe()
        ),
    })
}

/// A trace of batches of one size.
struct Found<'a> {
    trace: Trace,
    size: usize,
    errors: f64,
    key: &'a MaskKey,
}

impl Found<'_> {
    fn describe(&self) -> String {
        let (size, errors) = (self.size, self.errors);
        let (what, cause) = match self.trace {
            Trace::Position => (
                format!(
                    "beside their labels, predictions follow the position of the sample in batches of {size}"
                ),
                "was a positional encoding added along the batch axis (`x + pe[:x.size(0)]` on batch-first tensors)",
            ),
            Trace::Spread => (
                format!(
                    "the size of predictions follows the position of the sample in batches of {size}"
                ),
                "are samples averaged with those before them in the batch, as by causal attention over the batch axis \
                 (`batch_first=False`)",
            ),
            Trace::Means => (
                format!(
                    "the means of batches of {size} samples are nearer to each other than by chance"
                ),
                "were batch statistics used in evaluation (`model.eval()` forgotten)",
            ),
            Trace::Alike => (
                format!(
                    "samples in one batch of {size} have predictions more alike than samples as far apart in two batches"
                ),
                "does the model see the other samples of a batch, as by attention over the batch axis (`batch_first=False`)",
            ),
            Trace::Mirrored => (
                format!(
                    "predictions resemble those at the mirrored place in batches of {size} samples"
                ),
                "was the batch axis reversed (`flip(0)`), as for the second direction of a recurrent network",
            ),
        };
        format!(
            "{what} ({errors:.0} standard errors): {cause}? The prediction of a sample must not depend on its batch"
        )
    }
}

/// What is left of the predictions of each pass.
struct Left<'a> {
    /// Less those of lower rates.
    raw: Vec<(&'a MaskKey, Series)>,
    /// Less what labels let expect as well.
    labels: Vec<(&'a MaskKey, Series)>,
    /// Less what labels and the mean of other seeds let expect.
    seeds: Vec<(&'a MaskKey, Series)>,
}

impl<'a> Left<'a> {
    fn of(run: &'a Joined, runs: &[Joined], reference: &Reference<'_>) -> Self {
        let videos = groups::videos(reference.ids);
        let varies = VARIES * f64::from(reference.range[1] - reference.range[0]);
        let labels = || Basis(Vec::new()).with(reference.truth);
        let chain = |mut basis: Basis, others: bool| {
            let mut series = Vec::new();
            let follows = |pass: &[f32]| correlation(pass, reference.truth) > Some(FOLLOWS);
            let passes = run.passes.iter().filter(|(_, pass)| follows(pass));
            for (key, pass) in passes.take(PASSES) {
                if others {
                    let Some(mean) = mean_of_others(key, run, runs) else {
                        continue;
                    };
                    basis = basis.with(&mean);
                }
                let left = basis.left_of(pass);
                if size(&left) > varies {
                    let left: Vec<f32> = left.into_iter().map(|v| v as f32).collect();
                    series.push((key, Series::of(&left, &videos)));
                }
                basis = basis.with(pass);
            }
            series
        };
        Self {
            raw: chain(Basis(Vec::new()), false),
            labels: chain(labels(), false),
            seeds: chain(labels(), true),
        }
    }

    /// The standard errors of a trace for each size, in the series that has it most or in all together, and the condition of that
    /// series.
    fn found(&self, trace: Trace, sizes: &[usize]) -> Vec<Found<'a>> {
        let first = match trace {
            // Means of batches and spreads are those of predictions, labels included.
            Trace::Means | Trace::Spread => &self.raw,
            _ => &self.labels,
        };
        let all = first.iter().chain(&self.seeds);
        let all: Vec<(&MaskKey, Vec<f64>)> = all
            .map(|(key, series)| (*key, series.of_sizes(trace, sizes)))
            .collect();
        let of_size = |(at, size): (usize, &usize)| {
            let each = all.iter().map(|(key, errors)| (*key, errors[at]));
            let sum: f64 = each.clone().map(|(_, errors)| errors).sum();
            let (key, most) = each.max_by(|a, b| a.1.total_cmp(&b.1))?;
            Some(Found {
                trace,
                size: *size,
                errors: most.max(sum / (all.len() as f64).sqrt()),
                key,
            })
        };
        sizes.iter().enumerate().filter_map(of_size).collect()
    }
}

fn mean_of_others(key: &MaskKey, run: &Joined, runs: &[Joined]) -> Option<Vec<f32>> {
    let passes = other_seeds(run, runs).filter_map(|other| other.passes.get(key));
    let passes: Vec<&Vec<f32>> = passes.collect();
    let mean = |at: usize| passes.iter().map(|pass| pass[at]).sum::<f32>() / passes.len() as f32;
    Some((0..passes.first()?.len()).map(mean).collect())
}

/// Directions of length 1 around 0, each at a right angle to the others.
struct Basis(Vec<Vec<f64>>);

impl Basis {
    fn with(mut self, values: &[f32]) -> Self {
        let left = self.left_of(values);
        let length = size(&left) * (left.len() as f64).sqrt();
        if length > f64::from(f32::EPSILON) {
            self.0.push(left.into_iter().map(|v| v / length).collect());
        }
        self
    }

    /// What the directions leave of values, less their mean.
    fn left_of(&self, values: &[f32]) -> Vec<f64> {
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / values.len() as f64;
        let mut left: Vec<f64> = values.iter().map(|v| f64::from(*v) - mean).collect();
        for direction in &self.0 {
            let along: f64 = left.iter().zip(direction).map(|(v, d)| v * d).sum();
            left.iter_mut()
                .zip(direction)
                .for_each(|(v, d)| *v -= along * d);
        }
        left
    }
}

/// The root of the mean square.
fn size(values: &[f64]) -> f64 {
    (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::import::plausible::testing::{complete, reference, seeds};

    const N: usize = 1280;

    /// Numbers around 0 that have nothing to do with each other.
    fn noise(seed: u32) -> impl Fn(usize) -> f32 {
        move |i| {
            let mut x = (i as u32 + 1).wrapping_mul(0x9E37_79B9) ^ seed.wrapping_mul(0x85EB_CA6B);
            for _ in 0..3 {
                x = (x ^ (x >> 15)).wrapping_mul(0x2C1B_3C6D);
            }
            (x >> 8) as f32 / (1u32 << 23) as f32 - 1.0
        }
    }

    fn found(change: impl Fn(&mut [f32], u32)) -> Option<String> {
        let ids: Vec<String> = (0..N).map(|i| format!("s{i}")).collect();
        let truth: Vec<f32> = (0..N).map(|i| 3.0 * noise(9)(i)).collect();
        let reference = reference(&ids, &truth);
        let shared = noise(8);
        let pass = |seed: u32| {
            let own = noise(seed);
            let mut pass: Vec<f32> = (0..N)
                .map(|i| 0.6 * truth[i] + shared(i) + 0.5 * own(i))
                .collect();
            change(&mut pass, seed);
            pass
        };
        let runs = seeds(&[pass(1), pass(2), pass(3)]);
        finding(&runs[0], &runs, &reference).map(|finding| finding.text)
    }

    #[test]
    fn batches_that_leave_no_trace_are_not_found() {
        assert_eq!(found(|_, _| {}), None);
        let weak = |pass: &mut [f32], _| {
            let each = pass.iter_mut().enumerate();
            each.for_each(|(i, p)| *p += 0.1 * noise(5)(i % 32));
        };
        assert_eq!(found(weak), None, "weak");
    }

    #[test]
    fn what_is_added_by_the_position_in_the_batch_is_found() {
        let add = |pass: &mut [f32], seed| {
            let each = pass.iter_mut().enumerate();
            each.for_each(|(i, p)| *p += 0.7 * noise(20 + seed)(i % 32));
        };
        let text = found(add).unwrap();
        assert!(
            text.contains("position of the sample in batches of 32"),
            "{text}"
        );
        assert!(text.starts_with("m, seed 1, condition 0: beside"), "{text}");
        let same = |pass: &mut [f32], _| add(pass, 1);
        assert!(found(same).is_some());
    }

    #[test]
    fn sizes_that_follow_the_position_in_the_batch_are_found() {
        let shrink = |pass: &mut [f32], _| {
            let each = pass.iter_mut().enumerate();
            each.for_each(|(i, p)| *p *= 1.6 - 1.2 * (i % 16) as f32 / 15.0);
        };
        let text = found(shrink).unwrap();
        assert!(text.contains("size of predictions follows"), "{text}");
        assert!(text.contains("batches of 16"), "{text}");
    }

    #[test]
    fn means_of_batches_that_are_nearly_one_are_found() {
        let normalize = |pass: &mut [f32], _| {
            for batch in pass.chunks_mut(16) {
                let mean = batch.iter().sum::<f32>() / batch.len() as f32;
                batch
                    .iter_mut()
                    .for_each(|p| *p = 2.0 * ((*p - mean) * 0.7).tanh());
            }
        };
        let text = found(normalize).unwrap();
        assert!(text.contains("means of batches of 16 samples"), "{text}");
    }

    #[test]
    fn samples_that_see_their_batch_are_found() {
        let attend = |pass: &mut [f32], _| {
            for batch in pass.chunks_mut(4) {
                let mean = batch.iter().sum::<f32>() / batch.len() as f32;
                batch.iter_mut().for_each(|p| *p = 0.5 * *p + 0.5 * mean);
            }
        };
        let text = found(attend).unwrap();
        assert!(text.contains("samples in one batch of 4 "), "{text}");
    }

    #[test]
    fn samples_that_see_their_mirror_are_found() {
        let flip = |pass: &mut [f32], _| {
            for batch in pass.chunks_mut(32) {
                let mirror: Vec<f32> = batch.iter().rev().copied().collect();
                let each = batch.iter_mut().zip(mirror);
                each.for_each(|(p, other)| *p = 0.7 * *p + 0.3 * other);
            }
        };
        let text = found(flip).unwrap();
        assert!(text.contains("mirrored place in batches of 32"), "{text}");
    }

    #[test]
    fn what_has_another_name_is_no_batch() {
        let sorted = |pass: &mut [f32], _| pass.sort_by(f32::total_cmp);
        assert_eq!(found(sorted), None, "follows no label");
        let process = |pass: &mut [f32], _| pass.iter_mut().step_by(4).for_each(|p| *p += 3.0);
        assert_eq!(found(process), None, "a part has another zero");
        let running = |pass: &mut [f32], _| {
            for i in 1..pass.len() {
                pass[i] = 0.6 * pass[i] + 0.4 * pass[i - 1];
            }
        };
        assert_eq!(found(running), None, "a moving mean");
    }

    #[test]
    fn labels_that_follow_the_position_explain_it() {
        let ids: Vec<String> = (0..N).map(|i| format!("s{i}")).collect();
        let by_place: Vec<f32> = (0..N)
            .map(|i| 2.0 * noise(4)(i % 16) + noise(9)(i))
            .collect();
        let pass: Vec<f32> = (0..N)
            .map(|i| by_place[i] + 0.7 * noise(5)(i % 16) + noise(8)(i))
            .collect();
        let run = complete(pass);
        let reference = reference(&ids, &by_place);
        let runs = std::slice::from_ref(&run);
        assert!(finding(&run, runs, &reference).is_none());
    }
}
