//! Counts the share of each text that is present, which a model may read without estimating it.

use crate::data::dataset::{Block, SpecialTokens};
use crate::mask::Keep;
use crate::mask::apply::UNKNOWN;

/// Share of each sample's tokens that are not `[UNK]`, from (N, 3, T) token rows and the special tokens
/// of the complete texts: (N). CLS and SEP, which no mask erases, do not count; a text of those alone is
/// complete. Words that the vocabulary lacks count as missing: they have the id of a masked word.
pub fn of_tokens(tokens: &Block<i32>, special: &[SpecialTokens]) -> Vec<f32> {
    let width = tokens.width;
    let share = |(row, special): (usize, &SpecialTokens)| {
        let sample = &tokens.data[row * 3 * width..][..3 * width];
        let valid = sample[width..2 * width].iter().filter(|m| **m != 0).count();
        share(valid, *special, |t| sample[t] != UNKNOWN)
    };
    special.iter().enumerate().map(share).collect()
}

/// The same where the text is ready-made features, by the positions a mask left: (N). Without token ids
/// every position counts.
pub fn of_keep(keep: &Keep, lengths: &[u32], special: Option<&[SpecialTokens]>) -> Vec<f32> {
    let samples = lengths.iter().enumerate();
    samples
        .map(|(row, &length)| {
            let special = special.map_or(SpecialTokens::default(), |special| special[row]);
            share(length as usize, special, |t| keep.row(row)[t])
        })
        .collect()
}

fn share(valid: usize, special: SpecialTokens, is_there: impl Fn(usize) -> bool) -> f32 {
    let start = usize::from(special.cls);
    let end = valid.saturating_sub(usize::from(special.sep));
    match end.saturating_sub(start) {
        0 => 1.0,
        count => (start..end).filter(|&t| is_there(t)).count() as f32 / count as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::special_tokens;

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
        let special = special_tokens(&samples, &[5, 3, 3, 2, 1, 0]);
        let shares = of_tokens(&samples, &special);
        assert_eq!(shares, [2.0 / 3.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
        // Without CLS and SEP every token is a word.
        let shares = of_tokens(&samples, &[SpecialTokens::default(); 6]);
        assert_eq!(shares, [4.0 / 5.0, 2.0 / 3.0, 1.0, 1.0, 1.0, 1.0]);
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
        let both = SpecialTokens {
            cls: true,
            sep: true,
        };
        let shares = of_keep(&keep, &[5, 3], Some(&[both; 2]));
        assert_eq!(shares, [2.0 / 3.0, 0.0]);
        assert_eq!(of_keep(&keep, &[5, 3], None), [3.0 / 5.0, 2.0 / 3.0]);
        assert_eq!(of_keep(&keep, &[1, 0], None), [1.0, 1.0]);
    }
}
