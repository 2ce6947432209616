//! Tells ranks in brackets, `81.55 (1)`, from spreads.

use std::collections::BTreeMap;

use super::entry::Entry;

/// Numbers of a column that are no ranks by chance.
const FEWEST: usize = 3;

/// Takes the ranks off the numbers that they are printed beside, and says so.
pub(super) fn take_off(entries: &mut [Entry]) -> Option<String> {
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let cell = &entry.cell;
        if entry.bracketed && cell.number.sd.is_some() {
            let key = (
                cell.dataset.as_str(),
                cell.metric.name,
                entry.slot,
                format!("{} {:?}", cell.condition, entry.modalities),
            );
            groups.entry(key).or_default().push(at);
        }
    }
    let places: Vec<usize> = groups
        .into_values()
        .filter(|group| are_ranks(entries, group))
        .flatten()
        .collect();
    let first = &entries[*places.iter().min()?].cell.number;
    let note = format!(
        "whole numbers in brackets are ranks within their columns, no spreads: {} ({})",
        first.text(),
        first.sd.unwrap_or_default()
    );
    for at in places {
        entries[at].cell.number.sd = None;
    }
    Some(note)
}

/// Whether the numbers in brackets are the ranks of the numbers beside them: the place of each from above or from
/// below, with equal ranks for equal numbers; or whole numbers from 1 on, each at most twice, since authors rank by
/// digits that they do not print.
fn are_ranks(entries: &[Entry], group: &[usize]) -> bool {
    let pairs: Vec<(f64, f64)> = group
        .iter()
        .filter_map(|at| {
            let number = &entries[*at].cell.number;
            Some((number.value, number.sd?))
        })
        .collect();
    if pairs.len() < FEWEST {
        return false;
    }
    let ordered = [1.0, -1.0].iter().any(|sign| {
        pairs.iter().all(|(value, rank)| {
            let better = pairs.iter().filter(|p| sign * p.0 < sign * value).count() as f64;
            let equal = pairs.iter().filter(|p| p.0 == *value).count() as f64;
            // The best, the worst and the mean place of equal numbers.
            [1.0, (equal + 1.0) / 2.0, equal]
                .iter()
                .any(|place| better + place == *rank)
        })
    });
    let most = pairs.len() as f64;
    let count = |rank: f64| pairs.iter().filter(|p| p.1 == rank).count();
    let places = count(1.0) > 0
        && pairs.iter().all(|(_, rank)| {
            rank.fract() == 0.0 && (1.0..=most).contains(rank) && count(*rank) <= 2
        });
    // Whole percents may have whole spreads.
    let digits = group.iter().all(|at| entries[*at].cell.number.decimals > 0);
    ordered || (places && digits)
}

#[cfg(test)]
mod tests {
    use crate::published::parse::{Options, ParsedTable, parse};

    fn read(cells: &[&str]) -> ParsedTable {
        let mut text = "method,mosi_mae\n".to_string();
        for (at, cell) in cells.iter().enumerate() {
            text += &format!("Net{at},{cell}\n");
        }
        parse("t.csv", text.as_bytes(), &Options::default()).unwrap()
    }

    fn spreads(cells: &[&str]) -> usize {
        let table = read(cells);
        table.cells.iter().filter(|c| c.number.sd.is_some()).count()
    }

    #[test]
    fn ranks_in_brackets_are_no_spreads() {
        let table = read(&["0.939 (1)", "1.016 (3)", "1.030 (4)", "0.958 (2)"]);
        assert!(table.cells.iter().all(|c| c.number.sd.is_none()));
        let note =
            "whole numbers in brackets are ranks within their columns, no spreads: 0.939 (1)";
        assert_eq!(table.notes, [note]);
        // With ties, as pandas ranks them, with a rank that printed digits do not show, and of the best three alone.
        for cells in [
            ["0.939 (1)", "0.939 (1)", "1.030 (3)", "1.158 (4)"],
            ["0.939 (1.5)", "0.939 (1.5)", "1.030 (3.0)", "1.158 (4.0)"],
            ["0.939 (2)", "0.939 (1)", "1.030 (4)", "1.029 (3)"],
            ["0.939 (1)", "0.958 (2)", "1.030 (3)", "1.158"],
        ] {
            assert_eq!(spreads(&cells), 0, "{cells:?}");
        }
    }

    #[test]
    fn spreads_in_brackets_stay() {
        for cells in [
            ["0.939 (0.01)", "1.016 (0.03)", "1.030 (0.02)"],
            ["80 (2)", "75 (1)", "70 (2)"],
            ["80.1 (5)", "75.2 (2)", "70.3 (3)"],
            ["0.93 \u{b1} 1", "0.94 \u{b1} 2", "0.95 \u{b1} 3"],
        ] {
            assert_eq!(spreads(&cells), 3, "{cells:?}");
        }
    }
}
