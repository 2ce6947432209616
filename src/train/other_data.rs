//! The test split of other data than those of the training, of the same shapes.

use super::data::{Loaded, TrainData, load};
use super::error::Error;
use super::moments;
use super::out_of_memory;
use super::tensors::SplitTensors;
use super::test_split::TestSplit;
use crate::data::dataset::{Corpus, Split, SplitName};
use crate::mask::MaskSource;
use crate::record::manifest::data_key;

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
