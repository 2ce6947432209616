//! Finds parts of a split in which a modality has the lengths of the sample beside.

use std::ops::Range;

use crate::data::dataset::check::basis::drift::Drift;
use crate::data::dataset::check::basis::relation::Relation;
use crate::data::dataset::check::basis::sample_steps::{
    JUDGED, OTHERS, SampleSteps, goes_together,
};
use crate::data::dataset::check::labels::parts::places;
use crate::data::dataset::modality::Modality;

/// Standard errors by which the lengths of the samples beside go better with those of another modality.
const BESIDE: f64 = 6.0;

/// A modality of which a half or quarter, or all, goes with the others of the next or the last sample.
pub fn shifted(split: &SampleSteps) -> Option<String> {
    let n = split.ids.len();
    let all = std::iter::once(0..n).chain(places(n));
    let found = all.flat_map(|range| JUDGED.map(|which| (which, range.clone())));
    let found = found.filter_map(|(which, range)| {
        let (fit, apart) = beside(split, which, &range)?;
        Some((apart, which, range, fit))
    });
    let (_, which, range, [own, beside]) = found.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let name = Modality::ALL[which];
    Some(format!(
        "{}: in samples {} to {} (from 0; first: {}) the lengths of {name} go with those of the next or the last sample, \
         with a rank correlation of {beside:.2} in place of {own:.2}: was {name} shifted by one sample there, with its \
         lengths?",
        split.split,
        range.start,
        range.end - 1,
        split.ids[range.start],
    ))
}

/// The correlations with the other modalities of the same samples, and of those beside, where these are larger with all
/// of them; and by how many standard errors.
fn beside(split: &SampleSteps, which: usize, range: &Range<usize>) -> Option<([f64; 2], f64)> {
    let lengths = |of: usize| split.steps[of].get(range.clone());
    let own = lengths(which)?;
    let n = own.len();
    let others: Vec<&[f64]> = OTHERS[which].into_iter().filter_map(lengths).collect();
    let fits = |a: Range<usize>, b: Range<usize>| {
        let mut least: Option<([f64; 2], f64)> = None;
        for other in others.iter().filter(|other| other.len() == n) {
            let Some(same) = Relation::of_ranks(own, other) else {
                continue;
            };
            let moved = Relation::of_ranks(&own[a.clone()], &other[b.clone()])?;
            let apart = moved.apart(&same);
            let is_better = moved.correlation > same.correlation && apart >= BESIDE;
            if !is_better || !goes_together(&moved) {
                return None;
            }
            if least.is_none_or(|(_, least)| apart < least) {
                least = Some(([same.correlation, moved.correlation], apart));
            }
        }
        least
    };
    let last = n.checked_sub(1)?;
    fits(1..n, 0..last).or_else(|| fits(0..last, 1..n))
}

impl SampleSteps {
    /// A modality whose lengths are those of samples further and further away, by both other ones.
    pub(super) fn lagging(&self) -> Option<String> {
        let found = JUDGED.into_iter().find_map(|which| {
            let [a, b] = OTHERS[which];
            let both = self.relation(a, b)?;
            let drift = |other: usize| {
                Drift::of(self.ids.len(), |range, lag| {
                    let moved =
                        range.start.checked_add_signed(lag)?..range.end.checked_add_signed(lag)?;
                    let own = self.steps[other].get(range)?;
                    Relation::of_ranks(own, self.steps[which].get(moved)?)
                })
            };
            let (first, second) = (drift(a)?, drift(b)?);
            (goes_together(&both) && first.lags == second.lags).then_some((which, first))
        });
        let (which, drift) = found?;
        let name = Modality::ALL[which];
        Some(format!(
            "{}: the lengths of {name} go with those {} (first: {}): were samples left out of {name} alone? Join by id",
            self.split,
            drift.describe(),
            self.first()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(shift: Option<Range<usize>>) -> SampleSteps {
        let words = |i: usize| 5 + (i * i * 7 + i * 37) % 41;
        let noise = |i: usize, by: usize| i * by * 7919 % 13;
        let mut audio: Vec<usize> = (0..240).map(|i| 3 * words(i) + noise(i, 3)).collect();
        if let Some(range) = shift {
            audio[range].rotate_right(1);
        }
        let ids: Vec<String> = (0..240).map(|i| format!("v{i}")).collect();
        let text = (0..240).map(words).collect();
        let vision = (0..240).map(|i| 2 * words(i) + noise(i, 5)).collect();
        SampleSteps::new("test", &ids, [text, audio, vision])
    }

    #[test]
    fn a_modality_shifted_in_a_part_of_a_split_is_found() {
        assert_eq!(shifted(&steps(None)), None);
        for (range, words) in [
            (
                120..240,
                "in samples 120 to 239 (from 0; first: v120) the lengths of audio go",
            ),
            (0..240, "in samples 0 to 239"),
            (60..120, "in samples 60 to 119"),
        ] {
            let text = shifted(&steps(Some(range))).unwrap();
            assert!(text.contains(words), "{text}");
            assert!(
                text.ends_with("was audio shifted by one sample there, with its lengths?"),
                "{text}"
            );
        }
        // Sorted by length, neighbors are alike.
        let mut sorted = steps(None);
        sorted
            .steps
            .iter_mut()
            .for_each(|steps| steps.sort_by(f64::total_cmp));
        assert_eq!(shifted(&sorted), None);
    }
}
