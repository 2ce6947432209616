//! One split's masks as a group.

use std::path::Path;

use hdf5::{File, Group};

use super::attribute::{all, hdf5_error, one, set, set_all, set_text, set_texts, text, texts};
use super::{Stored, foreign};
use crate::dataset::{Modality, SplitName};
use crate::mask::packing::{bits_for, pack, row_bytes, unpack};
use crate::mask::{Error, Level, Ranks, SplitVariants, Variants};

/// Adds one split of a variant to a file.
pub(super) fn write(
    path: &Path,
    file: &File,
    variants: &Variants,
    split: &SplitVariants,
) -> Result<(), Error> {
    let name = Stored {
        family: variants.family.clone(),
        version: variants.version,
        seed: variants.seed,
        split: split.name,
    }
    .group();
    let group = file.create_group(&name).map_err(hdf5_error(path, &name))?;
    set_text(path, &group, "family", &variants.family)?;
    set(path, &group, "version", variants.version)?;
    set(path, &group, "seed", variants.seed)?;
    let levels: Vec<String> = variants.levels.iter().map(Level::to_string).collect();
    set_texts(path, &group, "levels", &levels)?;
    let hashes: Vec<String> = variants.hashes(split.name)?.into_values().collect();
    set_texts(path, &group, "hashes", &hashes)?;
    let nominal: Vec<f64> = variants.levels.iter().flat_map(Level::rates).collect();
    write_rates(path, &group, "nominal", &nominal)?;
    let realised = split.realised.iter().flatten();
    let realised: Vec<f64> = realised.map(|rate| rate.unwrap_or(f64::NAN)).collect();
    write_rates(path, &group, "realised", &realised)?;
    for (modality, ranks) in Modality::ALL.iter().zip(&split.ranks) {
        write_ranks(path, &group, modality.as_str(), ranks)?;
    }
    Ok(())
}

/// A matrix of one row per level and one column per modality.
fn write_rates(path: &Path, group: &Group, name: &str, rates: &[f64]) -> Result<(), Error> {
    let dataset = group
        .new_dataset::<f64>()
        .shape((rates.len() / 3, 3))
        .create(name);
    let written = dataset.and_then(|dataset| dataset.write_raw(rates));
    written.map_err(hdf5_error(path, name))
}

fn write_ranks(path: &Path, group: &Group, name: &str, ranks: &Ranks) -> Result<(), Error> {
    let bits = bits_for(ranks.rates.len());
    let packed = pack(&ranks.data, ranks.steps, bits);
    let shape = (ranks.rows, row_bytes(ranks.steps, bits));
    let dataset = group.new_dataset::<u8>().shape(shape).create(name);
    let dataset = dataset.map_err(hdf5_error(path, name))?;
    if !packed.is_empty() {
        dataset.write_raw(&packed).map_err(hdf5_error(path, name))?;
    }
    set(path, &dataset, "bits", bits)?;
    set(path, &dataset, "steps", ranks.steps as u64)?;
    set_all(path, &dataset, "rates", &ranks.rates)
}

/// What a group says it holds.
pub(super) fn name(path: &Path, group: &Group) -> Result<Stored, Error> {
    let place = group.name();
    let last = place.rsplit('/').next();
    let split = SplitName::ALL
        .into_iter()
        .find(|split| last == Some(split.as_str()));
    Ok(Stored {
        family: text(path, group, "family")?,
        version: one(path, group, "version")?,
        seed: one(path, group, "seed")?,
        split: split.ok_or_else(|| foreign(path, format!("{place} is no split")))?,
    })
}

/// The levels of a group.
pub(super) fn levels(path: &Path, group: &Group) -> Result<Vec<Level>, Error> {
    let parse = |name: String| {
        name.parse()
            .map_err(|error| foreign(path, format!("{}: {error}", group.name())))
    };
    texts(path, group, "levels")?
        .into_iter()
        .map(parse)
        .collect()
}

/// Reads a group as variants of one split, checked against its hashes.
pub(super) fn read(
    path: &Path,
    dataset: &str,
    stored: &Stored,
    group: &Group,
) -> Result<Variants, Error> {
    let ranks = |modality: Modality| read_ranks(path, group, modality.as_str());
    let ranks = [
        ranks(Modality::Text)?,
        ranks(Modality::Audio)?,
        ranks(Modality::Vision)?,
    ];
    let name = name(path, group)?;
    let variants = Variants {
        family: name.family.clone(),
        version: name.version,
        dataset: dataset.to_owned(),
        seed: name.seed,
        levels: levels(path, group)?,
        splits: vec![SplitVariants {
            name: name.split,
            ranks,
            realised: realised(path, group)?,
        }],
    };
    let damaged = |what: String| Error::Damaged {
        path: path.to_owned(),
        group: stored.group(),
        what,
    };
    if name != *stored {
        return Err(damaged(format!("its attributes say {}", name.group())));
    }
    let hashes = texts(path, group, "hashes")?;
    let fits = |expected: usize| expected == variants.levels.len();
    if !fits(hashes.len()) || !fits(variants.splits[0].realised.len()) {
        return Err(damaged(
            "its levels, hashes and rates differ in number".to_owned(),
        ));
    }
    for (level, hash) in variants.levels.iter().zip(hashes) {
        // A level whose rates are not among the stored ones is as wrong as a flipped bit.
        match variants.hash(name.split, *level) {
            Ok(computed) if computed == hash => {}
            _ => {
                return Err(damaged(format!(
                    "the masks at level {level} do not match their hash"
                )));
            }
        }
    }
    Ok(variants)
}

/// The realised rates of a group, by level.
pub(super) fn realised(path: &Path, group: &Group) -> Result<Vec<[Option<f64>; 3]>, Error> {
    let dataset = group.dataset("realised");
    let rates = dataset.and_then(|dataset| dataset.read_raw::<f64>());
    let rates = rates.map_err(hdf5_error(path, "realised"))?;
    let row = |row: &[f64]| [row[0], row[1], row[2]].map(|rate| (!rate.is_nan()).then_some(rate));
    Ok(rates.chunks_exact(3).map(row).collect())
}

fn read_ranks(path: &Path, group: &Group, name: &str) -> Result<Ranks, Error> {
    let dataset = group.dataset(name).map_err(hdf5_error(path, name))?;
    let bits: u32 = one(path, &dataset, "bits")?;
    let steps = one::<u64>(path, &dataset, "steps")? as usize;
    let rates: Vec<f64> = all(path, &dataset, "rates")?;
    let shape = dataset.shape();
    let packed = [1, 2, 4, 8].contains(&bits);
    let [rows, bytes] = shape[..] else {
        return Err(foreign(
            path,
            format!("{}/{name} is no matrix", group.name()),
        ));
    };
    if !packed || bytes != row_bytes(steps, bits) {
        return Err(foreign(
            path,
            format!("{}/{name} is not packed as it says", group.name()),
        ));
    }
    let packed = match rows * bytes {
        0 => Vec::new(),
        _ => dataset.read_raw::<u8>().map_err(hdf5_error(path, name))?,
    };
    Ok(Ranks {
        rows,
        steps,
        rates,
        data: unpack(&packed, steps, bits),
    })
}
