//! Finds ids in another order than all else: those of a folder or a set, sorted ones, or a list without its first line.
//!
//! Samples of one video are neighbors, speak of one thing and have similar labels. Where ids name other videos, neighbors
//! that are alike are of two videos.

use std::collections::HashMap;

use super::id_videos::rare;
use crate::data::dataset::check::basis::main_labels::main;
use crate::data::dataset::check::basis::relation::Relation;
use crate::data::dataset::check::basis::said::Said;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::video::video_of;

/// Videos of several samples, and ends of videos, without which nothing is judged.
const VIDEOS: usize = 20;
const ENDS: usize = 20;

/// Correlation of the labels of neighbors, and its standard errors, which samples of videos in their order have: in
/// CMU-MOSI it is 0.35 to 0.45. Beyond the second, labels are sorted.
const ALIKE: f64 = 0.25;
const ERRORS: f64 = 5.0;
const SORTED: f64 = 0.7;

/// How many times as often as by chance neighbors are of one video where ids are in any order.
const SCATTERED: [f64; 2] = [0.3, 3.0];

/// Neighbors of one video that share rare words (more do where texts hold the one before, as context), and those of two
/// videos as a part of that: it is 0.13 at most in CMU-MOSI, and 1 where ids were sorted.
const WITHIN: std::ops::Range<f64> = 0.15..0.7;
const AS_OFTEN: f64 = 0.6;
const SHARED: usize = 8;

/// Pairs that share words at the ends that ids name, as a multiple of those one sample further.
const FURTHER: usize = 3;

/// Splits whose ids are not those of their samples.
pub fn id_order(plan: &Plan<'_>) -> Option<String> {
    let videos = videos(plan)?;
    let fault = scattered(plan, &videos).or_else(|| moved(plan, &videos))?;
    Some(format!(
        "{}: {fault} (first: {}). Write ids in the order of the samples, or join by id",
        plan.split(),
        plan.ids[0]
    ))
}

/// The video of each sample, where all ids name one.
pub fn videos(plan: &Plan<'_>) -> Option<Vec<String>> {
    plan.ids.iter().map(|id| video_of(id)).collect()
}

/// How many neighbors are of one video.
pub fn together(videos: &[String]) -> usize {
    videos.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

/// Ids whose videos are in any order, while labels of neighbors are alike.
fn scattered(plan: &Plan<'_>, videos: &[String]) -> Option<String> {
    let labels = main(plan)?;
    let mut sizes: HashMap<&str, f64> = HashMap::new();
    for video in videos {
        *sizes.entry(video).or_default() += 1.0;
    }
    let n = videos.len() as f64;
    let several = sizes.values().filter(|size| **size > 1.0).count();
    let chance = sizes.values().map(|size| size * (size - 1.0)).sum::<f64>() / n;
    let found = together(videos) as f64 / chance;
    let next = Relation::of(&labels[1..], &labels[..labels.len() - 1], VIDEOS)?;
    let are_alike = next.correlation > ALIKE && next.correlation < SORTED && next.errors() > ERRORS;
    let is_scattered = several >= VIDEOS && (SCATTERED[0]..SCATTERED[1]).contains(&found);
    (are_alike && is_scattered).then(|| {
        format!(
            "labels of neighbors have a correlation of {:.2}, as those of one video have, but by their ids {} of {} \
             neighbors are of two videos: are ids in the order of a folder (os.listdir) or a set, and all else in that of a \
             table?",
            next.correlation,
            videos.len() - 1 - together(videos),
            videos.len() - 1
        )
    })
}

/// Ids that were sorted, or that begin one sample late, by the rare words that neighbors share.
fn moved(plan: &Plan<'_>, videos: &[String]) -> Option<String> {
    let said = Said::of(plan)?;
    let shares = shared(&said.words);
    let ends: Vec<usize> = (0..shares.len())
        .filter(|at| videos[*at] != videos[at + 1])
        .collect();
    let inner = shares.len() - ends.len();
    if ends.len() < ENDS || inner < 2 * ends.len() {
        return None;
    }
    let count = |rows: &mut dyn Iterator<Item = usize>| {
        rows.filter(|at| shares.get(*at) == Some(&true)).count()
    };
    let across = count(&mut ends.iter().copied());
    let all = shares.iter().filter(|is| **is).count();
    let within = (all - across) as f64 / inner as f64;
    let part = across as f64 / ends.len() as f64;
    if across < SHARED || !WITHIN.contains(&within) || part < AS_OFTEN * within {
        return None;
    }
    let after = count(&mut ends.iter().map(|at| at + 1));
    let before = count(&mut ends.iter().map(|at| at.wrapping_sub(1)));
    let cause = if FURTHER * after.min(before) <= across {
        "were ids moved by one, as where the first line of a table is lost?"
    } else if are_related(&ends, videos) {
        return None;
    } else {
        "were ids sorted, and all else not?"
    };
    Some(format!(
        "the last and first samples of two videos share rare words as often ({:.0} %) as neighbors of one video ({:.0} %): {cause}",
        100.0 * part,
        100.0 * within
    ))
}

/// Whether neighbors have a rare word in common.
fn shared(words: &[Vec<String>]) -> Vec<bool> {
    let rare = rare(words);
    let pairs = rare.windows(2);
    pairs.map(|pair| !pair[0].is_disjoint(&pair[1])).collect()
}

/// Whether most videos have nearly the name of the one before, as parts of one video have.
fn are_related(ends: &[usize], videos: &[String]) -> bool {
    let related = ends.iter().filter(|at| {
        let (a, b) = (videos[**at].as_bytes(), videos[**at + 1].as_bytes());
        let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        2 * same >= a.len().min(b.len())
    });
    2 * related.count() > ends.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether neighbors share a word, of 30 videos of ten samples each, and what ids in another place tell of it.
    #[test]
    fn rare_words_are_shared_by_neighbors_of_one_video() {
        let text = |row: usize| vec!["the".to_owned(), format!("film{}", row / 10)];
        let words: Vec<Vec<String>> = (0..400).map(text).collect();
        let shares = shared(&words);
        let ends = |moved: usize| {
            (0..399)
                .filter(|at| (at + 1 + moved).is_multiple_of(10) && shares[*at])
                .count()
        };
        assert_eq!(ends(0), 0);
        assert_eq!(ends(1), 40);
        assert!(
            shared(&vec![vec!["the".to_owned()]; 400])
                .iter()
                .all(|is| !is)
        );
    }

    #[test]
    fn parts_of_one_video_have_related_names() {
        let names = |form: fn(usize) -> String| (0..40).map(form).collect::<Vec<String>>();
        let ends: Vec<usize> = (0..39).collect();
        assert!(are_related(&ends, &names(|i| format!("episode{i}"))));
        let drawn = |i: usize| format!("{:x}", (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        assert!(!are_related(&ends, &names(drawn)));
    }
}
