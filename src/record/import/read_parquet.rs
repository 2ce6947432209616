//! Reads rows of predictions from Parquet.

use std::io::Cursor;

use polars::prelude::*;

use super::error::{Error, Result};
use super::input_row::{InputRow, Texts, find_columns, row};

/// The rows of a Parquet file, its columns found by name as in CSV. Numbers of any width are read by
/// way of their text, which is lossless, so that both formats have one parser.
pub(super) fn rows(file: &str, bytes: &[u8]) -> Result<Vec<InputRow>> {
    let wrong = |e: PolarsError| Error::Format {
        file: file.to_string(),
        reason: format!("expected a Parquet file of plain columns: {e}"),
    };
    let table = ParquetReader::new(Cursor::new(bytes))
        .finish()
        .map_err(wrong)?;
    let headings: Vec<String> = table
        .get_column_names()
        .iter()
        .map(|n| n.to_string())
        .collect();
    let found = find_columns(file, &headings)?;
    let mut columns: Vec<Option<Vec<Option<String>>>> = Vec::new();
    for index in found.indices {
        columns.push(match index {
            Some(index) => Some(texts(&table, &headings[index]).map_err(wrong)?),
            None => None,
        });
    }
    let mut rows = Vec::with_capacity(table.height());
    for i in 0..table.height() {
        let mut of_row: Texts = Default::default();
        for (text, column) in of_row.iter_mut().zip(&columns) {
            *text = column.as_ref().and_then(|c| c[i].clone());
        }
        rows.push(row(file, &found, i as u64 + 1, of_row)?);
    }
    Ok(rows)
}

fn texts(table: &DataFrame, name: &str) -> PolarsResult<Vec<Option<String>>> {
    let column = table.column(name)?;
    // A float32 printed as float64 would grow digits; Rust prints each at its own width.
    let values = match column.dtype() {
        DataType::Float32 => column
            .f32()?
            .iter()
            .map(|v| v.map(|v| v.to_string()))
            .collect(),
        DataType::Float64 => column
            .f64()?
            .iter()
            .map(|v| v.map(|v| v.to_string()))
            .collect(),
        DataType::String => column
            .str()?
            .iter()
            .map(|v| v.map(str::to_string))
            .collect(),
        _ => {
            let whole = column.cast(&DataType::Int64)?;
            whole
                .i64()?
                .iter()
                .map(|v| v.map(|v| v.to_string()))
                .collect()
        }
    };
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of a Parquet file with these predictions.
    fn parquet(prediction: Column) -> Vec<u8> {
        let columns = vec![
            Column::new("id".into(), ["a", "b"]),
            Column::new("rate".into(), [0.1 + 0.2, 0.5]),
            Column::new("seed".into(), [1111i32, 1112]),
            prediction,
        ];
        let mut table = DataFrame::new(2, columns).unwrap();
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).finish(&mut table).unwrap();
        bytes
    }

    #[test]
    fn numbers_of_any_width_are_read() {
        let bytes = parquet(Column::new("prediction".into(), [0.1f32, -2.5]));
        let rows = super::rows("p.parquet", &bytes).unwrap();
        assert_eq!((rows[0].prediction, rows[1].seed), (0.1, 1112));
        assert_eq!(rows[0].condition.to_string(), "0.3");
        let bytes = parquet(Column::new("prediction".into(), [1i64, -2]));
        let rows = super::rows("p.parquet", &bytes).unwrap();
        assert_eq!(rows[1].prediction, -2.0);
    }

    #[test]
    fn an_empty_value_and_a_broken_file_are_named() {
        let bytes = parquet(Column::new("prediction".into(), [Some(1f64), None]));
        let message = super::rows("p.parquet", &bytes).unwrap_err().to_string();
        assert_eq!(
            message,
            "p.parquet, row 2: expected a number in column prediction, found ``"
        );
        let message = super::rows("p.parquet", b"PAR1 and nothing")
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("p.parquet: expected a Parquet file"),
            "{message}"
        );
    }
}
