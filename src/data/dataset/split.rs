//! One split of a data set in memory, with or without features.

use super::modality::Modality;
use super::special_tokens::SpecialTokens;
use super::split_name::SplitName;

/// A dense row-major block of shape (rows, steps, width).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block<T> {
    pub rows: usize,
    pub steps: usize,
    pub width: usize,
    pub data: Vec<T>,
}

impl<T> Block<T> {
    /// The (steps, width) values of one sample.
    pub fn row(&self, i: usize) -> &[T] {
        let size = self.steps * self.width;
        &self.data[i * size..(i + 1) * size]
    }
}

impl<T: Clone + Default> Block<T> {
    /// Pads every step with zeros at the end to this width.
    pub fn widen(&mut self, width: usize) {
        if self.width >= width || self.width == 0 {
            return;
        }
        let mut data = Vec::with_capacity(self.rows * self.steps * width);
        for step in self.data.chunks_exact(self.width) {
            data.extend_from_slice(step);
            data.resize(data.len() + width - self.width, T::default());
        }
        (self.data, self.width) = (data, width);
    }
}

/// One split: features in float32, token ids in int32, one entry per sample in every column.
#[derive(Clone, Debug)]
pub struct Split {
    pub name: SplitName,
    /// Sample ids, `video$_$sample`.
    pub ids: Vec<String>,
    /// Transcripts; empty if the file has none.
    pub raw_text: Vec<String>,
    /// (N, 3, T): token ids, attention mask, segment ids. `None` if the file has none.
    pub text_bert: Option<Block<i32>>,
    /// Special tokens of every sample, shape (N). `None` without token ids.
    pub special: Option<Vec<SpecialTokens>>,
    /// (N, T, d): the file's own text features. `None` unless requested.
    pub text: Option<Block<f32>>,
    /// (N, Ta, da)
    pub audio: Block<f32>,
    /// (N, Tv, dv)
    pub vision: Block<f32>,
    /// Valid steps per sample: the sum of the attention mask, and the file's frame counts.
    pub text_lengths: Vec<u32>,
    pub audio_lengths: Vec<u32>,
    pub vision_lengths: Vec<u32>,
    /// Regression label M per sample, in the data set's own range.
    pub labels: Vec<f32>,
    /// Labels T, A, V, if the data set has them (SIMS).
    pub modality_labels: Option<[Vec<f32>; 3]>,
}

impl Split {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether the split has no sample.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Padded number of steps of one modality.
    pub fn steps(&self, modality: Modality) -> usize {
        match modality {
            Modality::Text => self
                .text_bert
                .as_ref()
                .map(|b| b.width)
                .or(self.text.as_ref().map(|b| b.steps))
                .unwrap_or(0),
            Modality::Audio => self.audio.steps,
            Modality::Vision => self.vision.steps,
        }
    }

    /// Valid steps of every sample in one modality.
    pub fn lengths(&self, modality: Modality) -> &[u32] {
        match modality {
            Modality::Text => &self.text_lengths,
            Modality::Audio => &self.audio_lengths,
            Modality::Vision => &self.vision_lengths,
        }
    }
}

/// A split without features: ids, padded steps and valid steps.
#[derive(Clone, Debug)]
pub struct Outline {
    pub name: SplitName,
    /// Sample ids in file order.
    pub ids: Vec<String>,
    /// Padded steps of text, audio, vision.
    pub steps: [usize; 3],
    /// Valid steps of every sample in text, audio, vision.
    pub lengths: [Vec<u32>; 3],
    /// Special tokens of every sample, shape (N). `None` without token ids.
    pub special: Option<Vec<SpecialTokens>>,
}

impl Outline {
    /// Valid steps of every sample in one modality.
    pub fn lengths(&self, modality: Modality) -> &[u32] {
        let [text, audio, vision] = &self.lengths;
        match modality {
            Modality::Text => text,
            Modality::Audio => audio,
            Modality::Vision => vision,
        }
    }
}
