//! Reads rows of predictions from CSV or Parquet, and names files of other kinds.

use std::path::Path;

use super::columns::{self, Choices, Columns};
use super::csv_table::CsvTable;
use super::error::{Error, Result};
use super::file_name;
use super::input_row;
use super::nested;
use super::parquet_table::ParquetTable;
use super::source::{Source, Values};
use super::stated;
use super::table::Table;
use crate::support::FileKind;
use crate::support::file_kind::Target;

/// The bytes of a file that can be a table.
///
/// # Errors
/// [`Error::Kind`] for a file of another kind, with what leads to a table.
pub(super) fn bytes(file: &Path) -> Result<Vec<u8>> {
    let io = |reason| Error::Io {
        path: file.to_owned(),
        reason,
    };
    match FileKind::of(file).map_err(io)? {
        FileKind::Parquet | FileKind::Csv | FileKind::Text => std::fs::read(file).map_err(io),
        FileKind::Unknown => {
            let bytes = std::fs::read(file).map_err(io)?;
            // Text with a control character, such as the end of file of DOS.
            if bytes.contains(&0) {
                Err(other(file, FileKind::Unknown))
            } else {
                Ok(bytes)
            }
        }
        FileKind::Folder => Err(folder(file)),
        kind => Err(other(file, kind)),
    }
}

fn other(file: &Path, kind: FileKind) -> Error {
    let nested = match kind {
        FileKind::Json => nested::json(file),
        FileKind::Npz => nested::npz(file),
        _ => None,
    };
    let remedy = nested.unwrap_or_else(|| kind.remedy(Target::Table));
    let remedy = if kind == FileKind::Pipe {
        remedy
    } else {
        // A file `p.csv.gz` is unpacked as `p.csv`; no file is written over itself.
        let stem = file.with_extension("");
        let stem = stem.to_string_lossy();
        let stem = stem.strip_suffix(".csv").unwrap_or(&stem);
        let new = if Path::new(&format!("{stem}.csv")) == file {
            format!("{stem}-new")
        } else {
            stem.to_string()
        };
        let path = file.to_string_lossy();
        remedy.replace("FILE", &path).replace("NEW", &new)
    };
    Error::Kind {
        file: file_name(file),
        found: kind.name(),
        remedy,
    }
}

/// Names what a folder holds: Spark writes several files of one table.
fn folder(path: &Path) -> Error {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".csv") || name.ends_with(".parquet"))
        .collect();
    names.sort();
    let name = path.display();
    let remedy = match names.as_slice() {
        [] => FileKind::Folder.remedy(Target::Table),
        [only] => format!("name the file inside it: {name}/{only}"),
        [first, ..] if first.ends_with(".parquet") => format!(
            "it holds {} files, such as {first}; write one in Python: \
             pandas.read_parquet('{name}').to_parquet('all.parquet')",
            names.len()
        ),
        [first, ..] => format!(
            "it holds {} files, such as {first}; name one of them, or write their rows to one file",
            names.len()
        ),
    };
    Error::Kind {
        file: file_name(path),
        found: FileKind::Folder.name(),
        remedy,
    }
}

/// The predictions in a file, given its bytes.
pub(super) fn source(file: &Path, bytes: Vec<u8>, choices: &Choices) -> Result<Source> {
    let name = file_name(file);
    let table = if bytes.starts_with(b"PAR1") {
        Table::Parquet(Box::new(ParquetTable::read(&name, bytes)?))
    } else {
        Table::Csv(CsvTable::read(&name, &bytes)?)
    };
    let columns = columns::find(&name, table.headings(), choices)?;
    let (rows, notes) = input_row::rows(&name, &table, &columns)?;
    if rows.is_empty() {
        return Err(Error::Empty { file: name });
    }
    let Columns {
        id,
        truths,
        others,
        dataset,
        splits,
        described,
        index,
        unnamed,
        notes: of_columns,
        ..
    } = columns;
    let heading = |index: usize| table.headings()[index].clone();
    // Columns of a type that is not read are not needed here.
    let numbers = |indices: Vec<usize>| -> Result<Vec<Values>> {
        let mut found = Vec::new();
        for index in indices {
            match table.numbers(index) {
                Ok((values, _)) => found.push(Values {
                    heading: heading(index),
                    values,
                }),
                Err(Error::Type { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    };
    let truths = numbers(truths)?;
    let others = others.into_iter();
    let others = others.filter_map(|index| numbers(vec![index]).ok());
    let texts = |index: usize| {
        Some(Values {
            heading: heading(index),
            values: table.column(index).ok()?,
        })
    };
    let headings = table.headings().iter().enumerate();
    let beside = headings.filter(|(_, heading)| stated::is_beside(heading));
    let beside = beside.filter_map(|(index, _)| texts(index)).collect();
    Ok(Source {
        rows,
        notes: [table.notes(), of_columns, notes].concat(),
        has_ids: id.is_some(),
        index: index.and_then(texts),
        unnamed: unnamed.into_iter().filter_map(texts).collect(),
        truths,
        others: others.flatten().collect(),
        dataset: dataset.and_then(texts),
        splits: splits.into_iter().filter_map(texts).collect(),
        beside,
        described: described.into_iter().filter_map(texts).collect(),
    })
}

#[cfg(test)]
mod tests;
