//! Where the masks of an evaluation come from: the file beside the data, or the key.

use std::path::Path;

use super::file::Stored;
use super::{Condition, Error, MaskFile, MaskProtocol, SplitShape, Variants};

/// Masks of one prepared data set.
pub struct MaskSource {
    file: Option<MaskFile>,
    dataset: String,
}

impl MaskSource {
    /// The masks beside the data in `data`, where they are; drawn from their keys where not.
    ///
    /// # Errors
    /// [`Error`] where a file is there that cannot be read, or that belongs to other data.
    pub fn beside(data: &Path, dataset: &str, content_hash: &str) -> Result<Self, Error> {
        let path = MaskFile::beside(data);
        let file = if path.exists() { open(&path)? } else { None };
        if let Some(file) = &file {
            file.check_data(dataset, content_hash)?;
        }
        Ok(Self {
            file,
            dataset: dataset.to_owned(),
        })
    }

    /// The masks of one split at `conditions`. What is stored is used, after comparison with what this
    /// build draws; conditions that are not stored are drawn.
    ///
    /// # Errors
    /// As [`Variants::build`] and [`MaskFile::read`]; [`Error::Differ`] or [`Error::OtherVersion`]
    /// where stored masks are not those that this build draws.
    pub fn masks(
        &self,
        mask_protocol: &dyn MaskProtocol,
        split: &SplitShape,
        seed: u64,
        conditions: &[Condition],
    ) -> Result<Variants, Error> {
        let drawn = Variants::build(mask_protocol, &self.dataset, &[*split], seed, conditions)?;
        let name = Stored {
            mask_protocol: mask_protocol.name().to_owned(),
            version: mask_protocol.version(),
            seed,
            split: split.name,
        };
        let Some(file) = &self.file else {
            return Ok(drawn);
        };
        let Some(stored) = file.find(&name)? else {
            refuse_other_version(file, &name)?;
            return Ok(drawn);
        };
        for condition in drawn
            .conditions
            .iter()
            .filter(|condition| stored.conditions.contains(condition))
        {
            let hashes = (
                stored.hash(split.name, *condition)?,
                drawn.hash(split.name, *condition)?,
            );
            if hashes.0 != hashes.1 {
                return Err(Error::Differ {
                    path: file.path().to_owned(),
                    masks: format!("{} at condition {condition}", name.group()),
                    stored: hashes.0,
                    drawn: hashes.1,
                });
            }
            // The file can be at odds with itself no more; with the data it still can.
            if stored.realised(split.name, *condition)? != drawn.realised(split.name, *condition)? {
                return Err(Error::Damaged {
                    path: file.path().to_owned(),
                    group: name.group(),
                    what: format!(
                        "the realised rates at condition {condition} are not those of the data"
                    ),
                });
            }
        }
        let all = drawn
            .conditions
            .iter()
            .all(|condition| stored.conditions.contains(condition));
        Ok(if all { stored } else { drawn })
    }

    /// The masks of several splits, as [`MaskSource::masks`] gives them.
    ///
    /// # Errors
    /// As [`MaskSource::masks`].
    pub fn of_splits(
        &self,
        mask_protocol: &dyn MaskProtocol,
        splits: &[SplitShape],
        seed: u64,
        conditions: &[Condition],
    ) -> Result<Variants, Error> {
        let mut all = Variants::build(mask_protocol, &self.dataset, &[], seed, conditions)?;
        for split in splits {
            let mut masks = self.masks(mask_protocol, split, seed, conditions)?;
            masks.restrict(&all.conditions);
            all.splits.append(&mut masks.splits);
        }
        Ok(all)
    }
}

/// The file, unless its format is older than this build's: what it holds can be drawn again.
fn open(path: &Path) -> Result<Option<MaskFile>, Error> {
    match MaskFile::open(path) {
        Err(
            error @ Error::Format {
                found, expected, ..
            },
        ) if found < expected => {
            tracing::warn!("{error}; drawing them anew");
            Ok(None)
        }
        file => file.map(Some),
    }
}

/// Masks of the same name under another version mean that a mask protocol has changed since.
fn refuse_other_version(file: &MaskFile, name: &Stored) -> Result<(), Error> {
    let same = |other: &&Stored| {
        (&other.mask_protocol, other.seed, other.split)
            == (&name.mask_protocol, name.seed, name.split)
    };
    match file.stored()?.iter().find(same) {
        None => Ok(()),
        Some(other) => Err(Error::OtherVersion {
            path: file.path().to_owned(),
            mask_protocol: name.mask_protocol.clone(),
            seed: name.seed,
            found: other.version,
            expected: name.version,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::testing::{ids, shape};
    use crate::mask::{Random, SplitVariants, parse_list};

    const CONTENT: &str = "c0ffee";

    /// What a source gives after `change` has gone over the stored masks.
    fn masks_after(change: impl Fn(&mut Variants), asked: &str) -> Result<Variants, Error> {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("toy.h5");
        let (ids, lengths) = (ids(20), [9; 20]);
        let split = shape(&ids, [&lengths; 3], [9; 3]);
        let conditions = parse_list("0,0.5").unwrap();
        let mut stored = Variants::build(&Random, "toy", &[split], 1, &conditions).unwrap();
        change(&mut stored);
        MaskFile::write(&MaskFile::beside(&data), CONTENT, &[stored]).unwrap();
        let source = MaskSource::beside(&data, "toy", CONTENT).unwrap();
        source.masks(&Random, &split, 1, &parse_list(asked).unwrap())
    }

    #[test]
    fn stored_masks_serve_and_missing_conditions_are_drawn() {
        assert_eq!(masks_after(|_| {}, "0.5").unwrap().conditions.len(), 2);
        let drawn = masks_after(|_| {}, "0.5,0.7").unwrap();
        assert_eq!(drawn.conditions, parse_list("0.5,0.7").unwrap());
    }

    #[test]
    fn masks_that_this_build_does_not_draw_are_refused() {
        // Sound files of masks that are not those of the key: two positions exchanged that are kept
        // at different rates, and one modality kept whole.
        let swap = |stored: &mut Variants| {
            let data = &mut stored.splits[0].ranks[1].data;
            let other = data.iter().position(|rank| *rank != data[0]).unwrap();
            data.swap(0, other);
        };
        let whole = |stored: &mut Variants| {
            let split = &stored.splits[0];
            let (conditions, mut ranks) = (&stored.conditions, split.ranks.clone());
            ranks[1].data.fill(2);
            stored.splits[0] = SplitVariants::new(split.name, conditions, ranks, split.valid);
        };
        let [swapped, whole] = [masks_after(swap, "0.5"), masks_after(whole, "0.5")]
            .map(|refused| refused.unwrap_err().to_string());
        for message in [swapped, whole] {
            assert!(
                message.contains("random-v1/seed-1/test at condition 0.5 are"),
                "{message}"
            );
            assert!(
                message.contains("write it again with `prepare`"),
                "{message}"
            );
        }
        // Rates of other lengths beside the right masks.
        let longer = |stored: &mut Variants| {
            let split = &stored.splits[0];
            let (conditions, ranks) = (&stored.conditions, split.ranks.clone());
            let valid = split.valid.map(|count| count + 20);
            stored.splits[0] = SplitVariants::new(split.name, conditions, ranks, valid);
        };
        let message = masks_after(longer, "0.5").unwrap_err().to_string();
        assert!(message.contains("are not those of the data"), "{message}");
        let message = masks_after(|stored| stored.version = 9, "0.5")
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("of version 9, this build draws version 1"),
            "{message}"
        );
    }

    #[test]
    fn masks_of_other_data_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("toy.h5");
        assert!(
            MaskSource::beside(&data, "toy", CONTENT)
                .unwrap()
                .file
                .is_none()
        );
        let stored = crate::mask::variants::tests::small(1, "0.5");
        MaskFile::write(&MaskFile::beside(&data), CONTENT, &[stored]).unwrap();
        let refused = |dataset, content| MaskSource::beside(&data, dataset, content).err().unwrap();
        assert!(matches!(
            refused("toy", "facade"),
            Error::OtherContent { .. }
        ));
        assert!(matches!(
            refused("mosi", CONTENT),
            Error::OtherDataset { .. }
        ));
    }
}
