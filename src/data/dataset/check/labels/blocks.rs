//! Finds a block of labels that is there twice: in two splits, or two places of one.
//!
//! How likely a block is by chance is told by which label follows which in the rest of the labels. In CMU-MOSI, CH-SIMS and
//! ICT-MMMO seven labels in a row are there twice, at most.

use std::collections::HashMap;

use super::keys::{counts, keys};
use crate::data::dataset::check::basis::said::Said;
use crate::data::dataset::read::plan::Plan;

/// Labels of a block, and different ones, without which it is chance.
const LONG: usize = 16;
const DIFFERENT: usize = 4;

/// Rows from one place to the other within a split, below which labels follow an order, as classes in turn do.
const APART: usize = 16;

/// Logarithm of a millionth: blocks that are expected by chance.
const EXPECTED: f64 = -13.8;

/// Weight of a label's share of all when those that follow a label are counted.
const PRIOR: f64 = 5.0;

/// Part of the samples of both blocks that have equal texts where samples were repeated, not labels.
const SAME_TEXTS: f64 = 0.5;

/// Labels that are there twice: where they begin in both splits, and how many.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Found {
    first: usize,
    second: usize,
    length: usize,
}

/// Blocks of labels of one split that are in it, or in one before it, in the same order.
pub fn blocks(plans: &[&Plan<'_>]) -> Vec<String> {
    let all: Vec<(&Plan<'_>, Vec<i64>)> = plans
        .iter()
        .filter_map(|plan| Some((*plan, keys(plan)?)))
        .collect();
    let mut warnings = Vec::new();
    for (at, (plan, own)) in all.iter().enumerate() {
        let before = all[..=at].iter();
        let found = before.filter_map(|(other, others)| {
            let is_same = std::ptr::eq(*other, *plan);
            let found = twice(others, own, is_same)?;
            (!have_equal_texts(other, plan, found)).then_some((*other, found))
        });
        let longest = found.max_by_key(|(_, found)| found.length);
        warnings.extend(longest.map(|(other, found)| describe(other, plan, found)));
    }
    warnings
}

fn describe(other: &Plan<'_>, plan: &Plan<'_>, found: Found) -> String {
    let Found {
        first,
        second,
        length,
    } = found;
    let whole = if length == plan.ids.len() {
        "all ".to_owned()
    } else {
        String::new()
    };
    format!(
        "{}: {whole}{length} labels, of samples {second} to {} (from 0; first: {}), are those of samples {first} to {} of {} \
         in their order (first: {}): copied, an array that was not written anew, or one repeated (numpy.resize)? Join \
         labels by id",
        plan.split(),
        second + length - 1,
        plan.ids[second],
        first + length - 1,
        other.split(),
        other.ids[first]
    )
}

/// The longest block of both that chance does not make.
fn twice(first: &[i64], second: &[i64], is_same: bool) -> Option<Found> {
    let found = longest(first, second, is_same)?;
    let Found { length, .. } = found;
    let block = &second[found.second..found.second + length];
    let is_near = is_same && found.second - found.first < APART;
    // At the same rows there are fewer places, and where one split is the beginning of the other, one.
    let places = if found.first == 0 && length == second.len() {
        1
    } else if found.first == found.second {
        first.len().min(second.len())
    } else {
        first.len() * second.len()
    };
    let expected = (places as f64).ln() + likelihood(block, first, second, is_same);
    (counts(block).len() >= DIFFERENT && !is_near && expected < EXPECTED).then_some(found)
}

/// The longest block of both; of one that overlaps with itself, its first place.
fn longest(first: &[i64], second: &[i64], is_same: bool) -> Option<Found> {
    let mut starts: HashMap<&[i64], usize> = HashMap::new();
    if !is_same {
        for (at, window) in first.windows(LONG).enumerate() {
            starts.entry(window).or_insert(at);
        }
    }
    let mut best: Option<Found> = None;
    let mut end = 0;
    for (at, window) in second.windows(LONG).enumerate() {
        let before = starts.get(window).copied();
        if is_same {
            starts.entry(window).or_insert(at);
        }
        // Within a block that was found only its own end would be found again.
        let Some(before) = before.filter(|_| at >= end) else {
            continue;
        };
        let same = first[before..].iter().zip(&second[at..]);
        let length = same.take_while(|(a, b)| a == b).count();
        end = at + length - LONG + 1;
        if best.is_none_or(|best| length > best.length)
            && counts(&second[at..at + length]).len() > 1
        {
            best = Some(Found {
                first: before,
                second: at,
                length,
            });
        }
    }
    best
}

/// Logarithm of the probability of a block, by the labels that follow each other outside of it.
fn likelihood(block: &[i64], first: &[i64], second: &[i64], is_same: bool) -> f64 {
    let all = if is_same {
        vec![first]
    } else {
        vec![first, second]
    };
    let mut pairs: HashMap<(i64, i64), f64> = HashMap::new();
    let mut single: HashMap<i64, f64> = HashMap::new();
    let mut count = |labels: &[i64], weight: f64| {
        for label in labels {
            *single.entry(*label).or_default() += weight;
        }
        for pair in labels.windows(2) {
            *pairs.entry((pair[0], pair[1])).or_default() += weight;
        }
    };
    all.iter().for_each(|labels| count(labels, 1.0));
    count(block, -2.0);
    let of = |label: i64| single.get(&label).map_or(0.0, |count| count.max(0.0));
    let total: f64 = single.values().map(|count| count.max(0.0)).sum();
    let share = |label: i64| (of(label) + 1.0) / (total + single.len() as f64);
    let next = |a: i64, b: i64| {
        let both = pairs.get(&(a, b)).map_or(0.0, |count| count.max(0.0));
        ((both + PRIOR * share(b)) / (of(a) + PRIOR)).min(1.0)
    };
    let following = block.windows(2).map(|pair| next(pair[0], pair[1]).ln());
    share(block[0]).ln() + following.sum::<f64>()
}

/// Whether samples of both blocks are the same ones, as where a split has each sample twice with other noise.
fn have_equal_texts(other: &Plan<'_>, plan: &Plan<'_>, found: Found) -> bool {
    let (Some(theirs), Some(own)) = (Said::of(other), Said::of(plan)) else {
        return false;
    };
    let rows = 0..found.length;
    let equal = rows.filter(|at| {
        let own = &own.words[found.second + at];
        theirs.words[found.first + at] == *own && !own.is_empty()
    });
    equal.count() as f64 >= SAME_TEXTS * found.length as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels without order, of as many values as CMU-MOSI has.
    fn drawn(seed: u64, count: usize, below: i64) -> Vec<i64> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let draw = |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as i64 % below
        };
        (0..count).map(draw).collect()
    }

    #[test]
    fn a_block_of_another_split_is_found() {
        let (train, mut test) = (drawn(1, 400, 30), drawn(2, 300, 30));
        assert_eq!(twice(&train, &test, false), None);
        test[200..].copy_from_slice(&train[200..300]);
        let found = twice(&train, &test, false).unwrap();
        assert_eq!((found.first, found.second, found.length), (200, 200, 100));
        let whole = twice(&train, &train[..20], false).unwrap();
        assert_eq!((whole.first, whole.second, whole.length), (0, 0, 20));
    }

    #[test]
    fn a_block_that_is_repeated_in_one_split_is_found() {
        let short = drawn(1, 200, 30);
        assert_eq!(twice(&short, &short, true), None);
        let long: Vec<i64> = (0..260).map(|at| short[at % 200]).collect();
        let found = twice(&long, &long, true).unwrap();
        assert_eq!((found.first, found.second, found.length), (0, 200, 60));
    }

    #[test]
    fn few_classes_and_sorted_labels_have_blocks_by_chance() {
        for seed in 0..20 {
            let (train, test) = (drawn(seed, 3000, 4), drawn(seed + 100, 3000, 4));
            assert_eq!(twice(&train, &test, false), None);
        }
        let sorted = |seed: u64, count: usize| {
            let mut labels = drawn(seed, count, 30);
            labels.sort_unstable();
            labels
        };
        assert_eq!(twice(&sorted(1, 400), &sorted(2, 300), false), None);
        let turn: Vec<i64> = (0..300).map(|at| at % 5).collect();
        assert_eq!(twice(&turn, &turn, true), None, "classes in turn");
        assert_eq!(twice(&turn, &turn[..100], false), None, "in both splits");
    }
}
