//! Writes the notes below a table: seeds, training, tests, baseline, selection of weights.

use std::collections::BTreeSet;

use super::{BASELINE_MARK, Content, Table, tested};
use crate::record::SelectionRule;
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::section::{ModelRow, Section};
use crate::report::rows::trained::Trained;

/// Under tables with a dash.
pub const NOT_EVALUATED: &str = "-: not evaluated at the rates this needs.";

/// Sentences under a table whose rows are the section's.
pub fn notes(section: &Section, table: &Table) -> Vec<String> {
    let mut notes = of_models(section, table);
    let mut cells = table.rows.iter().flat_map(|r| &r.cells);
    if cells.any(|c| c.content == Content::Missing) {
        notes.push(NOT_EVALUATED.to_string());
    }
    notes
}

/// Those on marks and tests, training, the baseline and the selection of weights.
pub fn of_models(section: &Section, table: &Table) -> Vec<String> {
    let mut notes = vec![tested::note(section, table)];
    notes.extend(trained(section));
    if !table.rows.iter().any(|r| r.baseline) {
        notes.push("No baseline to compare with: run the model `constant` too.".to_string());
    }
    notes.extend(selected(section));
    notes
}

/// How weights were selected, where that was on the test split.
pub fn selected(section: &Section) -> Option<String> {
    let paper = |r: &ScoredRun| r.manifest.selection.rule == Some(SelectionRule::Paper);
    let own = section.own_rows().filter(|row| !row.baseline);
    let (some, rest): (Vec<&ModelRow>, Vec<&ModelRow>) =
        own.partition(|row| row.runs.iter().any(paper));
    let models = if rest.is_empty() {
        String::new()
    } else {
        let labels = some.iter().map(|row| row.label.as_str());
        format!(" of {}", labels.collect::<Vec<_>>().join(", "))
    };
    (!some.is_empty()).then(|| {
        format!(
            "Weights{models} selected by the best test epoch, as in the paper; flatters every \
             such model. Scores of each seed are rounded as in the paper before they are averaged."
        )
    })
}

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

/// What the models were trained on, where that is not mixed noise and no label names it.
fn trained(section: &Section) -> Vec<String> {
    let all: BTreeSet<Trained> = section.runs().filter_map(Trained::of).collect();
    let mut notes = Vec::new();
    if let (1, Some(only)) = (all.len(), all.first().filter(|t| **t != Trained::Mixed)) {
        notes.push(format!("Models were {}.", only.describe()));
    }
    if all.contains(&Trained::TestedRate) {
        notes.push(
            "Trained at the tested rate: a training per rate, on samples of that rate alone; a mean \
             over rates is one over trainings."
                .to_string(),
        );
    }
    notes
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
