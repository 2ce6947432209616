//! The masks of one corpus at every listed condition, for one mask protocol and one mask seed.

use std::collections::BTreeMap;

use super::digest::{MaskName, digest_bits};
use super::ranks::spell;
use super::{Condition, Error, Keep, MaskProtocol, Phase, Ranks, Rows, Scope};
use crate::data::dataset::{Corpus, Modality, Outline, Split, SplitName};

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

impl<'a> From<&'a Outline> for SplitShape<'a> {
    fn from(outline: &'a Outline) -> Self {
        Self {
            name: outline.name,
            ids: &outline.ids,
            steps: outline.steps,
            lengths: Modality::ALL.map(|modality| outline.lengths(modality)),
        }
    }
}

/// Evaluation masks of one split.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitVariants {
    pub name: SplitName,
    /// Text, audio, vision.
    pub ranks: [Ranks; 3],
    /// Valid positions of all samples in text, audio, vision.
    pub valid: [u64; 3],
    /// Realised missing rates of text, audio, vision, by condition: erased valid positions / valid
    /// positions, CLS and SEP counted among the valid ones; `None` where none is valid.
    pub realised: Vec<[Option<f64>; 3]>,
}

impl SplitVariants {
    /// Masks of a split at these conditions, with the realised rates that follow from them.
    pub(super) fn new(
        name: SplitName,
        conditions: &[Condition],
        ranks: [Ranks; 3],
        valid: [u64; 3],
    ) -> Self {
        let by_rate = [0, 1, 2].map(|which: usize| ranks[which].missing_rates(valid[which]));
        let of = |condition: &Condition, modality: Modality| {
            let which = modality as usize;
            let known = ranks[which].rates.iter();
            let place = known
                .copied()
                .position(|rate| rate == condition.of(modality))?;
            by_rate[which][place]
        };
        let realised = conditions
            .iter()
            .map(|condition| Modality::ALL.map(|modality| of(condition, modality)));
        Self {
            name,
            valid,
            realised: realised.collect(),
            ranks,
        }
    }

    /// The masks of text, audio and vision at a condition, packed; `None` where it is not held.
    fn packed(&self, condition: Condition) -> Option<[(usize, usize, Vec<u8>); 3]> {
        let of = |modality: Modality| {
            let ranks = &self.ranks[modality as usize];
            let bits = ranks.bits_at(condition.of(modality))?;
            Some((ranks.rows, ranks.steps, bits))
        };
        Some([
            of(Modality::Text)?,
            of(Modality::Audio)?,
            of(Modality::Vision)?,
        ])
    }
}

/// Evaluation masks of one corpus under one mask protocol, seed and list of conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct Variants {
    pub mask_protocol: String,
    pub version: u32,
    pub dataset: String,
    pub seed: u64,
    /// Ascending, without duplicates.
    pub conditions: Vec<Condition>,
    pub splits: Vec<SplitVariants>,
}

impl Variants {
    /// Draws the masks of the given splits at all `conditions`, which are put in order.
    ///
    /// # Errors
    /// [`Error`] where the mask protocol refuses the seed, there is no condition or too many, or a split's
    /// columns do not belong together.
    pub fn build(
        mask_protocol: &dyn MaskProtocol,
        dataset: &str,
        splits: &[SplitShape],
        seed: u64,
        conditions: &[Condition],
    ) -> Result<Self, Error> {
        let mut conditions = conditions.to_vec();
        conditions.sort();
        conditions.dedup();
        let build = |split| build_split(mask_protocol, dataset, split, seed, &conditions);
        Ok(Self {
            splits: splits.iter().map(build).collect::<Result<_, Error>>()?,
            mask_protocol: mask_protocol.name().to_owned(),
            version: mask_protocol.version(),
            dataset: dataset.to_owned(),
            seed,
            conditions,
        })
    }

    /// Draws the masks of all splits of a prepared data set, as [`Variants::build`].
    ///
    /// # Errors
    /// As [`Variants::build`]; [`Error::Dataset`] where the data cannot be read.
    pub fn of_corpus(
        mask_protocol: &dyn MaskProtocol,
        corpus: &Corpus,
        seed: u64,
        conditions: &[Condition],
    ) -> Result<Self, Error> {
        let outlines = corpus.outlines()?;
        let shapes = outlines.each_ref().map(SplitShape::from);
        Self::build(mask_protocol, corpus.name(), &shapes, seed, conditions)
    }

    /// Forgets every condition but these.
    pub fn restrict(&mut self, conditions: &[Condition]) {
        let keep: Vec<bool> = self
            .conditions
            .iter()
            .map(|condition| conditions.contains(condition))
            .collect();
        for split in &mut self.splits {
            let mut kept = keep.iter();
            split.realised.retain(|_| kept.next() == Some(&true));
        }
        self.conditions
            .retain(|condition| conditions.contains(condition));
    }

    /// The mask of one modality of one split at a listed condition.
    ///
    /// # Errors
    /// [`Error::NoSplit`] or [`Error::NoCondition`] where it is not held.
    pub fn keep(
        &self,
        split: SplitName,
        modality: Modality,
        condition: Condition,
    ) -> Result<Keep, Error> {
        let ranks = &self.split(split)?.ranks[modality as usize];
        let listed = self.conditions.contains(&condition);
        let keep = listed.then(|| ranks.keep(condition.of(modality))).flatten();
        keep.ok_or_else(|| self.no_condition(condition))
    }

    fn no_condition(&self, asked: Condition) -> Error {
        Error::NoCondition {
            asked,
            known: spell(&self.conditions),
        }
    }

    /// The masks of text, audio and vision of one split at a listed condition.
    ///
    /// # Errors
    /// As [`Variants::keep`].
    pub fn keeps(&self, split: SplitName, condition: Condition) -> Result<[Keep; 3], Error> {
        let keep = |modality| self.keep(split, modality, condition);
        Ok([
            keep(Modality::Text)?,
            keep(Modality::Audio)?,
            keep(Modality::Vision)?,
        ])
    }

    /// The masks of one split.
    ///
    /// # Errors
    /// [`Error::NoSplit`] where it is not held.
    pub fn split(&self, name: SplitName) -> Result<&SplitVariants, Error> {
        self.splits
            .iter()
            .find(|split| split.name == name)
            .ok_or_else(|| Error::NoSplit {
                dataset: self.dataset.clone(),
                split: name.as_str(),
            })
    }

    /// Hash of one split's masks at one condition (see [`super::digest`]).
    ///
    /// # Errors
    /// As [`Variants::keep`].
    pub fn hash(&self, split: SplitName, condition: Condition) -> Result<String, Error> {
        let name = MaskName {
            mask_protocol: &self.mask_protocol,
            version: self.version,
            dataset: &self.dataset,
            split,
            seed: self.seed,
            condition,
        };
        let listed = self.conditions.contains(&condition);
        let packed = self.split(split)?.packed(condition).filter(|_| listed);
        let packed = packed.ok_or_else(|| self.no_condition(condition))?;
        Ok(digest_bits(&name, packed))
    }

    /// Realised missing rates of text, audio and vision at a listed condition.
    ///
    /// # Errors
    /// As [`Variants::keep`].
    pub fn realised(
        &self,
        split: SplitName,
        condition: Condition,
    ) -> Result<[Option<f64>; 3], Error> {
        let place = self.conditions.iter().position(|known| *known == condition);
        let rates = &self.split(split)?.realised;
        let rates = place.and_then(|place| rates.get(place)).copied();
        rates.ok_or_else(|| self.no_condition(condition))
    }

    /// Hash of one split's masks at every condition.
    ///
    /// # Errors
    /// [`Error::NoSplit`] where it is not held.
    pub fn hashes(&self, split: SplitName) -> Result<BTreeMap<Condition, String>, Error> {
        let hash = |condition: &Condition| Ok((*condition, self.hash(split, *condition)?));
        self.conditions.iter().map(hash).collect()
    }
}

fn build_split(
    mask_protocol: &dyn MaskProtocol,
    dataset: &str,
    split: &SplitShape,
    seed: u64,
    conditions: &[Condition],
) -> Result<SplitVariants, Error> {
    let ranks = |modality: Modality| {
        let which = modality as usize;
        let (ids, lengths, steps) = (split.ids, split.lengths[which], split.steps[which]);
        let scope = Scope {
            dataset,
            split: split.name,
            modality,
            seed,
            phase: Phase::Evaluation,
        };
        let rows = Rows {
            ids,
            lengths,
            steps,
        };
        Ranks::draw(mask_protocol, &scope, rows, &rates_of(conditions, modality))
    };
    // Beside each other, since a mask protocol may draw one modality on one thread alone.
    let (audio, (text, vision)) = rayon::join(
        || ranks(Modality::Audio),
        || rayon::join(|| ranks(Modality::Text), || ranks(Modality::Vision)),
    );
    let count = |lengths: &[u32]| lengths.iter().map(|length| u64::from(*length)).sum();
    Ok(SplitVariants::new(
        split.name,
        conditions,
        [text?, audio?, vision?],
        split.lengths.map(count),
    ))
}

/// The rates one modality has in a list of conditions, ascending.
fn rates_of(conditions: &[Condition], modality: Modality) -> Vec<f64> {
    let mut rates: Vec<f64> = conditions
        .iter()
        .map(|condition| condition.of(modality))
        .collect();
    rates.sort_by(f64::total_cmp);
    rates.dedup();
    rates
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::mask::condition::parse_list;
    use crate::mask::testing::{ids, shape};
    use crate::mask::{MASK_PROTOCOLS, Random, keep};

    /// Variants of a small test split.
    pub fn small(seed: u64, conditions: &str) -> Variants {
        let (ids, conditions) = (ids(4), parse_list(conditions).unwrap());
        let lengths: [&[u32]; 3] = [&[6, 3, 4, 2], &[9, 1, 5, 7], &[5, 5, 0, 2]];
        let split = shape(&ids, lengths, [6, 9, 5]);
        Variants::build(&Random, "toy", &[split], seed, &conditions).unwrap()
    }

    #[test]
    fn variants_equal_thresholded_fields() {
        let (ids, lengths) = (ids(4), [6, 3, 4, 2]);
        let split = shape(&ids, [&lengths; 3], [6; 3]);
        let conditions = parse_list("1,0,0.3,LA,l=0.2,a=0.3,v=0.4").unwrap();
        for mask_protocol in MASK_PROTOCOLS {
            let variants =
                Variants::build(*mask_protocol, "toy", &[split], 5, &conditions).unwrap();
            for (modality, condition) in Modality::ALL
                .iter()
                .flat_map(|m| conditions.iter().map(|l| (*m, *l)))
            {
                let scope = Scope {
                    dataset: "toy",
                    split: split.name,
                    modality,
                    seed: 5,
                    phase: Phase::Evaluation,
                };
                let rows = Rows {
                    ids: &ids,
                    lengths: &lengths,
                    steps: 6,
                };
                let field = mask_protocol.field(&scope, rows).unwrap();
                let direct =
                    keep(&field, &[condition.of(modality); 4], &lengths, 6, modality).unwrap();
                let place = conditions
                    .iter()
                    .position(|known| *known == condition)
                    .unwrap();
                let realised = variants.splits[0].realised[place][modality as usize];
                assert_eq!(realised, direct.missing_rate(&lengths));
                assert_eq!(
                    variants.keep(split.name, modality, condition).unwrap(),
                    direct
                );
            }
        }
    }

    /// A changed hash here makes every stored mask look damaged: raise the hash's version.
    #[test]
    fn the_hash_is_frozen() {
        let hash = small(1, "0,0.5")
            .hash(SplitName::Test, Condition::uniform(0.5).unwrap())
            .unwrap();
        assert_eq!(hash, "d56af04570ab590cf5c04517bedc21de");
    }

    #[test]
    fn a_condition_hashes_the_same_in_every_list() {
        let (short, long) = (small(1, "0.5"), small(1, "0:1:0.1"));
        let (short, long) = (
            short.hashes(SplitName::Test).unwrap(),
            long.hashes(SplitName::Test).unwrap(),
        );
        assert!(
            short
                .iter()
                .all(|(condition, hash)| long[condition] == *hash)
        );
        assert_eq!(long.len(), 11);
        assert_ne!(short, small(2, "0.5").hashes(SplitName::Test).unwrap());
    }

    #[test]
    fn what_is_not_stored_is_named() {
        let variants = small(1, "0,0.5");
        let missing = Condition::uniform(0.1).unwrap();
        let message = variants
            .keeps(SplitName::Test, missing)
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "no masks at condition 0.1: the stored conditions are [0, 0.5]"
        );
        let message = variants.split(SplitName::Train).unwrap_err().to_string();
        assert_eq!(message, "no mask variants of split `train` of `toy`");
    }
}
