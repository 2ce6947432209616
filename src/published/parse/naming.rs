//! Decides whether the letters of a table name the missing or the present modalities.
//!
//! One modality more does not lower a score, and language carries most of the sentiment, whatever the method.

use std::collections::BTreeMap;

use super::ParsedCondition;
use super::entry::Entry;
use super::modalities::{ModalitySet, Naming};

/// Share of the columns that must agree.
const MOST: f64 = 0.7;

/// Columns that contradict what is stated, and how many times as many they are as the others at least.
const AGAINST: usize = 4;
const TIMES: usize = 10;

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
    let mut notes: Vec<String> = note.filter(|_| open).into_iter().collect();
    notes.extend(contradicted(entries, given));
    notes
}

/// A note where nearly all columns say the reverse of what a heading or the user states.
fn contradicted(entries: &[Entry], given: Option<Naming>) -> Option<String> {
    let by_heading = |set: &ModalitySet| set.by_heading;
    let of_user = |set: &ModalitySet| set.naming.is_none();
    let stated = entries.iter().filter_map(|e| e.modalities);
    let mut stated = stated.filter(by_heading).map(|set| set.naming);
    let (naming, votes, source) = match (stated.next().flatten(), given) {
        (Some(naming), _) => (naming, votes(entries, by_heading), "the heading"),
        (None, Some(naming)) => (naming, votes(entries, of_user), "--modalities"),
        (None, None) => return None,
    };
    let (against, fitting, how, other) = match naming {
        Naming::Missing => (votes.0, votes.1, "higher", Naming::Present),
        Naming::Present => (votes.1, votes.0, "lower", Naming::Missing),
    };
    (against >= AGAINST && against >= TIMES * fitting).then(|| {
        format!(
            "letters of modalities are read as the {} ones, as {source} says, but what they name makes scores {how} in \
             {against} of {} columns, as the {} ones do: if that is what they are, change {source} to `{}`",
            naming.describe(),
            against + fitting,
            other.describe(),
            other.describe()
        )
    })
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
    let (higher, lower) = votes(entries, |set| set.naming.is_none());
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

/// Columns in which what is named adds to the score, and in which it takes from it, of the sets that count.
fn votes(entries: &[Entry], counts: impl Fn(&ModalitySet) -> bool) -> (usize, usize) {
    let mut columns: BTreeMap<_, Column> = BTreeMap::new();
    for entry in entries.iter().filter(|e| !e.spread) {
        let Some(set) = entry.modalities.filter(|m| counts(m)) else {
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

#[cfg(test)]
mod tests {
    use super::Naming;
    use crate::published::parse::{Options, ParsedCondition, parse};

    /// Notes that contradict what is stated, and the first condition, for sets in the order of what is left of scores.
    fn contradicting(heading: &str, sets: [&str; 4], given: Option<Naming>) -> (usize, String) {
        let mut text = format!("{heading},method,mosi_acc7,mosi_acc2_n,mosi_mae,mosi_corr\n");
        for (set, left) in sets.iter().zip([1.0, 0.98, 0.3, 0.2]) {
            text += &format!(
                "{set},A,{:.2},{:.2},{:.3},{:.3}\n",
                20.0 + 22.0 * left,
                55.0 + 28.0 * left,
                1.4 - 0.6 * left,
                0.7 * left
            );
        }
        let options = Options {
            modalities: given,
            ..Options::default()
        };
        let table = parse("t.csv", text.as_bytes(), &options).unwrap();
        let notes = table.notes.iter();
        let count = notes
            .filter(|n| n.contains("if that is what they are"))
            .count();
        let ParsedCondition::Missing(letters) = &table.cells[0].condition else {
            return (count, String::new());
        };
        (count, letters.clone())
    }

    #[test]
    fn what_is_stated_is_kept_and_a_contradiction_noted() {
        let (present, missing) = (["LA", "L", "AV", "A"], ["V", "AV", "L", "LV"]);
        let of = |heading, sets, given| contradicting(heading, sets, given);
        let stated = Some(Naming::Missing);
        assert_eq!(of("Missing modalities", present, None), (1, "LA".into()));
        assert_eq!(of("Available modalities", missing, None), (1, "LA".into()));
        assert_eq!(of("Modalities", present, stated), (1, "LA".into()));
        assert_eq!(of("Missing modalities", missing, None), (0, "V".into()));
        assert_eq!(of("Available modalities", present, None), (0, "V".into()));
        assert_eq!(of("Modalities", present, None), (0, "V".into()));
    }
}
