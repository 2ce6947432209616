//! Writes mask files.

use std::io;
use std::path::Path;

use hdf5::File;

use super::attribute::{hdf5_error, set, set_text};
use super::{FORMAT, MaskFile, Stored, other_dataset, split};
use crate::data::dataset::{Corpus, SplitName};
use crate::data::store::Partial;
use crate::mask::{Condition, Error, EvaluationMasks, MaskProtocol, Variants, find};

impl MaskFile {
    /// Draws and writes the masks of prepared data for every mask protocol and seed, one after the other,
    /// and the manifest. Masks and conditions that `path` already holds for the same data stay: a mask
    /// protocol and seed that is drawn is drawn at those conditions too.
    ///
    /// A seed-invariant mask protocol is drawn under the first seed only.
    ///
    /// # Errors
    /// As [`MaskFile::write`] and [`Variants::build`].
    pub fn prepare(
        path: &Path,
        corpus: &Corpus,
        evaluation: &[EvaluationMasks],
        seeds: &[u64],
    ) -> Result<(), Error> {
        let (dataset, content) = (corpus.name(), corpus.content_hash.as_str());
        let mut new = New::begin(path, dataset, content)?;
        for evaluation in evaluation {
            for seed in evaluation.seeds(seeds) {
                let conditions =
                    new.with_stored(evaluation.mask_protocol, *seed, &evaluation.conditions)?;
                new.add(&Variants::of_corpus(
                    evaluation.mask_protocol,
                    corpus,
                    *seed,
                    &conditions,
                )?)?;
            }
        }
        new.publish()?;
        Self::open(path)?.write_manifest()
    }

    /// Writes variants of one data set, keeping those of other mask protocols, seeds and splits that
    /// `path` already holds for the same data. Masks of other data, files of another format and masks of
    /// another version of a mask protocol are dropped; of two variants of one name the first one is
    /// written.
    ///
    /// The file is written completely or not at all, so that `path` always holds either the old or the
    /// new content. Masks that are kept are checked first. The manifest of the old content is removed:
    /// [`MaskFile::write_manifest`] writes the new one.
    ///
    /// # Errors
    /// [`Error`] where nothing can be written, or where `path` is not a sound mask file of the
    /// same data set; it is left as it was.
    pub fn write(path: &Path, content_hash: &str, variants: &[Variants]) -> Result<(), Error> {
        let Some(first) = variants.first() else {
            return Ok(());
        };
        let mut new = New::begin(path, &first.dataset, content_hash)?;
        variants.iter().try_for_each(|variants| new.add(variants))?;
        new.publish()
    }
}

/// A mask file being written, with the one that it will replace.
struct New<'a> {
    // Declared first, so that it is closed before the hidden file is removed on an error.
    file: File,
    partial: Partial,
    path: &'a Path,
    dataset: &'a str,
    old: Option<MaskFile>,
}

impl<'a> New<'a> {
    fn begin(path: &'a Path, dataset: &'a str, content_hash: &str) -> Result<Self, Error> {
        let old = earlier(path, dataset, content_hash)?;
        let partial = Partial::create(path)?;
        let (file, temporary) = (partial.hdf5()?, partial.temp());
        set(temporary, &file, "format", FORMAT)?;
        set_text(temporary, &file, "dataset", dataset)?;
        set_text(temporary, &file, "content_hash", content_hash)?;
        Ok(Self {
            file,
            partial,
            path,
            dataset,
            old,
        })
    }

    /// These conditions, and those at which the old file holds masks of the same mask protocol and seed.
    fn with_stored(
        &self,
        mask_protocol: &dyn MaskProtocol,
        seed: u64,
        conditions: &[Condition],
    ) -> Result<Vec<Condition>, Error> {
        let mut all = conditions.to_vec();
        let Some(old) = &self.old else {
            return Ok(all);
        };
        for split in SplitName::ALL {
            let name = Stored {
                mask_protocol: mask_protocol.name().to_owned(),
                version: mask_protocol.version(),
                seed,
                split,
            };
            if old.holds(&name) {
                all.extend(old.hashes(&name)?.into_keys());
            }
        }
        Ok(all)
    }

    fn add(&mut self, variants: &Variants) -> Result<(), Error> {
        if variants.dataset != self.dataset {
            return Err(other_dataset(self.path, self.dataset, &variants.dataset));
        }
        for part in &variants.splits {
            let name = Stored::of(variants, part.name);
            if !self.file.link_exists(&name.group()) {
                split::write(self.partial.temp(), &self.file, variants, part)?;
            }
        }
        Ok(())
    }

    /// Copies what is not replaced from the old file, and gives the new one its name.
    fn publish(mut self) -> Result<(), Error> {
        if let Some(old) = self.old.take() {
            for name in old.stored()? {
                // Masks that this build cannot draw would fail every `verify` from now on.
                let outdated = find(&name.mask_protocol)
                    .is_ok_and(|mask_protocol| mask_protocol.version() != name.version);
                if !outdated && !self.file.link_exists(&name.group()) {
                    self.add(&old.read(&name)?)?;
                }
            }
        }
        let closing = hdf5_error(self.partial.temp(), "closing");
        self.file.close().map_err(closing)?;
        remove_manifest(&MaskFile::manifest_of(self.path))?;
        Ok(self.partial.publish(true)?)
    }
}

/// Removes the manifest of the masks that are about to be replaced, so that a process that is killed
/// before it writes the new one leaves none, which `verify` reports, rather than that of other masks.
fn remove_manifest(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::Write {
            path: path.to_owned(),
            source: error,
        }),
        _ => Ok(()),
    }
}

/// The file at `path`, if its masks can be kept.
fn earlier(path: &Path, dataset: &str, content_hash: &str) -> Result<Option<MaskFile>, Error> {
    if !path.exists() {
        return Ok(None);
    }
    let old = match MaskFile::open(path) {
        Err(Error::Format { .. }) => return Ok(None),
        old => old?,
    };
    match old.check_data(dataset, content_hash) {
        Ok(()) => Ok(Some(old)),
        Err(Error::OtherContent { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
