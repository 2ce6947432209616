//! Finds complete data and everything missing among a run's evaluations: the two subsets that the mask
//! protocol of whole modalities leaves to others.

use super::values::Conditions;
use crate::mask::{self, Condition, ConditionKind};
use crate::record::masks::MaskMetadata;

/// Where a run was evaluated on complete data and with everything missing, with the scores there.
#[derive(Clone, Debug, PartialEq)]
pub struct Ends {
    /// Mask protocol of rate 0.
    pub complete: String,
    /// Mask protocol of rate 1.
    pub nothing: String,
    /// Scores at the rates 0 and 1.
    pub scores: Conditions,
}

impl Ends {
    /// Of a run that was evaluated under these masks, for those of `own`; `scores` gives the scores of a
    /// mask protocol. `None` unless `own` has all six incomplete subsets and others have the two ends.
    pub fn of(
        own: &MaskMetadata,
        all: &[MaskMetadata],
        scores: impl Fn(&str) -> Conditions,
    ) -> Option<Self> {
        let protocol = mask::find(&own.mask_protocol).ok()?;
        let subsets = protocol.kinds().contains(&ConditionKind::Subset)
            && Condition::SUBSETS
                .iter()
                .all(|c| own.conditions.contains(c));
        if !subsets {
            return None;
        }
        let at = |rate: f64, fits: &dyn Fn(&dyn mask::MaskProtocol) -> bool| {
            let rate = Condition::uniform(rate)?;
            let known = |masks: &&MaskMetadata| {
                masks.conditions.contains(&rate) && mask::find(&masks.mask_protocol).is_ok_and(fits)
            };
            Some((rate, all.iter().find(known)?.mask_protocol.clone()))
        };
        let (zero, complete) = at(0.0, &|_| true)?;
        // As `modality` does, these drop all but CLS and SEP at rate 1.
        let (one, nothing) = at(1.0, &|p| !p.leaves_one_modality() && !p.protects_ends())?;
        let mut ends = Conditions::new();
        for (condition, name) in [(zero, &complete), (one, &nothing)] {
            for (metric, curve) in scores(name) {
                let score = curve.get(&condition).cloned();
                let entry = ends.entry(metric).or_default();
                entry.extend(score.map(|score| (condition, score)));
            }
        }
        Some(Self {
            complete,
            nothing,
            scores: ends,
        })
    }

    /// The mask protocol whose predictions count at a condition; that of the subsets where there is none.
    pub fn protocol_of(&self, condition: Condition) -> Option<&str> {
        match condition.rate()? {
            0.0 => Some(&self.complete),
            1.0 => Some(&self.nothing),
            _ => None,
        }
    }
}
