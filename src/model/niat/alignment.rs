//! Averages frames to the text's words, as OpenVNA does for NIAT where data are not aligned.

use tch::{Kind, Tensor};

/// (B, T, width) with `lengths` (B) valid frames to (B, steps, width) for texts of `words` (B) words beside
/// CLS and SEP. A sample's frames are cut into as many segments of equal length as the text has words; the
/// mean of segment i is at step i, counted from 1, and zeros are at every other step.
///
/// Where the frames do not fill all segments, a mean is that of the frames there are, and 0 where there is
/// none; as published (`compat`) zeros are appended, which count in the mean.
pub fn align(x: &Tensor, lengths: &Tensor, words: &Tensor, steps: i64, compat: bool) -> Tensor {
    let integer = (Kind::Int64, x.device());
    let lengths = lengths.to_kind(Kind::Int64).unsqueeze(1);
    let words = words.to_kind(Kind::Int64).clamp_min(0).unsqueeze(1);
    let segment = {
        let words = words.clamp_min(1);
        let rounded_up = (&lengths + &words - 1).divide_tensor_mode(&words, "floor");
        rounded_up.clamp_min(1)
    };
    let frames = Tensor::arange(x.size()[1], integer).unsqueeze(0);
    let step = frames.divide_tensor_mode(&segment, "floor") + 1;
    let read = frames.lt_tensor(&lengths).logical_and(&words.gt(0));
    let step = step.where_self(&read, &step.full_like(-1));
    let steps = Tensor::arange(steps, integer).view([1, -1, 1]);
    // (B, steps, T), 1 where a frame belongs to a step.
    let weights = steps.eq_tensor(&step.unsqueeze(1)).to_kind(x.kind());
    let sums = weights.bmm(x);
    let counts = if compat {
        segment.unsqueeze(2).to_kind(x.kind())
    } else {
        let counts = weights.sum_dim_intlist([2i64].as_slice(), true, None::<Kind>);
        counts.clamp_min(1)
    };
    sums / counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aligned(words: i64, compat: bool) -> Vec<f64> {
        let x = Tensor::from_slice(&[1f64, 2.0, 3.0, 4.0, 6.0, 9.0]).view([1, 6, 1]);
        let lengths = Tensor::from_slice(&[5i64]);
        let aligned = align(&x, &lengths, &Tensor::from_slice(&[words]), 5, compat);
        Vec::try_from(aligned.flatten(0, -1)).unwrap()
    }

    #[test]
    fn a_segment_is_the_mean_of_its_frames() {
        assert_eq!(aligned(2, false), [0.0, 2.0, 5.0, 0.0, 0.0]);
        assert_eq!(aligned(2, true), [0.0, 2.0, 10.0 / 3.0, 0.0, 0.0]);
        assert_eq!(aligned(1, true), [0.0, 3.2, 0.0, 0.0, 0.0]);
        assert_eq!(aligned(3, false), [0.0, 1.5, 3.5, 6.0, 0.0]);
    }

    #[test]
    fn a_text_of_no_words_has_no_frames() {
        assert_eq!(aligned(0, false), [0.0; 5]);
        assert_eq!(aligned(-1, true), [0.0; 5]);
    }
}
