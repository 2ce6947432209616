//! Gives numbers the spreads that the table prints in columns or lines of their own.

use super::entry::Entry;

/// Moves spreads to the numbers they belong to; how many belong to none.
pub(super) fn attach(entries: &mut Vec<Entry>) -> usize {
    let (spreads, mut numbers): (Vec<Entry>, Vec<Entry>) =
        entries.drain(..).partition(|e| e.spread);
    let mut alone = 0;
    for spread in spreads {
        let same = |e: &Entry| {
            let (a, b) = (&e.cell, &spread.cell);
            (a.metric, &a.dataset, &a.condition) == (b.metric, &b.dataset, &b.condition)
                && (e.slot, e.modalities) == (spread.slot, spread.modalities)
        };
        let named = |e: &Entry| same(e) && e.cell.method == spread.cell.method;
        let beside = |e: &Entry| named(e) && e.cell.line == spread.cell.line;
        let above = |e: &Entry| same(e) && e.cell.averaged && e.cell.line < spread.cell.line;
        // In the same line; else in the line of means that it follows.
        let at = numbers.iter().position(beside);
        let at = at.or_else(|| numbers.iter().position(named));
        let at = at.or_else(|| numbers.iter().rposition(above));
        match at {
            Some(at) => numbers[at].cell.number.sd = Some(spread.cell.number.value),
            None => alone += 1,
        }
    }
    *entries = numbers;
    alone
}
