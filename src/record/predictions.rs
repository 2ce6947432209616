//! Holds the predictions of one run, column by column.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::error::{Error, Result};
use super::masks::MaskKey;
use crate::mask::Condition;

/// One prediction: a row of `predictions.parquet`.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Name in `datasets.toml`.
    pub dataset: String,
    /// Always `test` in runs of this tool.
    pub split: String,
    /// Mask protocol.
    pub mask_protocol: String,
    pub mask_seed: u64,
    /// What is removed.
    pub condition: Condition,
    /// Sample id.
    pub id: String,
    /// Label, in the data set's own range.
    pub truth: f32,
    /// The model's output, unclipped.
    pub prediction: f32,
}

/// The columns that all predictions of one pass over a split share.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictionKey {
    pub dataset: String,
    pub split: String,
    pub mask_protocol: String,
    pub mask_seed: u64,
    pub condition: Condition,
}

/// All predictions under one condition, in the order they were made.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub key: PredictionKey,
    /// Epoch of the weights, where a run has predictions of several; else 0.
    pub epoch: u32,
    pub ids: Vec<String>,
    pub truth: Vec<f32>,
    pub prediction: Vec<f32>,
}

/// Predictions as columns of one length. Texts that repeat are shared, so a pass over a split
/// costs little more than its numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Predictions {
    /// Epoch of the rows to come.
    pub(super) current_epoch: u32,
    pub(super) epoch: Vec<u32>,
    pub(super) dataset: Vec<Arc<str>>,
    pub(super) split: Vec<Arc<str>>,
    pub(super) mask_protocol: Vec<Arc<str>>,
    pub(super) mask_seed: Vec<u64>,
    pub(super) condition: Vec<Condition>,
    pub(super) id: Vec<Arc<str>>,
    pub(super) truth: Vec<f32>,
    pub(super) prediction: Vec<f32>,
}

impl Predictions {
    /// No rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.id.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.id.is_empty()
    }

    /// Sets the epoch whose weights predict the rows that follow; 0 where a run has one set of weights.
    pub fn set_epoch(&mut self, epoch: u32) {
        self.current_epoch = epoch;
    }

    /// Appends one pass over a split: `ids`, `truth` and `prediction` of one length.
    ///
    /// # Errors
    /// [`Error::Ragged`] if the lengths differ; nothing is appended then.
    pub fn extend(
        &mut self,
        key: &PredictionKey,
        ids: &[String],
        truth: &[f32],
        prediction: &[f32],
    ) -> Result<()> {
        if ids.len() != truth.len() || ids.len() != prediction.len() {
            return Err(Error::Ragged {
                ids: ids.len(),
                truth: truth.len(),
                prediction: prediction.len(),
            });
        }
        self.repeat(key, ids.len());
        self.epoch
            .extend(std::iter::repeat_n(self.current_epoch, ids.len()));
        self.id.extend(ids.iter().map(|id| Arc::from(id.as_str())));
        self.truth.extend_from_slice(truth);
        self.prediction.extend_from_slice(prediction);
        Ok(())
    }

    /// Appends the rows of `other` that were predicted under some masks.
    pub(super) fn append(&mut self, other: &Self, masks: &BTreeSet<MaskKey>) {
        let key = |row: usize| {
            let mask_protocol = &*other.mask_protocol[row];
            (mask_protocol, other.mask_seed[row], other.condition[row])
        };
        let mut start = 0;
        while start < other.len() {
            // Rows come pass by pass, so that a key is looked up once for many.
            let (mask_protocol, seed, condition) = key(start);
            let end = (start..other.len()).find(|row| key(*row) != key(start));
            let end = end.unwrap_or(other.len());
            if masks.contains(&(mask_protocol.to_owned(), seed, condition)) {
                self.append_rows(other, start..end);
            }
            start = end;
        }
    }

    fn append_rows(&mut self, other: &Self, rows: Range<usize>) {
        self.epoch.extend_from_slice(&other.epoch[rows.clone()]);
        self.dataset.extend_from_slice(&other.dataset[rows.clone()]);
        self.split.extend_from_slice(&other.split[rows.clone()]);
        (self.mask_protocol).extend_from_slice(&other.mask_protocol[rows.clone()]);
        (self.mask_seed).extend_from_slice(&other.mask_seed[rows.clone()]);
        (self.condition).extend_from_slice(&other.condition[rows.clone()]);
        self.id.extend_from_slice(&other.id[rows.clone()]);
        self.truth.extend_from_slice(&other.truth[rows.clone()]);
        self.prediction.extend_from_slice(&other.prediction[rows]);
    }

    /// Appends one row.
    pub fn push(&mut self, row: &Prediction) {
        let key = PredictionKey {
            dataset: row.dataset.clone(),
            split: row.split.clone(),
            mask_protocol: row.mask_protocol.clone(),
            mask_seed: row.mask_seed,
            condition: row.condition,
        };
        self.repeat(&key, 1);
        self.epoch.push(self.current_epoch);
        self.id.push(Arc::from(row.id.as_str()));
        self.truth.push(row.truth);
        self.prediction.push(row.prediction);
    }

    /// The rows, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = Prediction> + '_ {
        (0..self.len()).map(|i| Prediction {
            dataset: self.dataset[i].to_string(),
            split: self.split[i].to_string(),
            mask_protocol: self.mask_protocol[i].to_string(),
            mask_seed: self.mask_seed[i],
            condition: self.condition[i],
            id: self.id[i].to_string(),
            truth: self.truth[i],
            prediction: self.prediction[i],
        })
    }

    /// Appends the condition's columns for `n` rows.
    fn repeat(&mut self, key: &PredictionKey, n: usize) {
        let texts = [
            (&mut self.dataset, &key.dataset),
            (&mut self.split, &key.split),
            (&mut self.mask_protocol, &key.mask_protocol),
        ];
        for (column, value) in texts {
            let shared: Arc<str> = Arc::from(value.as_str());
            column.extend(std::iter::repeat_n(shared, n));
        }
        self.mask_seed.extend(std::iter::repeat_n(key.mask_seed, n));
        self.condition.extend(std::iter::repeat_n(key.condition, n));
    }
}
