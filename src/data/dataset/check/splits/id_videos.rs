//! Finds ids that belong to other samples: those that name one video have neither similar labels nor common words, or all else is
//! sorted by length.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::id_order;
use crate::data::dataset::check::basis::main_labels::main;
use crate::data::dataset::check::basis::relation::Relation;
use crate::data::dataset::check::basis::said::Said;
use crate::data::dataset::check::lengths::batches;
use crate::data::dataset::read::plan::Plan;

/// Videos of several samples, and samples, without which nothing is judged; fewer videos tell whether lengths are sorted.
const VIDEOS: usize = 20;
const FEW_VIDEOS: usize = 5;
const SAMPLES: usize = 100;

/// Different lengths of samples that are sorted by them, and the rank correlation of lengths and rows.
const LENGTHS: usize = 10;
const SORTED: f64 = 0.95;

/// Variance of labels between videos, as a multiple of what samples in any order have (F): in CMU-MOSI it is 8.6 to 12.
const VARIANCE: f64 = 1.5;

/// Samples of a split, and their part, that a rare word is in.
const RARE: usize = 2;
const RARE_PART: f64 = 0.03;

/// How many times as often samples of one video share rare words as others, its standard errors, and the pairs that chance must give:
/// in CMU-MOSI 2.5 times, in CH-SIMS 1.3 times.
const TIMES: f64 = 1.15;
const ERRORS: f64 = 2.0;
const CHANCE: f64 = 100.0;

/// Samples behind one that it is paired with, in its video, and pairs of any videos for each.
const WITHIN: usize = 30;
const PAIRS: usize = 20;

/// A split whose ids name videos of other samples.
pub fn id_videos(plan: &Plan<'_>) -> Option<String> {
    let videos = id_order::videos(plan)?;
    let groups = by_video(&videos);
    let several = groups.iter().filter(|rows| rows.len() > 1).count();
    if several < FEW_VIDEOS || videos.len() < SAMPLES {
        return None;
    }
    if let Some((column, order)) = sorted(plan, &videos) {
        return Some(format!(
            "{}: the lengths of {column} {order}, while samples of one video are beside each other by their ids (first: {}): was \
             all but the ids sorted by length, as for packed sequences? Write ids in the order of the samples",
            plan.split(),
            plan.ids[0]
        ));
    }
    if several < VIDEOS {
        return None;
    }
    let variance = variance(main(plan)?, &groups).filter(|f| *f < VARIANCE)?;
    let [within, any] = common(&rare(&Said::of(plan)?.words), &groups)?;
    Some(format!(
        "{}: by their ids, samples of one video have labels that differ as those of any (F {variance:.2}) and share rare words as \
         rarely ({:.1} %, any two {:.1} %) (first: {}): was all but the ids shuffled or sorted, as by sklearn's shuffle(X, y)? \
         Write ids in the order of the samples; if ids name no videos, --accept ids",
        plan.split(),
        100.0 * within,
        100.0 * any,
        plan.ids[0]
    ))
}

/// A modality by whose lengths samples are sorted, all or in batches, where ids are not, and how.
fn sorted(plan: &Plan<'_>, videos: &[String]) -> Option<(&'static str, String)> {
    let beside = id_order::together(videos);
    let lengths = &plan.lengths;
    let columns = [
        ("text", &lengths.text),
        ("audio", &lengths.audio),
        ("vision", &lengths.vision),
    ];
    let rows: Vec<f64> = (0..videos.len()).map(|row| row as f64).collect();
    let order = |lengths: &[i32]| {
        let different: HashSet<&i32> = lengths.iter().collect();
        let batch = batches::batch(lengths);
        let lengths: Vec<f64> = lengths.iter().map(|n| f64::from(*n)).collect();
        let rises = Relation::of_ranks(&lengths, &rows);
        let in_all = rises.is_some_and(|r| r.correlation.abs() > SORTED);
        let in_batches = batch.map(|size| format!("are sorted in batches of {size} samples"));
        let found =
            in_batches.or(in_all.then(|| "rise, or fall, from sample to sample".to_owned()));
        found.filter(|_| different.len() >= LENGTHS)
    };
    let mut found = columns.into_iter();
    let found = found.find_map(|(column, lengths)| Some((column, order(lengths)?)));
    found.filter(|_| 2 * beside > videos.len())
}

/// The rows of each video.
pub fn by_video(videos: &[String]) -> Vec<Vec<usize>> {
    let mut rows: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, video) in videos.iter().enumerate() {
        rows.entry(video).or_default().push(row);
    }
    rows.into_values().collect()
}

/// The F of an analysis of variance.
pub fn variance(labels: &[f64], groups: &[Vec<usize>]) -> Option<f64> {
    let (n, k) = (labels.len() as f64, groups.len() as f64);
    let mean = labels.iter().sum::<f64>() / n;
    let (mut between, mut inside) = (0.0, 0.0);
    for rows in groups {
        let own = rows.iter().map(|row| labels[*row]).sum::<f64>() / rows.len() as f64;
        between += rows.len() as f64 * (own - mean).powi(2);
        inside += rows
            .iter()
            .map(|row| (labels[*row] - own).powi(2))
            .sum::<f64>();
    }
    let f = between / (k - 1.0) / (inside / (n - k));
    f.is_finite().then_some(f)
}

/// The words of each sample that few others of its split have.
pub fn rare(words: &[Vec<String>]) -> Vec<HashSet<&str>> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let texts: Vec<HashSet<&str>> = words
        .iter()
        .map(|words| words.iter().map(String::as_str).collect())
        .collect();
    for word in texts.iter().flatten() {
        *counts.entry(word).or_default() += 1;
    }
    let most = RARE_PART * words.len() as f64;
    let is_rare = |word: &&str| (RARE..=most as usize).contains(&counts[*word]);
    texts
        .into_iter()
        .map(|text| text.into_iter().filter(is_rare).collect())
        .collect()
}

/// Parts of pairs of one video, and of any, that share a word, where both are the same.
fn common(words: &[HashSet<&str>], groups: &[Vec<usize>]) -> Option<[f64; 2]> {
    let share = |a: usize, b: usize| !words[a].is_disjoint(&words[b]);
    let part = |pairs: &mut dyn Iterator<Item = (usize, usize)>| {
        let (mut all, mut shared) = (0.0, 0.0);
        for (a, b) in pairs {
            all += 1.0;
            shared += f64::from(u8::from(share(a, b)));
        }
        (all, shared / all)
    };
    let (pairs, within) = part(&mut groups.iter().flat_map(|rows| {
        let each = rows.iter().enumerate();
        each.flat_map(|(at, a)| rows[at + 1..].iter().take(WITHIN).map(|b| (*a, *b)))
    }));
    let n = words.len();
    // Samples at distances that no order has.
    let distances = (1..=PAIRS).map(|i| i * (n / (PAIRS + 1)) + i % 3);
    let (_, any) = part(&mut distances.flat_map(|far| (0..n).map(move |a| (a, (a + far) % n))));
    let chance = any * pairs;
    let is_same = within < TIMES * any && (within - any) * pairs < ERRORS * chance.sqrt();
    (chance >= CHANCE && is_same).then_some([within, any])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: usize = 600;

    /// Samples of 30 videos, each with labels and words of its own.
    fn samples() -> (Vec<f64>, Vec<Vec<String>>) {
        let mix = |i: usize, below: usize| {
            let mixed = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            ((mixed ^ (mixed >> 29)) % below as u64) as usize
        };
        let label = |row: usize| (row / 20 % 7) as f64 - 3.0 + mix(row, 100) as f64 / 60.0;
        let words = |row: usize| {
            let own = (0..3).map(|k| format!("own{}", (row / 5 + mix(row * 3 + k, 30)) % 160));
            let any = (0..3).map(|k| format!("any{}", mix(row * 3 + k + 5000, 101)));
            own.chain(any).collect()
        };
        (
            (0..ROWS).map(label).collect(),
            (0..ROWS).map(words).collect(),
        )
    }

    fn groups(of: impl Fn(usize) -> usize) -> Vec<Vec<usize>> {
        let mut groups = vec![Vec::new(); 30];
        (0..ROWS).for_each(|row| groups[of(row)].push(row));
        groups
    }

    #[test]
    fn samples_of_one_video_are_alike() {
        let (labels, words) = samples();
        let (own, other) = (groups(|row| row / 20), groups(|row| row * 7 % 30));
        assert!(variance(&labels, &own).unwrap() > 3.0);
        assert!(variance(&labels, &other).unwrap() < VARIANCE);
        let words = rare(&words);
        assert_eq!(common(&words, &own), None);
        let [within, any] = common(&words, &other).unwrap();
        assert!((within / any - 1.0).abs() < 0.15, "{within} {any}");
    }
}
