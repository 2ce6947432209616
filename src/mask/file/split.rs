//! One split's masks as a group.

use std::path::Path;

use hdf5::{File, Group};

use super::attribute::{all, hdf5_error, one, set, set_all, set_text, set_texts, text, texts};
use super::{Stored, foreign};
use crate::data::dataset::{Modality, SplitName};
use crate::mask::packing::{bits_for, pack, row_bytes, unpack};
use crate::mask::{Condition, Error, Ranks, SplitVariants, Variants};

/// Adds one split of a variant to a file.
pub(super) fn write(
    path: &Path,
    file: &File,
    variants: &Variants,
    split: &SplitVariants,
) -> Result<(), Error> {
    let name = Stored::of(variants, split.name).group();
    let group = file.create_group(&name).map_err(hdf5_error(path, &name))?;
    set_text(path, &group, "mask_protocol", &variants.mask_protocol)?;
    set(path, &group, "version", variants.version)?;
    set(path, &group, "seed", variants.seed)?;
    let conditions: Vec<String> = variants
        .conditions
        .iter()
        .map(Condition::to_string)
        .collect();
    set_texts(path, &group, "conditions", &conditions)?;
    let hashes: Vec<String> = variants.hashes(split.name)?.into_values().collect();
    set_texts(path, &group, "hashes", &hashes)?;
    let nominal: Vec<f64> = variants
        .conditions
        .iter()
        .flat_map(Condition::rates)
        .collect();
    write_rates(path, &group, "nominal", &nominal)?;
    set_all(path, &group, "valid", &split.valid)?;
    let realised = split.realised.iter().flatten();
    let realised: Vec<f64> = realised.map(|rate| rate.unwrap_or(f64::NAN)).collect();
    write_rates(path, &group, "realised", &realised)?;
    for (modality, ranks) in Modality::ALL.iter().zip(&split.ranks) {
        write_ranks(path, &group, modality.as_str(), ranks)?;
    }
    Ok(())
}

/// A matrix of one row per condition and one column per modality.
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
        mask_protocol: text(path, group, "mask_protocol")?,
        version: one(path, group, "version")?,
        seed: one(path, group, "seed")?,
        split: split.ok_or_else(|| foreign(path, format!("{place} is no split")))?,
    })
}

/// The levels of a group.
pub(super) fn conditions(path: &Path, group: &Group) -> Result<Vec<Condition>, Error> {
    let parse = |name: String| {
        name.parse()
            .map_err(|error| foreign(path, format!("{}: {error}", group.name())))
    };
    texts(path, group, "conditions")?
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
    let conditions = conditions(path, group)?;
    let damaged = |what: String| Error::Damaged {
        path: path.to_owned(),
        group: stored.group(),
        what,
    };
    if name != *stored {
        return Err(damaged(format!("its attributes say {}", name.group())));
    }
    let valid = all(path, group, "valid")?;
    let valid = <[u64; 3]>::try_from(valid)
        .map_err(|_| foreign(path, format!("{}: `valid` is not three", group.name())))?;
    let split = SplitVariants::new(name.split, &conditions, ranks, valid);
    let variants = Variants {
        mask_protocol: name.mask_protocol,
        version: name.version,
        dataset: dataset.to_owned(),
        seed: name.seed,
        conditions,
        splits: vec![split],
    };
    check(path, group, &variants).map_err(damaged)?;
    Ok(variants)
}

/// Checks masks against what stands beside them; says what is wrong.
fn check(path: &Path, group: &Group, variants: &Variants) -> Result<(), String> {
    let said = |error: Error| error.to_string();
    let (conditions, split) = (&variants.conditions, &variants.splits[0]);
    let hashes = texts(path, group, "hashes").map_err(said)?;
    let nominal = rates(path, group, "nominal").map_err(said)?;
    let realised = realised(path, group).map_err(said)?;
    if [hashes.len(), nominal.len(), realised.len()] != [conditions.len(); 3] {
        return Err("its conditions, hashes and rates differ in number".to_owned());
    }
    for (place, condition) in conditions.iter().enumerate() {
        // A condition whose rates are not among the stored ones is as wrong as a flipped bit.
        let hash = variants.hash(split.name, *condition).ok();
        if hash.as_ref() != Some(&hashes[place]) {
            return Err(format!(
                "the masks at condition {condition} do not match their hash"
            ));
        }
        if nominal[place] != condition.rates() {
            return Err(format!(
                "the nominal rates at condition {condition} are not its own"
            ));
        }
        if realised[place] != split.realised[place] {
            return Err(format!(
                "the realised rates at condition {condition} are not those of its masks"
            ));
        }
    }
    Ok(())
}

/// The realised rates of a group, by condition.
pub(super) fn realised(path: &Path, group: &Group) -> Result<Vec<[Option<f64>; 3]>, Error> {
    let rows = rates(path, group, "realised")?;
    let row = |row: [f64; 3]| row.map(|rate| (!rate.is_nan()).then_some(rate));
    Ok(rows.into_iter().map(row).collect())
}

/// A matrix of one row per condition and one column per modality.
fn rates(path: &Path, group: &Group, name: &str) -> Result<Vec<[f64; 3]>, Error> {
    let dataset = group.dataset(name);
    let rates = dataset.and_then(|dataset| dataset.read_raw::<f64>());
    let rates = rates.map_err(hdf5_error(path, name))?;
    Ok(rates.as_chunks::<3>().0.to_vec())
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
