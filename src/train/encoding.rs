//! Encodes every masked variant of a split once with a frozen text encoder, and caches it on disk.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use tch::{Device, Kind, Tensor};

use super::encoder::folder_hash;
use super::encoding_lease::{self, Encoding};
use super::{Error, Precision, tensors};
use crate::data::dataset::Block;
use crate::data::store::{Provenance, Reader, Writer};
use crate::model::{BertConfig, FrozenEncoder};
use crate::support::Progress;

/// The one column of a cached variant, (N, T, H) float32.
const COLUMN: &str = "states";

/// Samples per forward pass of the encoder.
pub(super) const BATCH: i64 = 32;

/// Precision of the encoder, whatever that of the training: the cache serves all of them.
const PRECISION: Precision = Precision::Fp32;

/// A frozen encoder and the cache of its hidden states.
#[derive(Debug)]
pub struct FrozenText {
    encoder: FrozenEncoder,
    hash: String,
    cache: PathBuf,
    device: Device,
    progress: Progress,
}

impl FrozenText {
    /// Loads a Hugging Face BERT folder; encoded variants are cached in `cache`.
    pub fn open(
        folder: &Path,
        cache: PathBuf,
        device: Device,
        progress: &Progress,
    ) -> Result<Self, Error> {
        let encoder = FrozenEncoder::open(folder, device)?;
        let hash = folder_hash(folder)?;
        std::fs::create_dir_all(&cache).map_err(|e| Error::io(&cache, e))?;
        Ok(Self {
            encoder,
            hash,
            cache,
            device,
            progress: progress.clone(),
        })
    }

    /// Sizes of the encoder.
    pub fn config(&self) -> &BertConfig {
        self.encoder.config()
    }

    /// Width of the hidden states.
    pub fn width(&self) -> i64 {
        self.config().hidden_size
    }

    /// Bytes of the encoder's parameters, which stay on its device.
    pub fn bytes(&self) -> u64 {
        self.config().parameter_bytes()
    }

    /// (N, T, H) hidden states of (N, 3, T) token rows, from the cache where it holds them; with `keep` new
    /// ones are added to it.
    ///
    /// # Errors
    /// [`Error::InterruptedEncoding`] where `interrupt` was raised.
    pub fn states(
        &self,
        ids: &Block<i32>,
        keep: bool,
        interrupt: &AtomicBool,
    ) -> Result<Tensor, Error> {
        let path = self.path(ids);
        if path.exists() {
            match read(&path) {
                Ok(states) => return Ok(tensors::block(&states, self.device)),
                Err(error) => {
                    tracing::warn!("the text is encoded again: {error}");
                    // Where it stays, the next process warns as well.
                    let _ = std::fs::remove_file(&path);
                }
            }
        }
        let shared = if keep {
            encoding_lease::wait(&path, &|| interrupt.load(Ordering::Relaxed))
        } else {
            None
        };
        let lease = match shared {
            Some(Encoding::Stored) => return Ok(tensors::block(&read(&path)?, self.device)),
            Some(Encoding::Mine(lease)) => Some(lease),
            None => None,
        };
        let states = self.encode(ids, interrupt)?;
        if keep {
            // The cache saves time and holds no result.
            if let Err(error) = self.store(&path, &states) {
                tracing::warn!("encodings are not cached: {error}");
            }
        }
        // Other processes look for the file once the lease is free.
        drop(lease);
        Ok(states)
    }

    /// The file of one variant: named after everything that decides its bytes, the kind of device
    /// included, since CPU and GPU round differently.
    fn path(&self, ids: &Block<i32>) -> PathBuf {
        let kind = match self.device {
            Device::Cuda(_) => "cuda",
            _ => "cpu",
        };
        let (encoder, text) = (&self.hash, text_hash(ids));
        self.cache
            .join(format!("{encoder}-{kind}-{PRECISION}-{text}.h5"))
    }

    /// Writes the states of one variant, whole or not at all.
    fn store(&self, path: &Path, states: &Tensor) -> Result<(), Error> {
        let shape: Vec<usize> = states.size().iter().map(|&size| size as usize).collect();
        let values = Vec::<f32>::try_from(states.flatten(0, -1).to_device(Device::Cpu))?;
        let mut writer = Writer::create(path)?;
        writer.numbers(COLUMN, &shape, &values)?;
        writer.finish(&Provenance {
            dataset: "encoding".to_owned(),
            source_name: format!("encoder {}", self.hash),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Provenance::default()
        })?;
        tracing::debug!("encoded {} samples: {}", shape[0], path.display());
        Ok(())
    }

    /// Encodes into one tensor: parts that are joined at the end would need twice the memory.
    fn encode(&self, ids: &Block<i32>, interrupt: &AtomicBool) -> Result<Tensor, Error> {
        let _guard = PRECISION.enter(self.device)?;
        let rows = ids.rows as i64;
        let all = tensors::tokens(ids, self.device);
        let bar = self
            .progress
            .bar("encoding text", ids.rows as u64, "samples");
        let size = [rows, ids.width as i64, self.width()];
        let states = Tensor::empty(size, (Kind::Float, self.device));
        let mut start = 0;
        while start < rows {
            if interrupt.load(Ordering::Relaxed) {
                bar.finish();
                return Err(Error::InterruptedEncoding);
            }
            let count = BATCH.min(rows - start);
            let part = self.encoder.encode(&all.narrow(0, start, count))?;
            states.narrow(0, start, count).copy_(&part);
            start += count;
            bar.set(start as u64);
        }
        bar.finish();
        Ok(states)
    }
}

/// The states of one variant.
fn read(path: &Path) -> Result<Block<f32>, Error> {
    let reader = Reader::open(path)?;
    let shape = reader.shape(COLUMN)?;
    let size = |axis: usize| shape.get(axis).copied().unwrap_or(0);
    let data = reader.numbers(COLUMN)?;
    Ok(Block {
        rows: size(0),
        steps: size(1),
        width: size(2),
        data,
    })
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

#[cfg(test)]
mod tests {
    use tch::nn;

    use super::*;
    use crate::model::encoder::Bert;
    use crate::model::weights::hugging_face;

    /// A small BERT with random weights.
    fn frozen(folder: &Path) -> FrozenText {
        let config = r#"{"vocab_size": 30, "hidden_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 4, "intermediate_size": 32, "max_position_embeddings": 8}"#;
        std::fs::write(folder.join("config.json"), config).unwrap();
        let weights = folder.join("model.safetensors");
        std::fs::write(&weights, b"\x02\0\0\0\0\0\0\0{}").unwrap();
        let (config, _) = hugging_face::open(folder).unwrap();
        let _rng = crate::model::rng::seeded(1);
        let store = nn::VarStore::new(Device::Cpu);
        Bert::new(&store.root(), &config);
        let tensors: Vec<(String, Tensor)> = store.variables().into_iter().collect();
        Tensor::write_safetensors(&tensors, weights).unwrap();
        let (cache, progress) = (folder.join("cache"), Progress::hidden());
        FrozenText::open(folder, cache, Device::Cpu, &progress).unwrap()
    }

    /// Samples of five words each, all different.
    fn samples(rows: usize) -> Block<i32> {
        let sample = |row: i32| {
            let ids = (0..5).map(move |step| (7 * row + step * step) % 30);
            ids.chain([1; 5]).chain([0; 5])
        };
        Block {
            rows,
            steps: 3,
            width: 5,
            data: (0..rows as i32).flat_map(sample).collect(),
        }
    }

    #[test]
    fn parts_are_written_where_they_belong() {
        let folder = tempfile::tempdir().unwrap();
        let frozen = frozen(folder.path());
        let rows = 2 * BATCH + 3;
        let ids = samples(rows as usize);
        let states = frozen.states(&ids, false, &AtomicBool::new(false)).unwrap();
        assert_eq!(states.size(), [rows, 5, 16]);
        assert!(!states.requires_grad());
        let all = tensors::tokens(&ids, Device::Cpu);
        for start in [0, BATCH, 2 * BATCH] {
            let count = BATCH.min(rows - start);
            let part = frozen.encoder.encode(&all.narrow(0, start, count)).unwrap();
            assert!(states.narrow(0, start, count).equal(&part), "{start}");
        }
    }

    #[test]
    fn the_encoder_s_bytes_are_those_of_its_parameters() {
        let folder = tempfile::tempdir().unwrap();
        let frozen = frozen(folder.path());
        let weights = std::fs::metadata(folder.path().join("model.safetensors")).unwrap();
        // The file holds their names as well.
        let names = weights.len() - frozen.bytes();
        assert!((1..4096).contains(&names), "{names}");
    }
}
