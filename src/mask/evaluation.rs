//! Assigns conditions to the mask protocols that take them.

use super::condition::ConditionKind;
use super::{Condition, Error, MaskProtocol};
use crate::data::dataset::Modality;

/// A mask protocol with the conditions it is evaluated at.
#[derive(Clone)]
pub struct EvaluationMasks {
    pub mask_protocol: &'static dyn MaskProtocol,
    /// Ascending, never empty.
    pub conditions: Vec<Condition>,
}

impl std::fmt::Debug for EvaluationMasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {:?}", self.mask_protocol.name(), self.conditions)
    }
}

impl EvaluationMasks {
    /// The mask protocol called `name` at one condition, for commands that write or show one mask.
    ///
    /// # Errors
    /// [`Error::UnknownMaskProtocol`]; [`Error::NoConditions`] where the mask protocol has no masks at this condition.
    pub fn one(name: &str, condition: Condition) -> Result<Self, Error> {
        let mask_protocol = super::find(name)?;
        if mask_protocol.kinds().contains(&condition.kind()) {
            Ok(Self {
                mask_protocol,
                conditions: vec![condition],
            })
        } else {
            Err(no_conditions(mask_protocol, condition.to_string()))
        }
    }

    /// A mask protocol for each of `conditions`: the first of `evaluation` that takes its kind, or else
    /// the first of all mask protocols.
    pub fn choose(
        evaluation: &[Self],
        conditions: &[Condition],
    ) -> Vec<(&'static dyn MaskProtocol, Condition)> {
        let mask_protocol = |condition: &Condition| {
            let own = evaluation.iter().map(|evaluation| evaluation.mask_protocol);
            let mut mask_protocols = own.chain(super::MASK_PROTOCOLS.iter().copied());
            mask_protocols.find(|mask_protocol| mask_protocol.kinds().contains(&condition.kind()))
        };
        let chosen = conditions
            .iter()
            .filter_map(|condition| Some((mask_protocol(condition)?, *condition)));
        chosen.collect()
    }

    /// The same for data without these modalities: without the sets of missing modalities that hold one of
    /// them, since it is missing at every condition. Empty where nothing is left.
    pub fn present(evaluation: Vec<Self>, absent: &[Modality]) -> Vec<Self> {
        let mut present = evaluation;
        for one in &mut present {
            one.conditions
                .retain(|condition| condition.is_drawn_without(absent));
        }
        present.retain(|one| !one.conditions.is_empty());
        present
    }

    /// What [`Self::present`] leaves out of conditions, for data of this name: a sentence, if it leaves out any.
    pub fn left_out(evaluation: &[Self], absent: &[Modality], data: &str) -> Option<String> {
        let all = evaluation.iter().flat_map(|one| &one.conditions);
        let out = all.filter(|condition| !condition.is_drawn_without(absent));
        let mut names: Vec<String> = out.map(ToString::to_string).collect();
        names.sort_unstable();
        names.dedup();
        let (s, are) = if names.len() == 1 {
            ("", "is")
        } else {
            ("s", "are")
        };
        let modalities: Vec<&str> = absent.iter().map(|modality| modality.as_str()).collect();
        (!names.is_empty()).then(|| {
            format!(
                "{data} has no {}: condition{s} {} {are} not tested",
                modalities.join(" and no "),
                names.join(", ")
            )
        })
    }

    /// The mask seeds under which the mask protocol is evaluated: only the first if masks do not depend
    /// on the seed.
    pub fn seeds<'a>(&self, seeds: &'a [u64]) -> &'a [u64] {
        if self.mask_protocol.is_seed_invariant() {
            &seeds[..seeds.len().min(1)]
        } else {
            seeds
        }
    }

    /// Checks that every mask protocol takes its seeds, before anything is drawn.
    ///
    /// # Errors
    /// As [`MaskProtocol::fill`].
    pub fn check_seeds(evaluation: &[Self], seeds: &[u64]) -> Result<(), Error> {
        let mut all = evaluation.iter().flat_map(|one| {
            one.seeds(seeds)
                .iter()
                .map(|seed| (one.mask_protocol, *seed))
        });
        all.try_for_each(|(mask_protocol, seed)| mask_protocol.check_seed(seed))
    }

    /// Assigns `conditions` to the mask protocols called `names`: each gets those of the kinds it takes. A
    /// mask protocol of subsets that gets none is evaluated at all six.
    ///
    /// # Errors
    /// [`Error::UnknownMaskProtocol`]; [`Error::NoConditions`] for a mask protocol that is left with nothing;
    /// [`Error::IdleCondition`] for a condition that no mask protocol takes.
    pub fn deal<S: AsRef<str>>(names: &[S], conditions: &[Condition]) -> Result<Vec<Self>, Error> {
        let mut dealt: Vec<Self> = Vec::new();
        for name in names {
            let mask_protocol = super::find(name.as_ref())?;
            if !dealt
                .iter()
                .any(|known| known.mask_protocol.name() == mask_protocol.name())
            {
                let conditions = conditions_of(mask_protocol, conditions)?;
                dealt.push(Self {
                    mask_protocol,
                    conditions,
                });
            }
        }
        let takes = |condition: &Condition| {
            dealt
                .iter()
                .any(|known| known.conditions.contains(condition))
        };
        match conditions.iter().find(|condition| !takes(condition)) {
            None => Ok(dealt),
            // Rates are the default of every flag, so they may be unused where subsets are used.
            Some(condition) if condition.kind() == ConditionKind::Rate => {
                let mask_protocols = listed(names);
                tracing::info!(
                    "{mask_protocols}: rates are not used, only {}",
                    kinds_of(&dealt)
                );
                Ok(dealt)
            }
            Some(condition) => Err(Error::IdleCondition {
                condition: *condition,
                mask_protocols: listed(names),
                takers: takers(condition.kind()),
            }),
        }
    }
}

fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    names.join(", ")
}

/// The conditions that were assigned.
fn kinds_of(dealt: &[EvaluationMasks]) -> String {
    let conditions = dealt.iter().flat_map(|one| &one.conditions);
    listed(&conditions.map(Condition::to_string).collect::<Vec<_>>())
}

fn conditions_of(
    mask_protocol: &dyn MaskProtocol,
    conditions: &[Condition],
) -> Result<Vec<Condition>, Error> {
    let kinds = mask_protocol.kinds();
    let taken = conditions
        .iter()
        .filter(|condition| kinds.contains(&condition.kind()));
    let mut taken: Vec<Condition> = taken.copied().collect();
    taken.sort();
    taken.dedup();
    if taken.is_empty() && kinds.contains(&ConditionKind::Subset) {
        return Ok(Condition::SUBSETS.to_vec());
    }
    if taken.is_empty() {
        return Err(no_conditions(mask_protocol, "none".to_owned()));
    }
    Ok(taken)
}

fn no_conditions(mask_protocol: &dyn MaskProtocol, found: String) -> Error {
    Error::NoConditions {
        mask_protocol: mask_protocol.name(),
        expected: describe(mask_protocol.kinds()),
        found,
    }
}

/// Describes kinds of condition.
pub fn describe(kinds: &[ConditionKind]) -> String {
    let kinds: Vec<_> = kinds.iter().map(|kind| kind.describe()).collect();
    kinds.join(" or ")
}

/// The mask protocols that take conditions of this kind.
fn takers(kind: ConditionKind) -> String {
    let takers = super::MASK_PROTOCOLS
        .iter()
        .filter(|mask_protocol| mask_protocol.kinds().contains(&kind));
    takers
        .map(|mask_protocol| mask_protocol.name())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::condition::parse_list;

    fn deal(names: &[&str], conditions: &str) -> Result<Vec<String>, String> {
        let conditions = parse_list(conditions).unwrap();
        let show = |dealt: Vec<EvaluationMasks>| {
            let one = |c: &EvaluationMasks| {
                let names: Vec<_> = c.conditions.iter().map(Condition::to_string).collect();
                format!("{} {}", c.mask_protocol.name(), names.join(" "))
            };
            dealt.iter().map(one).collect()
        };
        EvaluationMasks::deal(names, &conditions)
            .map(show)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_mask_protocol_gets_its_kind() {
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
    fn one_seed_serves_a_mask_protocol_without() {
        let conditions = parse_list("0.5,LA").unwrap();
        let dealt = EvaluationMasks::deal(&["random", "modality"], &conditions).unwrap();
        assert_eq!(dealt[0].seeds(&[7, 8]), [7, 8]);
        assert_eq!(dealt[1].seeds(&[7, 8]), [7]);
        assert!(dealt[1].seeds(&[]).is_empty());
    }

    #[test]
    fn seeds_a_mask_protocol_refuses_are_found_before_drawing() {
        let conditions = parse_list("0.5").unwrap();
        let large = 1 << 32;
        for (name, seeds, fine) in [
            ("random", [1, large], true),
            ("reference", [1, 2], true),
            ("reference", [1, large], false),
            ("reference-tfr", [1, 111_001_111_011_111], true),
            ("reference-tfr", [1, large], false),
        ] {
            let dealt = EvaluationMasks::deal(&[name], &conditions).unwrap();
            let checked = EvaluationMasks::check_seeds(&dealt, &seeds);
            assert_eq!(checked.is_ok(), fine, "{name} {seeds:?}");
        }
    }

    #[test]
    fn a_single_condition_is_of_a_kind_the_mask_protocol_takes() {
        for (name, condition) in [
            ("random", "0.5"),
            ("modality", "LA"),
            ("mixed", "l=0.2,a=0.7,v=0.7"),
            ("reference-tfr", "l=0.2,a=0.7,v=0.7"),
        ] {
            let condition: Condition = condition.parse().unwrap();
            let one = EvaluationMasks::one(name, condition).unwrap();
            assert_eq!(
                (one.mask_protocol.name(), one.conditions),
                (name, vec![condition])
            );
        }
        for (name, condition, expected) in [
            (
                "modality",
                "0.5",
                "missing modalities (L, A, V, LA, LV, AV)",
            ),
            ("random", "LA", "rates like 0.5"),
            ("mixed", "0.5", "three rates like"),
            ("blokc", "0.5", "unknown mask protocol"),
        ] {
            let one = EvaluationMasks::one(name, condition.parse().unwrap());
            let message = one.unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
            let found = format!("found {condition}");
            assert!(name == "blokc" || message.contains(&found), "{message}");
        }
    }

    #[test]
    fn every_condition_finds_a_mask_protocol() {
        let conditions = parse_list("0.5,LA,l=0.2,a=0.7,v=0.7").unwrap();
        let evaluation = EvaluationMasks::deal(&["block"], &conditions[..1]).unwrap();
        let chosen = EvaluationMasks::choose(&evaluation, &conditions);
        let names: Vec<_> = chosen
            .iter()
            .map(|(mask_protocol, _)| mask_protocol.name())
            .collect();
        assert_eq!(names, ["block", "modality", "mixed"]);
    }

    #[test]
    fn refusals_name_the_remedy() {
        let message = deal(&["mixed"], "0.5").unwrap_err();
        assert!(
            message.contains("`mixed`: expected three rates like l=0.2,a=0.7,v=0.7"),
            "{message}"
        );
        let message = deal(&["random"], "0.5,LA").unwrap_err();
        assert!(
            message.contains("none of the mask protocols random takes condition LA"),
            "{message}"
        );
        assert!(message.contains("add one of modality"), "{message}");
        assert!(
            deal(&["blokc"], "0.5")
                .unwrap_err()
                .contains("unknown mask protocol")
        );
    }
}
