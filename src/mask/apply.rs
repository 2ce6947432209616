//! Applies masks to the inputs of a model.

use super::{Error, Keep};
use crate::data::dataset::Block;

/// Token id of `[UNK]` in the published English and Chinese BERT vocabularies.
pub const UNKNOWN: i32 = 100;

/// Masks tokens: shape (N, 3, T) to (N, 3, T), rows token ids, attention mask, segment ids.
///
/// Ids are [`UNKNOWN`] where the attention mask is set and the position masked, and 0 on padding;
/// attention mask and segment ids stay complete, so the text's length remains visible.
///
/// # Errors
/// [`Error::Shape`] where block and mask do not belong together.
pub fn text(complete: &Block<i32>, keep: &Keep) -> Result<Block<i32>, Error> {
    Error::shape("rows per text sample", 3, complete.steps)?;
    Error::shape("text samples", keep.rows, complete.rows)?;
    Error::shape("text positions", keep.steps, complete.width)?;
    let (mut masked, width) = (complete.clone(), complete.width);
    for row in 0..masked.rows {
        let sample = &mut masked.data[row * 3 * width..][..3 * width];
        let (ids, attention) = sample.split_at_mut(width);
        for ((id, attention), kept) in ids.iter_mut().zip(attention).zip(keep.row(row)) {
            *id = match (*attention != 0, kept) {
                (false, _) => 0,
                (true, true) => *id,
                (true, false) => UNKNOWN,
            };
        }
    }
    Ok(masked)
}

/// Masks frames: shape (N, T, d) to (N, T, d), zeros where a frame is masked or padding.
///
/// # Errors
/// [`Error::Shape`] where block and mask do not belong together.
pub fn frames(complete: &Block<f32>, keep: &Keep) -> Result<Block<f32>, Error> {
    Error::shape("samples", keep.rows, complete.rows)?;
    Error::shape("steps", keep.steps, complete.steps)?;
    let mut masked = complete.clone();
    if masked.width > 0 {
        let frames = masked.data.chunks_exact_mut(masked.width).zip(&keep.bits);
        // Overwriting, unlike multiplying by 0, also removes infinities.
        frames
            .filter(|(_, kept)| !**kept)
            .for_each(|(frame, _)| frame.fill(0.0));
    }
    Ok(masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(bits: &[u8]) -> Keep {
        Keep {
            rows: 1,
            steps: bits.len(),
            bits: bits.iter().map(|bit| *bit == 1).collect(),
        }
    }

    #[test]
    fn masked_tokens_become_unknown() {
        let data = vec![101, 7, 8, 102, 9, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0];
        let complete = Block {
            rows: 1,
            steps: 3,
            width: 5,
            data,
        };
        let masked = text(&complete, &mask(&[1, 0, 1, 1, 0])).unwrap();
        assert_eq!(masked.data[..5], [101, 100, 8, 102, 0]);
        assert_eq!(masked.data[5..], complete.data[5..]);
    }

    #[test]
    fn masked_frames_become_zero() {
        let data = vec![1.0, 2.0, f32::INFINITY, -4.0];
        let complete = Block {
            rows: 1,
            steps: 2,
            width: 2,
            data,
        };
        assert_eq!(
            frames(&complete, &mask(&[1, 0])).unwrap().data,
            [1.0, 2.0, 0.0, 0.0]
        );
    }

    #[test]
    fn masks_of_another_shape_are_refused() {
        let complete = Block {
            rows: 1,
            steps: 2,
            width: 2,
            data: vec![0.0; 4],
        };
        let message = frames(&complete, &mask(&[1, 0, 1]))
            .unwrap_err()
            .to_string();
        assert_eq!(message, "expected 3 steps, found 2");
        let complete = Block {
            rows: 1,
            steps: 2,
            width: 3,
            data: vec![0; 6],
        };
        let message = text(&complete, &mask(&[1, 0, 1])).unwrap_err().to_string();
        assert_eq!(message, "expected 3 rows per text sample, found 2");
    }
}
