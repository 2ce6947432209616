//! Renders `summary.csv`: the tidy summary as text.

use polars::prelude::{AnyValue, DataFrame};

use super::{Exporter, Report};
use crate::report::error::{Result, render};

pub const EXPORTER: Exporter = Exporter {
    name: "tidy summary",
    file: NAME,
    render: |report: &Report<'_>| csv(report.summary),
};

const NAME: &str = "summary.csv";

/// A line per row of the frame below the names of its columns; empty fields for nulls.
fn csv(frame: &DataFrame) -> Result<Vec<u8>> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let names = frame.get_column_names().into_iter();
    out.write_record(names.map(|name| name.as_bytes()))
        .map_err(render(NAME))?;
    for row in 0..frame.height() {
        let fields: Result<Vec<String>> = frame
            .columns()
            .iter()
            .map(|column| Ok(field(&column.get(row).map_err(render(NAME))?)))
            .collect();
        out.write_record(fields?).map_err(render(NAME))?;
    }
    out.into_inner().map_err(|e| render(NAME)(e.into_error()))
}

/// Numbers with as many digits as it takes to read the same number back.
fn field(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => String::new(),
        // A whole number must not look like an integer: readers guess types by the first lines.
        AnyValue::Float64(number) if number.fract() == 0.0 => format!("{number:.1}"),
        AnyValue::Float64(number) => number.to_string(),
        AnyValue::String(text) => text.to_string(),
        other => other.to_string(),
    }
}
