//! Describes prepared files.

use std::path::Path;

use serde_json::json;

use super::{Description, Error, Result, published, rounded};
use crate::data::pickle::ArrayStats;
use crate::data::store::Reader;

pub fn describe(path: &Path) -> Result<Description> {
    let reader = Reader::open(path)?;
    let source = reader.provenance()?;
    let mut rows = Vec::new();
    for column in reader.columns()? {
        let replaced = source.non_finite.get(&column).map(u64::to_string);
        rows.push(row(&reader, column, replaced.unwrap_or_default())?);
    }
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
        details: details(&reader)?,
        warnings: Vec::new(),
    })
}

fn row(reader: &Reader, column: String, replaced: String) -> Result<Vec<String>> {
    let kind = reader.kind(&column)?;
    let mut stats = ArrayStats::default();
    match kind {
        "float32" => reader.for_each_block(&column, |block: &[f32]| {
            block.iter().for_each(|value| stats.add(f64::from(*value)));
        })?,
        "int32" => reader.for_each_block(&column, |block: &[i32]| {
            block.iter().for_each(|value| stats.add(f64::from(*value)));
        })?,
        _ => {}
    }
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
fn details(reader: &Reader) -> Result<Vec<String>> {
    let mut details = Vec::new();
    for column in reader.columns()? {
        if column.contains("regression_label") && reader.kind(&column)? == "float32" {
            let labels: Vec<f32> = reader.numbers(&column)?;
            let labels: Vec<f64> = labels.into_iter().map(f64::from).collect();
            details.push(format!("{column}: {}", super::picture::labels(&labels)));
        }
        if column.ends_with("/raw_text")
            && let Some(text) = reader.texts(&column)?.first()
        {
            details.push(format!("{column}: {}", super::picture::shortened(text)));
        }
    }
    Ok(details)
}

pub fn object<E: From<Error>>(
    path: &Path,
    mut emit: impl FnMut(serde_json::Value) -> Result<(), E>,
) -> Result<(), E> {
    let name = path.display().to_string();
    match read(path) {
        Ok(object) => emit(object),
        Err(error) => {
            emit(json!({ "file": name, "outcome": "ERROR", "reason": error.to_string() }))?;
            Err(error.into())
        }
    }
}

fn read(path: &Path) -> Result<serde_json::Value> {
    let reader = Reader::open(path)?;
    let source = reader.provenance()?;
    let mut columns = Vec::new();
    for column in reader.columns()? {
        let (kind, shape) = (reader.kind(&column)?, reader.shape(&column)?);
        columns.push(json!([column, kind, shape]));
    }
    Ok(json!({
        "file": path.display().to_string(),
        "outcome": "OK",
        "reason": null,
        "dataset": source.dataset,
        "layout": source.layout,
        "source_name": source.source_name,
        "source_sha256": source.source_sha256,
        "content_hash": reader.content_hash()?,
        "non_finite": source.non_finite,
        "columns": columns,
    }))
}
