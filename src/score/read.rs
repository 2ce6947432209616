//! Rows of predictions from CSV.

use std::path::Path;

use super::error::{Error, Result};
use super::{file_name, read_parquet};
use crate::mask::Level;

/// The columns a file may have; the first four it must have.
pub(super) const COLUMNS: [&str; 7] = [
    "id",
    "rate",
    "seed",
    "prediction",
    "model",
    "family",
    "mask_seed",
];

/// One prediction as the file has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Line of a CSV file, or row of a Parquet file; from 1.
    pub place: u64,
    pub id: String,
    pub level: Level,
    pub seed: u64,
    pub prediction: f32,
    pub model: Option<String>,
    pub family: Option<String>,
    pub mask_seed: Option<u64>,
}

/// The texts of one row, in the order of [`COLUMNS`].
pub(super) type Texts = [Option<String>; 7];

/// The rows of a file, CSV or Parquet.
pub(super) fn rows(file: &Path, bytes: &[u8]) -> Result<Vec<Row>> {
    let name = file_name(file);
    let rows = match bytes.starts_with(b"PAR1") {
        true => read_parquet::rows(&name, bytes)?,
        false => from_csv(&name, bytes)?,
    };
    match rows.is_empty() {
        true => Err(Error::Empty { file: name }),
        false => Ok(rows),
    }
}

fn from_csv(file: &str, bytes: &[u8]) -> Result<Vec<Row>> {
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
    let places = places(file, &headings)?;
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
        rows.push(row(file, line, places.map(text))?);
    }
    Ok(rows)
}

/// Where each of [`COLUMNS`] stands among the headings.
pub(super) fn places(file: &str, headings: &[String]) -> Result<[Option<usize>; 7]> {
    let find = |name: &str| {
        let other = if name == "rate" { "level" } else { name };
        let is = |h: &String| h.eq_ignore_ascii_case(name) || h.eq_ignore_ascii_case(other);
        headings.iter().position(is)
    };
    let places = COLUMNS.map(find);
    match places[..4].iter().all(Option::is_some) {
        true => Ok(places),
        false => Err(Error::Columns {
            file: file.to_string(),
            found: headings.join(", "),
        }),
    }
}

/// A row from its texts.
pub(super) fn row(file: &str, place: u64, texts: Texts) -> Result<Row> {
    let wrong = |column: usize, expected: &'static str, found: &str| Error::Cell {
        file: file.to_string(),
        row: place,
        column: COLUMNS[column],
        expected,
        found: found.to_string(),
    };
    let must = |column: usize, expected| {
        texts[column]
            .as_deref()
            .ok_or_else(|| wrong(column, expected, ""))
    };
    let level = must(1, "a level")?;
    let seed = must(2, "a whole number")?;
    let prediction = must(3, "a number")?;
    let mask_seed = texts[6]
        .as_deref()
        .map(|t| whole(t).ok_or_else(|| wrong(6, "a whole number", t)));
    Ok(Row {
        place,
        id: must(0, "a clip id")?.to_string(),
        level: parse_level(level).ok_or_else(|| wrong(1, "a level such as 0.5 or LA", level))?,
        seed: whole(seed).ok_or_else(|| wrong(2, "a whole number", seed))?,
        prediction: prediction
            .parse()
            .map_err(|_| wrong(3, "a number", prediction))?,
        model: texts[4].clone(),
        family: texts[5].clone(),
        mask_seed: mask_seed.transpose()?,
    })
}

/// A level by name, or a rate as other tools compute it (`0.30000000000000004`).
fn parse_level(text: &str) -> Option<Level> {
    match text.parse::<f64>() {
        Ok(rate) => Level::of_number(rate),
        Err(_) => text.parse().ok(),
    }
}

/// A whole number, also as tables of floats have it (`1111.0`).
fn whole(text: &str) -> Option<u64> {
    text.strip_suffix(".0").unwrap_or(text).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Row>> {
        rows(Path::new("dir/p.csv"), text.as_bytes())
    }

    #[test]
    fn columns_may_come_in_any_order_and_levels_in_any_spelling() {
        let rows = read(
            "seed,level,id,prediction,note\n1111.0,0.30000000000000004,a$_$1,0.5,x\n7,LA,b,-1,\n",
        )
        .unwrap();
        assert_eq!(
            (rows[0].level.to_string(), rows[0].seed),
            ("0.3".to_string(), 1111)
        );
        assert_eq!(
            (rows[1].level.to_string(), rows[1].place),
            ("LA".to_string(), 3)
        );
        assert_eq!((rows[1].prediction, rows[1].model.clone()), (-1.0, None));
    }

    #[test]
    fn what_is_wrong_is_named_with_row_and_column() {
        let refused = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(
            refused("id,rate,seed\na,0,1\n"),
            "p.csv: expected the columns id, rate (or level), seed and prediction, found id, rate, \
             seed; optional are model, family and mask_seed"
        );
        let line = |row: &str| refused(&format!("id,rate,seed,prediction\na,0,1,0.5\n{row}\n"));
        assert_eq!(
            line("a,0.5,1,x"),
            "p.csv, row 3: expected a number in column prediction, found `x`"
        );
        assert!(
            line("a,1.5,1,0")
                .contains("expected a level such as 0.5 or LA in column rate, found `1.5`")
        );
        assert!(line("a,0.5,one,0").contains("column seed, found `one`"));
        assert!(line(",0.5,1,0").contains("expected a clip id in column id"));
        assert!(line("a,0.5").contains("p.csv: CSV error"));
        assert_eq!(
            refused("id,rate,seed,prediction\n"),
            "p.csv holds no predictions"
        );
    }
}
