//! Finds lengths that are the same number of steps too large or too small in most samples of a split.

use std::collections::BTreeMap;

use crate::data::dataset::check::Samples;
use crate::data::dataset::profile::Profile;

/// Samples with frames that lengths can be compared with, below which nothing is judged.
const ENOUGH: usize = 10;

/// Lengths of a modality that the file gives, and what they are compared with.
pub struct Given<'p> {
    pub column: &'static str,
    /// Padded steps.
    pub steps: usize,
    pub lengths: &'p [i32],
    pub profiles: &'p [Profile],
    /// Lengths of the tokens, where there are any.
    pub tokens: Option<&'p [i32]>,
    pub ids: &'p [String],
}

impl Given<'_> {
    /// Lengths that are too large, or too small, by one number in most samples. A length may end in a frame that is
    /// really zero, by chance or where the last token is SEP; but not in most samples by as many frames.
    pub fn offset(&self, split: &str) -> Option<String> {
        let mut offsets: BTreeMap<i64, Samples> = BTreeMap::new();
        let mut compared = 0;
        let samples = self.profiles.iter().zip(self.lengths).zip(self.ids);
        for ((profile, length), id) in samples {
            let (end, length) = (profile.end as i64, i64::from(*length));
            // A sample that fills its steps was cut there, or has padding other than zeros.
            let is_full = length.max(end) == self.steps as i64;
            if end > 0 && length > 0 && !is_full {
                compared += 1;
                offsets.entry(length - end).or_default().add(id);
            }
        }
        let (offset, samples) = offsets.iter().max_by_key(|(_, found)| found.count())?;
        let is_separator = *offset == 1 && self.tokens.is_some_and(|tokens| tokens == self.lengths);
        if *offset == 0 || is_separator || compared < ENOUGH || 2 * samples.count() <= compared {
            return None;
        }
        let (column, by) = (self.column, offset.unsigned_abs());
        let frames = if by == 1 { "frame" } else { "frames" };
        let fault = if *offset > 0 {
            format!("whose {column} ends in {by} zero {frames} within the length")
        } else {
            format!("whose {column} has {by} more {frames} than the length")
        };
        let advice = if *offset > 0 {
            format!(
                ": are the lengths {by} too large? If the last {frames} of these samples are really zero, --accept frames"
            )
        } else {
            format!(": are the lengths {by} too small? The last {frames} would be lost")
        };
        Some(samples.describe(split, &fault)? + &advice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lengths: &[i32], ends: &[usize], tokens: Option<&[i32]>) -> Option<String> {
        let ids: Vec<String> = (0..lengths.len()).map(|i| format!("v{i}")).collect();
        let profile = |end: &usize| Profile {
            end: *end,
            ..Profile::default()
        };
        let profiles: Vec<Profile> = ends.iter().map(profile).collect();
        let given = Given {
            column: "audio",
            steps: 50,
            lengths,
            profiles: &profiles,
            tokens,
            ids: &ids,
        };
        given.offset("train")
    }

    #[test]
    fn lengths_too_large_or_too_small_by_one_number_are_found() {
        let ends: Vec<usize> = (0..30).map(|i| 5 + i * 7 % 40).collect();
        let by = |by: i32| -> Vec<i32> { ends.iter().map(|end| *end as i32 + by).collect() };
        assert_eq!(found(&by(0), &ends, None), None);
        let text = found(&by(1), &ends, None).unwrap();
        let words = "train: 30 samples whose audio ends in 1 zero frame within the length (first: v0): are the \
                     lengths 1 too large?";
        assert!(text.starts_with(words), "{text}");
        assert!(found(&by(2), &ends, None).unwrap().contains("2 too large"));
        let text = found(&by(-1), &ends, None).unwrap();
        assert!(text.contains("has 1 more frame than the length"), "{text}");
        assert!(text.contains("1 too small"), "{text}");
        // The step of SEP has no frame where audio has the steps of the text.
        assert_eq!(found(&by(1), &ends, Some(&by(1))), None);
    }

    #[test]
    fn frames_that_are_zero_by_chance_and_padding_of_other_values_are_no_offset() {
        let lengths: Vec<i32> = (0..30).map(|i| 5 + i * 7 % 40).collect();
        let lost: Vec<usize> = lengths.iter().map(|n| *n as usize).collect();
        let lost: Vec<usize> = lost
            .iter()
            .enumerate()
            .map(|(i, n)| n - (i % 3).min(*n))
            .collect();
        assert_eq!(found(&lengths, &lost, None), None);
        assert_eq!(found(&lengths, &[50; 30], None), None);
        assert_eq!(found(&[50; 30], &[49; 30], None), None, "a full sample");
    }
}
