//! Sets up the text encoder of a data set: source of its texts, sizes, and a check of every token id.

use std::path::Path;

use tch::Device;

use super::encoder::EncoderSpec;
use super::encoding::FrozenText;
use super::error::Error;
use super::tensors;
use crate::data::dataset::{Split, SplitName};
use crate::mask::apply::UNKNOWN;
use crate::model::{BertConfig, EncoderSetup};
use crate::support::Progress;

/// Where the text of a model comes from.
#[derive(Debug)]
pub enum TextSource {
    /// Token ids, for an encoder inside the model.
    Tokens,
    /// The file's own features; a masked token is a row of zeros.
    Features,
    /// Hidden states of a frozen encoder.
    Frozen(Box<FrozenText>),
}

impl TextSource {
    /// Opens the source that `spec` names; encodings of a frozen encoder are kept in `cache`.
    ///
    /// # Errors
    /// Those of [`FrozenText::open`].
    pub fn open(
        spec: &EncoderSpec,
        cache: &Path,
        device: Device,
        progress: &Progress,
    ) -> Result<Self, Error> {
        Ok(match spec {
            EncoderSpec::Frozen(folder) => {
                let frozen = FrozenText::open(folder, cache.to_owned(), device, progress)?;
                Self::Frozen(Box::new(frozen))
            }
            EncoderSpec::Features => Self::Features,
            _ => Self::Tokens,
        })
    }

    /// Bytes of a frozen text encoder, which stays on the device next to the model.
    pub fn encoder_bytes(&self) -> u64 {
        match self {
            Self::Frozen(frozen) => frozen.bytes(),
            _ => 0,
        }
    }

    /// The encoder inside the model, or the width of the states that the model is given.
    pub(super) fn encoder_setup(
        &self,
        spec: &EncoderSpec,
        splits: &[Split; 3],
    ) -> Result<EncoderSetup, Error> {
        Ok(match (spec, self) {
            (EncoderSpec::Bert(folder), _) => EncoderSetup::folder(folder)?,
            (_, Self::Frozen(frozen)) => EncoderSetup::States {
                width: frozen.width(),
            },
            (_, Self::Features) => {
                let features = splits[SplitName::Train as usize].text.as_ref();
                EncoderSetup::States {
                    width: features.map_or(0, |features| features.width) as i64,
                }
            }
            _ => {
                let blocks = splits.iter().filter_map(|split| split.text_bert.as_ref());
                let ids = blocks.flat_map(|block| &block.data);
                EncoderSetup::tiny(vocabulary(ids))
            }
        })
    }

    /// Checks that the text encoder has a row for every id of these splits, and for the id of masked
    /// tokens. After an id outside its table a CUDA device computes nothing any more, for this run or
    /// the next.
    ///
    /// # Errors
    /// [`Error::Tokens`].
    pub(super) fn check_tokens(
        &self,
        encoder: &EncoderSetup,
        dataset: &str,
        splits: &[Split],
    ) -> Result<(), Error> {
        let config: &BertConfig = match (self, encoder) {
            (Self::Frozen(frozen), _) => frozen.config(),
            (_, EncoderSetup::Bert { config, .. }) => config,
            _ => return Ok(()),
        };
        config.check_id(i64::from(UNKNOWN))?;
        for split in splits {
            let Some(ids) = &split.text_bert else {
                continue;
            };
            let checked = config.check_tokens(&tensors::tokens(ids, Device::Cpu));
            checked.map_err(|reason| Error::Tokens {
                dataset: dataset.to_owned(),
                split: split.name.as_str(),
                reason: Box::new(reason),
            })?;
        }
        Ok(())
    }
}

/// One more than the largest id of these tokens and of the id that masks put in place of a token.
pub(crate) fn vocabulary<'a>(tokens: impl Iterator<Item = &'a i32>) -> i64 {
    i64::from(tokens.fold(UNKNOWN, |largest, id| largest.max(*id))) + 1
}
