//! Makes views of a split: its features with some positions masked.

use std::sync::atomic::AtomicBool;

use tch::{Device, Tensor};

use super::error::Error;
use super::memory;
use super::tensors::{self, SplitTensors};
use super::text_present;
use super::text_source::TextSource;
use crate::data::dataset::{Block, Modality, Split};
use crate::mask::{self, Condition, Keep, NoiseDraw, NoiseSpec, SplitShape, TrainingSplit};
use crate::model::{Inputs, Text};

/// What the models read of a split under one mask.
#[derive(Debug)]
pub struct View {
    text: Text,
    /// Counted share of each text that is there, (N, 1).
    present: Tensor,
    /// (N, T, 1), true where a frame of audio or vision is masked or padding; `None` where nothing is
    /// masked.
    missing: Option<[Tensor; 2]>,
    /// Nominal missing rate per sample, (N, 1) each, for text, audio, vision.
    rates: [Tensor; 3],
}

impl View {
    /// The inputs of the samples at `index` (int64).
    pub fn inputs(&self, split: &SplitTensors, index: &Tensor) -> Inputs {
        let rows = |tensor: &Tensor| tensor.index_select(0, index);
        // Overwritten as by `mask::apply::frames`: multiplied by 0 an infinity would stay as NaN.
        let mask = |features: &Tensor, which: usize| match &self.missing {
            Some(missing) => rows(features).masked_fill_(&rows(&missing[which]), 0.0),
            None => rows(features),
        };
        let [text_lengths, audio_lengths, vision_lengths] =
            [0, 1, 2].map(|modality: usize| rows(&split.lengths[modality]));
        Inputs {
            text: self.text.map(rows),
            audio: mask(&split.audio, 0),
            vision: mask(&split.vision, 1),
            text_present: rows(&self.present),
            text_lengths,
            audio_lengths,
            vision_lengths,
        }
    }

    /// The token ids (B, 3, T) of the samples at `index`, where an encoder inside the model reads them.
    pub fn tokens(&self, index: &Tensor) -> Option<Tensor> {
        match &self.text {
            Text::Tokens(tokens) => Some(tokens.index_select(0, index)),
            Text::States(_) => None,
        }
    }

    /// Bytes of its tensors.
    pub fn bytes(&self) -> u64 {
        let masks = self.missing.iter().flatten();
        masks.map(memory::size).sum::<u64>() + memory::size(self.text.tensor())
    }

    /// Nominal missing rates of the samples at `index`, (B, 1) each.
    pub fn rates(&self, index: &Tensor) -> [Tensor; 3] {
        [0, 1, 2].map(|modality: usize| self.rates[modality].index_select(0, index))
    }
}

/// Makes views of one split.
#[derive(Debug)]
pub struct Views<'a> {
    pub dataset: &'a str,
    pub split: &'a Split,
    pub text: &'a TextSource,
    /// Whether what a frozen encoder makes of a view is kept on disk.
    pub keep_encodings: bool,
    pub device: Device,
    /// Ends the encoding of text by a frozen encoder.
    pub interrupt: &'a AtomicBool,
}

impl Views<'_> {
    /// Nothing missing.
    pub fn complete(&self) -> Result<View, Error> {
        let rows = self.split.len() as i64;
        let none = Tensor::zeros([rows, 1], (tch::Kind::Float, self.device));
        let (text, present) = self.text_of(None)?;
        Ok(View {
            text,
            present,
            missing: None,
            rates: [none.shallow_clone(), none.shallow_clone(), none],
        })
    }

    /// What these masks of text, audio and vision leave, drawn for one condition.
    pub fn under(&self, keeps: &[Keep; 3], condition: Condition) -> Result<View, Error> {
        let rates = Modality::ALL.map(|modality| vec![condition.of(modality); self.split.len()]);
        self.masked(keeps, &rates)
    }

    /// A masked copy of the training split.
    ///
    /// `test` is the test split's number of samples and padded vision steps.
    pub fn noisy(
        &self,
        noise: &NoiseSpec,
        test: (usize, usize),
        draw: &NoiseDraw,
    ) -> Result<View, Error> {
        let split = TrainingSplit {
            dataset: self.dataset,
            split: SplitShape::from(self.split),
            test,
        };
        let copy = noise.copy(&split, draw)?;
        self.masked(&copy.keeps, &copy.rates)
    }

    /// What masks leave, with the nominal rate of every sample.
    fn masked(&self, keeps: &[Keep; 3], rates: &[Vec<f64>; 3]) -> Result<View, Error> {
        let [text, audio, vision] = keeps;
        let (text, present) = self.text_of(Some(text))?;
        Ok(View {
            text,
            present,
            missing: Some([self.missing(audio), self.missing(vision)]),
            rates: [0, 1, 2].map(|modality: usize| {
                let rates: Vec<f32> = rates[modality].iter().map(|&rate| rate as f32).collect();
                self.column(&rates)
            }),
        })
    }

    /// The text under a mask, and how much of each is there.
    fn text_of(&self, keep: Option<&Keep>) -> Result<(Text, Tensor), Error> {
        if let (TextSource::Features, Some(features)) = (self.text, &self.split.text) {
            let masked = keep
                .map(|keep| mask::apply::frames(features, keep))
                .transpose()?;
            let features = masked.as_ref().unwrap_or(features);
            let all = || vec![1.0; self.split.len()];
            let present = keep.map_or_else(all, |keep| {
                let lengths = self.split.lengths(Modality::Text);
                text_present::of_keep(keep, lengths, self.split.special.as_deref())
            });
            let states = tensors::block(features, self.device);
            return Ok((Text::States(states), self.column(&present)));
        }
        let complete = self.tokens()?;
        let masked = keep
            .map(|keep| mask::apply::text(complete, keep))
            .transpose()?;
        let ids = masked.as_ref().unwrap_or(complete);
        let text = match self.text {
            TextSource::Frozen(frozen) => {
                Text::States(frozen.states(ids, self.keep_encodings, self.interrupt)?)
            }
            _ => Text::Tokens(tensors::tokens(ids, self.device)),
        };
        let special = self.split.special.as_deref().unwrap_or_default();
        Ok((text, self.column(&text_present::of_tokens(ids, special))))
    }

    fn tokens(&self) -> Result<&Block<i32>, Error> {
        self.split.text_bert.as_ref().ok_or_else(|| {
            Error::Unexpected("the encoder was not checked against the data's columns".to_owned())
        })
    }

    fn missing(&self, keep: &Keep) -> Tensor {
        Tensor::from_slice(&keep.bits)
            .view([keep.rows as i64, keep.steps as i64, 1])
            .logical_not()
            .to_device(self.device)
    }

    fn column(&self, values: &[f32]) -> Tensor {
        Tensor::from_slice(values)
            .unsqueeze(1)
            .to_device(self.device)
    }
}
