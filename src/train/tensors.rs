//! Copies a split to a device as tensors, which every batch indexes.

use tch::{Device, Kind, Tensor};

use super::memory;
use crate::data::dataset::{Block, Modality, Split};

/// The complete features of one split.
#[derive(Debug)]
pub struct SplitTensors {
    /// Sample ids in row order.
    pub ids: Vec<String>,
    /// (N, Ta, da) float32.
    pub audio: Tensor,
    /// (N, Tv, dv) float32.
    pub vision: Tensor,
    /// (N, 1) float32, regression label M.
    pub labels: Tensor,
    /// Valid steps per sample, int64 (N), in the order text, audio, vision.
    pub lengths: [Tensor; 3],
}

impl SplitTensors {
    /// Copy a split to `device`.
    pub fn new(split: &Split, device: Device) -> Self {
        let lengths = Modality::ALL.map(|modality| {
            let lengths: Vec<i64> = split
                .lengths(modality)
                .iter()
                .map(|&n| i64::from(n))
                .collect();
            Tensor::from_slice(&lengths).to_device(device)
        });
        Self {
            ids: split.ids.clone(),
            audio: block(&split.audio, device),
            vision: block(&split.vision, device),
            labels: Tensor::from_slice(&split.labels)
                .unsqueeze(1)
                .to_device(device),
            lengths,
        }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Bytes of its tensors.
    pub fn bytes(&self) -> u64 {
        let tensors = [&self.audio, &self.vision, &self.labels];
        tensors
            .into_iter()
            .chain(&self.lengths)
            .map(memory::size)
            .sum()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// A float block as an (N, T, d) tensor on `device`.
pub fn block(block: &Block<f32>, device: Device) -> Tensor {
    Tensor::from_slice(&block.data)
        .view([block.rows as i64, block.steps as i64, block.width as i64])
        .to_device(device)
}

/// `text_bert` as an int64 (N, 3, T) tensor on `device`.
pub fn tokens(block: &Block<i32>, device: Device) -> Tensor {
    Tensor::from_slice(&block.data)
        .view([block.rows as i64, block.steps as i64, block.width as i64])
        .to_kind(Kind::Int64)
        .to_device(device)
}
