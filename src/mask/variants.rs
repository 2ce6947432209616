//! The masks of one corpus at every listed level, for one family and one mask seed.

use std::collections::BTreeMap;

use super::digest::{MaskName, digest_bits};
use super::ranks::spell;
use super::{Error, Family, Keep, Level, Moment, Ranks, Rows, Scope};
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
    /// Realised missing rates of text, audio, vision, by level: erased valid positions / valid
    /// positions, CLS and SEP counted among the valid ones; `None` where none is valid.
    pub realised: Vec<[Option<f64>; 3]>,
}

impl SplitVariants {
    /// Masks of a split at these levels, with the realised rates that follow from them.
    pub(super) fn new(
        name: SplitName,
        levels: &[Level],
        ranks: [Ranks; 3],
        valid: [u64; 3],
    ) -> Self {
        let by_rate = [0, 1, 2].map(|which: usize| ranks[which].missing_rates(valid[which]));
        let of = |level: &Level, modality: Modality| {
            let which = modality as usize;
            let known = ranks[which].rates.iter();
            let place = known.copied().position(|rate| rate == level.of(modality))?;
            by_rate[which][place]
        };
        let realised = levels
            .iter()
            .map(|level| Modality::ALL.map(|modality| of(level, modality)));
        Self {
            name,
            valid,
            realised: realised.collect(),
            ranks,
        }
    }

    /// The masks of text, audio and vision at a level, packed; `None` where it is not held.
    fn packed(&self, level: Level) -> Option<[(usize, usize, Vec<u8>); 3]> {
        let of = |modality: Modality| {
            let ranks = &self.ranks[modality as usize];
            let bits = ranks.bits_at(level.of(modality))?;
            Some((ranks.rows, ranks.steps, bits))
        };
        Some([
            of(Modality::Text)?,
            of(Modality::Audio)?,
            of(Modality::Vision)?,
        ])
    }
}

/// Evaluation masks of one corpus under one family, seed and list of levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Variants {
    pub family: String,
    pub version: u32,
    pub dataset: String,
    pub seed: u64,
    /// Ascending, without duplicates.
    pub levels: Vec<Level>,
    pub splits: Vec<SplitVariants>,
}

impl Variants {
    /// Draws the masks of the given splits at all `levels`, which are put in order.
    ///
    /// # Errors
    /// [`Error`] where the family refuses the seed, there is no level or too many, or a split's
    /// columns do not belong together.
    pub fn build(
        family: &dyn Family,
        dataset: &str,
        splits: &[SplitShape],
        seed: u64,
        levels: &[Level],
    ) -> Result<Self, Error> {
        let mut levels = levels.to_vec();
        levels.sort();
        levels.dedup();
        let build = |split| build_split(family, dataset, split, seed, &levels);
        Ok(Self {
            splits: splits.iter().map(build).collect::<Result<_, Error>>()?,
            family: family.name().to_owned(),
            version: family.version(),
            dataset: dataset.to_owned(),
            seed,
            levels,
        })
    }

    /// Draws the masks of all splits of a prepared data set, as [`Variants::build`].
    ///
    /// # Errors
    /// As [`Variants::build`]; [`Error::Dataset`] where the data cannot be read.
    pub fn of_corpus(
        family: &dyn Family,
        corpus: &Corpus,
        seed: u64,
        levels: &[Level],
    ) -> Result<Self, Error> {
        let outlines = corpus.outlines()?;
        let shapes = outlines.each_ref().map(SplitShape::from);
        Self::build(family, corpus.name(), &shapes, seed, levels)
    }

    /// Forgets every level but these.
    pub fn restrict(&mut self, levels: &[Level]) {
        let keep: Vec<bool> = self
            .levels
            .iter()
            .map(|level| levels.contains(level))
            .collect();
        for split in &mut self.splits {
            let mut kept = keep.iter();
            split.realised.retain(|_| kept.next() == Some(&true));
        }
        self.levels.retain(|level| levels.contains(level));
    }

    /// The mask of one modality of one split at a listed level.
    ///
    /// # Errors
    /// [`Error::NoSplit`] or [`Error::NoLevel`] where it is not held.
    pub fn keep(&self, split: SplitName, modality: Modality, level: Level) -> Result<Keep, Error> {
        let ranks = &self.split(split)?.ranks[modality as usize];
        let listed = self.levels.contains(&level);
        let keep = listed.then(|| ranks.keep(level.of(modality))).flatten();
        keep.ok_or_else(|| self.no_level(level))
    }

    fn no_level(&self, asked: Level) -> Error {
        Error::NoLevel {
            asked,
            known: spell(&self.levels),
        }
    }

    /// The masks of text, audio and vision of one split at a listed level.
    ///
    /// # Errors
    /// As [`Variants::keep`].
    pub fn keeps(&self, split: SplitName, level: Level) -> Result<[Keep; 3], Error> {
        let keep = |modality| self.keep(split, modality, level);
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

    /// Hash of one split's masks at one level (see [`super::digest`]).
    ///
    /// # Errors
    /// As [`Variants::keep`].
    pub fn hash(&self, split: SplitName, level: Level) -> Result<String, Error> {
        let name = MaskName {
            family: &self.family,
            version: self.version,
            dataset: &self.dataset,
            split,
            seed: self.seed,
            level,
        };
        let listed = self.levels.contains(&level);
        let packed = self.split(split)?.packed(level).filter(|_| listed);
        let packed = packed.ok_or_else(|| self.no_level(level))?;
        Ok(digest_bits(&name, packed))
    }

    /// Realised missing rates of text, audio and vision at a listed level.
    ///
    /// # Errors
    /// As [`Variants::keep`].
    pub fn realised(&self, split: SplitName, level: Level) -> Result<[Option<f64>; 3], Error> {
        let place = self.levels.iter().position(|known| *known == level);
        let rates = &self.split(split)?.realised;
        let rates = place.and_then(|place| rates.get(place)).copied();
        rates.ok_or_else(|| self.no_level(level))
    }

    /// Hash of one split's masks at every level.
    ///
    /// # Errors
    /// [`Error::NoSplit`] where it is not held.
    pub fn hashes(&self, split: SplitName) -> Result<BTreeMap<Level, String>, Error> {
        let hash = |level: &Level| Ok((*level, self.hash(split, *level)?));
        self.levels.iter().map(hash).collect()
    }
}

fn build_split(
    family: &dyn Family,
    dataset: &str,
    split: &SplitShape,
    seed: u64,
    levels: &[Level],
) -> Result<SplitVariants, Error> {
    let ranks = |modality: Modality| {
        let which = modality as usize;
        let (ids, lengths, steps) = (split.ids, split.lengths[which], split.steps[which]);
        let scope = Scope {
            dataset,
            split: split.name,
            modality,
            seed,
            moment: Moment::Evaluation,
        };
        let rows = Rows {
            ids,
            lengths,
            steps,
        };
        Ranks::draw(family, &scope, rows, &rates_of(levels, modality))
    };
    // Beside each other, since a family may draw one modality on one thread alone.
    let (audio, (text, vision)) = rayon::join(
        || ranks(Modality::Audio),
        || rayon::join(|| ranks(Modality::Text), || ranks(Modality::Vision)),
    );
    let count = |lengths: &[u32]| lengths.iter().map(|length| u64::from(*length)).sum();
    Ok(SplitVariants::new(
        split.name,
        levels,
        [text?, audio?, vision?],
        split.lengths.map(count),
    ))
}

/// The rates one modality has in a list of levels, ascending.
fn rates_of(levels: &[Level], modality: Modality) -> Vec<f64> {
    let mut rates: Vec<f64> = levels.iter().map(|level| level.of(modality)).collect();
    rates.sort_by(f64::total_cmp);
    rates.dedup();
    rates
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::mask::level::parse_list;
    use crate::mask::testing::{ids, shape};
    use crate::mask::{FAMILIES, Random, keep};

    /// Variants of a small test split.
    pub fn small(seed: u64, levels: &str) -> Variants {
        let (ids, levels) = (ids(4), parse_list(levels).unwrap());
        let lengths: [&[u32]; 3] = [&[6, 3, 4, 2], &[9, 1, 5, 7], &[5, 5, 0, 2]];
        let split = shape(&ids, lengths, [6, 9, 5]);
        Variants::build(&Random, "toy", &[split], seed, &levels).unwrap()
    }

    #[test]
    fn variants_equal_thresholded_fields() {
        let (ids, lengths) = (ids(4), [6, 3, 4, 2]);
        let split = shape(&ids, [&lengths; 3], [6; 3]);
        let levels = parse_list("1,0,0.3,LA,l=0.2,a=0.3,v=0.4").unwrap();
        for family in FAMILIES {
            let variants = Variants::build(*family, "toy", &[split], 5, &levels).unwrap();
            for (modality, level) in Modality::ALL
                .iter()
                .flat_map(|m| levels.iter().map(|l| (*m, *l)))
            {
                let scope = Scope {
                    dataset: "toy",
                    split: split.name,
                    modality,
                    seed: 5,
                    moment: Moment::Evaluation,
                };
                let rows = Rows {
                    ids: &ids,
                    lengths: &lengths,
                    steps: 6,
                };
                let field = family.field(&scope, rows).unwrap();
                let direct = keep(&field, &[level.of(modality); 4], &lengths, 6, modality).unwrap();
                let place = levels.iter().position(|known| *known == level).unwrap();
                let realised = variants.splits[0].realised[place][modality as usize];
                assert_eq!(realised, direct.missing_rate(&lengths));
                assert_eq!(variants.keep(split.name, modality, level).unwrap(), direct);
            }
        }
    }

    /// A changed hash here makes every stored mask look damaged: raise the hash's version.
    #[test]
    fn the_hash_is_frozen() {
        let hash = small(1, "0,0.5")
            .hash(SplitName::Test, Level::uniform(0.5).unwrap())
            .unwrap();
        assert_eq!(hash, "d56af04570ab590cf5c04517bedc21de");
    }

    #[test]
    fn a_level_hashes_the_same_in_every_list() {
        let (short, long) = (small(1, "0.5"), small(1, "0:1:0.1"));
        let (short, long) = (
            short.hashes(SplitName::Test).unwrap(),
            long.hashes(SplitName::Test).unwrap(),
        );
        assert!(short.iter().all(|(level, hash)| long[level] == *hash));
        assert_eq!(long.len(), 11);
        assert_ne!(short, small(2, "0.5").hashes(SplitName::Test).unwrap());
    }

    #[test]
    fn what_is_not_stored_is_named() {
        let variants = small(1, "0,0.5");
        let missing = Level::uniform(0.1).unwrap();
        let message = variants
            .keeps(SplitName::Test, missing)
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "no masks at level 0.1: the stored levels are [0, 0.5]"
        );
        let message = variants.split(SplitName::Train).unwrap_err().to_string();
        assert_eq!(message, "no mask variants of split `train` of `toy`");
    }
}
