//! What a reader must know who sees a table alone.

use std::collections::BTreeSet;

use super::{Cell, Content, FLOOR_MARK, Table};
use crate::report::run::section::{Section, Tests};
use crate::report::run::trained::Trained;
use crate::report::stats::resample::SEED;

/// Below this a corrected p-value counts as more than chance.
pub const ALPHA: f64 = 0.05;

/// Sentences under a table of this section.
pub fn notes(section: &Section, table: &Table) -> Vec<String> {
    let cells = || table.rows.iter().flat_map(|r| &r.cells);
    let mut notes = vec![seeds(section)];
    notes.extend(trained(section));
    notes.extend(tests(section, cells));
    if !table.rows.iter().any(|r| r.floor) {
        notes.push("No floor to compare with: run the model `constant` too.".to_string());
    } else if cells().any(|c| c.at_floor) {
        notes.push(at_floor());
    }
    if cells().any(|c| c.content == Content::Missing) {
        notes.push("-: not evaluated at the rates this needs.".to_string());
    }
    if section.runs().any(|r| r.manifest.selection.rule == "paper") {
        notes.push(
            "Weights selected by the best test epoch, as in the paper; flatters every model. \
             Scores of each seed are rounded as in the paper before they are averaged."
                .to_string(),
        );
    }
    notes
}

/// What the mark of the floor means.
pub fn at_floor() -> String {
    format!("{FLOOR_MARK} No better than the floor, which predicts the same for every clip.")
}

fn tests<'a, I: Iterator<Item = &'a Cell>>(
    section: &Section,
    cells: impl Fn() -> I,
) -> Vec<String> {
    let marked = cells().any(|c| c.best);
    let comparison = match &section.tests {
        Tests::Done(comparison) => comparison,
        Tests::Left(reason) => {
            let best = "Underlined: best of its column, where it beats the floor.";
            let best = marked.then(|| best.to_string());
            return best.into_iter().chain([reason.clone()]).collect();
        }
    };
    let count = cells().filter(|c| c.versus.is_some()).count();
    let (reference, effort) = (&section.rows[comparison.reference].label, comparison.effort);
    if count == 0 {
        let best = "Underlined: best of its column, where it beats the floor; not tested.";
        return marked.then(|| best.to_string()).into_iter().collect();
    }
    let mut notes = vec![format!(
        "Tested: each number against that of {reference}, by a paired permutation test that \
         exchanges whole test clips between the two models ({} permutations, all seeds and rates \
         of a clip together), Holm-corrected over the {count} tests of this table. Intervals in \
         the page and summary.csv: {} bootstrap resamples of clips and seeds (random seed {SEED}).",
        effort.permutations, effort.bootstrap
    )];
    if marked {
        notes.push(format!(
            "Bold: best of its column and better than {reference} (where that is the best: than \
             the runner-up) with corrected p < {ALPHA}. Underlined: best, but it may be chance."
        ));
    }
    notes
}

/// What the models were trained on, where that is not mixed noise and no label says it.
fn trained(section: &Section) -> Vec<String> {
    let all: BTreeSet<Trained> = section.runs().filter_map(Trained::of).collect();
    let mut notes = Vec::new();
    if let (1, Some(only)) = (all.len(), all.first().filter(|t| **t != Trained::Mixed)) {
        notes.push(format!("Models were {}.", only.words()));
    }
    if all.contains(&Trained::TestedRate) {
        notes.push(
            "Trained at the tested rate: a training per rate, on clips of that rate alone; a mean \
             over rates is one over trainings."
                .to_string(),
        );
    }
    notes
}

/// How many seeds stand behind the numbers; rows that differ from the first are named.
fn seeds(section: &Section) -> String {
    let usual = section.rows.first().map_or(0, |r| r.runs.len());
    let others = section.own_rows().filter(|r| r.runs.len() != usual);
    let others = others
        .map(|r| format!("; {}: {}", r.label, r.runs.len()))
        .collect::<String>();
    match usual == 1 && others.is_empty() {
        true => "One seed per model: no spread.".to_string(),
        false => format!("Mean ± standard deviation (n-1) over seeds, n = {usual}{others}."),
    }
}
