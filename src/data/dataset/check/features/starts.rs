//! Finds clips of one video that begin alike: cut without their start, each begins with the first frames of the video.

use std::collections::{HashMap, HashSet};

use crate::data::dataset::convert::Findings;
use crate::data::dataset::profile::Profile;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::video::video_of;

/// Clips that begin like another one of their video, and go on otherwise, and the part of all with another one that
/// chance does not give: in CMU-MOSI, CH-SIMS and ICT-MMMO none does.
const CLIPS: usize = 5;
const PART: f64 = 0.2;

/// Clips of a column that begin alike.
#[derive(Debug, Default, PartialEq)]
struct Alike {
    count: usize,
    of: usize,
    /// Rows of the first two.
    first: Option<[usize; 2]>,
}

/// Finds splits in which samples of one video begin with the same frames.
pub fn starts(plans: &[Plan<'_>], findings: &Findings) -> Vec<String> {
    let mut warnings = Vec::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        for column in ["audio", "vision"] {
            let details = findings.details.get(&format!("{}/{column}", plan.split()));
            let both = details.zip(findings.profiles.of(plan.split(), column));
            let found = both.and_then(|(own, profiles)| alike(&plan.ids, &own.starts.0, profiles));
            let Some(Alike {
                count,
                of,
                first: Some([one, other]),
            }) = found
            else {
                continue;
            };
            warnings.push(format!(
                "{}: {count} of {of} samples with others of their video begin with the same frames of {column} as another \
                 one (such as {} and {}): were clips cut from the beginning of the video (ffmpeg without -ss)? Cut each \
                 at its own start",
                plan.split(),
                plan.ids[one],
                plan.ids[other]
            ));
        }
    }
    warnings
}

fn alike(ids: &[String], starts: &[Option<u64>], profiles: &[Profile]) -> Option<Alike> {
    let mut seen: HashMap<(String, u64), usize> = HashMap::new();
    let mut videos: HashSet<String> = HashSet::new();
    let (mut alike, mut go_on) = (Alike::default(), 0);
    for (row, (id, start)) in ids.iter().zip(starts).enumerate() {
        let (Some(video), Some(start)) = (video_of(id), *start) else {
            continue;
        };
        alike.of += usize::from(!videos.insert(video.clone()));
        let before = *seen.entry((video, start)).or_insert(row);
        if before != row {
            alike.count += 1;
            // Equal samples are told elsewhere.
            if profiles.get(before)?.hash != profiles.get(row)?.hash {
                go_on += 1;
                alike.first.get_or_insert([before, row]);
            }
        }
    }
    (go_on >= CLIPS && alike.count as f64 >= PART * alike.of as f64).then_some(alike)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thirty samples of five videos, each with a start and a whole of its own by what is given.
    fn found(start: impl Fn(usize) -> u64, whole: impl Fn(usize) -> u128) -> Option<Alike> {
        let ids: Vec<String> = (0..30).map(|i| format!("v{}$_${}", i / 6, i % 6)).collect();
        let starts: Vec<Option<u64>> = (0..30).map(|i| Some(start(i))).collect();
        let profile = |i: usize| Profile {
            hash: whole(i),
            ..Profile::default()
        };
        alike(&ids, &starts, &(0..30).map(profile).collect::<Vec<_>>())
    }

    #[test]
    fn clips_that_begin_with_their_video_are_found() {
        let own = |row: usize| row as u64;
        let other = |row: usize| row as u128;
        assert_eq!(found(own, other), None);
        let all = found(|row| row as u64 / 6, other).unwrap();
        let expected = Alike {
            count: 25,
            of: 25,
            first: Some([0, 1]),
        };
        assert_eq!(all, expected);
        assert_eq!(found(|row| row as u64 / 6, |_| 7), None, "equal samples");
        assert_eq!(found(|row| row as u64 % 6, other), None, "of other videos");
        assert_eq!(found(|row| own(row.max(3)), other), None, "three samples");
    }
}
