//! Decides whether the letters of a table name the missing or the present modalities.
//!
//! Language carries most of the sentiment: a test without it scores lower, whatever the method.

use std::collections::BTreeMap;

use super::ParsedCondition;
use super::entry::Entry;
use super::modalities::Naming;

/// Share of the columns that must agree.
const MOST: f64 = 0.7;

/// Gives every number its condition; `given` is what the user states.
pub(super) fn settle(entries: &mut [Entry], given: Option<Naming>) -> Vec<String> {
    let open = entries.iter().any(|e| e.modalities.is_some_and(|m| m.naming.is_none()));
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
    if entries.iter().filter(open).any(|e| e.modalities.is_some_and(|m| m.is_full())) {
        let note = "letters of modalities are read as the present ones, since all three together are one of the cases \
                    (--modalities missing for the other reading)";
        return (Naming::Present, Some(note.to_string()));
    }
    let (with_higher, lower) = votes(entries);
    let all = with_higher + lower;
    let share = |n: usize| n as f64 >= MOST * all as f64;
    let fits = |naming: Naming, how: &str, n: usize| {
        format!(
            "letters of modalities are read as the {} ones: with L among them scores are {how} in {n} of {all} columns \
             (--modalities {} for the other reading)",
            naming.describe(),
            match naming {
                Naming::Missing => Naming::Present,
                Naming::Present => Naming::Missing,
            }
            .describe()
        )
    };
    if all > 0 && share(with_higher) {
        (Naming::Present, Some(fits(Naming::Present, "higher", with_higher)))
    } else if all > 0 && share(lower) {
        (Naming::Missing, Some(fits(Naming::Missing, "lower", lower)))
    } else {
        let note = "letters of modalities are read as the missing ones; that they are the present ones fits as well \
                    (--modalities present)";
        (Naming::Missing, Some(note.to_string()))
    }
}

/// Columns of one method and metric in which cases with language in their name score higher, and lower.
fn votes(entries: &[Entry]) -> (usize, usize) {
    let mut columns: BTreeMap<_, [Vec<f64>; 2]> = BTreeMap::new();
    for entry in entries.iter().filter(|e| !e.spread) {
        let Some(set) = entry.modalities.filter(|m| m.naming.is_none()) else {
            continue;
        };
        let cell = &entry.cell;
        let sign = if cell.metric.higher_is_better { 1.0 } else { -1.0 };
        let key = (&cell.dataset, &cell.method, cell.metric.name, entry.slot);
        columns.entry(key).or_default()[usize::from(set.has_language())].push(sign * cell.number.value);
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let mut votes = (0, 0);
    for [without, with] in columns.values().filter(|c| c.iter().all(|v| !v.is_empty())) {
        if mean(with) > mean(without) {
            votes.0 += 1;
        } else if mean(with) < mean(without) {
            votes.1 += 1;
        }
    }
    votes
}
