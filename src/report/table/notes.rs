//! Writes the notes below a table: seeds, training, tests, baseline, selection of weights.

use std::collections::BTreeSet;

use super::{Content, Table, searched, tested};
use crate::record::SelectionRule;
use crate::report::rows::folds;
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
    notes.extend(section.runs().next().and_then(folds::note));
    notes.extend(trained(section));
    notes.extend(searched::note(section));
    notes.extend(external_masks(section));
    let baselines = section
        .rows
        .iter()
        .chain(&section.hidden)
        .filter(|r| r.baseline);
    if baselines.count() == 0 {
        notes.push("No baseline to compare with: run the model `constant` too.".to_string());
    }
    notes.extend(selected(section));
    notes
}

/// Whether the masks of external predictions are known by their hashes.
fn external_masks(section: &Section) -> Option<String> {
    let external = |row: &&ModelRow| row.trainings().any(|r| r.manifest.external.is_some());
    let rows = section.own_rows().filter(external);
    let verified = |row: &&ModelRow| row.trainings().all(|r| r.mask.are_verified());
    let (verified, stated): (Vec<&ModelRow>, Vec<&ModelRow>) = rows.partition(verified);
    let names = |rows: &[&ModelRow]| {
        let labels: Vec<&str> = rows.iter().map(|row| &*row.label).collect();
        labels.join(", ")
    };
    match (verified.is_empty(), stated.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!(
            "Masks of {}: verified by their hashes.",
            names(&verified)
        )),
        (true, false) => Some(format!(
            "Masks of {}: as stated by their maker.",
            names(&stated)
        )),
        (false, false) => Some(format!(
            "Masks of {}: verified by their hashes; of {}: as stated by their maker.",
            names(&verified),
            names(&stated)
        )),
    }
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
