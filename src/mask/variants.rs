//! The masks of one corpus at every listed rate, for one family and one mask seed.

use super::key::update_text;
use super::levels::{check_list, spell};
use super::{Error, Family, Keep, Levels, Moment, Scope};
use crate::dataset::{Modality, Split, SplitName};

/// Separates this checksum from every other use of blake3; the number is the encoding's version.
const CONTEXT: &str = "lnln-bench mask variants 1";

/// What masks need to know of a split.
#[derive(Clone, Copy, Debug)]
pub struct SplitShape<'a> {
    pub name: SplitName,
    /// Sample ids in file order.
    pub ids: &'a [String],
    /// Padded steps of text, audio, vision.
    pub steps: [usize; 3],
    /// Valid steps of every sample in text, audio, vision.
    pub lengths: [&'a [u32]; 3],
}

impl<'a> From<&'a Split> for SplitShape<'a> {
    fn from(split: &'a Split) -> Self {
        Self {
            name: split.name,
            ids: &split.ids,
            steps: Modality::ALL.map(|modality| split.steps(modality)),
            lengths: Modality::ALL.map(|modality| split.lengths(modality)),
        }
    }
}

/// Evaluation masks of one split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitVariants {
    pub name: SplitName,
    /// Levels of text, audio, vision.
    pub levels: [Levels; 3],
}

/// Evaluation masks of one corpus under one family, seed and ascending list of rates.
#[derive(Clone, Debug, PartialEq)]
pub struct Variants {
    pub family: String,
    pub version: u32,
    pub dataset: String,
    pub seed: u64,
    pub rates: Vec<f64>,
    pub splits: Vec<SplitVariants>,
}

impl Variants {
    /// Draws the masks of the given splits at all `rates`.
    ///
    /// # Errors
    /// [`Error`] where the family refuses the seed, the list of rates is not strictly ascending in
    /// [0, 1], or a split's columns do not belong together.
    pub fn build(
        family: &dyn Family,
        dataset: &str,
        splits: &[SplitShape],
        seed: u64,
        rates: &[f64],
    ) -> Result<Self, Error> {
        check_list(rates)?;
        let splits: Result<_, Error> = splits
            .iter()
            .map(|split| build_split(family, dataset, split, seed, rates))
            .collect();
        Ok(Self {
            family: family.name().to_owned(),
            version: family.version(),
            dataset: dataset.to_owned(),
            seed,
            rates: rates.to_vec(),
            splits: splits?,
        })
    }

    /// The mask of one modality of one split at a listed rate.
    ///
    /// # Errors
    /// [`Error::NoSplit`] or [`Error::NoRate`] where it is not stored.
    pub fn keep(&self, split: SplitName, modality: Modality, rate: f64) -> Result<Keep, Error> {
        let index = self.rates.iter().position(|known| *known == rate);
        let index = index.ok_or_else(|| Error::NoRate {
            asked: rate,
            known: spell(&self.rates),
        })?;
        let [text, audio, vision] = &self.split(split)?.levels;
        let levels = match modality {
            Modality::Text => text,
            Modality::Audio => audio,
            Modality::Vision => vision,
        };
        Ok(levels.keep(index))
    }

    /// The stored levels of one split.
    ///
    /// # Errors
    /// [`Error::NoSplit`] where it is not stored.
    pub fn split(&self, name: SplitName) -> Result<&SplitVariants, Error> {
        self.splits
            .iter()
            .find(|split| split.name == name)
            .ok_or_else(|| Error::NoSplit {
                dataset: self.dataset.clone(),
                split: name.as_str(),
            })
    }

    /// Checksum of one split's masks: blake3 in hexadecimal over everything that names them and
    /// every level.
    ///
    /// # Errors
    /// [`Error::NoSplit`] where the split is not stored.
    pub fn split_hash(&self, name: SplitName) -> Result<String, Error> {
        let split = self.split(name)?;
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        for text in [&self.family, &self.dataset, split.name.as_str()] {
            update_text(&mut hasher, text);
        }
        for number in [self.version.into(), self.seed, self.rates.len() as u64] {
            hasher.update(&number.to_le_bytes());
        }
        self.rates.iter().for_each(|rate| {
            hasher.update(&rate.to_le_bytes());
        });
        for levels in &split.levels {
            hasher.update(&(levels.rows as u64).to_le_bytes());
            hasher.update(&(levels.steps as u64).to_le_bytes());
            hasher.update(&levels.data);
        }
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// Checksum of all splits together, in whatever order they are held.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        for hash in SplitName::ALL
            .into_iter()
            .flat_map(|name| self.split_hash(name))
        {
            hasher.update(hash.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

fn build_split(
    family: &dyn Family,
    dataset: &str,
    split: &SplitShape,
    seed: u64,
    rates: &[f64],
) -> Result<SplitVariants, Error> {
    let levels = |which: usize| {
        let (steps, lengths) = (split.steps[which], split.lengths[which]);
        let (modality, moment) = (Modality::ALL[which], Moment::Evaluation);
        let scope = Scope {
            dataset,
            split: split.name,
            modality,
            seed,
            moment,
        };
        Error::shape("lengths", split.ids.len(), lengths.len())?;
        Levels::new(
            &family.field(&scope, split.ids, steps)?,
            rates,
            lengths,
            steps,
            modality,
        )
    };
    Ok(SplitVariants {
        name: split.name,
        levels: [levels(0)?, levels(1)?, levels(2)?],
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::mask::{FAMILIES, Random, keep};

    /// Variants of a small test split.
    pub fn small(seed: u64, rates: &[f64]) -> Variants {
        let ids: Vec<String> = (0..4).map(|i| format!("v$_${i}")).collect();
        let split = SplitShape {
            name: SplitName::Test,
            ids: &ids,
            steps: [6, 9, 5],
            lengths: [&[6, 3, 4, 2], &[9, 1, 5, 7], &[5, 5, 0, 2]],
        };
        Variants::build(&Random, "toy", &[split], seed, rates).unwrap()
    }

    #[test]
    fn variants_equal_thresholded_fields() {
        let ids: Vec<String> = (0..4).map(|i| i.to_string()).collect();
        let lengths: [u32; 4] = [6, 3, 4, 2];
        let split = SplitShape {
            name: SplitName::Valid,
            ids: &ids,
            steps: [6; 3],
            lengths: [&lengths; 3],
        };
        for family in FAMILIES {
            let variants = Variants::build(*family, "toy", &[split], 5, &[0.0, 0.3, 1.0]).unwrap();
            for modality in Modality::ALL {
                let (split, moment) = (SplitName::Valid, Moment::Evaluation);
                let scope = Scope {
                    dataset: "toy",
                    split,
                    modality,
                    seed: 5,
                    moment,
                };
                let field = family.field(&scope, &ids, 6).unwrap();
                let direct = keep(&field, &[0.3; 4], &lengths, 6, modality).unwrap();
                assert_eq!(variants.keep(split, modality, 0.3).unwrap(), direct);
            }
        }
    }

    /// A changed checksum here makes every stored mask file look damaged: raise the file's format.
    #[test]
    fn the_hash_is_frozen() {
        assert_eq!(&small(1, &[0.0, 0.5]).hash()[..16], "3c6aa81b9a1ac4fe");
    }

    #[test]
    fn the_hash_sees_seed_rates_and_levels() {
        let base = small(1, &[0.0, 0.5]);
        assert_eq!(base.hash(), small(1, &[0.0, 0.5]).hash());
        assert_ne!(base.hash(), small(2, &[0.0, 0.5]).hash());
        assert_ne!(base.hash(), small(1, &[0.0, 0.500_000_1]).hash());
        let mut changed = base.clone();
        changed.splits[0].levels[2].data[0] ^= 1;
        assert_ne!(base.hash(), changed.hash());
        assert_eq!(base.split_hash(SplitName::Test).unwrap().len(), 64);
    }

    #[test]
    fn what_is_not_stored_is_named() {
        let variants = small(1, &[0.0, 0.5]);
        let message = variants
            .keep(SplitName::Test, Modality::Text, 0.1)
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "no mask variant at rate 0.1: the stored rates are [0, 0.5]"
        );
        let message = variants.split(SplitName::Train).unwrap_err().to_string();
        assert_eq!(message, "no mask variants of split `train` of `toy`");
    }
}
