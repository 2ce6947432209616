//! Writes the legend and the notes of a table: seeds, marks, tests, baselines, training, selection of weights.

use std::collections::BTreeSet;

use super::phrases::{at_baseline, baselines, epochs, seeds};
use super::tested::{tests, untested_metrics};
use super::{Content, Table, searched};
use crate::mask::Condition;
use crate::record::SelectionRule;
use crate::report::rows::aggregate::Aggregate;
use crate::report::rows::condition;
use crate::report::rows::folds;
use crate::report::rows::row::ModelRow;
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::section::Section;
use crate::report::rows::trained::Trained;

/// Under tables with a dash.
pub const NOT_EVALUATED: &str = "-: not evaluated at the rates this needs.";

/// Sentences under one table whose rows are the section's.
pub fn notes(section: &Section, table: &Table) -> Vec<String> {
    let mut notes = Vec::new();
    let mut cells = table.rows.iter().flat_map(|r| &r.cells);
    if cells.any(|c| c.content == Content::Missing) {
        notes.push(NOT_EVALUATED.to_string());
    }
    notes.extend(untested_metrics(section, table, &rows(section)));
    notes.extend(columns(table).map(str::to_string));
    notes
}

/// What headings of columns mean that are not missing rates or metrics.
fn columns(table: &Table) -> impl Iterator<Item = &'static str> {
    let has = |names: &[String]| (table.columns.iter()).any(|column| names.contains(&column.name));
    let subsets = Condition::SUBSETS.map(|subset| Aggregate::At(subset).name());
    let letters = has(&subsets).then_some(LETTERS);
    let mean = has(&[Aggregate::Mean(condition::paper()).name()]).then_some(MEAN_NOTE);
    let area = has(&[Aggregate::Area(Vec::new()).name()]).then_some(AREA_NOTE);
    letters.into_iter().chain(mean).chain(area)
}

const LETTERS: &str =
    "L, A, V: text (language), audio, vision; a column is named by what is missing.";
const MEAN_NOTE: &str =
    "mean 0-0.9: over the missing rates 0 to 0.9 without 1, as in the LNLN paper.";
const AREA_NOTE: &str =
    "AUC: the area under the curve over these missing rates by trapezoids, divided by their span.";

/// The two forms of accuracies and F1 of MOSI and MOSEI.
const FORMS: &str = "Non0: negative against positive, samples labeled 0 left out; Has0: negative against all others";

fn rows(section: &Section) -> Vec<&ModelRow> {
    section.rows.iter().collect()
}

/// What marks and numbers of a table of the section's rows mean.
pub fn legend(section: &Section, table: &Table) -> Vec<String> {
    let cells = || table.numbers();
    let several = |row: &ModelRow| !row.baseline && row.runs.len() > 1;
    let beats = if section.rows.iter().any(|row| row.baseline) {
        ", where it beats the baselines"
    } else {
        ""
    };
    let mut legend = vec![seeds(section.own_rows(), section.own_rows().any(several))];
    legend.extend(epochs(section.own_rows()));
    let forms = section.metrics.iter().any(|m| m.stem() != m.name);
    legend.extend(forms.then(|| FORMS.to_string()));
    legend.extend(
        cells()
            .any(|c| c.best)
            .then(|| format!("bold: best of its column as printed{beats}")),
    );
    legend.extend(
        cells()
            .any(|c| c.second)
            .then(|| format!("underlined: the next best{beats}")),
    );
    legend.extend(tests(section, table, &rows(section)));
    if cells().any(|c| c.at_baseline) {
        legend.push(at_baseline(table));
    }
    legend.extend(baselines(section.rows.iter()));
    legend.extend(section.runs().next().and_then(folds::note));
    legend.extend(trained(section));
    legend.extend(searched::note(section));
    legend.extend(external_masks(section));
    let all = section.rows.iter().chain(&section.hidden);
    if all.filter(|r| r.baseline).count() == 0 {
        legend.push("no baseline to compare with: run the model `constant` too".to_string());
    }
    legend.extend(selected(section));
    legend
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
    let outside = "predicted outside of this program, masks";
    let (verified, stated) = (
        (!verified.is_empty())
            .then(|| format!("{}: {outside} verified by their hashes", names(&verified))),
        (!stated.is_empty())
            .then(|| format!("{}: {outside} as stated by their maker", names(&stated))),
    );
    let parts: Vec<String> = verified.into_iter().chain(stated).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
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
            "weights{models} selected by the best test epoch, the rule of LNLN's published code, which flatters every \
             such model; scores of each seed are rounded as there before they are averaged"
        )
    })
}

/// What the models were trained on, where that is not mixed noise and no label names it.
fn trained(section: &Section) -> Vec<String> {
    let all: BTreeSet<Trained> = section.runs().filter_map(Trained::of).collect();
    let mut notes = Vec::new();
    if let (1, Some(only)) = (all.len(), all.first().filter(|t| **t != Trained::Mixed)) {
        notes.push(format!("models were {}", only.describe()));
    }
    if all.contains(&Trained::TestedRate) {
        notes.push(
            "trained at the tested rate: a training per rate, on samples of that rate alone, so that a mean \
             over rates is one over trainings"
                .to_string(),
        );
    }
    notes
}
