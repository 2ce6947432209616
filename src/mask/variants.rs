//! Masks of one corpus at every listed condition, for one mask protocol and one mask seed.

use std::collections::BTreeMap;

use super::digest::{MaskName, digest_bits};
use super::drop_index::describe_list;
use super::{Condition, DropIndices, Error, Keep, MaskProtocol, Phase, Protected, Rows, Scope};
use crate::data::dataset::{Corpus, Modality, Outline, SpecialTokens, Split, SplitName};

/// The part of a split that masks depend on.
#[derive(Clone, Copy, Debug)]
pub struct SplitShape<'a> {
    pub name: SplitName,
    /// Sample ids in file order.
    pub ids: &'a [String],
    /// Padded steps of text, audio, vision.
    pub steps: [usize; 3],
    /// Valid steps of every sample in text, audio, vision.
    pub lengths: [&'a [u32]; 3],
    /// Special tokens of every sample; `None` without token ids.
    pub special: Option<&'a [SpecialTokens]>,
}

impl<'a> From<&'a Split> for SplitShape<'a> {
    fn from(split: &'a Split) -> Self {
        Self {
            name: split.name,
            ids: &split.ids,
            steps: Modality::ALL.map(|modality| split.steps(modality)),
            lengths: Modality::ALL.map(|modality| split.lengths(modality)),
            special: split.special.as_deref(),
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
            special: outline.special.as_deref(),
        }
    }
}

impl<'a> SplitShape<'a> {
    /// The samples of one modality, with the positions that a protocol masks at no rate.
    pub fn rows(&self, modality: Modality, mask_protocol: &dyn MaskProtocol) -> Rows<'a> {
        let which = modality as usize;
        let protected = match (modality, self.special) {
            (Modality::Text, Some(_)) if mask_protocol.protects_ends() => Protected::Ends,
            (Modality::Text, Some(special)) => Protected::Special(special),
            _ => Protected::Nothing,
        };
        Rows {
            protected,
            ids: self.ids,
            lengths: self.lengths[which],
            steps: self.steps[which],
        }
    }

    /// Valid positions of all samples in text, audio, vision.
    pub(super) fn valid(&self) -> [u64; 3] {
        self.lengths
            .map(|lengths| lengths.iter().map(|length| u64::from(*length)).sum())
    }
}

/// Evaluation masks of one split.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitVariants {
    pub name: SplitName,
    /// Text, audio, vision.
    pub indices: [DropIndices; 3],
    /// Valid positions of all samples in text, audio, vision.
    pub valid: [u64; 3],
    /// Realized missing rates of text, audio, vision, by condition: masked valid positions / valid
    /// positions, CLS and SEP counted among the valid ones; `None` if none is valid.
    pub realized: Vec<[Option<f64>; 3]>,
}

impl SplitVariants {
    /// Masks of a split at these conditions, with the realized rates computed from them.
    pub(super) fn new(
        name: SplitName,
        conditions: &[Condition],
        indices: [DropIndices; 3],
        valid: [u64; 3],
    ) -> Self {
        let by_rate = [0, 1, 2].map(|which: usize| indices[which].missing_rates(valid[which]));
        let realized = |condition: &Condition, modality: Modality| {
            let which = modality as usize;
            let mut known = indices[which].rates.iter();
            let row = known.position(|rate| *rate == condition.of(modality))?;
            by_rate[which][row]
        };
        let realized = conditions
            .iter()
            .map(|condition| Modality::ALL.map(|modality| realized(condition, modality)))
            .collect();
        Self {
            name,
            valid,
            realized,
            indices,
        }
    }

    /// The masks of text, audio and vision at a condition, packed; `None` where there are none.
    fn packed(&self, condition: Condition) -> Option<[(usize, usize, Vec<u8>); 3]> {
        let packed = |modality: Modality| {
            let indices = &self.indices[modality as usize];
            let bits = indices.bits(condition.of(modality))?;
            Some((indices.rows, indices.steps, bits))
        };
        Some([
            packed(Modality::Text)?,
            packed(Modality::Audio)?,
            packed(Modality::Vision)?,
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
    /// Draws the masks of the given splits at all `conditions`, in ascending order.
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

    /// Draws the masks of one of its splits at those `conditions` that it does not hold.
    ///
    /// # Errors
    /// As [`Variants::build`]; [`Error::NoSplit`]; [`Error::RateList`] where a modality would have
    /// more than 255 rates.
    pub(super) fn extend(
        &mut self,
        mask_protocol: &dyn MaskProtocol,
        split: &SplitShape,
        conditions: &[Condition],
    ) -> Result<(), Error> {
        let mut indices = self.split(split.name)?.indices.clone();
        for modality in Modality::ALL {
            let held = &mut indices[modality as usize];
            let mut rates = rates_of(conditions, modality);
            rates.retain(|rate| !held.rates.contains(rate));
            if !rates.is_empty() {
                let scope = self.scope(split.name, modality);
                let rows = split.rows(modality, mask_protocol);
                held.merge(&DropIndices::draw(mask_protocol, &scope, rows, &rates)?)?;
            }
        }
        self.conditions.extend(conditions);
        self.conditions.sort();
        self.conditions.dedup();
        for held in self.splits.iter_mut().filter(|s| s.name == split.name) {
            let indices = indices.clone();
            *held = SplitVariants::new(split.name, &self.conditions, indices, split.valid());
        }
        Ok(())
    }

    /// The key of one modality of one split, without the sample.
    fn scope(&self, split: SplitName, modality: Modality) -> Scope<'_> {
        Scope {
            dataset: &self.dataset,
            split,
            modality,
            seed: self.seed,
            phase: Phase::Evaluation,
        }
    }

    /// Keeps only these conditions.
    pub fn restrict(&mut self, conditions: &[Condition]) {
        let keep: Vec<bool> = self
            .conditions
            .iter()
            .map(|condition| conditions.contains(condition))
            .collect();
        for split in &mut self.splits {
            let mut kept = keep.iter();
            split.realized.retain(|_| kept.next() == Some(&true));
        }
        self.conditions
            .retain(|condition| conditions.contains(condition));
    }

    /// The mask of one modality of one split at a listed condition.
    ///
    /// # Errors
    /// [`Error::NoSplit`] or [`Error::NoCondition`].
    pub fn keep(
        &self,
        split: SplitName,
        modality: Modality,
        condition: Condition,
    ) -> Result<Keep, Error> {
        let indices = &self.split(split)?.indices[modality as usize];
        let listed = self.conditions.contains(&condition);
        let keep = listed
            .then(|| indices.keep(condition.of(modality)))
            .flatten();
        keep.ok_or_else(|| self.no_condition(condition))
    }

    fn no_condition(&self, asked: Condition) -> Error {
        Error::NoCondition {
            asked,
            known: describe_list(&self.conditions),
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
    /// [`Error::NoSplit`].
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

    /// Realized missing rates of text, audio and vision at a listed condition.
    ///
    /// # Errors
    /// As [`Variants::keep`].
    pub fn realized(
        &self,
        split: SplitName,
        condition: Condition,
    ) -> Result<[Option<f64>; 3], Error> {
        let row = self.conditions.iter().position(|known| *known == condition);
        let rates = &self.split(split)?.realized;
        let rates = row.and_then(|row| rates.get(row)).copied();
        rates.ok_or_else(|| self.no_condition(condition))
    }

    /// Hash of one split's masks at every condition.
    ///
    /// # Errors
    /// [`Error::NoSplit`].
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
    let indices = |modality: Modality| {
        let scope = Scope {
            dataset,
            split: split.name,
            modality,
            seed,
            phase: Phase::Evaluation,
        };
        let rates = rates_of(conditions, modality);
        DropIndices::draw(
            mask_protocol,
            &scope,
            split.rows(modality, mask_protocol),
            &rates,
        )
    };
    // In parallel, since some protocols draw one modality on a single thread.
    let (audio, (text, vision)) = rayon::join(
        || indices(Modality::Audio),
        || rayon::join(|| indices(Modality::Text), || indices(Modality::Vision)),
    );
    Ok(SplitVariants::new(
        split.name,
        conditions,
        [text?, audio?, vision?],
        split.valid(),
    ))
}

/// The rates of one modality in a list of conditions, ascending.
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
    fn variants_equal_draws_above_rates() {
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
                let rows = split.rows(modality, *mask_protocol);
                let draws = mask_protocol.draws(&scope, rows).unwrap();
                let direct = keep(&draws, &[condition.of(modality); 4], rows, modality).unwrap();
                let row = conditions
                    .iter()
                    .position(|known| *known == condition)
                    .unwrap();
                let realized = variants.splits[0].realized[row][modality as usize];
                assert_eq!(realized, direct.missing_rate(&lengths));
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
        assert_eq!(hash, "f957185cb052e601f05d72998426f9cf");
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
    fn extended_masks_are_those_drawn_together() {
        let (ids, lengths) = (ids(4), [6, 3, 4, 2]);
        let split = shape(&ids, [&lengths; 3], [6; 3]);
        let further = parse_list("0.5,0.7,LA,AV,l=0.2,a=0.7,v=0.5").unwrap();
        let all = [parse_list("0,0.5,L").unwrap(), further.clone()].concat();
        for mask_protocol in MASK_PROTOCOLS {
            let draw = |conditions: &[Condition]| {
                Variants::build(*mask_protocol, "toy", &[split], 5, conditions).unwrap()
            };
            let mut extended = draw(&parse_list("0,0.5,L").unwrap());
            extended.extend(*mask_protocol, &split, &further).unwrap();
            assert_eq!(extended, draw(&all), "{}", mask_protocol.name());
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let variants = small(1, "0,0.5");
        let missing = Condition::uniform(0.1).unwrap();
        let message = variants
            .keeps(SplitName::Test, missing)
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "no masks at condition 0.1: there are masks at [0, 0.5]"
        );
        let message = variants.split(SplitName::Train).unwrap_err().to_string();
        assert_eq!(message, "no masks of split `train` of `toy`");
    }
}
