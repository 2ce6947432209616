//! Exports the masks of one condition for other tools: one truth value per (sample, position).
//!
//! | HDF5 | npz | holds |
//! |---|---|---|
//! | `SPLIT/text`, `audio`, `vision` | `SPLIT_text`, ... | 1 where a position is kept: uint8 (HDF5) or bool, shape (N, T) |
//! | `SPLIT/id` | `SPLIT_id` | sample ids, shape (N) |
//! | `SPLIT` attribute `hash` | `SPLIT_hash` | hash of the masks |
//! | `SPLIT` attribute `realized` | `SPLIT_realized` | realized missing rates of text, audio, vision |
//! | root attribute `nominal` | `nominal` | nominal missing rates of text, audio, vision |
//! | root attributes | `mask` | mask protocol, version, seed, data set, condition |
//! | root attribute `content_hash` | `content_hash` | hash of the prepared data the masks are for |

use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use hdf5::types::VarLenUnicode;

use super::file::attribute::{hdf5_error, set, set_all, set_text, unicode};
use super::npz::{self, Array};
use super::{Condition, Error, Keep, Variants, apply};
use crate::data::dataset::export::ApplyMasks;
use crate::data::dataset::{Block, Modality, SplitName};
use crate::data::store::Partial;

/// Sample ids of one split, in the order of its masks.
pub type Ids<'a> = (SplitName, &'a [String]);

/// Writes the masks of every split in `ids` at one condition as HDF5, completely or not at all.
/// `content_hash` is that of the prepared data, which the hashes of masks do not cover.
///
/// # Errors
/// [`Error::NoCondition`] or [`Error::NoSplit`]; [`Error::Store`] or [`Error::Hdf5`] where nothing can
/// be written, or where `out` exists and `replace` is not set.
pub fn to_hdf5(
    variants: &Variants,
    condition: Condition,
    (content_hash, ids): (&str, &[Ids]),
    out: &Path,
    replace: bool,
) -> Result<(), Error> {
    let partial = Partial::create(out)?;
    let path = partial.temp();
    let file = partial.hdf5()?;
    set_text(path, &file, "mask_protocol", &variants.mask_protocol)?;
    set(path, &file, "version", variants.version)?;
    set(path, &file, "seed", variants.seed)?;
    set_text(path, &file, "dataset", &variants.dataset)?;
    set_text(path, &file, "content_hash", content_hash)?;
    set_text(path, &file, "condition", &condition.to_string())?;
    set_all(path, &file, "nominal", &condition.rates())?;
    for (split, ids) in ids {
        let group = file.create_group(split.as_str());
        let group = group.map_err(hdf5_error(path, split.as_str()))?;
        set_text(path, &group, "hash", &variants.hash(*split, condition)?)?;
        set_all(
            path,
            &group,
            "realized",
            &realized(variants, *split, condition)?,
        )?;
        for (modality, keep) in Modality::ALL.iter().zip(variants.keeps(*split, condition)?) {
            let bits: Vec<u8> = keep.bits.iter().map(|bit| u8::from(*bit)).collect();
            let matrix = group.new_dataset::<u8>().shape((keep.rows, keep.steps));
            let written = matrix
                .create(modality.as_str())
                .and_then(|matrix| match bits.len() {
                    0 => Ok(()),
                    _ => matrix.write_raw(&bits),
                });
            written.map_err(hdf5_error(path, modality.as_str()))?;
        }
        let texts: Result<Vec<VarLenUnicode>, Error> =
            ids.iter().map(|id| unicode(path, "id", id)).collect();
        let written = group.new_dataset_builder().with_data(&texts?).create("id");
        written.map_err(hdf5_error(path, "id"))?;
    }
    file.close().map_err(hdf5_error(path, "closing"))?;
    Ok(partial.publish(replace)?)
}

/// Writes the same masks as a NumPy archive.
///
/// # Errors
/// As [`to_hdf5`]; [`Error::Write`].
pub fn to_npz(
    variants: &Variants,
    condition: Condition,
    (content_hash, ids): (&str, &[Ids]),
    out: &Path,
    replace: bool,
) -> Result<(), Error> {
    let mask = [
        variants.mask_protocol.clone(),
        variants.version.to_string(),
        variants.seed.to_string(),
        variants.dataset.clone(),
        condition.to_string(),
    ];
    let mut arrays = vec![
        ("mask".to_owned(), Array::texts(&mask)),
        (
            "nominal".to_owned(),
            Array::floats(&[3], &condition.rates()),
        ),
        ("content_hash".to_owned(), Array::texts(&[content_hash])),
    ];
    for (split, ids) in ids {
        for (modality, keep) in Modality::ALL.iter().zip(variants.keeps(*split, condition)?) {
            let array = Array::bools(&[keep.rows, keep.steps], &keep.bits);
            arrays.push((format!("{split}_{modality}"), array));
        }
        arrays.push((format!("{split}_id"), Array::texts(ids)));
        let hash = variants.hash(*split, condition)?;
        arrays.push((format!("{split}_hash"), Array::texts(&[hash])));
        let realized = realized(variants, *split, condition)?;
        arrays.push((format!("{split}_realized"), Array::floats(&[3], &realized)));
    }
    let partial = Partial::create(out)?;
    let mut file = BufWriter::new(partial.open()?);
    let written = npz::write(&mut file, &arrays).and_then(|()| file.flush());
    written.map_err(|source| Error::Write {
        path: out.to_owned(),
        source,
    })?;
    drop(file);
    Ok(partial.publish(replace)?)
}

/// Realized missing rates of text, audio and vision; NaN where no position is valid.
fn realized(
    variants: &Variants,
    split: SplitName,
    condition: Condition,
) -> Result<[f64; 3], Error> {
    let rates = variants.realized(split, condition)?;
    Ok(rates.map(|rate| rate.unwrap_or(f64::NAN)))
}

/// The masks of every split at one condition, for an export of the data: masked tokens become `[UNK]`,
/// masked text features and frames zeros.
#[derive(Clone, Debug)]
pub struct ExportMasks {
    splits: Vec<(SplitName, [Keep; 3])>,
}

impl ExportMasks {
    /// Masks of text, audio and vision of each split.
    pub fn of(splits: Vec<(SplitName, [Keep; 3])>) -> Self {
        Self { splits }
    }

    /// The masks of every split of `variants` at one of its conditions.
    ///
    /// # Errors
    /// [`Error::NoCondition`].
    pub fn new(variants: &Variants, condition: Condition) -> Result<Self, Error> {
        let keeps = |split: SplitName| Ok((split, variants.keeps(split, condition)?));
        let splits = variants.splits.iter().map(|split| keeps(split.name));
        Ok(Self::of(splits.collect::<Result<_, Error>>()?))
    }

    /// The masks of the samples `rows`.
    fn rows(
        &self,
        split: SplitName,
        modality: Modality,
        rows: Range<usize>,
    ) -> Result<Keep, String> {
        let (_, keep) = self
            .splits
            .iter()
            .find(|(name, _)| *name == split)
            .ok_or_else(|| format!("no mask of split {split}"))?;
        let keep = &keep[modality as usize];
        if rows.end > keep.rows {
            return Err(format!("{} masks for sample {}", keep.rows, rows.end));
        }
        Ok(keep.select(&rows.collect::<Vec<_>>()))
    }
}

impl ApplyMasks for ExportMasks {
    fn tokens(
        &self,
        split: SplitName,
        rows: Range<usize>,
        block: Block<i32>,
    ) -> Result<Block<i32>, String> {
        let keep = self.rows(split, Modality::Text, rows)?;
        apply::text(&block, &keep).map_err(|error| error.to_string())
    }

    fn frames(
        &self,
        split: SplitName,
        modality: Modality,
        rows: Range<usize>,
        block: Block<f32>,
    ) -> Result<Block<f32>, String> {
        let keep = self.rows(split, modality, rows)?;
        apply::frames(&block, &keep).map_err(|error| error.to_string())
    }
}
