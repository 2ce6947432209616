//! Provides the masks of an evaluation: reads what `prepare` stored, draws the rest.

use std::path::Path;

use super::{MaskFile, Stored};
use crate::mask::rates::LIMIT;
use crate::mask::{Condition, Error, MASK_PROTOCOLS, MaskProtocol, SplitShape, Variants, find};

/// Masks of one prepared data set.
pub struct MaskSource {
    file: Option<MaskFile>,
    dataset: String,
}

impl MaskSource {
    /// The masks stored for the prepared data in `data`. Without a mask file all masks are drawn.
    ///
    /// # Errors
    /// As [`MaskFile::open`] and [`MaskFile::check_data`], where there is a mask file.
    pub fn open(data: &Path, dataset: &str, content_hash: &str) -> Result<Self, Error> {
        let path = MaskFile::path_for(data);
        let file = path.exists().then(|| MaskFile::open(&path)).transpose()?;
        if let Some(file) = &file {
            file.check_data(dataset, content_hash)?;
        }
        Ok(Self {
            file,
            dataset: dataset.to_owned(),
        })
    }

    /// The masks of one split at `conditions`: stored masks are read and checked against their hashes,
    /// conditions that are not stored are drawn.
    ///
    /// # Errors
    /// As [`Variants::build`] and [`MaskFile::read`]; [`Error::OtherVersion`] where the file holds
    /// masks of another version; [`Error::Damaged`] where stored masks do not have the shape of the
    /// data.
    pub fn masks(
        &self,
        mask_protocol: &dyn MaskProtocol,
        split: &SplitShape,
        seed: u64,
        conditions: &[Condition],
    ) -> Result<Variants, Error> {
        let draw = || Variants::build(mask_protocol, &self.dataset, &[*split], seed, conditions);
        let Some(file) = &self.file else {
            return draw();
        };
        let name = Stored {
            mask_protocol: mask_protocol.name().to_owned(),
            version: mask_protocol.version(),
            seed,
            split: split.name,
        };
        let Some(mut masks) = file.find(&name)? else {
            file.refuse_other_version(&name)?;
            return draw();
        };
        file.check_shape(&name, &masks, split)?;
        if masks.conditions.len() + conditions.len() > LIMIT {
            // Together they may have more rates than drop indices can hold.
            return draw();
        }
        masks.extend(mask_protocol, split, conditions)?;
        masks.restrict(conditions);
        Ok(masks)
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
            all.splits.append(&mut masks.splits);
        }
        Ok(all)
    }
}

impl MaskFile {
    /// Draws the masks called `name` anew and compares them with the stored ones.
    pub(super) fn compare(
        &self,
        name: &Stored,
        stored: &Variants,
        split: &SplitShape,
    ) -> Result<(), Error> {
        let mask_protocol = find(&name.mask_protocol).map_err(|_| {
            let known: Vec<_> = MASK_PROTOCOLS.iter().map(|known| known.name()).collect();
            Error::UnknownStored {
                path: self.path.clone(),
                mask_protocol: name.mask_protocol.clone(),
                known: known.join(", "),
            }
        })?;
        let name_now = Stored {
            version: mask_protocol.version(),
            ..name.clone()
        };
        if name_now != *name {
            return Err(self.other_version(&name_now, name.version));
        }
        self.check_shape(name, stored, split)?;
        let conditions = &stored.conditions;
        let drawn = Variants::build(
            mask_protocol,
            &self.dataset,
            &[*split],
            name.seed,
            conditions,
        )?;
        for condition in conditions {
            let (stored, drawn) = (
                stored.hash(split.name, *condition)?,
                drawn.hash(split.name, *condition)?,
            );
            if stored != drawn {
                return Err(Error::Differ {
                    path: self.path.clone(),
                    masks: format!("{} at condition {condition}", name.group()),
                    stored,
                    drawn,
                });
            }
        }
        Ok(())
    }

    /// Checks that stored masks have the samples, steps and lengths of the data.
    fn check_shape(
        &self,
        name: &Stored,
        stored: &Variants,
        split: &SplitShape,
    ) -> Result<(), Error> {
        let masks = stored.split(split.name)?;
        let shapes = masks
            .indices
            .each_ref()
            .map(|indices| (indices.rows, indices.steps));
        let expected = split.steps.map(|steps| (split.ids.len(), steps));
        if shapes == expected && masks.valid == split.valid() {
            return Ok(());
        }
        Err(Error::Damaged {
            path: self.path.clone(),
            group: name.group(),
            what: "samples, steps or lengths are not those of the data".to_owned(),
        })
    }

    /// Refuses masks of the same name under another version: the mask protocol has changed since.
    fn refuse_other_version(&self, name: &Stored) -> Result<(), Error> {
        let same = |other: &&Stored| {
            (&other.mask_protocol, other.seed, other.split)
                == (&name.mask_protocol, name.seed, name.split)
        };
        match self.stored()?.iter().find(same) {
            None => Ok(()),
            Some(other) => Err(self.other_version(name, other.version)),
        }
    }

    fn other_version(&self, expected: &Stored, found: u32) -> Error {
        Error::OtherVersion {
            path: self.path.clone(),
            mask_protocol: expected.mask_protocol.clone(),
            seed: expected.seed,
            found,
            expected: expected.version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::testing::{ids, shape};
    use crate::mask::{Random, SplitVariants, parse_list};

    const CONTENT: &str = "c0ffee";

    /// The drawn masks of the split at "0,0.5".
    fn drawn(split: &SplitShape) -> Variants {
        Variants::build(&Random, "toy", &[*split], 1, &parse_list("0,0.5").unwrap()).unwrap()
    }

    /// Stores the masks of a split at "0,0.5" after `change`; gives what a source provides at
    /// `conditions`, and what comparing the file with new draws finds.
    fn after(
        change: impl Fn(&mut Variants),
        conditions: &str,
    ) -> (Result<Variants, Error>, Result<(), Error>) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("toy.h5");
        let (ids, lengths) = (ids(20), [9; 20]);
        let split = shape(&ids, [&lengths; 3], [9; 3]);
        let mut stored = drawn(&split);
        change(&mut stored);
        let path = MaskFile::path_for(&data);
        MaskFile::write(&path, CONTENT, &[stored]).unwrap();
        let source = MaskSource::open(&data, "toy", CONTENT).unwrap();
        let masks = source.masks(&Random, &split, 1, &parse_list(conditions).unwrap());
        let file = MaskFile::open(&path).unwrap();
        let compare = |name: &Stored| file.compare(name, &file.read(name)?, &split);
        let compared = file.stored().unwrap().iter().try_for_each(compare);
        (masks, compared)
    }

    #[test]
    fn stored_masks_are_read_and_other_conditions_drawn() {
        let (ids, lengths) = (ids(20), [9; 20]);
        let split = shape(&ids, [&lengths; 3], [9; 3]);
        for conditions in ["0.5", "0.5,0.7,LA", "0.1"] {
            let (masks, compared) = after(|_| {}, conditions);
            let conditions = parse_list(conditions).unwrap();
            let expected = Variants::build(&Random, "toy", &[split], 1, &conditions).unwrap();
            let masks = masks.unwrap();
            assert_eq!(masks.conditions, conditions);
            let hashes = |variants: &Variants| variants.hashes(split.name).unwrap();
            assert_eq!(hashes(&masks), hashes(&expected));
            assert_eq!(masks.splits[0].realized, expected.splits[0].realized);
            compared.unwrap();
        }
    }

    /// Intact files of masks that are not those of the key: a run uses them, so `verify` must find them.
    #[test]
    fn masks_that_this_build_does_not_draw_are_used_and_found_by_comparison() {
        // Two positions exchanged that are kept at different rates.
        let swap = |stored: &mut Variants| {
            let split = &stored.splits[0];
            let (conditions, mut indices) = (&stored.conditions, split.indices.clone());
            let data = &mut indices[1].data;
            let other = data.iter().position(|index| *index != data[0]).unwrap();
            data.swap(0, other);
            stored.splits[0] = SplitVariants::new(split.name, conditions, indices, split.valid);
        };
        // One modality complete at every rate.
        let complete = |stored: &mut Variants| {
            let split = &stored.splits[0];
            let (conditions, mut indices) = (&stored.conditions, split.indices.clone());
            indices[1].data.fill(2);
            stored.splits[0] = SplitVariants::new(split.name, conditions, indices, split.valid);
        };
        let (ids, lengths) = (ids(20), [9; 20]);
        let split = shape(&ids, [&lengths; 3], [9; 3]);
        let half = "0.5".parse().unwrap();
        for (masks, compared) in [after(swap, "0.5"), after(complete, "0.5")] {
            let read = masks.unwrap().hash(split.name, half).unwrap();
            assert_ne!(read, drawn(&split).hash(split.name, half).unwrap());
            let message = compared.unwrap_err().to_string();
            for part in [
                "random-v2/seed-1/test at condition 0.5 have",
                "write it again with `prepare`",
            ] {
                assert!(message.contains(part), "{message}");
            }
        }
    }

    #[test]
    fn masks_of_other_lengths_or_versions_are_refused() {
        let longer = |stored: &mut Variants| {
            let split = &stored.splits[0];
            let (conditions, indices) = (&stored.conditions, split.indices.clone());
            let valid = split.valid.map(|count| count + 20);
            stored.splits[0] = SplitVariants::new(split.name, conditions, indices, valid);
        };
        let (masks, compared) = after(longer, "0.5");
        let messages = [masks.err(), compared.err()].map(|error| error.unwrap().to_string());
        for message in messages {
            assert!(message.contains("are not those of the data"), "{message}");
            assert!(message.contains("remove it"), "{message}");
        }
        let (masks, compared) = after(|stored| stored.version = 9, "0.5");
        let messages = [masks.err(), compared.err()].map(|error| error.unwrap().to_string());
        for message in messages {
            assert!(
                message.contains("of version 9, this build draws version 2"),
                "{message}"
            );
        }
        let unknown = |stored: &mut Variants| stored.mask_protocol = "other".to_owned();
        let message = after(unknown, "0.5").1.unwrap_err().to_string();
        assert!(message.contains("expected one of random, "), "{message}");
    }

    #[test]
    fn a_damaged_file_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("toy.h5");
        let (ids, lengths) = (ids(20), [9; 20]);
        let split = shape(&ids, [&lengths; 3], [9; 3]);
        let path = MaskFile::path_for(&data);
        MaskFile::write(&path, CONTENT, &[drawn(&split)]).unwrap();
        let file = hdf5::File::open_rw(&path).unwrap();
        let audio = file.dataset("random-v2/seed-1/test/audio").unwrap();
        let mut packed: Vec<u8> = audio.read_raw().unwrap();
        packed[0] ^= 3;
        audio.write_raw(&packed).unwrap();
        drop((audio, file));
        let source = MaskSource::open(&data, "toy", CONTENT).unwrap();
        let refused = source.masks(&Random, &split, 1, &parse_list("0.7").unwrap());
        let message = refused.unwrap_err().to_string();
        assert!(
            message.contains("the file is damaged: remove it"),
            "{message}"
        );
        // libhdf5 would open the same file again while it is open.
        drop(source);
        std::fs::write(&path, b"not an HDF5 file").unwrap();
        let refused = MaskSource::open(&data, "toy", CONTENT).err().unwrap();
        let message = refused.to_string();
        assert!(
            message.contains("not a mask file of this tool"),
            "{message}"
        );
        assert!(message.contains("remove it"), "{message}");
    }

    #[test]
    fn masks_of_other_data_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("toy.h5");
        assert!(
            MaskSource::open(&data, "toy", CONTENT)
                .unwrap()
                .file
                .is_none()
        );
        let stored = crate::mask::variants::tests::small(1, "0.5");
        MaskFile::write(&MaskFile::path_for(&data), CONTENT, &[stored]).unwrap();
        let refused = |dataset, content| MaskSource::open(&data, dataset, content).err().unwrap();
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
