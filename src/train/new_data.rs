//! Predicts samples that a run was not trained with, in chunks.

use std::sync::atomic::AtomicBool;

use tch::Device;

use super::encoder::EncoderSpec;
use super::encoding::BATCH as ENCODED;
use super::error::Error;
use super::evaluate::Evaluator;
use super::tensors::SplitTensors;
use super::text_source::TextSource;
use super::view::Views;
use super::vocabulary;
use crate::data::dataset::new_samples::Chunk;
use crate::data::dataset::{Block, NewSamples, Split};
use crate::mask::apply::UNKNOWN;
use crate::mask::{Condition, Keep, MaskProtocol, SplitShape, Variants};
use crate::model::{BertConfig, Model};
use crate::support::Bar;

/// Bytes of features in a chunk, unless one pass takes more.
const CHUNK_BYTES: usize = 64 << 20;

/// Masks of one condition.
#[derive(Clone, Copy)]
pub struct Masking {
    pub mask_protocol: &'static dyn MaskProtocol,
    pub mask_seed: u64,
    pub condition: Condition,
}

/// A trained model and how it predicts.
pub struct NewDataPredictor<'a> {
    pub model: &'a dyn Model,
    pub evaluator: &'a Evaluator<'a>,
    pub text: &'a TextSource,
    pub device: Device,
    /// Name of the data set of the training, which is part of the key of masks.
    pub dataset: &'a str,
    pub interrupt: &'a AtomicBool,
}

impl NewDataPredictor<'_> {
    /// Predictions of all samples under every mask, in the order of `maskings`.
    ///
    /// Passes hold the samples that they would hold in an evaluation of the same split, so that predictions
    /// have the same bits.
    ///
    /// # Errors
    /// Those of reading the samples, drawing masks and predicting; [`Error::NotFinitePredictions`].
    pub fn predict(
        &self,
        samples: &mut NewSamples<'_>,
        maskings: &[Masking],
        bar: &Bar,
    ) -> Result<Vec<Vec<f32>>, Error> {
        let drawn = self.drawn(samples, maskings)?;
        let mut predicted = vec![Vec::with_capacity(samples.len()); maskings.len()];
        let rows = self.rows(samples);
        samples.for_each_chunk(rows, |chunk| {
            let tensors = SplitTensors::new(&chunk.samples, self.device);
            for ((masking, drawn), all) in maskings.iter().zip(&drawn).zip(&mut predicted) {
                let keeps = self.keeps(masking, drawn.as_ref(), chunk)?;
                let views = Views {
                    dataset: self.dataset,
                    split: &chunk.samples,
                    text: self.text,
                    keep_encodings: false,
                    device: self.device,
                    interrupt: self.interrupt,
                };
                let view = views.under(&keeps, masking.condition)?;
                let made = self.evaluator.predict(self.model, &tensors, &[view])?;
                let made = made.into_iter().next().unwrap_or_default();
                super::test_masks::check_finite(&made, &chunk.samples.ids, masking.condition)?;
                all.extend(made);
            }
            bar.set((chunk.first + chunk.samples.len()) as u64);
            Ok::<_, Error>(())
        })?;
        Ok(predicted)
    }

    /// Samples of a chunk: whole passes of the model and of a frozen encoder.
    fn rows(&self, samples: &NewSamples<'_>) -> usize {
        let encoded = ENCODED as usize;
        let both = (1..=encoded)
            .map(|times| times * self.evaluator.batch())
            .find(|rows| rows % encoded == 0)
            .unwrap_or(encoded * self.evaluator.batch());
        let times = CHUNK_BYTES / (samples.bytes_of_sample() * both).max(1);
        both * times.max(1)
    }

    /// Masks of all samples, where those of one depend on the samples before it.
    fn drawn(
        &self,
        samples: &NewSamples<'_>,
        maskings: &[Masking],
    ) -> Result<Vec<Option<[Keep; 3]>>, Error> {
        let special = samples.special();
        let shape = SplitShape {
            name: samples.name,
            ids: &samples.ids,
            steps: samples.steps(),
            lengths: [0, 1, 2].map(|which: usize| &samples.lengths[which][..]),
            special: special.as_deref(),
        };
        let of = |masking: &Masking| {
            let ordered = masking.mask_protocol.row_ordered();
            ordered.then(|| self.draw(masking, &shape)).transpose()
        };
        maskings.iter().map(of).collect()
    }

    fn draw(&self, masking: &Masking, shape: &SplitShape<'_>) -> Result<[Keep; 3], Error> {
        let &Masking {
            mask_protocol,
            mask_seed,
            condition,
        } = masking;
        let shapes = &[*shape];
        let masks = Variants::build(mask_protocol, self.dataset, shapes, mask_seed, &[condition])?;
        Ok(masks.keeps(shape.name, condition)?)
    }

    /// What is left of a chunk under a mask.
    fn keeps(
        &self,
        masking: &Masking,
        drawn: Option<&[Keep; 3]>,
        chunk: &Chunk,
    ) -> Result<[Keep; 3], Error> {
        let mut keeps = match drawn {
            None => self.draw(masking, &SplitShape::from(&chunk.samples))?,
            Some(all) => {
                let rows: Vec<usize> = (chunk.first..chunk.first + chunk.samples.len()).collect();
                all.each_ref().map(|keep| keep.select(&rows))
            }
        };
        for (keep, lost) in keeps.iter_mut().zip(&chunk.lost) {
            for (kept, lost) in keep.bits.iter_mut().zip(lost) {
                *kept &= !lost;
            }
        }
        Ok(keeps)
    }
}

/// Checks that a text encoder has a row for every token id, and that of a BERT folder the vocabulary decodes
/// them to the transcripts.
///
/// # Errors
/// [`Error::TokenId`] naming the sample; [`Error::Vocabulary`].
pub fn check_tokens(
    samples: &NewSamples<'_>,
    sizes: Option<&BertConfig>,
    encoder: &EncoderSpec,
    file: &str,
) -> Result<(), Error> {
    let (Some(block), Some(sizes)) = (samples.token_rows(), sizes) else {
        return Ok(());
    };
    sizes.check_id(i64::from(UNKNOWN))?;
    let width = block.width;
    for row in 0..block.rows {
        let ids = &block.row(row)[..width];
        if let Some(id) = ids.iter().find(|id| i64::from(**id) >= sizes.vocab_size) {
            return Err(Error::TokenId {
                file: file.to_owned(),
                sample: samples.ids[row].clone(),
                id: *id,
                vocabulary: sizes.vocab_size,
            });
        }
    }
    match encoder {
        EncoderSpec::Bert(folder) | EncoderSpec::Frozen(folder) if !samples.raw_text.is_empty() => {
            vocabulary::check(folder, file, &[texts(samples, block)], false)
        }
        _ => Ok(()),
    }
}

/// Ids, transcripts and tokens alone.
fn texts(samples: &NewSamples<'_>, block: &Block<i32>) -> Split {
    Split {
        name: samples.name,
        ids: samples.ids.clone(),
        raw_text: samples.raw_text.clone(),
        text_bert: Some(block.clone()),
        special: None,
        text: None,
        audio: Block::default(),
        vision: Block::default(),
        text_lengths: samples.lengths[0].clone(),
        audio_lengths: Vec::new(),
        vision_lengths: Vec::new(),
        labels: Vec::new(),
        modality_labels: None,
    }
}
