//! Builds the tables of errors by position: a row per model and modality.

use super::{BlockErrors, METRIC, POSITIONS, Part};
use crate::data::dataset::Modality;
use crate::report::detail::table::cell;
use crate::report::rows::section::Section;
use crate::report::table::build::{heading, synthetic};
use crate::report::table::{Column, Table, TableRow};

/// The table of errors, or of their rise, over all lengths together; `None` where there are no errors.
pub(super) fn table(section: &Section, errors: &BlockErrors, rise: bool) -> Option<Table> {
    let metric = section.protocol.metric(METRIC)?;
    let mut reasons = Vec::new();
    let mut rows = Vec::new();
    for row in errors.shown_rows() {
        for modality in Modality::ALL {
            let own = errors
                .by_position(row, modality, Part::overall(rise))
                .into_iter();
            rows.push(TableRow {
                block: section.rows[row].label.clone(),
                label: modality.to_string(),
                baseline: section.rows[row].baseline,
                cells: own.map(|row| cell(row, metric, &mut reasons)).collect(),
            });
        }
    }
    let (id, what) = if rise {
        ("block-rise", "rise of the error")
    } else {
        ("block-position", "error")
    };
    let title = format!(
        "{}: {what} by position of the missing block, {}{}",
        section.title,
        heading(metric),
        synthetic(section)
    );
    (!rows.is_empty()).then(|| Table {
        id: format!("{}-{id}", section.slug),
        title,
        stub: "block of".to_string(),
        columns: (0..POSITIONS).map(column).collect(),
        rows,
        masks: section.masks(),
        reference: None,
        reasons,
        legend: Vec::new(),
        notes: vec![note(errors, rise)],
    })
}

fn column(position: usize) -> Column {
    Column {
        group: "position of the block, from the start (0) to the end (1)".to_string(),
        title: range(position),
        name: format!("position_{}", position + 1),
        // Errors of a part of the samples.
        metrics: Vec::new(),
        higher_is_better: false,
    }
}

fn note(errors: &BlockErrors, rise: bool) -> String {
    let lengths: Vec<String> = errors.lengths.iter().map(ToString::to_string).collect();
    let lengths = lengths.join(", ");
    if rise {
        format!(
            "Mean absolute error at the missing rates {lengths} together, less that of the same samples on complete \
             data: what samples of a column are hard or easy by themselves is taken off."
        )
    } else {
        format!(
            "Mean absolute error of the samples whose block of this modality is at this position, at the missing \
             rates {lengths} together. Position: the share of what is kept that comes before the block. Columns hold \
             different samples under one mask seed. The blocks of the other modalities are at positions of their own."
        )
    }
}

/// The positions of a column, as shares.
pub(super) fn range(position: usize) -> String {
    let end = |number: usize| number as f64 / POSITIONS as f64;
    format!("{}-{}", end(position), end(position + 1))
}
