//! Pairs the predictions of two rows for their comparison.

use std::collections::BTreeSet;

use super::comparison::Pairing;
use super::predicted::PredictedRow;
use crate::mask::Condition;
use crate::report::rows::samples::Samples;

/// Seeds of two rows side by side, and the conditions that both have.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pairs {
    pub own: Vec<u64>,
    pub theirs: Vec<u64>,
    pub conditions: Vec<Condition>,
    pub pairing: Pairing,
}

impl Pairs {
    /// Whether every seed of both rows has a partner.
    pub fn has_all(&self, row: &PredictedRow, reference: &PredictedRow) -> bool {
        self.own.len() == row.samples.len() && self.theirs.len() == reference.samples.len()
    }
}

/// Pairs the seeds of a row with those of the reference: by number where they share some, else the
/// first of each by rank, since numbers of other programs' seeds mean nothing here.
///
/// # Errors
/// Why they cannot be tested against each other, to follow the row's name.
pub(super) fn pairs(row: &PredictedRow, reference: &PredictedRow) -> Result<Pairs, &'static str> {
    let first = |row: &PredictedRow| row.samples.values().next().cloned();
    let own = first(row).ok_or("its runs have different samples or labels")?;
    let theirs =
        first(reference).ok_or("the runs of the reference have different samples or labels")?;
    if !own.pairs_with(&theirs) {
        return Err("other samples or labels than the reference");
    }
    if masks(&own) != masks(&theirs) {
        return Err("other mask seeds than the reference");
    }
    let shared = |condition: &&Condition| reference.conditions.contains(condition);
    let conditions: Vec<Condition> = row.conditions.iter().filter(shared).copied().collect();
    if conditions.is_empty() {
        Err("no condition in common with the reference")
    } else {
        Ok(seeds(row, reference, conditions))
    }
}

fn seeds(row: &PredictedRow, reference: &PredictedRow, conditions: Vec<Condition>) -> Pairs {
    let all = |row: &PredictedRow| row.samples.keys().copied().collect::<Vec<u64>>();
    let (mut own, mut theirs) = (all(row), all(reference));
    let shared: Vec<u64> = own.iter().filter(|s| theirs.contains(s)).copied().collect();
    let pairing = match shared.len() {
        0 => {
            let count = own.len().min(theirs.len());
            own.truncate(count);
            theirs.truncate(count);
            Pairing::Ranks(count)
        }
        count => {
            let same = own == theirs;
            (own, theirs) = (shared.clone(), shared);
            if same {
                Pairing::Same
            } else {
                Pairing::Shared(count)
            }
        }
    };
    Pairs {
        own,
        theirs,
        conditions,
        pairing,
    }
}

fn masks(samples: &Samples) -> BTreeSet<u64> {
    samples.passes.keys().map(|(_, seed)| *seed).collect()
}
