//! Builds the tables of contributions.

use crate::metric::{Direction, Metric};
use crate::report::detail::DetailRow;
use crate::report::detail::table::DetailTables;
use crate::report::rows::section::Section;
use crate::report::table::Table;

/// The tables of a section; none where no row has contributions.
pub fn tables(section: &Section, found: &[DetailRow]) -> Vec<Table> {
    let tables = DetailTables {
        section,
        rows: found,
        id: "contributions",
        what: "contribution of each modality",
        stub: "modality, model",
        notes: notes(section, found),
    };
    tables.tables()
}

fn notes(section: &Section, found: &[DetailRow]) -> Vec<String> {
    let lower = |m: &&&Metric| m.direction == Direction::LowerIsBetter;
    let lower: Vec<&str> = (section.metrics.iter().filter(lower))
        .map(|m| m.title)
        .collect();
    let sign = match lower.as_slice() {
        [] => String::new(),
        titles => format!(" A modality that helps lowers {}.", titles.join(", ")),
    };
    let definition = "Shapley value of each modality over the eight sets of present modalities: the mean \
                      change of the metric when it is added, over all orders. The three add up to \
                      \"together\", complete data less everything missing.";
    let ends = found.first().and_then(|first| {
        let ends = section.rows[first.row].runs.first()?.ends.as_ref()?;
        let (complete, nothing) = (&ends.complete, &ends.nothing);
        let section = if complete == nothing {
            format!("rates 0 and 1 of masks {complete}")
        } else {
            format!("rate 0 of masks {complete} and rate 1 of {nothing}")
        };
        Some(format!(
            "\"Complete data\" and \"everything missing\" are {section}, of the same trainings; at rate 1 text keeps \
             its [CLS] and [SEP] where token ids mark them."
        ))
    });
    std::iter::once(format!("{definition}{sign}"))
        .chain(ends)
        .collect()
}
