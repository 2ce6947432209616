//! Tells spreads in percent beside accuracies that are fractions, as `f"{accuracy:.4f} ± {spread:.2f}"` prints them.

use super::entry::Entry;

/// Fewest spreads that tell their unit.
const FEWEST: usize = 4;

/// Median spread above which they are no fractions: no table has spreads of ten points throughout.
const FRACTION: f64 = 0.1;

/// Median from which they are scores rather than spreads in percent.
const SCORE: f64 = 5.0;

/// Gives such spreads the unit of their numbers, both still as printed; `places` are accuracies and F1 in fractions.
pub(super) fn settle(entries: &mut [Entry], places: &[usize]) -> Option<String> {
    let spreads = |bracketed: bool| -> Vec<usize> {
        let of_kind = |at: &&usize| {
            let entry = &entries[**at];
            entry.bracketed == bracketed && entry.cell.number.sd.is_some_and(|sd| sd > 0.0)
        };
        places.iter().filter(of_kind).copied().collect()
    };
    let in_percent = |bracketed: bool| {
        let spreads = spreads(bracketed);
        let mut sizes: Vec<f64> = spreads
            .iter()
            .filter_map(|at| entries[*at].cell.number.sd)
            .collect();
        sizes.sort_by(f64::total_cmp);
        let median = *sizes.get(sizes.len() / 2)?;
        // Fractions in brackets may be another metric.
        let told = !bracketed || sizes[sizes.len() - 1] > 1.0;
        let is_percent = (FRACTION..SCORE).contains(&median);
        (sizes.len() >= FEWEST && is_percent && told).then_some(spreads)
    };
    let all: Vec<usize> = [false, true]
        .into_iter()
        .filter_map(in_percent)
        .flatten()
        .collect();
    let first = &entries[*all.iter().min()?].cell.number;
    let note = format!(
        "spreads beside fractions are percent: {} \u{b1} {} is read as {} \u{b1} {1}",
        first.text(),
        first.sd.unwrap_or_default(),
        first.clone().times_100().text()
    );
    for at in all {
        let sd = &mut entries[at].cell.number.sd;
        *sd = sd.map(|sd| sd / 100.0);
    }
    Some(note)
}
