//! Describes the masks of evaluation: protocol, seeds, conditions, and what each mask drops.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::mask::Condition;

/// The masks of evaluation of one mask protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaskMetadata {
    pub mask_protocol: String,
    /// 0 where this program does not know the protocol.
    pub version: u32,
    pub seeds: Vec<u64>,
    /// Conditions at which the test split was predicted, ascending.
    pub conditions: Vec<Condition>,
    /// One per mask seed and condition; of external predictions those whose hashes were given and are right.
    pub variants: Vec<VariantMetadata>,
}

impl MaskMetadata {
    /// Whether the masks of every seed and condition are known by their hashes.
    pub fn are_verified(&self) -> bool {
        let seeds = self.seeds.iter();
        let mut keys = seeds.flat_map(|seed| self.conditions.iter().map(move |c| (*seed, *c)));
        keys.all(|(seed, condition)| self.variant(seed, condition).is_some())
    }

    /// The variant under this seed and condition.
    pub fn variant(&self, mask_seed: u64, condition: Condition) -> Option<&VariantMetadata> {
        let mut variants = self.variants.iter();
        variants.find(|variant| variant.mask_seed == mask_seed && variant.condition == condition)
    }
}

/// A mask protocol with every pair of some seeds and conditions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MaskGrid {
    pub mask_protocol: String,
    pub version: u32,
    pub seeds: Vec<u64>,
    pub conditions: Vec<Condition>,
    /// The data that are predicted, where they are not those of the training
    /// ([`data_key`](super::manifest::data_key)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested_on: Option<String>,
}

/// Mask protocol, mask seed and condition: what one pass over the test split is made under.
pub type MaskKey = (String, u64, Condition);

impl From<&MaskMetadata> for MaskGrid {
    fn from(masks: &MaskMetadata) -> Self {
        Self {
            mask_protocol: masks.mask_protocol.clone(),
            version: masks.version,
            seeds: masks.seeds.clone(),
            conditions: masks.conditions.clone(),
            tested_on: None,
        }
    }
}

impl fmt::Display for MaskGrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |items: Vec<String>| items.join(",");
        let conditions = list(self.conditions.iter().map(Condition::to_string).collect());
        let seeds = list(self.seeds.iter().map(u64::to_string).collect());
        let protocol = &self.mask_protocol;
        write!(f, "{protocol} at {conditions} under mask seed {seeds}")?;
        match &self.tested_on {
            Some(data) => write!(f, " on {data}"),
            None => Ok(()),
        }
    }
}

impl MaskGrid {
    /// The same of the test split of these data.
    pub fn tested_on(self, data: Option<&str>) -> Self {
        Self {
            tested_on: data.map(str::to_owned),
            ..self
        }
    }

    /// Whether it is of the test split of these data, or of those of the training.
    pub fn is_on(&self, data: Option<&str>) -> bool {
        self.tested_on.as_deref() == data
    }

    /// All of it.
    pub fn keys(&self) -> impl Iterator<Item = MaskKey> + '_ {
        let seeds = self.seeds.iter();
        seeds.flat_map(move |&seed| {
            let conditions = self.conditions.iter();
            conditions.map(move |&condition| (self.mask_protocol.clone(), seed, condition))
        })
    }

    /// The smallest grid that holds what none of `stored` has; `None` where they have all.
    pub fn lacking(&self, stored: &[Self]) -> Option<Self> {
        let alike = |one: &&Self| {
            one.mask_protocol == self.mask_protocol
                && one.version == self.version
                && one.tested_on == self.tested_on
        };
        let has = |seed: &u64, condition: &Condition| {
            let mut stored = stored.iter().filter(alike);
            stored.any(|one| one.seeds.contains(seed) && one.conditions.contains(condition))
        };
        let lacks_seed = |seed: &&u64| self.conditions.iter().any(|c| !has(seed, c));
        let lacks_condition = |c: &&Condition| self.seeds.iter().any(|seed| !has(seed, c));
        let lacking = Self {
            mask_protocol: self.mask_protocol.clone(),
            version: self.version,
            seeds: self.seeds.iter().filter(lacks_seed).copied().collect(),
            conditions: (self.conditions.iter().filter(lacks_condition))
                .copied()
                .collect(),
            tested_on: self.tested_on.clone(),
        };
        (!lacking.conditions.is_empty()).then_some(lacking)
    }
}

/// What several evaluations were made under, as one entry per mask protocol: of the newest version, the
/// most conditions that share their mask seeds, since a score is a mean over all of these.
pub(super) fn together(all: &[&MaskMetadata]) -> Vec<MaskMetadata> {
    let mut by_protocol: BTreeMap<&str, Vec<&MaskMetadata>> = BTreeMap::new();
    for masks in all {
        by_protocol
            .entry(&masks.mask_protocol)
            .or_default()
            .push(masks);
    }
    let mut together: Vec<MaskMetadata> = by_protocol.into_values().map(of_protocol).collect();
    // In the order in which they were given, which is that of a suite.
    together.sort_by_key(|one| {
        let same = |masks: &&MaskMetadata| masks.mask_protocol == one.mask_protocol;
        all.iter().position(same)
    });
    together
}

/// What a report reads of a run that several sweeps evaluate: their grids as [`together`], those on each data
/// set by themselves, and how many passes that leaves out.
pub fn joined(grids: &[MaskGrid]) -> (Vec<MaskGrid>, usize) {
    let mut by_data: BTreeMap<Option<&str>, Vec<MaskGrid>> = BTreeMap::new();
    for grid in grids {
        let own = by_data.entry(grid.tested_on.as_deref()).or_default();
        own.push(grid.clone());
    }
    let (mut all, mut left_out) = (Vec::new(), 0);
    for (data, own) in by_data {
        let (own, passes) = joined_on_one(&own);
        all.extend(own.into_iter().map(|grid| grid.tested_on(data)));
        left_out += passes;
    }
    (all, left_out)
}

fn joined_on_one(grids: &[MaskGrid]) -> (Vec<MaskGrid>, usize) {
    let metadata = grids.iter().map(|grid| MaskMetadata {
        mask_protocol: grid.mask_protocol.clone(),
        version: grid.version,
        seeds: grid.seeds.clone(),
        conditions: grid.conditions.clone(),
        variants: Vec::new(),
    });
    let metadata: Vec<MaskMetadata> = metadata.collect();
    let joined = together(&metadata.iter().collect::<Vec<_>>());
    let joined: Vec<MaskGrid> = joined.iter().map(MaskGrid::from).collect();
    let passes = |grids: &[MaskGrid]| {
        let keys = grids.iter().flat_map(|grid| {
            let version = grid.version;
            grid.keys().map(move |key| (key, version))
        });
        keys.collect::<BTreeSet<_>>().len()
    };
    let left_out = passes(grids) - passes(&joined);
    (joined, left_out)
}

/// The entries of some grids; those that are lacking are the error.
pub(super) fn chosen(
    stored: &[&MaskMetadata],
    wanted: &[MaskGrid],
) -> Result<Vec<MaskMetadata>, Vec<MaskGrid>> {
    let grids: Vec<MaskGrid> = stored.iter().map(|masks| MaskGrid::from(*masks)).collect();
    let lacking: Vec<MaskGrid> = wanted
        .iter()
        .filter_map(|one| one.lacking(&grids))
        .collect();
    if !lacking.is_empty() {
        return Err(lacking);
    }
    let chosen = wanted.iter().map(|one| {
        let alike = |masks: &&&MaskMetadata| {
            masks.mask_protocol == one.mask_protocol && masks.version == one.version
        };
        let variant = |(_, seed, condition): MaskKey| {
            let mut alike = stored.iter().filter(alike);
            alike
                .find_map(|masks| masks.variant(seed, condition))
                .cloned()
        };
        MaskMetadata {
            mask_protocol: one.mask_protocol.clone(),
            version: one.version,
            seeds: one.seeds.clone(),
            conditions: one.conditions.clone(),
            variants: one.keys().filter_map(variant).collect(),
        }
    });
    Ok(chosen.collect())
}

fn of_protocol(all: Vec<&MaskMetadata>) -> MaskMetadata {
    let version = all.iter().map(|masks| masks.version).max().unwrap_or(0);
    let newest = || all.iter().filter(|masks| masks.version == version);
    let mut seeds: BTreeMap<Condition, BTreeSet<u64>> = BTreeMap::new();
    for masks in newest() {
        for condition in &masks.conditions {
            seeds.entry(*condition).or_default().extend(&masks.seeds);
        }
    }
    let sharing = |shared: &BTreeSet<u64>| {
        let conditions = seeds.iter().filter(|(_, own)| shared.is_subset(own));
        conditions
            .map(|(condition, _)| *condition)
            .collect::<Vec<_>>()
    };
    let candidates: BTreeSet<&BTreeSet<u64>> = seeds.values().collect();
    let size = |shared: &&&BTreeSet<u64>| {
        let conditions = sharing(shared).len();
        (shared.len() * conditions, conditions)
    };
    let shared = candidates.iter().max_by_key(size).copied();
    let shared = shared.cloned().unwrap_or_default();
    let conditions = sharing(&shared);
    let variant = |(seed, condition): (u64, Condition)| {
        newest()
            .find_map(|masks| masks.variant(seed, condition))
            .cloned()
    };
    let keys = (shared.iter()).flat_map(|&seed| conditions.iter().map(move |&c| (seed, c)));
    MaskMetadata {
        mask_protocol: all[0].mask_protocol.clone(),
        version,
        variants: keys.filter_map(variant).collect(),
        seeds: shared.into_iter().collect(),
        conditions,
    }
}

/// The masks of the test split under one seed and condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariantMetadata {
    pub mask_seed: u64,
    pub condition: Condition,
    /// blake3 of the masks, hexadecimal.
    pub hash: String,
    pub realized: RealizedRates,
}

/// Share of the valid positions of a split that is dropped; `None` where no position is valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RealizedRates {
    pub text: Option<f64>,
    pub audio: Option<f64>,
    pub vision: Option<f64>,
}

impl RealizedRates {
    /// Text, audio, vision.
    pub fn to_array(self) -> [Option<f64>; 3] {
        [self.text, self.audio, self.vision]
    }
}

impl From<[Option<f64>; 3]> for RealizedRates {
    fn from([text, audio, vision]: [Option<f64>; 3]) -> Self {
        Self {
            text,
            audio,
            vision,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture;

    fn conditions(names: &str) -> Vec<Condition> {
        names.split(' ').map(|name| name.parse().unwrap()).collect()
    }

    fn grid(seeds: &[u64], names: &str) -> MaskGrid {
        MaskGrid {
            mask_protocol: "random".into(),
            version: 1,
            seeds: seeds.to_vec(),
            conditions: conditions(names),
            tested_on: None,
        }
    }

    fn masks(seeds: &[u64], names: &str) -> MaskMetadata {
        let mut masks = fixture::masks("random", conditions(names));
        masks.seeds = seeds.to_vec();
        masks
            .variants
            .retain(|variant| seeds.contains(&variant.mask_seed));
        masks
    }

    #[test]
    fn what_is_stored_is_not_lacking() {
        let asked = grid(&[1, 2], "0 0.5 1");
        assert_eq!(asked.lacking(&[]), Some(asked.clone()));
        assert_eq!(asked.lacking(std::slice::from_ref(&asked)), None);
        let stored = [grid(&[1, 2], "0 1"), grid(&[1], "0.5 0.7")];
        assert_eq!(asked.lacking(&stored), Some(grid(&[2], "0.5")));
        let older = MaskGrid {
            version: 0,
            ..asked.clone()
        };
        assert_eq!(asked.lacking(&[older]), Some(asked.clone()));
        let elsewhere = asked.clone().tested_on(Some("c0ffee"));
        let stored = std::slice::from_ref(&asked);
        assert_eq!(elsewhere.lacking(stored), Some(elsewhere.clone()));
        assert_eq!(elsewhere.lacking(std::slice::from_ref(&elsewhere)), None);
    }

    #[test]
    fn evaluations_are_joined_over_conditions_and_over_seeds() {
        let (few, more) = (masks(&[1], "0 1"), masks(&[1], "0.5"));
        let joined = together(&[&few, &more]);
        assert_eq!(MaskGrid::from(&joined[0]), grid(&[1], "0 0.5 1"));
        assert_eq!(joined[0].variants.len(), 3);
        let second = masks(&[2], "0 1");
        let joined = together(&[&few, &second]);
        assert_eq!(MaskGrid::from(&joined[0]), grid(&[1, 2], "0 1"));
    }

    #[test]
    fn grids_of_several_sweeps_are_joined_and_what_is_left_out_is_counted() {
        let grids = [grid(&[1], "0 1"), grid(&[1], "0.5 1")];
        assert_eq!(joined(&grids), (vec![grid(&[1], "0 0.5 1")], 0));
        let grids = [grid(&[1], "0 0.5 1"), grid(&[1, 2], "0.5")];
        assert_eq!(joined(&grids), (vec![grid(&[1], "0 0.5 1")], 1));
    }

    #[test]
    fn grids_on_other_data_are_joined_by_themselves() {
        let own = [grid(&[1], "0 1"), grid(&[1], "0.5")];
        let other = grid(&[1], "0 1").tested_on(Some("heard@c0ffee"));
        let (all, left_out) = joined(&[&own[..], std::slice::from_ref(&other)].concat());
        assert_eq!((all, left_out), (vec![grid(&[1], "0 0.5 1"), other], 0));
    }

    #[test]
    fn a_mean_is_over_the_same_seeds_at_every_condition() {
        let (wide, narrow) = (masks(&[1], "0 0.1 0.5 1"), masks(&[1, 2], "0.5"));
        let joined = together(&[&narrow, &wide]);
        assert_eq!(MaskGrid::from(&joined[0]), grid(&[1], "0 0.1 0.5 1"));
    }

    #[test]
    fn masks_of_an_older_version_do_not_count() {
        let (mut old, new) = (masks(&[1], "0 0.5 1"), masks(&[1], "0.5"));
        old.version = 0;
        assert_eq!(together(&[&old, &new]), [new]);
    }
}
