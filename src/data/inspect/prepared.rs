//! Describes prepared files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Description, Error, Object, Outcome, Result, published, rounded};
use crate::data::pickle::ArrayStats;
use crate::data::store::{self, Reader};

pub fn describe(path: &Path) -> Result<Description> {
    let reader = Reader::open(path)?;
    let source = reader.provenance()?;
    let (mut rows, mut changes) = (Vec::new(), Changes::default());
    changes.keep(reader.check_columns())?;
    changes.keep(reader.check_attributes())?;
    for column in reader.columns()? {
        let replaced = source.non_finite.get(&column).map(u64::to_string);
        let replaced = replaced.unwrap_or_default();
        rows.push(row(&reader, column, replaced, &mut changes)?);
    }
    let details = details(&reader, &mut changes)?;
    let head = vec![
        format!(
            "{}: {} {} from {} ({} bytes)",
            path.display(),
            source.layout,
            source.dataset,
            source.source_name,
            source.source_bytes
        ),
        format!(
            "sha256 of the source {} ({})",
            source.source_sha256,
            published(&source.source_sha256)
        ),
        format!("content hash {}", reader.content_hash()?),
        format!(
            "made by version {} with {}",
            source.tool_version, source.options
        ),
    ];
    let header = vec![
        "column",
        "type",
        "shape",
        "min",
        "max",
        "mean",
        "non-finite, now 0",
    ];
    Ok(Description {
        head,
        header,
        rows,
        details,
        warnings: changes.into_warnings(),
    })
}

/// What was changed or damaged in a file after it was prepared: the rest is shown all the same.
#[derive(Default)]
struct Changes(BTreeSet<String>);

impl Changes {
    /// A value, or `None` where the file was changed or cannot be read.
    fn keep<T>(&mut self, read: store::Result<T>) -> store::Result<Option<T>> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(changed @ (store::Error::Changed { .. } | store::Error::Hdf5 { .. })) => {
                self.0.insert(changed.to_string());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn into_warnings(self) -> Vec<String> {
        self.0.into_iter().collect()
    }
}

fn row(
    reader: &Reader,
    column: String,
    replaced: String,
    changes: &mut Changes,
) -> Result<Vec<String>> {
    let kind = reader.kind(&column)?;
    let mut stats = ArrayStats::default();
    // The values of a changed column are all counted before it is refused.
    match kind {
        "float32" => changes.keep(reader.for_each_block(&column, |block: &[f32]| {
            block.iter().for_each(|value| stats.add(f64::from(*value)));
        }))?,
        "int32" => changes.keep(reader.for_each_block(&column, |block: &[i32]| {
            block.iter().for_each(|value| stats.add(f64::from(*value)));
        }))?,
        _ => changes.keep(reader.texts(&column).map(drop))?,
    };
    let shape = format!("{:?}", reader.shape(&column)?);
    let range = stats.range();
    Ok(vec![
        column,
        kind.to_owned(),
        shape,
        range.map(|(low, _)| rounded(low)).unwrap_or_default(),
        range.map(|(_, high)| rounded(high)).unwrap_or_default(),
        range.map(|_| rounded(stats.mean())).unwrap_or_default(),
        replaced,
    ])
}

/// Labels and the first text of every split.
fn details(reader: &Reader, changes: &mut Changes) -> Result<Vec<String>> {
    let mut details = Vec::new();
    for column in reader.columns()? {
        if column.contains("regression_label")
            && reader.kind(&column)? == "float32"
            && let Some(labels) = changes.keep(reader.numbers::<f32>(&column))?
        {
            let labels: Vec<f64> = labels.into_iter().map(f64::from).collect();
            details.push(format!("{column}: {}", super::picture::labels(&labels)));
        }
        if column.ends_with("/raw_text")
            && let Some(texts) = changes.keep(reader.texts(&column))?
            && let Some(text) = texts.first()
        {
            details.push(format!("{column}: {}", super::picture::shortened(text)));
        }
    }
    Ok(details)
}

/// What `inspect --json` prints of a prepared file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PreparedFile {
    pub file: String,
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub dataset: String,
    pub layout: String,
    pub source_name: String,
    pub source_sha256: String,
    pub content_hash: String,
    /// Values that became 0, by column.
    pub non_finite: BTreeMap<String, u64>,
    pub columns: Vec<ColumnRow>,
}

/// Name, type and shape of a column.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ColumnRow(pub String, pub String, pub Vec<usize>);

/// What `inspect --json` prints of a prepared file that cannot be read.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UnreadableFile {
    pub file: String,
    pub outcome: Outcome,
    pub reason: String,
}

pub fn object<E: From<Error>>(
    path: &Path,
    mut emit: impl FnMut(Object) -> Result<(), E>,
) -> Result<(), E> {
    match read(path) {
        Ok(object) => emit(Object::Prepared(object)),
        Err(error) => {
            emit(Object::Unreadable(UnreadableFile {
                file: path.display().to_string(),
                outcome: Outcome::Failed,
                reason: error.to_string(),
            }))?;
            Err(error.into())
        }
    }
}

fn read(path: &Path) -> Result<PreparedFile> {
    let reader = Reader::open(path)?;
    let source = reader.provenance()?;
    let mut columns = Vec::new();
    for column in reader.columns()? {
        let (kind, shape) = (reader.kind(&column)?, reader.shape(&column)?);
        columns.push(ColumnRow(column, kind.to_owned(), shape));
    }
    Ok(PreparedFile {
        file: path.display().to_string(),
        outcome: Outcome::Read,
        reason: None,
        dataset: source.dataset,
        layout: source.layout,
        source_name: source.source_name,
        source_sha256: source.source_sha256,
        content_hash: reader.content_hash()?,
        non_finite: source.non_finite,
        columns,
    })
}
