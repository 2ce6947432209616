//! Finds the positions of a batch that were masked.

use tch::Tensor;

use super::batch::{Inputs, Text};
use super::layers::valid;

/// (B, T) true where a step of text, audio and vision was masked: within the sample's length, and other in
/// the masked inputs than in the complete ones.
pub fn erased(masked: &Inputs, complete: &Inputs) -> [Tensor; 3] {
    [
        erased_text(masked, complete),
        differ(&masked.audio, &complete.audio)
            .logical_and(&valid(&complete.audio_lengths, complete.audio.size()[1])),
        differ(&masked.vision, &complete.vision)
            .logical_and(&valid(&complete.vision_lengths, complete.vision.size()[1])),
    ]
}

/// The first of [`erased`].
///
/// With hidden states of a frozen encoder as text every state depends on all words, so that all steps of a
/// text with a masked word count.
pub fn erased_text(masked: &Inputs, complete: &Inputs) -> Tensor {
    let text = match (&masked.text, &complete.text) {
        (Text::Tokens(masked), Text::Tokens(complete)) => {
            masked.select(1, 0).not_equal_tensor(&complete.select(1, 0))
        }
        (masked, complete) => differ(masked.tensor(), complete.tensor()),
    };
    text.logical_and(&valid(&complete.text_lengths, text.size()[1]))
}

/// (B, T) true where any feature of two (B, T, width) differs.
fn differ(one: &Tensor, other: &Tensor) -> Tensor {
    one.not_equal_tensor(other).any_dim(2, false)
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;

    fn inputs(text: Text, audio: [f32; 3]) -> Inputs {
        let audio = Tensor::from_slice(&audio).view([1, 3, 1]);
        Inputs {
            text,
            vision: audio.shallow_clone(),
            audio,
            text_present: Tensor::ones([1, 1], (Kind::Float, Device::Cpu)),
            text_lengths: Tensor::from_slice(&[2i64]),
            audio_lengths: Tensor::from_slice(&[2i64]),
            vision_lengths: Tensor::from_slice(&[3i64]),
        }
    }

    fn flags(tensor: &Tensor) -> Vec<bool> {
        Vec::<bool>::try_from(tensor.flatten(0, -1)).unwrap()
    }

    #[test]
    fn what_differs_within_the_length_was_masked() {
        let tokens = |ids: [i64; 3]| {
            let row = Tensor::from_slice(&ids);
            Text::Tokens(Tensor::stack(&[&row, &row, &row], 0).unsqueeze(0))
        };
        let complete = inputs(tokens([5, 6, 7]), [1.0, 2.0, 3.0]);
        let masked = inputs(tokens([5, 100, 100]), [0.0, 2.0, 0.0]);
        let [text, audio, vision] = erased(&masked, &complete);
        assert_eq!(flags(&text), [false, true, false]);
        assert_eq!(flags(&audio), [true, false, false]);
        assert_eq!(flags(&vision), [true, false, true]);
    }
}
