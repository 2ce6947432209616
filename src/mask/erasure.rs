//! The masks of one condition, as something an export takes out of the data.

use std::ops::Range;

use super::{Condition, Error, Keep, Variants, apply};
use crate::data::dataset::export::Erase;
use crate::data::dataset::{Block, Modality, SplitName};

/// What stays of every split at one condition: text becomes `[UNK]` (features: zero), frames zero.
#[derive(Clone, Debug)]
pub struct Erasure {
    splits: Vec<(SplitName, [Keep; 3])>,
}

impl Erasure {
    /// What stays of text, audio and vision of each split.
    pub fn of(splits: Vec<(SplitName, [Keep; 3])>) -> Self {
        Self { splits }
    }

    /// The masks of every split of `variants` at one of its conditions.
    ///
    /// # Errors
    /// [`Error`] where `condition` is none of the stored ones.
    pub fn new(variants: &Variants, condition: Condition) -> Result<Self, Error> {
        let keeps = |split: SplitName| Ok((split, variants.keeps(split, condition)?));
        let splits = variants.splits.iter().map(|split| keeps(split.name));
        Ok(Self::of(splits.collect::<Result<_, Error>>()?))
    }

    /// What stays of the samples `rows`.
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

impl Erase for Erasure {
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
