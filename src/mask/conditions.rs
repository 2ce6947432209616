//! Which families are evaluated at which levels.

use super::level::Kind;
use super::{Error, Family, Level};

/// A family with the levels it is evaluated at.
#[derive(Clone)]
pub struct Conditions {
    pub family: &'static dyn Family,
    /// Ascending, never empty.
    pub levels: Vec<Level>,
}

impl std::fmt::Debug for Conditions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {:?}", self.family.name(), self.levels)
    }
}

impl Conditions {
    /// The family called `name` at one level, as where a command writes or shows a single mask.
    ///
    /// # Errors
    /// [`Error::UnknownFamily`]; [`Error::NoLevels`] where the family has no masks at this level.
    pub fn one(name: &str, level: Level) -> Result<Self, Error> {
        let family = super::find(name)?;
        match family.kinds().contains(&level.kind()) {
            true => Ok(Self {
                family,
                levels: vec![level],
            }),
            false => Err(no_levels(family, level.to_string())),
        }
    }

    /// A family for each of `levels`: the first of `conditions` that takes its kind, or else the
    /// first of all families.
    pub fn choose(conditions: &[Self], levels: &[Level]) -> Vec<(&'static dyn Family, Level)> {
        let family = |level: &Level| {
            let own = conditions.iter().map(|conditions| conditions.family);
            let mut families = own.chain(super::FAMILIES.iter().copied());
            families.find(|family| family.kinds().contains(&level.kind()))
        };
        let chosen = levels
            .iter()
            .filter_map(|level| Some((family(level)?, *level)));
        chosen.collect()
    }

    /// The mask seeds under which the family is evaluated: one stands for all where masks do not
    /// depend on it.
    pub fn seeds<'a>(&self, seeds: &'a [u64]) -> &'a [u64] {
        match self.family.is_seedless() {
            true => &seeds[..seeds.len().min(1)],
            false => seeds,
        }
    }

    /// Checks that every family takes its seeds, before anything is drawn.
    ///
    /// # Errors
    /// As [`Family::fill`].
    pub fn check_seeds(conditions: &[Self], seeds: &[u64]) -> Result<(), Error> {
        let mut all = conditions
            .iter()
            .flat_map(|one| one.seeds(seeds).iter().map(|seed| (one.family, *seed)));
        all.try_for_each(|(family, seed)| family.check_seed(seed))
    }

    /// Deals `levels` out to the families called `names`: each gets those of the kinds it takes. A
    /// family of subsets that gets none is evaluated at all six.
    ///
    /// # Errors
    /// [`Error::UnknownFamily`]; [`Error::NoLevels`] for a family that is left with nothing;
    /// [`Error::IdleLevel`] for a level that no family takes.
    pub fn deal<S: AsRef<str>>(names: &[S], levels: &[Level]) -> Result<Vec<Self>, Error> {
        let mut dealt: Vec<Self> = Vec::new();
        for name in names {
            let family = super::find(name.as_ref())?;
            if !dealt
                .iter()
                .any(|known| known.family.name() == family.name())
            {
                let levels = levels_of(family, levels)?;
                dealt.push(Self { family, levels });
            }
        }
        let takes = |level: &Level| dealt.iter().any(|known| known.levels.contains(level));
        match levels.iter().find(|level| !takes(level)) {
            None => Ok(dealt),
            // Rates are the default of every flag, so they may stand unused beside subsets.
            Some(level) if level.kind() == Kind::Rate => {
                let families = listed(names);
                tracing::info!("{families}: rates are not used, only {}", kinds_of(&dealt));
                Ok(dealt)
            }
            Some(level) => Err(Error::IdleLevel {
                level: *level,
                families: listed(names),
                takers: takers(level.kind()),
            }),
        }
    }
}

fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    names.join(", ")
}

/// The levels that were dealt out.
fn kinds_of(dealt: &[Conditions]) -> String {
    let levels = dealt.iter().flat_map(|one| &one.levels);
    listed(&levels.map(Level::to_string).collect::<Vec<_>>())
}

fn levels_of(family: &dyn Family, levels: &[Level]) -> Result<Vec<Level>, Error> {
    let kinds = family.kinds();
    let taken = levels.iter().filter(|level| kinds.contains(&level.kind()));
    let mut taken: Vec<Level> = taken.copied().collect();
    taken.sort();
    taken.dedup();
    if taken.is_empty() && kinds.contains(&Kind::Subset) {
        return Ok(Level::SUBSETS.to_vec());
    }
    if taken.is_empty() {
        return Err(no_levels(family, "none".to_owned()));
    }
    Ok(taken)
}

fn no_levels(family: &dyn Family, found: String) -> Error {
    Error::NoLevels {
        family: family.name(),
        expected: describe(family.kinds()),
        found,
    }
}

/// Kinds of level in words.
pub fn describe(kinds: &[Kind]) -> String {
    let kinds: Vec<_> = kinds.iter().map(|kind| kind.describe()).collect();
    kinds.join(" or ")
}

/// The families that take levels of this kind.
fn takers(kind: Kind) -> String {
    let takers = super::FAMILIES
        .iter()
        .filter(|family| family.kinds().contains(&kind));
    takers
        .map(|family| family.name())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::level::parse_list;

    fn deal(names: &[&str], levels: &str) -> Result<Vec<String>, String> {
        let levels = parse_list(levels).unwrap();
        let show = |dealt: Vec<Conditions>| {
            let one = |c: &Conditions| {
                let names: Vec<_> = c.levels.iter().map(Level::to_string).collect();
                format!("{} {}", c.family.name(), names.join(" "))
            };
            dealt.iter().map(one).collect()
        };
        Conditions::deal(names, &levels)
            .map(show)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_family_gets_its_kind() {
        let dealt = deal(&["random", "modality"], "0,0.5").unwrap();
        assert_eq!(dealt, ["random 0 0.5", "modality L A V LA LV AV"]);
        let dealt = deal(&["modality", "modality"], "0.5,LA").unwrap();
        assert_eq!(dealt, ["modality LA"]);
        let dealt = deal(&["mixed", "reference-tfr"], "l=0.2,a=0.7,v=0.7,0.5").unwrap();
        assert_eq!(
            dealt,
            [
                "mixed l=0.2,a=0.7,v=0.7",
                "reference-tfr 0.5 l=0.2,a=0.7,v=0.7"
            ]
        );
    }

    #[test]
    fn one_seed_serves_a_family_without() {
        let levels = parse_list("0.5,LA").unwrap();
        let dealt = Conditions::deal(&["random", "modality"], &levels).unwrap();
        assert_eq!(dealt[0].seeds(&[7, 8]), [7, 8]);
        assert_eq!(dealt[1].seeds(&[7, 8]), [7]);
        assert!(dealt[1].seeds(&[]).is_empty());
    }

    #[test]
    fn seeds_a_family_refuses_are_found_before_drawing() {
        let levels = parse_list("0.5").unwrap();
        let large = 1 << 32;
        for (name, seeds, fine) in [
            ("random", [1, large], true),
            ("reference", [1, 2], true),
            ("reference", [1, large], false),
            ("reference-tfr", [1, 111_001_111_011_111], true),
            ("reference-tfr", [1, large], false),
        ] {
            let dealt = Conditions::deal(&[name], &levels).unwrap();
            let checked = Conditions::check_seeds(&dealt, &seeds);
            assert_eq!(checked.is_ok(), fine, "{name} {seeds:?}");
        }
    }

    #[test]
    fn a_single_level_is_of_a_kind_the_family_takes() {
        for (name, level) in [
            ("random", "0.5"),
            ("modality", "LA"),
            ("mixed", "l=0.2,a=0.7,v=0.7"),
            ("reference-tfr", "l=0.2,a=0.7,v=0.7"),
        ] {
            let level: Level = level.parse().unwrap();
            let one = Conditions::one(name, level).unwrap();
            assert_eq!((one.family.name(), one.levels), (name, vec![level]));
        }
        for (name, level, expected) in [
            (
                "modality",
                "0.5",
                "missing modalities (L, A, V, LA, LV, AV)",
            ),
            ("random", "LA", "rates like 0.5"),
            ("mixed", "0.5", "three rates like"),
            ("blokc", "0.5", "unknown mask family"),
        ] {
            let one = Conditions::one(name, level.parse().unwrap());
            let message = one.unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
            let found = format!("found {level}");
            assert!(name == "blokc" || message.contains(&found), "{message}");
        }
    }

    #[test]
    fn every_level_finds_a_family() {
        let levels = parse_list("0.5,LA,l=0.2,a=0.7,v=0.7").unwrap();
        let conditions = Conditions::deal(&["block"], &levels[..1]).unwrap();
        let chosen = Conditions::choose(&conditions, &levels);
        let names: Vec<_> = chosen.iter().map(|(family, _)| family.name()).collect();
        assert_eq!(names, ["block", "modality", "mixed"]);
    }

    #[test]
    fn refusals_say_what_to_do() {
        let message = deal(&["mixed"], "0.5").unwrap_err();
        assert!(
            message.contains("`mixed`: expected three rates like l=0.2,a=0.7,v=0.7"),
            "{message}"
        );
        let message = deal(&["random"], "0.5,LA").unwrap_err();
        assert!(
            message.contains("none of the mask families random takes level LA"),
            "{message}"
        );
        assert!(message.contains("add one of modality"), "{message}");
        assert!(
            deal(&["blokc"], "0.5")
                .unwrap_err()
                .contains("unknown mask family")
        );
    }
}
