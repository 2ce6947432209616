//! The test split that trained models predict.

use super::error::Error;
use super::out_of_memory;
use super::tensors::SplitTensors;
use super::view::{View, Views};
use crate::data::dataset::{Split, SplitName};
use crate::mask::{self, Condition, MaskProtocol, MaskSource, SplitShape, Variants};
use crate::model::EncoderSetup;

/// A test split with its masks.
pub struct TestSplit<'a> {
    pub split: &'a Split,
    pub tensors: &'a SplitTensors,
    /// The encoder of the models.
    pub encoder: &'a EncoderSetup,
    /// Name of the data set.
    pub dataset: &'a str,
    pub(super) masks: &'a MaskSource,
    pub(super) views: Views<'a>,
}

impl TestSplit<'_> {
    /// Masks for evaluation: those stored next to the data where they are.
    ///
    /// # Errors
    /// As [`MaskSource::masks`].
    pub fn masks(
        &self,
        mask_protocol: &dyn MaskProtocol,
        mask_seed: u64,
        conditions: &[Condition],
    ) -> Result<Variants, mask::Error> {
        let shape = SplitShape::from(self.split);
        self.masks
            .masks(mask_protocol, &shape, mask_seed, conditions)
    }

    /// The split at one condition.
    ///
    /// # Errors
    /// As [`Views::under`].
    pub fn under(&self, variants: &Variants, condition: Condition) -> Result<View, Error> {
        let keeps = variants.keeps(SplitName::Test, condition)?;
        let what = format!("the test split at condition {condition}");
        out_of_memory::named(&what, || self.views.under(&keeps, condition))
    }
}
