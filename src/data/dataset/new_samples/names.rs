//! Reads ids and labels, which a file need not have.

use super::{Expected, Input};
use crate::data::dataset::check;
use crate::data::dataset::error::Result;
use crate::data::dataset::read::columns::Columns;
use crate::data::dataset::read::labels;
use crate::data::pickle::Value;

/// Columns that tell how many samples there are, where there are no ids.
const COUNTED: [&str; 5] = ["text_bert", "token_ids", "text", "audio", "vision"];

/// Ids of the samples; without ids their numbers.
pub fn ids(columns: &Columns<'_>, assumed: &mut Vec<String>) -> Result<Vec<String>> {
    if let Some(value) = columns.get("id").or_else(|| columns.get("ids")) {
        return columns.ids(value);
    }
    let rows = |value: Value<'_>| match value.array() {
        Some(array) => array.shape().first().copied(),
        None => value.items().map(|items| items.len()),
    };
    let rows = COUNTED
        .iter()
        .find_map(|name| columns.get(name).and_then(rows));
    assumed.push("the samples have no ids: they are numbered from 0".to_owned());
    Ok((0..rows.unwrap_or(0)).map(|row| row.to_string()).collect())
}

/// Columns that are not read, with nearly the name of one that the file lacks.
pub fn misspelt(columns: &Columns<'_>) -> Vec<String> {
    let has = |name: &str| columns.get(name).is_some();
    let names = columns.entries().map(|(name, _)| name);
    let warning = |name: String| {
        let meant = check::misspelt(&name, &has)?;
        Some(format!("{name} is not read; did you mean {meant}?"))
    };
    names.filter_map(warning).collect()
}

pub fn duplicates(ids: &[String]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let twice: Vec<&String> = ids.iter().filter(|id| !seen.insert(*id)).collect();
    let warning = twice.first().map(|first| {
        format!(
            "{} ids are not unique (first: {first}); rows are in the order of the file",
            twice.len()
        )
    });
    warning.into_iter().collect()
}

/// Labels in the run's units; a fault of theirs keeps no sample from being predicted.
pub fn labels(
    columns: &Columns<'_>,
    input: &Input,
    expected: &Expected,
    warnings: &mut Vec<String>,
) -> Option<Vec<Option<f32>>> {
    let read = match labels::read(columns, false) {
        Ok(read) => read.into_iter().find(|(name, _)| name == labels::MAIN),
        Err(error) => {
            warnings.push(format!("labels are left out: {error}"));
            None
        }
    };
    let (_, values) = read?;
    let offset = if input.prepared.is_some() {
        0.0
    } else {
        expected.label_offset
    };
    let label = |value: &f64| (!value.is_nan()).then_some((value + offset) as f32);
    let labels: Vec<Option<f32>> = values.iter().map(label).collect();
    labels.iter().any(Option::is_some).then_some(labels)
}
