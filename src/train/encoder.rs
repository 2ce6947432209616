//! Parses the text encoder of a run and identifies it by what decides the result.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::Error;
use crate::data::dataset::Corpus;
use crate::model::weights::hugging_face;
use crate::record::training::EncoderFolder;

/// Environment variable with the folder of a Hugging Face BERT, used by `auto`.
pub const BERT_FOLDER: &str = "LNLN_BENCH_BERT";

/// A text encoder as written on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EncoderSpec {
    /// `features` where the data have no tokens; else `bert:$LNLN_BENCH_BERT` where that is set, `tiny` for
    /// synthetic data and those without features, else `features`.
    #[default]
    Auto,
    /// A small BERT, seeded and trained with the model.
    Tiny,
    /// The file's own text features.
    Features,
    /// A Hugging Face BERT folder, fine-tuned with the model.
    Bert(PathBuf),
    /// A Hugging Face BERT folder, frozen: every masked variant is encoded once and cached, but those of
    /// noise that is new in every epoch.
    Frozen(PathBuf),
}

impl EncoderSpec {
    /// What `auto` means for this corpus; checks that the data holds what the encoder reads.
    pub fn resolve(&self, corpus: &Corpus) -> Result<Self, Error> {
        let resolved = match self {
            Self::Auto => match std::env::var_os(BERT_FOLDER) {
                Some(folder) if has_tokens(corpus) => Self::Bert(folder.into()),
                _ if corpus.text_width.is_none() => Self::Tiny,
                _ if corpus.spec.synthetic && has_tokens(corpus) => Self::Tiny,
                _ => Self::Features,
            },
            other => other.clone(),
        };
        let missing = match resolved {
            Self::Features => corpus.text_width.is_none().then_some((
                "text features",
                "use --encoder tiny, bert:DIR or frozen:DIR",
            )),
            _ => {
                (!has_tokens(corpus)).then_some(("token ids (text_bert)", "use --encoder features"))
            }
        };
        match missing {
            None => Ok(resolved),
            Some((needs, hint)) => Err(Error::EncoderInput {
                encoder: resolved.to_string(),
                needs,
                dataset: corpus.name().to_owned(),
                hint,
            }),
        }
    }

    /// The name of this encoder in run identities and tables: of a folder the hash of its weights, not
    /// its path.
    pub fn identity(&self) -> Result<String, Error> {
        match self {
            Self::Bert(folder) => Ok(format!("bert:{}", folder_hash(folder)?)),
            Self::Frozen(folder) => Ok(format!("frozen:{}", folder_hash(folder)?)),
            other => Ok(other.to_string()),
        }
    }

    /// What records say of a BERT folder; `None` for other encoders.
    pub fn folder(&self) -> Result<Option<EncoderFolder>, Error> {
        let (Self::Bert(folder) | Self::Frozen(folder)) = self else {
            return Ok(None);
        };
        let (config, _) = hugging_face::open(folder)?;
        // `bert` and `./models/bert/` alike; a folder that was just opened has a real path.
        let real = folder.canonicalize().map_err(|e| Error::io(folder, e))?;
        let name = real.file_name().unwrap_or_default();
        Ok(Some(EncoderFolder {
            name: name.to_string_lossy().into_owned(),
            layers: config.num_hidden_layers,
            features: config.hidden_size,
        }))
    }
}

/// Whether the file holds `text_bert`.
fn has_tokens(corpus: &Corpus) -> bool {
    corpus.reader().has("train/text_bert")
}

/// Short blake3 over the files of a BERT folder that decide what it computes.
pub fn folder_hash(folder: &Path) -> Result<String, Error> {
    // A message about what a folder lacks is clearer than a failed read.
    let (_, weights) = hugging_face::open(folder)?;
    let mut hasher = blake3::Hasher::new();
    let weights = hugging_face::weight_files(weights)?;
    for path in [folder.join("config.json")].into_iter().chain(weights) {
        hasher
            .update_mmap_rayon(&path)
            .map_err(|e| Error::io(&path, e))?;
    }
    Ok(hasher.finalize().to_hex()[..12].to_owned())
}

impl FromStr for EncoderSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once(':') {
            None => match text {
                "auto" => Ok(Self::Auto),
                "tiny" => Ok(Self::Tiny),
                "features" => Ok(Self::Features),
                _ => Err(Error::EncoderName {
                    found: text.to_owned(),
                }),
            },
            Some(("bert", folder)) if !folder.is_empty() => Ok(Self::Bert(folder.into())),
            Some(("frozen", folder)) if !folder.is_empty() => Ok(Self::Frozen(folder.into())),
            Some(_) => Err(Error::EncoderName {
                found: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for EncoderSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Tiny => f.write_str("tiny"),
            Self::Features => f.write_str("features"),
            Self::Bert(folder) => write!(f, "bert:{}", folder.display()),
            Self::Frozen(folder) => write!(f, "frozen:{}", folder.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_round_trip() {
        for text in [
            "auto",
            "tiny",
            "features",
            "bert:/models/base",
            "frozen:models/mini",
        ] {
            assert_eq!(text.parse::<EncoderSpec>().unwrap().to_string(), text);
        }
        for text in ["", "bert", "bert:", "glove:x"] {
            assert!(text.parse::<EncoderSpec>().is_err(), "{text} was accepted");
        }
    }
}
