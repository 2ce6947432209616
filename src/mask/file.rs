//! Mask variants on disk: `NAME.masks.h5` beside the prepared data.
//!
//! ```text
//! /                                  format, dataset
//! /FAMILY-vVERSION/seed-SEED/SPLIT   family, version, seed, rates, hash
//!     text, audio, vision            uint8 levels, shape (N, T)
//! ```

use std::collections::BTreeMap;
use std::fs::File as Plain;
use std::path::Path;

use hdf5::types::VarLenUnicode;
use hdf5::{File, Group, H5Type};

use super::{Error, Levels, SplitVariants, Variants};
use crate::dataset::{Modality, SplitName};

/// Version of the layout. Raise it when a reader of today could misread it.
const FORMAT: u32 = 1;

/// Writes variants, keeping those of other families, seeds and splits that `path` already holds.
///
/// The file is written anew in the same folder, synced and renamed, so that `path` always holds
/// either the old or the new content. Stored masks are checked against their checksums on the way.
///
/// # Errors
/// [`Error`] where nothing can be written, or where `path` is not a sound mask file of the same
/// data set; it is left as it was.
pub fn write(path: &Path, variants: &[Variants]) -> Result<(), Error> {
    let Some(first) = variants.first() else {
        return Ok(());
    };
    let dataset = first.dataset.as_str();
    if let Some(other) = variants.iter().find(|variants| variants.dataset != dataset) {
        return Err(other_dataset(path, dataset, &other.dataset));
    }
    let io = |action| {
        move |source| Error::Io {
            path: path.to_owned(),
            action,
            source,
        }
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let temporary = temporary_in(folder).map_err(io("creating a temporary file beside it"))?;
    fill(&temporary, path, dataset, variants)?;
    let synced = Plain::open(&temporary).and_then(|file| file.sync_all());
    synced.map_err(io("syncing the new content"))?;
    temporary
        .persist(path)
        .map_err(|e| io("replacing it")(e.error))?;
    // The rename itself lasts only once its folder is synced.
    Plain::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(io("syncing its folder"))
}

/// A new file that every user may read, as far as the process allows; the default is its owner.
fn temporary_in(folder: &Path) -> std::io::Result<tempfile::TempPath> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    Ok(builder
        .prefix(".masks-")
        .suffix(".tmp")
        .tempfile_in(folder)?
        .into_temp_path())
}

/// Reads and checks the variants of one family and seed, all stored splits.
///
/// # Errors
/// [`Error`] where the file cannot be read, holds no such variants, or fails a checksum.
pub fn read(path: &Path, family: &str, version: u32, seed: u64) -> Result<Variants, Error> {
    let wanted = format!("{family}-v{version}/seed-{seed}/");
    let file = open(path)?;
    let dataset = text(path, &file, "dataset")?;
    let mut found: Option<Variants> = None;
    for (name, group) in stored(path, &file)? {
        if name.starts_with(&wanted) {
            let mut next = read_split(path, &dataset, &name, &group)?;
            match &mut found {
                Some(variants) if variants.rates == next.rates => {
                    variants.splits.append(&mut next.splits);
                }
                Some(_) => {
                    return Err(foreign(
                        path,
                        format!("splits of {wanted} differ in their rates"),
                    ));
                }
                None => found = Some(next),
            }
        }
    }
    let mut found = found.ok_or_else(|| foreign(path, format!("no group {wanted}")))?;
    found.splits.sort_by_key(|split| split.name);
    Ok(found)
}

/// The stored checksum of every split, by group name (`FAMILY-vVERSION/seed-SEED/SPLIT`).
///
/// # Errors
/// [`Error`] where the file cannot be read.
pub fn read_hashes(path: &Path) -> Result<BTreeMap<String, String>, Error> {
    let groups = stored(path, &open(path)?)?;
    groups
        .into_iter()
        .map(|(name, group)| Ok((name, text(path, &group, "hash")?)))
        .collect()
}

/// Writes the new variants and whatever of the old file they do not replace.
fn fill(temporary: &Path, old: &Path, dataset: &str, variants: &[Variants]) -> Result<(), Error> {
    let file = File::create(temporary).map_err(hdf5(temporary, "creating"))?;
    set(temporary, &file, "format", &[FORMAT])?;
    set_text(temporary, &file, "dataset", dataset)?;
    for variants in variants {
        for split in &variants.splits {
            write_split(temporary, &file, variants, split)?;
        }
    }
    if old.exists() {
        let source = open(old)?;
        let found = text(old, &source, "dataset")?;
        if found != dataset {
            return Err(other_dataset(old, dataset, &found));
        }
        for (name, group) in stored(old, &source)? {
            if !file.link_exists(&name) {
                let kept = read_split(old, dataset, &name, &group)?;
                write_split(temporary, &file, &kept, &kept.splits[0])?;
            }
        }
    }
    file.close().map_err(hdf5(temporary, "closing"))
}

fn group_name(variants: &Variants, split: SplitName) -> String {
    format!(
        "{}-v{}/seed-{}/{split}",
        variants.family, variants.version, variants.seed
    )
}

fn write_split(
    path: &Path,
    file: &File,
    variants: &Variants,
    split: &SplitVariants,
) -> Result<(), Error> {
    let name = group_name(variants, split.name);
    let group = file.create_group(&name).map_err(hdf5(path, &name))?;
    set_text(path, &group, "family", &variants.family)?;
    set(path, &group, "version", &[variants.version])?;
    set(path, &group, "seed", &[variants.seed])?;
    set(path, &group, "rates", &variants.rates)?;
    set_text(path, &group, "hash", &variants.split_hash(split.name)?)?;
    for (modality, levels) in Modality::ALL.iter().zip(&split.levels) {
        let shape = (levels.rows, levels.steps);
        let dataset = group
            .new_dataset::<u8>()
            .shape(shape)
            .create(modality.as_str());
        let written = dataset.and_then(|dataset| match levels.data.is_empty() {
            true => Ok(()),
            false => dataset.write_raw(&levels.data),
        });
        written.map_err(hdf5(path, &name))?;
    }
    Ok(())
}

/// One stored split as variants of its own, checked against its checksum.
fn read_split(path: &Path, dataset: &str, name: &str, group: &Group) -> Result<Variants, Error> {
    let last = name.rsplit('/').next();
    let split = SplitName::ALL
        .into_iter()
        .find(|split| last == Some(split.as_str()));
    let split = split.ok_or_else(|| foreign(path, format!("{name} is no split")))?;
    let levels = |modality| read_levels(path, name, group, modality);
    let levels = [
        levels(Modality::Text)?,
        levels(Modality::Audio)?,
        levels(Modality::Vision)?,
    ];
    let variants = Variants {
        family: text(path, group, "family")?,
        version: one(path, group, "version")?,
        dataset: dataset.to_owned(),
        seed: one(path, group, "seed")?,
        rates: get(path, group, "rates")?,
        splits: vec![SplitVariants {
            name: split,
            levels,
        }],
    };
    let (stored, computed) = (text(path, group, "hash")?, variants.split_hash(split)?);
    if stored == computed && group_name(&variants, split) == name {
        return Ok(variants);
    }
    Err(Error::Damaged {
        path: path.to_owned(),
        group: name.to_owned(),
        stored,
        computed,
    })
}

fn read_levels(
    path: &Path,
    name: &str,
    group: &Group,
    modality: Modality,
) -> Result<Levels, Error> {
    let dataset = group.dataset(modality.as_str()).map_err(hdf5(path, name))?;
    let [rows, steps] = dataset.shape()[..] else {
        return Err(foreign(path, format!("{name}/{modality} is not a matrix")));
    };
    let data = if rows * steps == 0 {
        Ok(Vec::new())
    } else {
        dataset.read_raw()
    };
    Ok(Levels {
        rows,
        steps,
        data: data.map_err(hdf5(path, name))?,
    })
}

/// Every split group with its name, in name order.
fn stored(path: &Path, file: &File) -> Result<BTreeMap<String, Group>, Error> {
    let mut found = BTreeMap::new();
    for family in file.groups().map_err(hdf5(path, "listing"))? {
        for seed in family.groups().map_err(hdf5(path, "listing"))? {
            for split in seed.groups().map_err(hdf5(path, "listing"))? {
                found.insert(split.name().trim_start_matches('/').to_owned(), split);
            }
        }
    }
    Ok(found)
}

fn open(path: &Path) -> Result<File, Error> {
    let file = File::open(path).map_err(hdf5(path, "opening"))?;
    let format: u32 = one(path, &file, "format")?;
    if format == FORMAT {
        return Ok(file);
    }
    Err(foreign(
        path,
        format!("expected format {FORMAT}, found {format}"),
    ))
}

fn set<T: H5Type>(path: &Path, group: &Group, name: &str, values: &[T]) -> Result<(), Error> {
    let attribute = group.new_attr::<T>().shape(values.len()).create(name);
    attribute
        .and_then(|attribute| attribute.write_raw(values))
        .map_err(hdf5(path, name))
}

fn set_text(path: &Path, group: &Group, name: &str, value: &str) -> Result<(), Error> {
    // The texts are names and hexadecimal digits; a NUL in one of them is the only refusal.
    let value: VarLenUnicode = value
        .parse()
        .map_err(|_| foreign(path, format!("a NUL byte in `{name}`")))?;
    set(path, group, name, &[value])
}

fn get<T: H5Type>(path: &Path, group: &Group, name: &str) -> Result<Vec<T>, Error> {
    let values = group.attr(name).and_then(|attribute| attribute.read_raw());
    values.map_err(|_| foreign(path, format!("{} has no attribute `{name}`", group.name())))
}

fn one<T: H5Type>(path: &Path, group: &Group, name: &str) -> Result<T, Error> {
    let mut values = get(path, group, name)?;
    values
        .pop()
        .ok_or_else(|| foreign(path, format!("attribute `{name}` is empty")))
}

fn text(path: &Path, group: &Group, name: &str) -> Result<String, Error> {
    one::<VarLenUnicode>(path, group, name).map(|value| value.to_string())
}

fn hdf5(path: &Path, action: &str) -> impl FnOnce(hdf5::Error) -> Error {
    let (path, action) = (path.to_owned(), action.to_owned());
    move |source| Error::Hdf5 {
        path,
        action,
        source,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::variants::tests::small;

    #[test]
    fn variants_round_trip_and_merge() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("toy.masks.h5");
        let (first, second) = (small(1, &[0.0, 0.5]), small(2, &[0.1]));
        write(&path, std::slice::from_ref(&first)).unwrap();
        write(&path, std::slice::from_ref(&second)).unwrap();
        assert_eq!(read(&path, "random", 1, 1).unwrap(), first);
        assert_eq!(read(&path, "random", 1, 2).unwrap(), second);
        let names: Vec<_> = read_hashes(&path).unwrap().into_iter().collect();
        let hash = |variants: &Variants| variants.split_hash(SplitName::Test).unwrap();
        assert_eq!(names[0], ("random-v1/seed-1/test".to_owned(), hash(&first)));
        assert_eq!(
            names[1],
            ("random-v1/seed-2/test".to_owned(), hash(&second))
        );
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1,
            "no temporary is left"
        );
    }

    #[test]
    fn the_same_key_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("toy.masks.h5");
        write(&path, &[small(1, &[0.0, 0.5])]).unwrap();
        write(&path, &[small(1, &[0.25])]).unwrap();
        assert_eq!(read(&path, "random", 1, 1).unwrap(), small(1, &[0.25]));
        let missing = read(&path, "random", 1, 3).unwrap_err().to_string();
        assert!(missing.contains("no group random-v1/seed-3/"), "{missing}");
    }

    #[test]
    fn a_damaged_file_is_named_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("toy.masks.h5");
        write(&path, &[small(1, &[0.0, 0.5])]).unwrap();
        let file = File::open_rw(&path).unwrap();
        let audio = file.dataset("random-v1/seed-1/test/audio").unwrap();
        let mut levels: Vec<u8> = audio.read_raw().unwrap();
        levels[0] ^= 1;
        audio.write_raw(&levels).unwrap();
        drop((audio, file));
        let before = std::fs::read(&path).unwrap();
        let message = write(&path, &[small(2, &[0.1])]).unwrap_err().to_string();
        assert!(
            message.contains("random-v1/seed-1/test: the masks do not match"),
            "{message}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn foreign_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("toy.masks.h5");
        std::fs::write(&path, b"not an HDF5 file").unwrap();
        assert!(
            read_hashes(&path)
                .unwrap_err()
                .to_string()
                .contains("toy.masks.h5: opening")
        );
        assert!(write(&path, &[small(1, &[0.5])]).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"not an HDF5 file");
        std::fs::remove_file(&path).unwrap();
        write(&path, &[small(1, &[0.5])]).unwrap();
        let mut other = small(1, &[0.5]);
        other.dataset = "sims".to_owned();
        let message = write(&path, &[other]).unwrap_err().to_string();
        assert!(
            message.contains("masks belong to data set `toy`, not to `sims`"),
            "{message}"
        );
    }

    #[test]
    fn an_empty_modality_is_stored() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("toy.masks.h5");
        let mut variants = small(1, &[0.5]);
        variants.splits[0].levels[0] = Levels {
            rows: 4,
            steps: 0,
            data: Vec::new(),
        };
        write(&path, std::slice::from_ref(&variants)).unwrap();
        assert_eq!(read(&path, "random", 1, 1).unwrap(), variants);
    }
}
