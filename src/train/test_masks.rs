//! Draws the masks of the test split and predicts it under every one of them.

use std::sync::atomic::{AtomicBool, Ordering};

use super::error::Error;
use super::evaluate::Evaluator;
use super::test_split::TestSplit;
use crate::data::dataset::SplitName;
use crate::mask::{self, Condition, Variants};
use crate::model::{EncoderSetup, Model};
use crate::record::masks::{MaskMetadata, VariantMetadata};
use crate::record::{MaskGrid, PredictionKey, Predictions};

/// Masks of the test split.
pub struct TestMasks(Vec<ProtocolMasks>);

/// Masks of one mask protocol, for each of its mask seeds.
struct ProtocolMasks {
    grid: MaskGrid,
    variants: Vec<Variants>,
}

impl TestMasks {
    /// The masks of every mask protocol of an evaluation.
    ///
    /// # Errors
    /// As [`mask::find`] and [`TestSplit::masks`].
    pub fn draw(test: &TestSplit<'_>, grids: &[MaskGrid]) -> Result<Self, Error> {
        let mut all = Vec::new();
        for grid in grids {
            let (mask_protocol, conditions) = (mask::find(&grid.mask_protocol)?, &grid.conditions);
            let mut variants = Vec::new();
            for &seed in &grid.seeds {
                variants.push(test.masks(mask_protocol, seed, conditions)?);
            }
            all.push(ProtocolMasks {
                grid: grid.clone(),
                variants,
            });
        }
        Ok(Self(all))
    }

    /// Makes every view once, so that a frozen encoder's states are in its cache.
    ///
    /// # Errors
    /// As [`TestSplit::under`]; [`Error::InterruptedEvaluation`].
    pub fn prefill(&self, test: &TestSplit<'_>, interrupt: &AtomicBool) -> Result<(), Error> {
        for masks in &self.0 {
            for variants in &masks.variants {
                for &condition in &masks.grid.conditions {
                    stop_if_raised(interrupt)?;
                    test.under(variants, condition)?;
                }
            }
        }
        Ok(())
    }

    /// The masks for a run's manifest: hash and realised rates of every seed and condition.
    ///
    /// # Errors
    /// As [`Variants::hash`].
    pub fn metadata(&self) -> Result<Vec<MaskMetadata>, Error> {
        self.0.iter().map(ProtocolMasks::metadata).collect()
    }
}

impl ProtocolMasks {
    fn metadata(&self) -> Result<MaskMetadata, Error> {
        let mut variants = Vec::new();
        for masks in &self.variants {
            for &condition in &self.grid.conditions {
                variants.push(VariantMetadata {
                    mask_seed: masks.seed,
                    condition,
                    hash: masks.hash(SplitName::Test, condition)?,
                    realized: masks.realized(SplitName::Test, condition)?.into(),
                });
            }
        }
        Ok(MaskMetadata {
            mask_protocol: self.grid.mask_protocol.clone(),
            version: self.grid.version,
            seeds: self.grid.seeds.clone(),
            conditions: self.grid.conditions.clone(),
            variants,
        })
    }
}

/// A trained model that predicts the test split.
#[derive(Clone, Copy)]
pub struct TestPredictor<'a> {
    pub test: &'a TestSplit<'a>,
    pub model: &'a dyn Model,
    pub evaluator: &'a Evaluator<'a>,
}

impl TestPredictor<'_> {
    /// Adds predictions under all masks.
    ///
    /// # Errors
    /// Those of [`Evaluator::predict`]; [`Error::NotFinitePredictions`].
    pub fn predict(&self, masks: &TestMasks, predictions: &mut Predictions) -> Result<(), Error> {
        for masks in &masks.0 {
            for variants in &masks.variants {
                for conditions in masks
                    .grid
                    .conditions
                    .chunks(conditions_at_once(self.test.encoder))
                {
                    self.predict_at(variants, conditions, predictions)?;
                }
            }
        }
        Ok(())
    }

    /// Adds predictions under the masks of these conditions.
    fn predict_at(
        &self,
        variants: &Variants,
        conditions: &[Condition],
        predictions: &mut Predictions,
    ) -> Result<(), Error> {
        self.evaluator.stop_if_raised()?;
        let TestSplit { split, tensors, .. } = *self.test;
        let views = conditions
            .iter()
            .map(|&condition| self.test.under(variants, condition))
            .collect::<Result<Vec<_>, _>>()?;
        let predicted = self.evaluator.predict(self.model, tensors, &views)?;
        for (&condition, predicted) in conditions.iter().zip(&predicted) {
            check_finite(predicted, &split.ids, condition)?;
            let key = PredictionKey {
                dataset: self.test.dataset.to_owned(),
                split: SplitName::Test.as_str().to_owned(),
                mask_protocol: variants.mask_protocol.clone(),
                mask_seed: variants.seed,
                condition,
            };
            predictions.extend(&key, &split.ids, &split.labels, predicted)?;
        }
        Ok(())
    }
}

/// Number of conditions whose views are in memory together: an encoder inside the model reads
/// a text that they share once. Hidden states take much memory and share nothing.
fn conditions_at_once(encoder: &EncoderSetup) -> usize {
    match encoder {
        EncoderSetup::Bert { .. } => 12,
        EncoderSetup::States { .. } => 1,
    }
}

/// After training everything is stored, and evaluation starts anew.
fn stop_if_raised(interrupt: &AtomicBool) -> Result<(), Error> {
    if interrupt.load(Ordering::Relaxed) {
        Err(Error::InterruptedEvaluation)
    } else {
        Ok(())
    }
}

/// Refuses predictions that are not finite: a record holds numbers.
pub(super) fn check_finite(
    predicted: &[f32],
    ids: &[String],
    condition: Condition,
) -> Result<(), Error> {
    let broken = predicted.iter().zip(ids).filter(|(p, _)| !p.is_finite());
    let samples: Vec<&str> = broken.map(|(_, id)| id.as_str()).collect();
    if samples.is_empty() {
        Ok(())
    } else {
        Err(Error::NotFinitePredictions {
            samples: samples.join(", "),
            condition: condition.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_that_are_not_finite_are_named_by_sample() {
        let ids = ["a", "b", "c"].map(str::to_owned);
        let condition: Condition = "0.5".parse().unwrap();
        assert!(check_finite(&[1.0, -2.0, 0.0], &ids, condition).is_ok());
        let error = check_finite(&[1.0, f32::NAN, f32::INFINITY], &ids, condition);
        let message = error.unwrap_err().to_string();
        assert!(
            message.contains("for b, c are not finite at condition 0.5"),
            "{message}"
        );
    }
}
