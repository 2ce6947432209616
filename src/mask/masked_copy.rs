//! Draws masked copies of the training split: what an epoch of a run trains on.

use super::digest::update_keep;
use super::key::update_text;
use super::loader_processes::rates_where_redrawn;
use super::{
    Error, Keep, MaskProtocol, Noise, Phase, RateDistribution, Scope, SplitShape, Training, keep,
};
use crate::data::dataset::Modality;

/// Separates the hash of a masked copy from every other use of blake3; the number is the encoding's version.
const CONTEXT: &str = "lnln-bench training mask 1";

/// Training noise: how often masks and rates are drawn, by which mask protocol, at which rates.
#[derive(Clone, Copy)]
pub struct NoiseSpec {
    pub kind: Noise,
    pub mask_protocol: &'static dyn MaskProtocol,
    pub distribution: RateDistribution,
    /// Mask seed of evaluation; the published loader trains under it too.
    pub mask_seed: u64,
}

impl NoiseSpec {
    /// Whether a draw comes again in a later epoch or another run.
    pub fn repeats(&self) -> bool {
        match self.kind {
            Noise::Clean | Noise::Fixed | Noise::Cycle { .. } | Noise::Reference => true,
            Noise::Fresh | Noise::ReferenceLoader { .. } | Noise::ReferenceRefresh => false,
        }
    }
}

impl PartialEq for NoiseSpec {
    fn eq(&self, other: &Self) -> bool {
        let same_protocol = self.mask_protocol.name() == other.mask_protocol.name();
        same_protocol
            && (self.kind, self.distribution, self.mask_seed)
                == (other.kind, other.distribution, other.mask_seed)
    }
}

/// One masked copy of the training split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoiseDraw {
    /// The run's.
    pub seed: u64,
    /// Number of the draw (see [`Noise::draw`]).
    pub number: u32,
    /// Samples with rates of their own draw (see [`Noise::redrawn`]); empty where all are of one.
    pub redrawn: Vec<bool>,
}

impl NoiseDraw {
    /// The copy that an epoch, counted from 0, trains on under a noise, for the run with this seed. `order`
    /// is the epoch's order of samples. `None` for complete data.
    pub fn of_epoch(
        noise: Noise,
        seed: u64,
        epoch: u32,
        (order, batch_size): (&[i64], usize),
    ) -> Option<Self> {
        Some(Self {
            seed,
            number: noise.draw(epoch)?,
            redrawn: noise.redrawn(order, batch_size),
        })
    }
}

/// What masked copies depend on besides noise and draw.
#[derive(Clone, Copy, Debug)]
pub struct TrainingSplit<'a> {
    /// Name of the data set in `datasets.toml`.
    pub dataset: &'a str,
    pub split: SplitShape<'a>,
    /// The test split's number of samples and padded vision steps; the published loader depends on them.
    pub test: (usize, usize),
}

/// Masks and missing rates of all training samples, in file order.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskedCopy {
    /// Text, audio, vision.
    pub keeps: [Keep; 3],
    /// Nominal missing rate of every sample in text, audio and vision, shape (N) each.
    pub rates: [Vec<f64>; 3],
}

impl NoiseSpec {
    /// Draws a masked copy of the training split.
    ///
    /// # Errors
    /// As [`MaskProtocol::rates`] and [`MaskProtocol::fill`].
    pub fn copy(&self, data: &TrainingSplit, draw: &NoiseDraw) -> Result<MaskedCopy, Error> {
        let split = &data.split;
        let scope = |modality, seed| Scope {
            dataset: data.dataset,
            split: split.name,
            modality,
            seed,
            phase: Phase::Epoch(draw.number),
        };
        let training = Training {
            ids: split.ids,
            vision_steps: split.steps[Modality::Vision as usize],
            test: data.test,
            mask_seed: self.mask_seed,
        };
        let rates = |modality| {
            let scope = scope(modality, draw.seed);
            match self.distribution {
                RateDistribution::At(condition) => {
                    Ok(vec![condition.of(modality); split.ids.len()])
                }
                RateDistribution::HalfComplete if draw.redrawn.is_empty() => {
                    self.mask_protocol.rates(&scope, &training)
                }
                RateDistribution::HalfComplete => {
                    rates_where_redrawn(self.mask_protocol, &scope, &training, &draw.redrawn)
                }
            }
        };
        let [text, audio, vision] = Modality::ALL.map(rates);
        let rates = [text?, audio?, vision?];
        let seed = self.mask_protocol.training_seed(draw.seed, self.mask_seed);
        let keep = |modality: Modality| -> Result<Keep, Error> {
            let rows = split.rows(modality, self.mask_protocol);
            let draws = self.mask_protocol.draws(&scope(modality, seed), rows)?;
            keep(&draws, &rates[modality as usize], rows, modality)
        };
        let [text, audio, vision] = Modality::ALL.map(keep);
        Ok(MaskedCopy {
            keeps: [text?, audio?, vision?],
            rates,
        })
    }

    /// Hash of a masked copy: 32 hexadecimal digits of blake3 over its name, every kept position and every
    /// rate. Equal hashes mean that two programs train on the same masks.
    pub fn hash(&self, data: &TrainingSplit, draw: &NoiseDraw, copy: &MaskedCopy) -> String {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        for text in [
            self.mask_protocol.name(),
            data.dataset,
            data.split.name.as_str(),
        ] {
            update_text(&mut hasher, text);
        }
        hasher.update(&self.mask_protocol.version().to_le_bytes());
        hasher.update(&draw.seed.to_le_bytes());
        hasher.update(&draw.number.to_le_bytes());
        for (keep, rates) in copy.keeps.iter().zip(&copy.rates) {
            update_keep(&mut hasher, keep);
            for rate in rates {
                hasher.update(&rate.to_le_bytes());
            }
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }
}
