//! Tells frames in another order than their lengths: as long as these say, but in other samples.

use std::collections::BTreeSet;

/// Part of the sorted ends of frames that are the sorted lengths, and part of the samples that end behind their length.
/// In aligned features of CMU-MOSI 97 % are and none does.
const SAME: f64 = 0.9;
const BEHIND: f64 = 0.1;

/// Different lengths without which many are equal by chance.
const DIFFERENT: usize = 10;

/// Whether the frames of samples, by where they end, have the lengths of other samples of the split.
pub fn of_other_rows(ends: &[usize], lengths: &[usize]) -> bool {
    let n = lengths.len() as f64;
    let behind = ends
        .iter()
        .zip(lengths)
        .filter(|(end, length)| end > length);
    let different: BTreeSet<&usize> = lengths.iter().collect();
    let [mut ends_sorted, mut lengths_sorted] = [ends.to_vec(), lengths.to_vec()];
    ends_sorted.sort_unstable();
    lengths_sorted.sort_unstable();
    let same = ends_sorted.iter().zip(&lengths_sorted);
    let same = same.filter(|(end, length)| end == length).count();
    let is_moved = behind.count() as f64 >= BEHIND * n;
    is_moved && same as f64 >= SAME * n && different.len() >= DIFFERENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_other_samples_are_told_from_wrong_lengths() {
        let length = |row: usize| 5 + row * row * 31 % 23;
        let lengths: Vec<usize> = (0..60).map(length).collect();
        let found = |end: &dyn Fn(usize) -> usize| {
            let ends: Vec<usize> = (0..60).map(end).collect();
            of_other_rows(&ends, &lengths)
        };
        assert!(found(&|row| length(row ^ 1)));
        assert!(!found(&length));
        assert!(!found(&|row| length(row) + 1), "one more");
        assert!(!found(&|_| 40), "full");
        let two: Vec<usize> = (0..60).map(|row| 5 + row % 2).collect();
        let turned: Vec<usize> = (0..60).map(|row| 6 - row % 2).collect();
        assert!(!of_other_rows(&turned, &two), "two lengths");
    }
}
