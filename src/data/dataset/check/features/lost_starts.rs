//! Finds samples that all begin with one frame of zeros: the first frame was lost, or all come one step late.

use crate::data::dataset::profile::{Profile, Profiles};
use crate::data::dataset::read::plan::Plan;

/// Frames of samples that are judged, and the number of these samples.
const FRAMES: usize = 3;
const SAMPLES: usize = 12;

/// Part of the samples that begin with exactly one frame of zeros: 0 to 0.21 in CMU-MOSI, CH-SIMS and ICT-MMMO.
const PART: f64 = 0.9;

/// Finds splits whose samples begin with one frame of zeros.
pub fn lost_starts(plans: &[Plan<'_>], profiles: &Profiles) -> Vec<String> {
    let mut warnings = Vec::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        let lengths = &plan.lengths;
        let columns = [
            ("text", &lengths.text),
            ("audio", &lengths.audio),
            ("vision", &lengths.vision),
        ];
        for (column, own) in columns {
            let all = profiles.of(plan.split(), column).unwrap_or_default();
            // Frames of words have none where the text has CLS.
            let has_cls = column != "text" && plan.text_bert.is_some() && *own == lengths.text;
            let Some((count, of)) = late(all).filter(|_| !has_cls) else {
                continue;
            };
            warnings.push(format!(
                "{}: {count} of {of} samples begin with one frame of zeros in {column}, and have others behind it (first: {}): \
                 do the frames come one step late, or was the first one lost (differences, a filter that starts at 0)?",
                plan.split(),
                plan.ids[0]
            ));
        }
    }
    warnings
}

/// How many samples begin with exactly one frame of zeros, and of how many, where nearly all do.
fn late(profiles: &[Profile]) -> Option<(usize, usize)> {
    let judged = || profiles.iter().filter(|p| p.runs.frames >= FRAMES);
    // Frames before the first one that is not zero.
    let leads = |profile: &&Profile| profile.end - profile.runs.inner - 2;
    let count = judged().filter(|profile| leads(profile) == 1).count();
    let of = judged().count();
    (of >= SAMPLES && count as f64 >= PART * of as f64).then_some((count, of))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of some frames behind as many of zeros as is given.
    fn found(zeros: impl Fn(usize) -> usize, frames: usize) -> Option<(usize, usize)> {
        let sample = |i: usize| {
            let lead = vec![0.0; 2 * zeros(i)];
            let values = (0..2 * frames).map(|at| (i + at + 1) as f32);
            let all: Vec<f32> = lead.into_iter().chain(values).chain([0.0; 4]).collect();
            Profile::of(&all, 2)
        };
        late(&(0..20).map(sample).collect::<Vec<_>>())
    }

    #[test]
    fn one_frame_of_zeros_in_front_is_found() {
        assert_eq!(found(|_| 1, 5), Some((20, 20)));
        assert_eq!(found(|i| usize::from(i > 1), 5), Some((18, 20)));
        assert_eq!(found(|i| usize::from(i > 5), 5), None, "some samples");
        assert_eq!(found(|i| i, 5), None, "padding in front");
        assert_eq!(found(|_| 0, 5), None);
        assert_eq!(found(|_| 1, 2), None, "few frames");
    }
}
