//! Looks for predictions that were shifted or scaled by those beside them: the mean, the size or the largest prediction of
//! every video or batch is one number.

use crate::record::import::join::Joined;
use crate::record::import::plausible::{Check, Finding, Moments, Reference, groups, name, precise};

/// Part of the label range that means and sizes are away from each other, or means from 0, at most: what three decimals
/// leave. Of sound passes on CMU-MOSI the mean of some batch of 128 is 0.013 of it away from 0, of some smaller one 0.019, of
/// some video 0.054; sizes of batches of 64 differ by 0.05 of it and more.
const ALIKE: f64 = 1e-4;

/// Part of the label range to which largest predictions are equal: digits of a division.
const EXACT: f32 = 1e-6;

/// Fewest videos or batches with one mean or size, and with one largest prediction each: a model that clips reaches an end exactly
/// once in some batches.
const GROUPS: usize = 4;
const ENDS: usize = 10;

pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let all = groups::of(reference.ids);
    let range = reference.range[1] - reference.range[0];
    let passes = run.passes.iter().filter(|(_, pass)| precise(pass));
    let mut found = passes.filter_map(|(key, pass)| {
        // Batches of 32 are two of 16, so that the smallest ones are meant.
        let (what, groups, odd) = all
            .iter()
            .rev()
            .find_map(|(what, groups)| Some((what, groups, of_groups(pass, groups, range)?)))?;
        let first = &reference.ids[*groups.first()?.first()?];
        let count = groups.len();
        let text = format!("in each {what} ({count} of them, the first from `{first}` on) {odd}");
        Some((key, text))
    });
    let (key, text) = found.next()?;
    Some(Finding {
        check: Check::Scale,
        wrong: false,
        text: format!(
            "{}, condition {}: {text}? No model predicts so; predictions must be in label units",
            name(run),
            key.2
        ),
    })
}

/// What all groups have in common.
fn of_groups(pass: &[f32], groups: &groups::Groups, range: f32) -> Option<String> {
    if groups.len() >= GROUPS
        && let Some(text) = one_moment(pass, groups, ALIKE * f64::from(range))
    {
        return Some(text);
    }
    let size = |at: &usize| pass[*at].abs();
    let largest = groups.first()?.iter().map(size).fold(0.0, f32::max);
    let near = |size: f32| (size - largest).abs() <= EXACT * range;
    let is_once = |group: &Vec<usize>| {
        let most = group.iter().map(size).fold(0.0, f32::max);
        near(most) && group.iter().map(size).filter(|size| near(*size)).count() == 1
    };
    (groups.len() >= ENDS && groups.iter().all(is_once)).then(|| {
        format!(
            "the largest prediction is exactly {largest}, or its negative, once: was each divided by its largest prediction"
        )
    })
}

/// The mean, the deviation or the root of the mean square that all groups share.
fn one_moment(pass: &[f32], groups: &groups::Groups, near: f64) -> Option<String> {
    let moments = groups.iter().map(|group| {
        let values: Vec<f32> = group.iter().map(|at| pass[*at]).collect();
        Moments::of(&values)
    });
    let moments: Vec<Moments> = moments.collect();
    let shared = |of: fn(&Moments) -> f64| {
        let all = || moments.iter().map(of);
        let [low, high] = [
            all().fold(f64::MAX, f64::min),
            all().fold(f64::MIN, f64::max),
        ];
        (high - low <= 2.0 * near).then_some(f64::midpoint(low, high))
    };
    let text = match shared(|m| m.mean) {
        Some(mean) if mean.abs() <= near => {
            "the mean of predictions is 0: was it taken off, by a normalization of each or by batch statistics in evaluation"
                .to_string()
        }
        Some(mean) => format!(
            "the mean of predictions is one number, {mean:.4}: were batch statistics used in evaluation (`model.eval()` \
             forgotten), or was each brought to one mean"
        ),
        None => {
            let size = shared(|m| m.mean.hypot(m.sd));
            let (what, size) = match size {
                Some(size) => ("root of the mean square", size),
                None => ("deviation", shared(|m| m.sd)?),
            };
            format!(
                "the {what} of predictions is one number, {size:.4}: was each scaled by its own, as `F.normalize` over samples does"
            )
        }
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::import::plausible::testing::{complete, reference};

    /// Videos of some clips each, or of single ones, with predictions that a change is made to.
    fn found(clips: usize, change: impl Fn(&mut [f32])) -> Option<String> {
        let ids: Vec<String> = (0..240)
            .map(|i| format!("v{}$_${}", i / clips, i % clips))
            .collect();
        let truth: Vec<f32> = (0..240)
            .map(|i| (i * 37 % 61) as f32 / 10.0 - 3.0)
            .collect();
        let own = |i: usize| 0.8 * truth[i] + (i * 7919 % 1009) as f32 / 1009.0;
        let mut pass: Vec<f32> = (0..240).map(own).collect();
        change(&mut pass);
        let reference = reference(&ids, &truth);
        let run = complete(pass);
        finding(&run, &reference).map(|finding| finding.text)
    }

    fn demean(part: &mut [f32]) {
        let mean = part.iter().sum::<f32>() / part.len() as f32;
        part.iter_mut().for_each(|p| *p -= mean);
    }

    fn scale(part: &mut [f32]) {
        let most = part.iter().fold(0.0, |most: f32, p| most.max(p.abs()));
        part.iter_mut().for_each(|p| *p *= 3.0 / most);
    }

    #[test]
    fn means_of_0_are_found_in_videos_and_batches() {
        let text = found(9, |pass| pass.chunks_mut(9).for_each(demean)).unwrap();
        assert!(text.contains("in each video (27 of them"), "{text}");
        let text = found(1, |pass| pass.chunks_mut(32).for_each(demean)).unwrap();
        assert!(
            text.contains("in each batch of 32 samples (8 of them"),
            "{text}"
        );
        assert_eq!(found(9, |_| {}), None);
        assert_eq!(found(1, demean), None, "all together");
        let shifted = |part: &mut [f32]| {
            demean(part);
            part.iter_mut().for_each(|p| *p += 0.002);
        };
        let text = found(1, |pass| pass.chunks_mut(32).for_each(shifted)).unwrap();
        assert!(text.contains("one number, 0.0020"), "{text}");
        let apart = |pass: &mut [f32]| {
            pass.chunks_mut(32).for_each(shifted);
            pass[40..44].iter_mut().for_each(|p| *p += 0.1);
        };
        assert_eq!(found(1, apart), None);
    }

    #[test]
    fn one_size_in_each_batch_is_found() {
        let normalize = |part: &mut [f32]| {
            let square = part.iter().map(|p| p * p).sum::<f32>() / part.len() as f32;
            part.iter_mut().for_each(|p| *p *= 1.3 / square.sqrt());
        };
        let text = found(1, |pass| pass.chunks_mut(24).for_each(normalize)).unwrap();
        assert!(text.contains("root of the mean square"), "{text}");
        assert!(text.contains("1.3000"), "{text}");
        let deviation = |part: &mut [f32]| {
            let mean = part.iter().sum::<f32>() / part.len() as f32;
            let sd = part.iter().map(|p| (p - mean).powi(2)).sum::<f32>() / part.len() as f32;
            part.iter_mut()
                .for_each(|p| *p = mean + (*p - mean) / sd.sqrt());
        };
        let text = found(9, |pass| pass.chunks_mut(9).for_each(deviation)).unwrap();
        assert!(text.contains("in each video"), "{text}");
        assert!(text.contains("the deviation"), "{text}");
    }

    #[test]
    fn one_largest_prediction_in_each_batch_is_found() {
        let text = found(1, |pass| pass.chunks_mut(16).for_each(scale)).unwrap();
        assert!(
            text.contains("the largest prediction is exactly 3"),
            "{text}"
        );
        let clipped = |pass: &mut [f32]| pass.iter_mut().for_each(|p| *p = p.clamp(-2.0, 2.0));
        assert_eq!(found(1, clipped), None);
    }
}
