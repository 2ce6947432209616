//! Decides whether the letters of a table name the missing or the present modalities.
//!
//! One modality more does not lower a score, and language carries most of the sentiment, whatever the method.

use std::collections::BTreeMap;

use super::ParsedCondition;
use super::entry::Entry;
use super::modalities::{ModalitySet, Naming};

/// Share of the columns that must agree.
const MOST: f64 = 0.7;

/// Gives every number its condition; `given` is what the user states.
pub(super) fn settle(entries: &mut [Entry], given: Option<Naming>) -> Vec<String> {
    let open = entries
        .iter()
        .any(|e| e.modalities.is_some_and(|m| m.naming.is_none()));
    let (naming, note) = match given {
        Some(naming) => (naming, None),
        None => choose(entries),
    };
    for entry in entries.iter_mut() {
        if let Some(set) = entry.modalities {
            entry.cell.condition = ParsedCondition::Missing(set.missing(naming));
        }
    }
    note.filter(|_| open).into_iter().collect()
}

fn choose(entries: &[Entry]) -> (Naming, Option<String>) {
    let open = |e: &&Entry| e.modalities.is_some_and(|m| m.naming.is_none());
    if entries
        .iter()
        .filter(open)
        .any(|e| e.modalities.is_some_and(|m| m.is_full()))
    {
        let note = "letters of modalities are read as the present ones, since all three together are one of the cases \
                    (--modalities missing for the other reading)";
        return (Naming::Present, Some(note.to_string()));
    }
    let (higher, lower) = votes(entries);
    let all = higher + lower;
    let share = |n: usize| n as f64 >= MOST * all as f64;
    let fits = |naming: Naming, how: &str, n: usize| {
        format!(
            "letters of modalities are read as the {} ones: what they name makes scores {how} in {n} of {all} columns \
             (--modalities {} for the other reading)",
            naming.describe(),
            match naming {
                Naming::Missing => Naming::Present,
                Naming::Present => Naming::Missing,
            }
            .describe()
        )
    };
    if all > 0 && share(higher) {
        (
            Naming::Present,
            Some(fits(Naming::Present, "higher", higher)),
        )
    } else if all > 0 && share(lower) {
        (Naming::Missing, Some(fits(Naming::Missing, "lower", lower)))
    } else {
        let note = "letters of modalities are read as the missing ones; that they are the present ones fits as well \
                    (--modalities present)";
        (Naming::Missing, Some(note.to_string()))
    }
}

/// Scores of one method and metric by set, higher is better.
type Column = Vec<(ModalitySet, f64)>;

/// Columns in which what is named adds to the score, and in which it takes from it.
fn votes(entries: &[Entry]) -> (usize, usize) {
    let mut columns: BTreeMap<_, Column> = BTreeMap::new();
    for entry in entries.iter().filter(|e| !e.spread) {
        let Some(set) = entry.modalities.filter(|m| m.naming.is_none()) else {
            continue;
        };
        let cell = &entry.cell;
        let sign = if cell.metric.higher_is_better {
            1.0
        } else {
            -1.0
        };
        let key = (&cell.dataset, &cell.method, cell.metric.name, entry.slot);
        columns
            .entry(key)
            .or_default()
            .push((set, sign * cell.number.value));
    }
    let mut votes = (0, 0);
    for column in columns.values() {
        let gain = gain(column);
        if gain > 0.0 {
            votes.0 += 1;
        } else if gain < 0.0 {
            votes.1 += 1;
        }
    }
    votes
}

/// What one more named modality adds; where no set holds another, what language does.
fn gain(column: &Column) -> f64 {
    let (mut sum, mut pairs) = (0.0, 0);
    for (small, low) in column {
        for (large, high) in column.iter().filter(|(large, _)| large.holds(*small)) {
            debug_assert_ne!(small, large);
            sum += high - low;
            pairs += 1;
        }
    }
    if pairs > 0 {
        return sum;
    }
    let mean = |with: bool| {
        let values: Vec<f64> = column
            .iter()
            .filter(|(s, _)| s.has_language() == with)
            .map(|(_, v)| *v)
            .collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    // Not a number where all or none name language, which is no vote.
    mean(true) - mean(false)
}
