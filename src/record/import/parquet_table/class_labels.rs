//! Names of codes that Hugging Face's `datasets` keeps beside a column of type `ClassLabel`.

use std::collections::BTreeMap;

use polars_parquet::parquet::metadata::KeyValue;

use super::Text;

/// The names of each column's codes, by the heading of the column.
pub(super) type ClassLabels = BTreeMap<String, Vec<String>>;

/// Reads what the file states about its columns, under the key `huggingface`.
pub(super) fn read(metadata: Option<&[KeyValue]>) -> ClassLabels {
    let mut stated = metadata.unwrap_or_default().iter();
    let stated = stated.find(|entry| entry.key == "huggingface");
    let stated = stated.and_then(|entry| entry.value.as_deref());
    let Some(stated) = stated.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok())
    else {
        return ClassLabels::new();
    };
    let features = stated["info"]["features"].as_object();
    let columns = features
        .into_iter()
        .flatten()
        .filter_map(|(heading, feature)| {
            let names = feature["names"]
                .as_array()
                .filter(|_| feature["_type"] == "ClassLabel")?;
            let names = names.iter().map(|name| name.as_str().map(str::to_string));
            Some((heading.clone(), names.collect::<Option<Vec<_>>>()?))
        });
    columns.collect()
}

/// The names of codes; -1 stands for none.
///
/// # Errors
/// A reason, if a code has no name.
pub(super) fn decode(codes: Vec<Text>, names: &[String]) -> Result<Vec<Text>, String> {
    let name = |code: String| match code.parse::<i64>() {
        Ok(-1) => Ok(None),
        Ok(at) if (0..names.len() as i64).contains(&at) => Ok(Some(names[at as usize].clone())),
        _ => Err(format!(
            "it holds {code}, where the file names {} classes",
            names.len()
        )),
    };
    codes
        .into_iter()
        .map(|code| code.map_or(Ok(None), name))
        .collect()
}
