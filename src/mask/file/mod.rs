//! Stores masks in `NAME.masks.h5`, next to the prepared data.
//!
//! ```text
//! /                                    format, dataset, content_hash
//! /PROTOCOL-vVERSION/seed-SEED/SPLIT   mask_protocol, version, seed, conditions, hashes, valid
//!     text, audio, vision              uint8, packed drop indices: bits, steps, rates
//!     nominal, realized                float64 (conditions, 3): missing rates of text, audio, vision
//! ```
//!
//! `content_hash` is that of the prepared data; masks of other data cannot be used.

pub(super) mod attribute;
mod manifest;
mod source;
mod split;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hdf5::{File, Group};

use self::attribute::{hdf5_error, one, text, texts};
pub use self::manifest::MaskManifest;
pub use self::source::MaskSource;
use super::{Condition, Error, SplitShape, SplitVariants, Variants};
use crate::data::dataset::{Corpus, SplitName};
use crate::data::store::read_only;

/// Version of the layout. Raise it whenever a current reader could misread the file.
const FORMAT: u32 = 1;

/// A mask file, open for reading.
pub struct MaskFile {
    path: PathBuf,
    file: File,
    /// Name of the data set in `datasets.toml`.
    pub dataset: String,
    /// Content hash of the prepared data the masks were drawn for.
    pub content_hash: String,
}

/// Name of one split's masks in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stored {
    pub mask_protocol: String,
    pub version: u32,
    pub seed: u64,
    pub split: SplitName,
}

impl Stored {
    /// The name of one split's masks among `variants`.
    fn of(variants: &Variants, split: SplitName) -> Self {
        Self {
            mask_protocol: variants.mask_protocol.clone(),
            version: variants.version,
            seed: variants.seed,
            split,
        }
    }

    /// The name of the group that holds them.
    pub fn group(&self) -> String {
        let Self {
            mask_protocol,
            version,
            seed,
            split,
        } = self;
        format!("{mask_protocol}-v{version}/seed-{seed}/{split}")
    }
}

impl MaskFile {
    /// Opens a mask file; [`MaskFile::write`] makes one.
    ///
    /// # Errors
    /// [`Error::Foreign`] where it is not a mask file; [`Error::Format`] where it has another format.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = read_only(path)
            .map_err(|error| foreign(path, format!("it cannot be opened as HDF5: {error}")))?;
        let format: u32 = one(path, &file, "format")?;
        if format != FORMAT {
            return Err(Error::Format {
                path: path.to_owned(),
                found: format,
                expected: FORMAT,
            });
        }
        Ok(Self {
            path: path.to_owned(),
            dataset: text(path, &file, "dataset")?,
            content_hash: text(path, &file, "content_hash")?,
            file,
        })
    }

    /// Whether a file has the attributes of a mask file.
    pub fn is_one(path: &Path) -> bool {
        let marked = |file: File| file.attr("format").is_ok() && file.attr("dataset").is_ok();
        path.is_file() && read_only(path).is_ok_and(marked)
    }

    /// Path of the masks of the data in `data`: `mosi.masks.h5` for `mosi.h5`.
    pub fn path_for(data: &Path) -> PathBuf {
        data.with_extension("masks.h5")
    }

    /// Path of the prepared data of a mask file: `mosi.h5` for `mosi.masks.h5`. `None` for a file of
    /// another name.
    pub fn data_of(path: &Path) -> Option<PathBuf> {
        let name = path.file_name()?.to_str()?.strip_suffix(".masks.h5")?;
        Some(path.with_file_name(format!("{name}.h5")))
    }

    /// Path of this file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checks that the masks were drawn for this data.
    ///
    /// # Errors
    /// [`Error::OtherDataset`] or [`Error::OtherContent`].
    pub fn check_data(&self, dataset: &str, content_hash: &str) -> Result<(), Error> {
        if self.dataset != dataset {
            return Err(other_dataset(&self.path, dataset, &self.dataset));
        }
        if self.content_hash != content_hash {
            return Err(Error::OtherContent {
                path: self.path.clone(),
                expected: content_hash.to_owned(),
                found: self.content_hash.clone(),
            });
        }
        Ok(())
    }

    /// The names of all masks in the file, in order.
    ///
    /// # Errors
    /// [`Error`] where a group cannot be read.
    pub fn stored(&self) -> Result<Vec<Stored>, Error> {
        let fail = || hdf5_error(&self.path, "listing");
        let mut found = Vec::new();
        for mask_protocol in self.file.groups().map_err(fail())? {
            for seed in mask_protocol.groups().map_err(fail())? {
                for group in seed.groups().map_err(fail())? {
                    found.push(split::name(&self.path, &group)?);
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// The stored hash of every condition, not checked.
    ///
    /// # Errors
    /// [`Error`] where the file does not hold `name`.
    pub fn hashes(&self, name: &Stored) -> Result<BTreeMap<Condition, String>, Error> {
        let group = self.group(name)?;
        let conditions = split::conditions(&self.path, &group)?;
        let hashes = texts(&self.path, &group, "hashes")?;
        Ok(conditions.into_iter().zip(hashes).collect())
    }

    /// Reads the masks called `name`, and checks them against every stored hash.
    ///
    /// # Errors
    /// [`Error`] where the file does not hold them; [`Error::Damaged`].
    pub fn read(&self, name: &Stored) -> Result<Variants, Error> {
        split::read(&self.path, &self.dataset, name, &self.group(name)?)
    }

    /// Reads the masks called `name` if the file has them.
    ///
    /// # Errors
    /// As [`MaskFile::read`].
    pub fn find(&self, name: &Stored) -> Result<Option<Variants>, Error> {
        if self.holds(name) {
            self.read(name).map(Some)
        } else {
            Ok(None)
        }
    }

    fn holds(&self, name: &Stored) -> bool {
        self.file.link_exists(&name.group())
    }

    /// Reads and checks everything. With the prepared data, draws every mask anew and compares.
    /// `progress` gets the name of each group before it is read.
    ///
    /// # Errors
    /// As [`MaskFile::read`]; [`Error::Manifest`] where the manifest differs, [`Error::Read`] where it
    /// cannot be read. With data, as [`MaskFile::check_data`], and [`Error::Differ`],
    /// [`Error::OtherVersion`] or [`Error::UnknownStored`] where this build does not draw these masks.
    pub fn verify(
        &self,
        data: Option<&Corpus>,
        mut progress: impl FnMut(&str),
    ) -> Result<Verified, Error> {
        if let Some(data) = data {
            self.check_data(data.name(), &data.content_hash)?;
        }
        let mut verified = Verified::default();
        for name in self.stored()? {
            progress(&name.group());
            let variants = self.read(&name)?;
            if let Some(data) = data {
                let outline = data.outline(name.split)?;
                self.compare(&name, &variants, &SplitShape::from(&outline))?;
            }
            verified.groups += 1;
            verified.masks += variants.conditions.len();
            let positions = |split: &SplitVariants| {
                split
                    .indices
                    .iter()
                    .map(|indices| indices.data.len())
                    .sum::<usize>()
            };
            verified.positions += variants.splits.iter().map(positions).sum::<usize>();
        }
        verified.manifest = self.check_manifest()?;
        Ok(verified)
    }

    fn group(&self, name: &Stored) -> Result<Group, Error> {
        let name = name.group();
        let group = self.file.group(&name);
        group.map_err(|_| foreign(&self.path, format!("no group {name}")))
    }
}

/// Counts of a mask file that passed all checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Splits of mask protocols and seeds.
    pub groups: usize,
    /// Conditions of all groups, each with its own hash.
    pub masks: usize,
    /// Positions of text, audio and vision of all groups.
    pub positions: usize,
    /// Whether there is a manifest.
    pub manifest: bool,
}

fn foreign(path: &Path, reason: String) -> Error {
    Error::Foreign {
        path: path.to_owned(),
        reason,
    }
}

fn other_dataset(path: &Path, expected: &str, found: &str) -> Error {
    let (expected, found) = (expected.to_owned(), found.to_owned());
    Error::OtherDataset {
        path: path.to_owned(),
        expected,
        found,
    }
}
