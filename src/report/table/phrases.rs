//! Phrases that several notes share: the mark of the baseline, and the number of seeds.

use super::{BASELINE_MARK, Table};
use crate::report::rows::section::ModelRow;

/// The meaning of the mark of the baseline, by the names of a table's baselines.
pub fn at_baseline(table: &Table) -> String {
    let names = table.rows.iter().filter(|r| r.baseline).map(|r| &*r.label);
    let names: Vec<&str> = names.map(|n| n.trim_end_matches(" (baseline)")).collect();
    let best = if names.len() > 1 { "the best of " } else { "" };
    format!(
        "{BASELINE_MARK}: no better than {best}{}, which predicts the same for every sample.",
        names.join(" and ")
    )
}

/// The number of seeds behind the numbers of these rows, which may show their spread; rows with
/// another number than the first are named.
pub fn seeds<'a>(rows: impl Iterator<Item = &'a ModelRow>, spread: bool) -> String {
    let mut rows = rows.peekable();
    let usual = rows.peek().map_or(0, |r| r.runs.len());
    let others = rows.filter(|r| r.runs.len() != usual);
    let others = others
        .map(|r| format!(" ({}: {})", r.label, r.runs.len()))
        .collect::<String>();
    if usual == 1 && others.is_empty() {
        "One seed per model, no spread".to_string()
    } else if spread {
        format!("Mean ± standard deviation (n-1) over seeds, n = {usual}{others}")
    } else {
        format!("Mean over seeds, n = {usual}{others}")
    }
}
