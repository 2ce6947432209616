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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::find;
    use crate::mask::testing::{ids, shape};

    fn noise(name: &str) -> NoiseSpec {
        NoiseSpec {
            kind: Noise::Fresh,
            mask_protocol: find(name).unwrap(),
            distribution: RateDistribution::HalfComplete,
            mask_seed: 1111,
        }
    }

    fn draw(seed: u64, number: u32) -> NoiseDraw {
        NoiseDraw {
            seed,
            number,
            redrawn: Vec::new(),
        }
    }

    fn with_split<T>(dataset: &str, test: impl Fn(&TrainingSplit) -> T) -> T {
        let (ids, lengths): (_, Vec<u32>) = (ids(40), (0..40).map(|i| 2 + i % 9).collect());
        test(&TrainingSplit {
            dataset,
            split: shape(&ids, [&lengths; 3], [12; 3]),
            test: (3, 4),
        })
    }

    #[test]
    fn the_hash_covers_name_masks_and_rates() {
        let hashes = with_split("toy", |split| {
            let copy = |name: &str, draw: NoiseDraw| {
                let copy = noise(name).copy(split, &draw).unwrap();
                (noise(name).hash(split, &draw, &copy), copy, draw)
            };
            let (hash, first, of) = copy("random", draw(1, 0));
            assert_eq!(hash, copy("random", draw(1, 0)).0);
            let changed = |change: &dyn Fn(&mut MaskedCopy)| {
                let mut copy = first.clone();
                change(&mut copy);
                noise("random").hash(split, &of, &copy)
            };
            vec![
                hash,
                copy("random", draw(2, 0)).0,
                copy("random", draw(1, 1)).0,
                copy("block", draw(1, 0)).0,
                changed(&|copy| copy.keeps[2].bits[7] ^= true),
                changed(&|copy| copy.rates[1][3] += 1e-9),
                noise("random").hash(split, &draw(2, 0), &first),
                noise("random").hash(split, &draw(1, 1), &first),
                noise("temporal").hash(split, &of, &first),
            ]
        });
        let other = with_split("other", |split| {
            let copy = noise("random").copy(split, &draw(1, 0)).unwrap();
            noise("random").hash(split, &draw(1, 0), &copy)
        });
        let mut all: Vec<String> = hashes.into_iter().chain([other]).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn a_draw_is_the_epochs() {
        let of = |noise: Noise, epoch| NoiseDraw::of_epoch(noise, 5, epoch, (&[], 1));
        assert_eq!(of(Noise::Clean, 3), None);
        assert_eq!(of(Noise::Fresh, 3), Some(draw(5, 3)));
        assert_eq!(of(Noise::Cycle { copies: 2 }, 3), Some(draw(5, 1)));
    }
}
