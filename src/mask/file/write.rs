//! Writing a mask file whole.

use std::path::Path;

use hdf5::File;

use super::attribute::{hdf5_error, set, set_text};
use super::{FORMAT, MaskFile, other_dataset, split};
use crate::mask::{Error, Variants};
use crate::store::Partial;

impl MaskFile {
    /// Writes variants of one data set, keeping those of other families, seeds and splits that
    /// `path` already holds for the same data. Masks of other data, and files of an older format,
    /// are replaced.
    ///
    /// The file appears whole or not at all, so that `path` always holds either the old or the new
    /// content. Stored masks are checked on the way.
    ///
    /// # Errors
    /// [`Error`] where nothing can be written, or where `path` is not a sound mask file of the
    /// same data set; it is left as it was.
    pub fn write(path: &Path, content_hash: &str, variants: &[Variants]) -> Result<(), Error> {
        let Some(first) = variants.first() else {
            return Ok(());
        };
        let dataset = first.dataset.as_str();
        if let Some(other) = variants.iter().find(|variants| variants.dataset != dataset) {
            return Err(other_dataset(path, dataset, &other.dataset));
        }
        let old = earlier(path, dataset, content_hash)?;
        let partial = Partial::create(path)?;
        fill(
            (partial.temp(), partial.hdf5()?),
            old.as_ref(),
            (dataset, content_hash),
            variants,
        )?;
        drop(old);
        Ok(partial.publish(true)?)
    }
}

/// The file at `path`, where its masks are worth keeping.
fn earlier(path: &Path, dataset: &str, content_hash: &str) -> Result<Option<MaskFile>, Error> {
    if !path.exists() {
        return Ok(None);
    }
    let old = match MaskFile::open(path) {
        Err(Error::Format { found, .. }) if found < FORMAT => return Ok(None),
        old => old?,
    };
    match old.check_data(dataset, content_hash) {
        Ok(()) => Ok(Some(old)),
        Err(Error::OtherContent { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the new variants and whatever of the old file they do not replace.
fn fill(
    (temporary, file): (&Path, File),
    old: Option<&MaskFile>,
    (dataset, content_hash): (&str, &str),
    variants: &[Variants],
) -> Result<(), Error> {
    set(temporary, &file, "format", FORMAT)?;
    set_text(temporary, &file, "dataset", dataset)?;
    set_text(temporary, &file, "content_hash", content_hash)?;
    for variants in variants {
        for part in &variants.splits {
            split::write(temporary, &file, variants, part)?;
        }
    }
    if let Some(old) = old {
        for name in old.stored()? {
            if !file.link_exists(&name.group()) {
                let kept = old.read(&name)?;
                split::write(temporary, &file, &kept, &kept.splits[0])?;
            }
        }
    }
    file.close().map_err(hdf5_error(temporary, "closing"))
}
