//! The test split that trained models predict: that of their own data, or of other data of the same shapes.

use super::data::{Loaded, TrainData, load};
use super::error::Error;
use super::moments;
use super::out_of_memory;
use super::tensors::SplitTensors;
use super::view::{View, Views};
use crate::data::dataset::{Corpus, Split, SplitName};
use crate::mask::{self, Condition, MaskProtocol, MaskSource, SplitShape, Variants};
use crate::model::EncoderSetup;
use crate::record::manifest::data_key;

/// A test split with its masks.
pub struct TestSplit<'a> {
    pub split: &'a Split,
    pub tensors: &'a SplitTensors,
    /// The encoder of the models.
    pub encoder: &'a EncoderSetup,
    /// Name of the data set.
    pub dataset: &'a str,
    pub(super) masks: &'a MaskSource,
    pub(super) views: Views<'a>,
}

impl TestSplit<'_> {
    /// Masks for evaluation: those stored next to the data where they are.
    ///
    /// # Errors
    /// As [`MaskSource::masks`].
    pub fn masks(
        &self,
        mask_protocol: &dyn MaskProtocol,
        mask_seed: u64,
        conditions: &[Condition],
    ) -> Result<Variants, mask::Error> {
        let shape = SplitShape::from(self.split);
        self.masks
            .masks(mask_protocol, &shape, mask_seed, conditions)
    }

    /// The split at one condition.
    ///
    /// # Errors
    /// As [`Views::under`].
    pub fn under(&self, variants: &Variants, condition: Condition) -> Result<View, Error> {
        let keeps = variants.keeps(SplitName::Test, condition)?;
        let what = format!("the test split at condition {condition}");
        out_of_memory::named(&what, || self.views.under(&keeps, condition))
    }
}

/// The test split of other data than those of the training, in the training's units.
pub struct OtherData<'a> {
    pub corpus: &'a Corpus,
    split: Split,
    tensors: SplitTensors,
    masks: MaskSource,
}

impl<'a> OtherData<'a> {
    /// Reads the test split of `corpus` for models that were trained on `data`: frames standardized as
    /// theirs, texts read by their encoder.
    ///
    /// # Errors
    /// Those of reading; [`Error::Tokens`] where the encoder has no row for an id.
    pub fn open(data: &TrainData<'_>, corpus: &'a Corpus) -> Result<Self, Error> {
        let change = moments::Change::between(corpus, data.corpus)?;
        let what = format!("the test split of {}", corpus.name());
        let loaded = out_of_memory::named(&what, || {
            load(
                corpus,
                SplitName::Test,
                data.reads_features(),
                data.device,
                &change,
            )
        })?;
        let Loaded {
            split,
            tensors,
            scales,
        } = loaded;
        data.check_tokens(corpus.name(), std::slice::from_ref(&split))?;
        for (modality, scale) in &data.scales {
            let other = scales.get(modality);
            if let Some(text) = other.and_then(|other| scale.difference(other, split.len())) {
                let (other, own) = (corpus.name(), data.corpus.name());
                tracing::warn!(
                    "test split of {other}, for models trained on {own}: {modality}: {text}"
                );
            }
        }
        Ok(Self {
            masks: MaskSource::open(corpus.reader().path(), corpus.name(), &corpus.content_hash)?,
            corpus,
            split,
            tensors,
        })
    }

    /// See [`data_key`].
    pub fn key(&self) -> String {
        data_key(self.corpus.name(), &self.corpus.content_hash)
    }

    /// The split, for models that were trained on `data`.
    pub fn test_split<'b>(&'b self, data: &'b TrainData<'_>) -> TestSplit<'b> {
        TestSplit {
            split: &self.split,
            tensors: &self.tensors,
            encoder: &data.encoder,
            dataset: self.corpus.name(),
            masks: &self.masks,
            views: data.views_of(self.corpus.name(), &self.split),
        }
    }
}

/// Refuses data whose test split models trained on `own` cannot predict. `with_features` tells whether
/// their text is the file's own features.
///
/// # Errors
/// [`Error::OtherShape`], which names the first difference.
pub fn check_shapes(own: &Corpus, other: &Corpus, with_features: bool) -> Result<(), Error> {
    let range = |corpus: &Corpus| {
        let [low, high] = corpus.spec.label_range;
        format!("labels {low} to {high} ({})", corpus.spec.protocol)
    };
    let tokens = |corpus: &Corpus| {
        if corpus.reader().has("test/text_bert") {
            "token ids"
        } else {
            "no token ids"
        }
    };
    let features = |corpus: &Corpus| match corpus.text_width {
        Some(width) => format!("{width} text features per token"),
        None => "no text features".to_owned(),
    };
    let of = |corpus: &Corpus| {
        [
            if with_features {
                features(corpus)
            } else {
                tokens(corpus).to_owned()
            },
            format!("{} features per frame of audio", corpus.audio.1),
            format!("{} features per frame of vision", corpus.vision.1),
            format!("{} padded steps of text", corpus.text_steps),
            format!("{} padded steps of audio", corpus.audio.0),
            format!("{} padded steps of vision", corpus.vision.0),
            range(corpus),
        ]
    };
    let differ = of(own)
        .into_iter()
        .zip(of(other))
        .find(|(own, other)| own != other);
    match differ {
        None => Ok(()),
        Some((expected, found)) => Err(Error::OtherShape {
            dataset: other.name().to_owned(),
            trained_on: own.name().to_owned(),
            expected,
            found,
        }),
    }
}
