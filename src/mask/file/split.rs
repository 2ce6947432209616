//! Reads and writes the masks of one split as an HDF5 group.

use std::path::Path;

use hdf5::{File, Group};

use super::attribute::{all, hdf5_error, one, set, set_all, set_text, set_texts, text, texts};
use super::{Stored, foreign};
use crate::data::dataset::{Modality, SplitName};
use crate::mask::packing::{bits_for, pack, row_bytes, unpack};
use crate::mask::{Condition, DropIndices, Error, SplitVariants, Variants};

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
    let realized = split.realized.iter().flatten();
    let realized: Vec<f64> = realized.map(|rate| rate.unwrap_or(f64::NAN)).collect();
    write_rates(path, &group, "realized", &realized)?;
    for (modality, indices) in Modality::ALL.iter().zip(&split.indices) {
        write_indices(path, &group, modality.as_str(), indices)?;
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

fn write_indices(
    path: &Path,
    group: &Group,
    name: &str,
    indices: &DropIndices,
) -> Result<(), Error> {
    let bits = bits_for(indices.rates.len());
    let packed = pack(&indices.data, indices.steps, bits);
    let shape = (indices.rows, row_bytes(indices.steps, bits));
    let dataset = group.new_dataset::<u8>().shape(shape).create(name);
    let dataset = dataset.map_err(hdf5_error(path, name))?;
    if !packed.is_empty() {
        dataset.write_raw(&packed).map_err(hdf5_error(path, name))?;
    }
    set(path, &dataset, "bits", bits)?;
    set(path, &dataset, "steps", indices.steps as u64)?;
    set_all(path, &dataset, "rates", &indices.rates)
}

/// The name of a group, from its attributes.
pub(super) fn name(path: &Path, group: &Group) -> Result<Stored, Error> {
    let group_path = group.name();
    let last = group_path.rsplit('/').next();
    let split = SplitName::ALL
        .into_iter()
        .find(|split| last == Some(split.as_str()));
    Ok(Stored {
        mask_protocol: text(path, group, "mask_protocol")?,
        version: one(path, group, "version")?,
        seed: one(path, group, "seed")?,
        split: split.ok_or_else(|| foreign(path, format!("{group_path} is not a split")))?,
    })
}

/// The conditions of a group.
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
    let indices = |modality: Modality| read_indices(path, group, modality.as_str());
    let indices = [
        indices(Modality::Text)?,
        indices(Modality::Audio)?,
        indices(Modality::Vision)?,
    ];
    let name = name(path, group)?;
    let conditions = conditions(path, group)?;
    let damaged = |what: String| Error::Damaged {
        path: path.to_owned(),
        group: stored.group(),
        what,
    };
    if name != *stored {
        return Err(damaged(format!(
            "its attributes are those of {}",
            name.group()
        )));
    }
    let valid = all(path, group, "valid")?;
    let valid = <[u64; 3]>::try_from(valid).map_err(|_| {
        foreign(
            path,
            format!("{}: `valid` has not three numbers", group.name()),
        )
    })?;
    let split = SplitVariants::new(name.split, &conditions, indices, valid);
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

/// Checks masks against the hashes and rates stored with them; describes the first fault.
fn check(path: &Path, group: &Group, variants: &Variants) -> Result<(), String> {
    let (conditions, split) = (&variants.conditions, &variants.splits[0]);
    let hashes = texts(path, group, "hashes").map_err(|error| error.to_string())?;
    let nominal = rates(path, group, "nominal").map_err(|error| error.to_string())?;
    let realized = realized(path, group).map_err(|error| error.to_string())?;
    if [hashes.len(), nominal.len(), realized.len()] != [conditions.len(); 3] {
        return Err("its conditions, hashes and rates differ in number".to_owned());
    }
    for (row, condition) in conditions.iter().enumerate() {
        // There is no hash where the condition's rates are not among the stored ones.
        let hash = variants.hash(split.name, *condition).ok();
        if hash.as_ref() != Some(&hashes[row]) {
            return Err(format!(
                "the masks at condition {condition} do not match their hash"
            ));
        }
        if nominal[row] != condition.rates() {
            return Err(format!(
                "the nominal rates at condition {condition} are not its own"
            ));
        }
        if realized[row] != split.realized[row] {
            return Err(format!(
                "the realized rates at condition {condition} are not those of its masks"
            ));
        }
    }
    Ok(())
}

/// The realized rates of a group, by condition.
pub(super) fn realized(path: &Path, group: &Group) -> Result<Vec<[Option<f64>; 3]>, Error> {
    let rows = rates(path, group, "realized")?;
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

fn read_indices(path: &Path, group: &Group, name: &str) -> Result<DropIndices, Error> {
    let dataset = group.dataset(name).map_err(hdf5_error(path, name))?;
    let bits: u32 = one(path, &dataset, "bits")?;
    let steps = one::<u64>(path, &dataset, "steps")? as usize;
    let rates: Vec<f64> = all(path, &dataset, "rates")?;
    let shape = dataset.shape();
    let packed = [1, 2, 4, 8].contains(&bits);
    let [rows, bytes] = shape[..] else {
        return Err(foreign(
            path,
            format!("{}/{name} is not a matrix", group.name()),
        ));
    };
    if !packed || bytes != row_bytes(steps, bits) {
        return Err(foreign(
            path,
            format!(
                "{}/{name} does not have the shape of its attributes `bits` and `steps`",
                group.name()
            ),
        ));
    }
    let packed = match rows * bytes {
        0 => Vec::new(),
        _ => dataset.read_raw::<u8>().map_err(hdf5_error(path, name))?,
    };
    Ok(DropIndices {
        rows,
        steps,
        rates,
        data: unpack(&packed, steps, bits),
    })
}
