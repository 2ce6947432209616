//! Reads rows of predictions from CSV.

use super::error::{Error, Result};
use super::input_row::{InputRow, find_columns, row};

/// The rows of a CSV file, in order.
pub(super) fn rows(file: &str, bytes: &[u8]) -> Result<Vec<InputRow>> {
    let wrong = |e: csv::Error| Error::Format {
        file: file.to_string(),
        reason: e.to_string(),
    };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let headings: Vec<String> = reader
        .headers()
        .map_err(wrong)?
        .iter()
        .map(str::to_string)
        .collect();
    let columns = find_columns(file, &headings)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let line = record.position().map_or(0, csv::Position::line);
        let text = |at: Option<usize>| {
            record
                .get(at?)
                .filter(|t| !t.is_empty())
                .map(str::to_string)
        };
        rows.push(row(file, &columns, line, columns.indices.map(text))?);
    }
    Ok(rows)
}
