//! Brings frames of one data set into the units of another that was standardized otherwise.

use super::error::Error;
use crate::data::dataset::{Block, Corpus, Modality, Moments, Split};

/// What the frames of audio and vision need; nothing where both files have the same units.
#[derive(Debug, Default)]
pub struct Change {
    /// Of audio and vision.
    modalities: [Option<Units>; 2],
}

/// The units that frames have and those that they are to have; `None` is the file's own.
#[derive(Debug)]
struct Units {
    from: Option<Moments>,
    to: Option<Moments>,
}

impl Change {
    /// From the units of `other` to those of `own`.
    ///
    /// # Errors
    /// Those of reading.
    pub fn between(other: &Corpus, own: &Corpus) -> Result<Self, Error> {
        let units = |modality: Modality| -> Result<Option<Units>, Error> {
            let (from, to) = (other.moments(modality)?, own.moments(modality)?);
            Ok((from != to).then_some(Units { from, to }))
        };
        Ok(Self {
            modalities: [units(Modality::Audio)?, units(Modality::Vision)?],
        })
    }

    /// Changes the valid frames of a split; padding stays 0.
    pub fn apply(&self, split: &mut Split) {
        let Split {
            audio,
            vision,
            audio_lengths,
            vision_lengths,
            ..
        } = split;
        let frames = [(audio, audio_lengths), (vision, vision_lengths)];
        for (units, (block, lengths)) in self.modalities.iter().zip(frames) {
            if let Some(units) = units {
                units.apply(block, lengths);
            }
        }
    }
}

impl Units {
    fn apply(&self, block: &mut Block<f32>, lengths: &[u32]) {
        let (steps, width) = (block.steps, block.width);
        if steps * width == 0 {
            return;
        }
        for (sample, &length) in block.data.chunks_exact_mut(steps * width).zip(lengths) {
            let valid = &mut sample[..length as usize * width];
            if let Some(from) = &self.from {
                from.undo(valid);
            }
            if let Some(to) = &self.to {
                to.apply(valid);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_frames_get_the_units_of_the_training_and_padding_stays() {
        let moments = |mean: f32, deviation: f32| Moments {
            mean: vec![mean],
            deviation: vec![deviation],
        };
        let units = Units {
            from: Some(moments(10.0, 2.0)),
            to: Some(moments(4.0, 8.0)),
        };
        let mut block = Block {
            rows: 2,
            steps: 2,
            width: 1,
            data: vec![1.0, -3.0, 0.5, 0.0],
        };
        units.apply(&mut block, &[2, 1]);
        // 12, 4 and 11 in the file's own units.
        assert_eq!(block.data, [1.0, 0.0, 0.875, 0.0]);
        let own = Units {
            from: None,
            to: Some(moments(1.0, 2.0)),
        };
        own.apply(&mut block, &[1, 1]);
        assert_eq!(block.data, [0.0, 0.0, -0.0625, 0.0]);
    }
}
