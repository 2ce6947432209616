//! Writes and checks `NAME.masks.json`: the hashes and rates of a mask file, to be published with results.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{MaskFile, split};
use crate::data::dataset::SplitName;
use crate::data::store::Partial;
use crate::mask::{Condition, Error};

/// Version of this file's layout. Raise it whenever a current reader could misread the file.
const FORMAT: u32 = 1;

/// The names, hashes and realized rates of all masks of a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MaskManifest {
    pub format: u32,
    pub dataset: String,
    /// Content hash of the prepared data.
    pub content_hash: String,
    pub masks: Vec<SplitMetadata>,
}

/// One split of one mask protocol and seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SplitMetadata {
    pub mask_protocol: String,
    pub version: u32,
    pub seed: u64,
    pub split: SplitName,
    /// By the condition's name.
    pub conditions: BTreeMap<String, ConditionMetadata>,
}

/// The masks of one condition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConditionMetadata {
    pub hash: String,
    /// Nominal missing rates.
    pub rate_text: f64,
    pub rate_audio: f64,
    pub rate_vision: f64,
    /// Realized missing rates; null if no position is valid.
    pub realized_text: Option<f64>,
    pub realized_audio: Option<f64>,
    pub realized_vision: Option<f64>,
}

impl MaskFile {
    /// Path of the manifest of a mask file: `mosi.masks.json` for `mosi.masks.h5`.
    pub fn manifest_of(path: &Path) -> PathBuf {
        path.with_extension("json")
    }

    /// The hashes and rates that the file stores; masks are not read.
    ///
    /// # Errors
    /// [`Error`] where a group cannot be read.
    pub fn manifest(&self) -> Result<MaskManifest, Error> {
        let metadata = |name: super::Stored| -> Result<SplitMetadata, Error> {
            let realized = split::realized(&self.path, &self.group(&name)?)?;
            let hashes = self.hashes(&name)?;
            let conditions = hashes.into_iter().zip(realized);
            let condition = |((condition, hash), realized): ((Condition, String), _)| {
                let [rate_text, rate_audio, rate_vision] = condition.rates();
                let [realized_text, realized_audio, realized_vision] = realized;
                let metadata = ConditionMetadata {
                    hash,
                    rate_text,
                    rate_audio,
                    rate_vision,
                    realized_text,
                    realized_audio,
                    realized_vision,
                };
                (condition.to_string(), metadata)
            };
            Ok(SplitMetadata {
                conditions: conditions.map(condition).collect(),
                mask_protocol: name.mask_protocol,
                version: name.version,
                seed: name.seed,
                split: name.split,
            })
        };
        Ok(MaskManifest {
            format: FORMAT,
            dataset: self.dataset.clone(),
            content_hash: self.content_hash.clone(),
            masks: self
                .stored()?
                .into_iter()
                .map(metadata)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Writes the manifest, completely or not at all.
    ///
    /// # Errors
    /// [`Error`] where the file cannot be read or the manifest not be written.
    pub fn write_manifest(&self) -> Result<(), Error> {
        let path = Self::manifest_of(&self.path);
        let partial = Partial::create(&path)?;
        let written = std::fs::write(partial.temp(), self.manifest_json(&path)?);
        written.map_err(|source| Error::Write { path, source })?;
        Ok(partial.publish(true)?)
    }

    /// Checks the manifest; `false` if there is none.
    ///
    /// # Errors
    /// [`Error::Manifest`] where it differs from the file; [`Error::Read`] where it cannot be read.
    pub(super) fn check_manifest(&self) -> Result<bool, Error> {
        let path = Self::manifest_of(&self.path);
        match std::fs::read(&path) {
            Ok(json) if json == self.manifest_json(&path)? => Ok(true),
            Ok(_) => Err(Error::Manifest {
                path,
                masks: self.path.clone(),
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(source) => Err(Error::Read { path, source }),
        }
    }

    /// The manifest as indented JSON.
    fn manifest_json(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let json = serde_json::to_vec_pretty(&self.manifest()?);
        let mut json = json.map_err(|error| Error::Write {
            path: path.to_owned(),
            source: error.into(),
        })?;
        json.push(b'\n');
        Ok(json)
    }
}
