//! Writes the notes on the tests of a table: which numbers were tested, how, and which not.

use super::{Cell, Column, Content, Table, TableRow};
use crate::report::rows::section::{ModelRow, Section, Tests};
use crate::report::stats::comparison::{Comparison, Pairing};
use crate::report::stats::holm::{self, ALPHA};
use crate::report::stats::resample::SEED;

/// Sentences on the tests of a table whose rows are the section's.
pub fn sentences(section: &Section, table: &Table) -> Vec<String> {
    let cells = || table.rows.iter().flat_map(|r| &r.cells);
    let marked = cells().any(|c| c.best);
    let best = "Underlined: best of its column, where it beats the baseline";
    let best = |end: &str| marked.then(|| format!("{best}{end}"));
    let comparison = match &section.tests {
        Tests::Done(comparison) => comparison,
        Tests::Skipped(reason) => return best(".").into_iter().chain([reason.clone()]).collect(),
    };
    let (reference, open) = (
        &section.rows[comparison.reference].label,
        untested(section, comparison, table),
    );
    let count = cells().filter(|c| c.versus.is_some()).count();
    if count == 0 {
        return best("; not tested.").into_iter().chain(open).collect();
    }
    let which = match open {
        None => "each number",
        Some(_) => "each number but those named next,",
    };
    let which = format!("{which} against that of {reference}");
    let mut notes = vec![method(&which, count, comparison)];
    notes.extend(open);
    notes.extend(pairing(section, comparison, table));
    let bold = || {
        format!(
            "Bold: best of its column and better than {reference} (where that is the best: than \
             the runner-up) with corrected p < {ALPHA}. Underlined: best, but it may be chance."
        )
    };
    // Where all are underlined for lack of permutations, the note on chance is left out.
    let coarse = too_coarse(count, comparison);
    notes.extend(match &coarse {
        Some(_) => best("."),
        None => marked.then(bold),
    });
    notes.extend(coarse);
    notes
}

/// A note where no number can be significant: too many tests for the number of permutations.
fn too_coarse(count: usize, comparison: &Comparison) -> Option<String> {
    let permutations = comparison.plan.permutations;
    let tests = match count {
        1 => "this test".to_string(),
        _ => format!("these {count} tests"),
    };
    (holm::least(count, permutations) >= ALPHA).then(|| {
        format!(
            "With {permutations} permutations no corrected p of {tests} can fall below {ALPHA}: \
             nothing can be bold; more permutations (--resamples) could tell."
        )
    })
}

/// The method of `count` tests of `which` numbers.
fn method(which: &str, count: usize, comparison: &Comparison) -> String {
    let plan = comparison.plan;
    format!(
        "Tested: {which}, by a paired permutation test that exchanges whole test samples between the \
         two models ({} permutations, all seeds and rates of a sample together), Holm-corrected over \
         the {count} tests of this table. Intervals in the page and summary.csv: {} bootstrap \
         resamples of samples and seeds (random seed {SEED}).",
        plan.permutations, plan.bootstrap
    )
}

/// The section's tests, if they are against this row; else a sentence on why changes from
/// it have none.
pub fn changes<'a>(section: &'a Section, full: &ModelRow) -> Result<&'a Comparison, String> {
    match &section.tests {
        Tests::Skipped(reason) => Err(reason.clone()),
        Tests::Done(comparison) => match &section.rows[comparison.reference] {
            reference if std::ptr::eq(reference, full) => Ok(comparison),
            reference => Err(format!(
                "Changes were not tested, since tests are against {}: ask with --reference {}.",
                reference.label, full.model
            )),
        },
    }
}

/// Sentences on the tests of a table of changes from the reference.
pub fn of_changes(section: &Section, comparison: &Comparison, table: &Table) -> Vec<String> {
    let cells = table.rows.iter().flat_map(|r| &r.cells);
    let count = cells.filter(|c| c.versus.is_some()).count();
    if count == 0 {
        return vec!["Changes were not tested.".to_string()];
    }
    let rows = table.rows.iter();
    let index = |row: &TableRow| section.rows.iter().position(|r| r.label == row.label);
    let pairing = |row: &TableRow| comparison.pairings.get(&index(row)?);
    let not = rows.filter_map(|row| match pairing(row)? {
        Pairing::Unpaired(why) => Some(format!("{} ({why})", row.label)),
        _ => None,
    });
    let not: Vec<String> = not.collect();
    let mut notes = vec![method(
        "each change that has an interval in the page",
        count,
        comparison,
    )];
    if !not.is_empty() {
        notes.push(format!("Not tested: {}.", not.join("; ")));
    }
    let bold = || format!("Bold: a change with corrected p < {ALPHA}.");
    notes.push(too_coarse(count, comparison).unwrap_or_else(bold));
    notes
}

/// Rows of models that are neither the reference nor a baseline, with their positions.
fn rivals<'a>(
    comparison: &'a Comparison,
    table: &'a Table,
) -> impl Iterator<Item = (&'a TableRow, &'a Pairing)> {
    let rows = table.rows.iter().enumerate();
    rows.filter_map(|(index, row)| Some((row, comparison.pairings.get(&index)?)))
}

/// The numbers of models that have no test, and why; `None` where all have one.
fn untested(section: &Section, comparison: &Comparison, table: &Table) -> Option<String> {
    let mut parts = Vec::new();
    for (row, pairing) in rivals(comparison, table) {
        if let Pairing::Unpaired(why) = pairing {
            parts.push(format!("{} ({why})", row.label));
        }
    }
    let pairing = || {
        rivals(comparison, table).filter(|(_, pairing)| !matches!(pairing, Pairing::Unpaired(_)))
    };
    let mut others = false;
    for (index, column) in table.columns.iter().enumerate() {
        let open =
            |cell: &Cell| matches!(cell.content, Content::Number { .. }) && cell.versus.is_none();
        if !pairing().any(|(row, _)| open(&row.cells[index])) {
            continue;
        }
        if untestable(section, column) {
            parts.push(format!("{} (it has no such test)", title(section, column)))
        } else {
            others = true
        }
    }
    parts.dedup();
    if others {
        let reference = &section.rows[comparison.reference].label;
        parts.push(format!("what {reference} has no number for"));
    }
    (!parts.is_empty()).then(|| format!("Not tested: {}.", parts.join("; ")))
}

/// Whether a column shows a metric that cannot be resampled.
fn untestable(section: &Section, column: &Column) -> bool {
    let metrics = column.metrics.iter();
    let mut known = metrics.filter_map(|name| section.protocol.metric(name));
    known.any(|metric| metric.sums.is_none())
}

/// The metric of a column without unit and arrow.
fn title(section: &Section, column: &Column) -> String {
    let metric = column.metrics.first();
    let metric = metric.and_then(|name| section.protocol.metric(name));
    metric.map_or(&*column.title, |m| m.title).to_string()
}

/// Rows whose seeds are not simply those of the reference.
fn pairing(section: &Section, comparison: &Comparison, table: &Table) -> Vec<String> {
    let reference = &section.rows[comparison.reference].label;
    let sentence = |(row, pairing): (&TableRow, &Pairing)| match pairing {
        Pairing::Same | Pairing::Unpaired(_) => None,
        Pairing::Shared(1) => Some(format!(
            "{} is tested over the one seed that {reference} has too.",
            row.label
        )),
        Pairing::Shared(count) => Some(format!(
            "{} is tested over the {count} seeds that {reference} has too.",
            row.label
        )),
        Pairing::Ranks(count) => Some(format!(
            "{} has no seed number in common with {reference}: the first {count} of each are \
             paired by rank.",
            row.label
        )),
    };
    rivals(comparison, table).filter_map(sentence).collect()
}
