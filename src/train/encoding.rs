//! Frozen text encoders: every masked variant of a split is encoded once and kept on disk.

use std::path::{Path, PathBuf};

use tch::{Device, Tensor};

use super::encoder::folder_hash;
use super::{Error, tensors};
use crate::dataset::Block;
use crate::model::FrozenEncoder;
use crate::store;
use crate::ui::Progress;

/// Clips per forward pass of the encoder.
const BATCH: i64 = 32;

/// A frozen encoder and the cache of what it has encoded.
#[derive(Debug)]
pub struct FrozenText {
    encoder: FrozenEncoder,
    hash: String,
    cache: PathBuf,
    device: Device,
    progress: Progress,
}

impl FrozenText {
    /// Load a Hugging Face BERT folder; encoded variants are kept in `cache`.
    pub fn open(
        folder: &Path,
        cache: PathBuf,
        device: Device,
        progress: &Progress,
    ) -> Result<Self, Error> {
        let encoder = FrozenEncoder::open(folder, device)?;
        let hash = folder_hash(folder)?;
        std::fs::create_dir_all(&cache).map_err(|e| Error::io(&cache, e))?;
        Ok(Self { encoder, hash, cache, device, progress: progress.clone() })
    }

    /// Width of the hidden states.
    pub fn width(&self) -> i64 {
        self.encoder.config().hidden_size
    }

    /// (N, T, H) hidden states of (N, 3, T) token rows, from the cache where they are known.
    pub fn states(&self, ids: &Block<i32>) -> Result<Tensor, Error> {
        let path = self.cache.join(format!("{}-{}.h5", self.hash, text_hash(ids)));
        if let Some(known) = store::states::read(&path)? {
            return Ok(tensors::block(&known, self.device));
        }
        let states = self.encode(ids)?;
        let (rows, steps, width) = states.size3()?;
        let data = Vec::<f32>::try_from(states.flatten(0, -1).to_device(Device::Cpu))?;
        let (rows, steps, width) = (rows as usize, steps as usize, width as usize);
        store::states::write(&path, &Block { rows, steps, width, data })?;
        Ok(states)
    }

    fn encode(&self, ids: &Block<i32>) -> Result<Tensor, Error> {
        let rows = ids.rows as i64;
        let all = tensors::tokens(ids, self.device);
        let bar = self.progress.bar("encoding text", ids.rows as u64, "clips");
        let mut parts = Vec::new();
        let mut start = 0;
        while start < rows {
            let count = BATCH.min(rows - start);
            parts.push(self.encoder.encode(&all.narrow(0, start, count))?);
            start += count;
            bar.set(start as u64);
        }
        bar.finish();
        Ok(Tensor::cat(&parts, 0))
    }
}

/// Short blake3 of shape and values.
fn text_hash(ids: &Block<i32>) -> String {
    let mut hasher = blake3::Hasher::new();
    for size in [ids.rows, ids.steps, ids.width] {
        hasher.update(&(size as u64).to_le_bytes());
    }
    for id in &ids.data {
        hasher.update(&id.to_le_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}
