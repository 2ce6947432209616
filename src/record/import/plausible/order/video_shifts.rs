//! Looks for videos whose predictions belong to the clip beside: clips that were counted from 0 in some videos and from 1 in
//! others.

use crate::record::import::join::Joined;
use crate::record::import::plausible::sums::Sums;
use crate::record::import::plausible::{Check, Finding, Reference, centered_ranks, groups, name};

/// Highest rate, and least rank correlation with the labels: weak predictions follow those beside as well.
const RATE: f64 = 0.3;
const FOLLOWS: f64 = 0.4;

/// Fewest clips of a video that is judged.
const CLIPS: usize = 8;

/// Standard errors by which labels beside fit the predictions of a video better, and their least rank correlation.
const BETTER: f64 = 1.0;
const BESIDE: f64 = 0.4;

/// Such videos, and their part of all that are judged. Of 102 sound passes on CMU-MOSI none has more than 2 of 31; where clips of
/// ten of them are moved by one, 6 are usual.
const VIDEOS: usize = 5;
const PART: f64 = 0.12;

pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let low = run
        .passes
        .iter()
        .filter(|(key, _)| key.2.rates().iter().all(|rate| *rate <= RATE));
    let mut videos = groups::videos(reference.ids);
    videos.retain(|clips| clips.len() >= CLIPS);
    let mut low = low.filter_map(|(key, pass)| Some((key, of_pass(pass, reference, &videos)?)));
    let (key, found) = low.next()?;
    let first = &reference.ids[*found.videos[0].first()?];
    Some(Finding {
        check: Check::Order,
        wrong: false,
        text: format!(
            "{}, condition {}: in {} of {} videos, such as that of `{first}`, predictions go with the label of the clip {} theirs: \
             were clips counted from 0 in some videos and from 1 in others?",
            name(run),
            key.2,
            found.videos.len(),
            found.of,
            if found.is_next { "after" } else { "before" }
        ),
    })
}

struct Shifted<'a> {
    videos: Vec<&'a [usize]>,
    of: usize,
    is_next: bool,
}

fn of_pass<'a>(
    pass: &[f32],
    reference: &Reference<'_>,
    videos: &'a [Vec<usize>],
) -> Option<Shifted<'a>> {
    let (p, t) = (centered_ranks(pass), centered_ranks(reference.truth));
    let all: Vec<usize> = (0..pass.len()).collect();
    if correlation(&p, &t, all.iter().copied().zip(all.iter().copied()))? < FOLLOWS {
        return None;
    }
    [true, false].into_iter().find_map(|is_next| {
        let shifted = videos
            .iter()
            .filter(|clips| is_shifted(&p, &t, clips, is_next));
        let shifted: Vec<&[usize]> = shifted.map(|clips| &clips[..]).collect();
        let many = shifted.len() >= VIDEOS && shifted.len() as f64 >= PART * videos.len() as f64;
        many.then_some(Shifted {
            videos: shifted,
            of: videos.len(),
            is_next,
        })
    })
}

/// Whether the predictions of a video go with the labels beside rather than with their own.
fn is_shifted(p: &[f64], t: &[f64], clips: &[usize], is_next: bool) -> bool {
    let own = correlation(p, t, clips.iter().copied().zip(clips.iter().copied()));
    let (kept, beside) = (&clips[..clips.len() - 1], &clips[1..]);
    let (predictions, labels) = if is_next {
        (kept, beside)
    } else {
        (beside, kept)
    };
    let beside = correlation(
        p,
        t,
        predictions.iter().copied().zip(labels.iter().copied()),
    );
    let z = |r: f64| r.clamp(-0.99, 0.99).atanh();
    own.zip(beside).is_some_and(|(own, beside)| {
        let errors = (z(beside) - z(own)) / (2.0 / (clips.len() as f64 - 4.0)).sqrt();
        errors > BETTER && beside > BESIDE
    })
}

/// Correlation of predictions and labels at some places.
fn correlation(p: &[f64], t: &[f64], places: impl Iterator<Item = (usize, usize)>) -> Option<f64> {
    let sums = places.fold(Sums::default(), |sums, (at, label)| {
        sums.plus(p[at], t[label])
    });
    sums.correlation()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::import::plausible::testing::{complete, reference};

    /// 20 videos of 12 clips; those of `shifted` have the predictions of the clip after.
    fn found(shifted: usize) -> Option<String> {
        let ids: Vec<String> = (0..240)
            .map(|i| format!("v{}$_${}", i / 12, i % 12))
            .collect();
        let truth: Vec<f32> = (0..240)
            .map(|i| (i * i * 37 % 61) as f32 / 10.0 - 3.0)
            .collect();
        let own = |i: usize| 0.7 * truth[i] + (i * 7919 % 1009) as f32 / 600.0;
        let mut pass: Vec<f32> = (0..240).map(own).collect();
        pass.chunks_mut(12)
            .take(shifted)
            .for_each(|clips| clips.rotate_left(1));
        finding(&complete(pass), &reference(&ids, &truth)).map(|finding| finding.text)
    }

    #[test]
    fn videos_whose_clips_are_counted_from_another_number_are_found() {
        let text = found(8).unwrap();
        assert!(
            text.contains("in 8 of 20 videos, such as that of `v0$_$0`"),
            "{text}"
        );
        assert!(
            text.contains("the clip before theirs") || text.contains("the clip after theirs"),
            "{text}"
        );
        assert_eq!(found(0), None);
        assert_eq!(found(3), None);
    }
}
