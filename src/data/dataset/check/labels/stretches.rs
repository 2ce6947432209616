//! Finds a stretch of a split whose labels are of another kind: on another scale, rounded, clipped or without signs.
//!
//! Labels of one video are alike, so that six samples count as one: then no such stretch in CMU-MOSI, CH-SIMS or ICT-MMMO
//! is expected less often than once in ten splits.

use std::collections::BTreeSet;
use std::ops::Range;

use super::keys::key;
use super::keys::keys;
use crate::data::dataset::check::basis::main_labels::main;
use crate::data::dataset::check::basis::relation::Relation;
use crate::data::dataset::read::plan::Plan;

/// Samples of a stretch and of the rest without which nothing is judged.
const ENOUGH: usize = 45;

/// Samples that count as one, as their labels are of one video; and stretches expected by chance, at most.
const ALIKE: f64 = 6.0;
const EXPECTED: f64 = 1e-6;

/// Part of the largest label that labels of a smaller scale do not reach.
const SMALL: f64 = 0.4;

/// Part of the rest that has either sign, where a stretch that lacks one was not sorted apart.
const SIGNS: f64 = 0.2;

/// Correlation of neighbors from which labels are sorted.
const SORTED: f64 = 0.95;

/// Values of the rest, as a part of its number, that are few; and the part of the labels of a stretch without such a value.
/// It is 0.1 at most in CMU-MOSI.
const FEW: f64 = 0.2;
const UNKNOWN: f64 = 0.4;

/// Parts of a split at which labels with other values may begin or end.
const CUTS: usize = 12;

/// What labels of a stretch have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Whole,
    NotNegative,
    NotPositive,
    Small,
}

impl Kind {
    const ALL: [Self; 4] = [
        Self::NotNegative,
        Self::NotPositive,
        Self::Whole,
        Self::Small,
    ];

    fn has(self, label: f64, largest: f64) -> bool {
        match self {
            Self::Whole => label.fract() == 0.0,
            Self::NotNegative => label >= 0.0,
            Self::NotPositive => label <= 0.0,
            Self::Small => label.abs() <= SMALL * largest,
        }
    }

    fn describe(self, largest: f64) -> String {
        match self {
            Self::Whole => {
                "are whole numbers, others of the rest are not: rounded, or classes?".to_owned()
            }
            Self::NotNegative => {
                "are not negative, many of the rest are: was the sign lost?".to_owned()
            }
            Self::NotPositive => {
                "are not positive, many of the rest are: was the sign lost?".to_owned()
            }
            Self::Small => format!(
                "are at most {}, many of the rest are larger: on another scale?",
                (SMALL * largest) as f32
            ),
        }
    }
}

/// A stretch of labels of another kind than the rest.
pub fn stretch(plan: &Plan<'_>) -> Option<String> {
    keys(plan)?;
    let labels = main(plan)?;
    let largest = labels
        .iter()
        .fold(0.0_f64, |most, label| most.max(label.abs()));
    let of_kind = Kind::ALL.into_iter().find_map(|kind| {
        let range = longest(labels, |label| kind.has(label, largest))?;
        let rest = [&labels[..range.start], &labels[range.end..]].concat();
        let part =
            |is: fn(&f64) -> bool| rest.iter().filter(|y| is(y)).count() as f64 / rest.len() as f64;
        let of_sign = [Kind::NotNegative, Kind::NotPositive].contains(&kind);
        let has_both = part(|y| *y > 0.0) >= SIGNS && part(|y| *y < 0.0) >= SIGNS;
        (!of_sign || has_both).then(|| (range, kind.describe(largest)))
    });
    let (range, text) = of_kind.or_else(|| other_values(labels))?;
    let next = Relation::of(&labels[1..], &labels[..labels.len() - 1], ENOUGH)?;
    (next.correlation < SORTED).then(|| {
        format!(
            "{}: the labels of samples {} to {} (from 0; first: {}) {text}",
            plan.split(),
            range.start,
            range.end - 1,
            plan.ids[range.start]
        )
    })
}

/// The longest stretch of one kind, if the rest of the split does not make it likely.
fn longest(labels: &[f64], is: impl Fn(f64) -> bool) -> Option<Range<usize>> {
    let (mut best, mut start) = (0..0, 0);
    for (row, label) in labels.iter().enumerate() {
        if !is(*label) {
            start = row + 1;
        } else if row + 1 - start > best.len() {
            best = start..row + 1;
        }
    }
    let rest = labels.len() - best.len();
    let others = labels.iter().filter(|label| is(**label)).count() - best.len();
    let part = (others as f64 + 1.0) / (rest as f64 + 1.0);
    // Where labels belong to videos, one counts once.
    let runs = different(&labels[best.clone()]).len() as f64;
    let independent = runs.min(best.len() as f64 / ALIKE);
    let expected = labels.len() as f64 * part.powf(independent);
    (best.len() >= ENOUGH && rest >= ENOUGH && expected < EXPECTED).then_some(best)
}

/// The labels, each of equal neighbors once.
fn different(labels: &[f64]) -> Vec<f64> {
    let mut labels = labels.to_vec();
    labels.dedup();
    labels
}

/// The beginning or end of a split, most of whose labels have values that the rest has not, where it has few.
fn other_values(labels: &[f64]) -> Option<(Range<usize>, String)> {
    let n = labels.len();
    let cuts = (1..CUTS).map(|at| at * n / CUTS);
    let ranges = cuts.flat_map(|cut| [(cut..n, 0..cut), (0..cut, cut..n)]);
    let found = ranges.filter_map(|(range, rest)| {
        let [own, rest] = [range.clone(), rest].map(|range| different(&labels[range]));
        if own.len().min(rest.len()) < ENOUGH {
            return None;
        }
        // Positive and negative samples may be in two parts.
        let known: BTreeSet<i64> = rest.iter().map(|y| key(y.abs())).collect();
        let mut unknown = own.iter().filter(|y| !known.contains(&key(y.abs())));
        let first = *unknown.next()?;
        let part = (1 + unknown.count()) as f64 / own.len() as f64;
        let are_few = known.len() as f64 <= FEW * rest.len() as f64;
        (are_few && part > UNKNOWN).then_some((part, range, first))
    });
    let (part, range, label) = found.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let text = format!(
        "have values that no other label has, such as {label}, in {:.0} %: on another scale, or of another source?",
        100.0 * part
    );
    Some((range, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels in fifths of videos of ten samples that are alike.
    fn labels(count: usize) -> Vec<f64> {
        let drawn = |i: usize, below: usize| (i * 7_919 % 1_009 * 31 % 509 % below) as f64;
        let label = |i: usize| {
            let label = drawn(i / 10 + 1, 21) / 5.0 - 2.0 + drawn(i + 1, 21) / 5.0 - 2.0;
            (label.clamp(-3.0, 3.0) * 5.0).round() / 5.0
        };
        (0..count).map(label).collect()
    }

    fn found(labels: &[f64]) -> Option<(Kind, Range<usize>)> {
        Kind::ALL
            .into_iter()
            .find_map(|kind| Some((kind, longest(labels, |label| kind.has(label, 3.0))?)))
    }

    #[test]
    fn a_third_of_another_kind_is_found() {
        let sound = labels(600);
        assert_eq!(found(&sound), None);
        assert_eq!(other_values(&sound), None);
        let changed = |change: fn(f64) -> f64| {
            let mut labels = sound.clone();
            labels[400..]
                .iter_mut()
                .for_each(|label| *label = change(*label));
            labels
        };
        for (change, kind) in [
            (f64::abs as fn(f64) -> f64, Kind::NotNegative),
            (|y| -y.abs(), Kind::NotPositive),
            (f64::round, Kind::Whole),
            (f64::signum, Kind::Whole),
            (|y| (y / 3.0 * 5.0).round() / 5.0, Kind::Small),
        ] {
            let (own, range) = found(&changed(change)).unwrap();
            assert!(
                own == kind && range.start <= 400 && range.end == 600,
                "{own:?} {range:?}"
            );
        }
        let (range, text) = other_values(&changed(|y| y / 3.0)).unwrap();
        assert!(
            range.start >= 400 && text.contains("no other label"),
            "{range:?}"
        );
    }

    #[test]
    fn labels_of_whole_videos_are_judged_by_video() {
        let of_videos = |video: usize| {
            let number = (video + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            (number % 31) as f64 / 5.0 - 3.0
        };
        // Eight videos in a row without a negative label.
        let label = |row: usize| match of_videos(row / 14) {
            label if (10..18).contains(&(row / 14)) => label.abs(),
            label => label,
        };
        let labels: Vec<f64> = (0..600).map(label).collect();
        assert_eq!(found(&labels), None);
        assert_eq!(other_values(&labels), None);
    }

    #[test]
    fn small_splits_are_not_judged() {
        let mut labels = labels(80);
        labels[40..]
            .iter_mut()
            .for_each(|label| *label = label.abs());
        assert_eq!(found(&labels), None);
    }
}
