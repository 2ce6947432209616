//! Counts the share of each text that is present, which a model may read without estimating it.

use crate::data::dataset::Block;
use crate::mask::Keep;
use crate::mask::apply::UNKNOWN;

/// Share of each sample's tokens that are not `[UNK]`, from (N, 3, T) token rows: (N). The first and
/// the last valid token, which no mask erases, do not count; a text of those alone is complete.
/// Words that the vocabulary lacks count as missing: they have the id of a masked word.
pub fn of_tokens(tokens: &Block<i32>) -> Vec<f32> {
    let width = tokens.width;
    let share = |row: usize| {
        let sample = &tokens.data[row * 3 * width..][..3 * width];
        let valid = sample[width..2 * width].iter().filter(|m| **m != 0).count();
        share(valid, |t| sample[t] != UNKNOWN)
    };
    (0..tokens.rows).map(share).collect()
}

/// The same where the text is ready-made features, by the positions a mask left: (N).
pub fn of_keep(keep: &Keep, lengths: &[u32]) -> Vec<f32> {
    let samples = lengths.iter().enumerate();
    samples
        .map(|(row, &length)| share(length as usize, |t| keep.row(row)[t]))
        .collect()
}

fn share(valid: usize, is_there: impl Fn(usize) -> bool) -> f32 {
    let inner = 1..valid.max(2) - 1;
    let count = inner.len();
    match count {
        0 => 1.0,
        _ => inner.filter(|&t| is_there(t)).count() as f32 / count as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Token rows of samples given as ids, padded to five.
    fn tokens(samples: &[&[i32]]) -> Block<i32> {
        let row = |ids: &&[i32], of: &dyn Fn(i32) -> i32| -> Vec<i32> {
            let mut row: Vec<i32> = ids.iter().map(|id| of(*id)).collect();
            row.resize(5, 0);
            row
        };
        let sample =
            |ids: &&[i32]| [row(ids, &|id| id), row(ids, &|_| 1), row(ids, &|_| 0)].concat();
        Block {
            rows: samples.len(),
            steps: 3,
            width: 5,
            data: samples.iter().flat_map(sample).collect(),
        }
    }

    #[test]
    fn words_between_the_special_tokens_count() {
        let samples = tokens(&[
            &[101, 7, 100, 9, 102],
            &[101, 100, 102],
            &[101, 5, 102],
            &[101, 102],
            &[101],
            &[],
        ]);
        let shares = of_tokens(&samples);
        assert_eq!(shares, [2.0 / 3.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn features_are_counted_by_what_was_kept() {
        let bits = [
            true, false, true, true, false, true, false, true, false, false,
        ];
        let keep = Keep {
            rows: 2,
            steps: 5,
            bits: bits.to_vec(),
        };
        assert_eq!(of_keep(&keep, &[5, 3]), [2.0 / 3.0, 0.0]);
    }
}
