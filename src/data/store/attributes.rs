//! Hashes the attributes of the root, of which the content hash knows nothing: a changed data set, table or
//! label range would change results.

use std::collections::BTreeMap;

use serde_json::json;

use super::schema::{ATTR_CONTENT, Provenance};

/// Attributes that are stored as numbers.
pub(super) const NUMBERS: [&str; 2] = ["source_bytes", "label_range"];

/// Every attribute that [`Provenance`] has, and the content hash, as text.
pub(super) fn texts(provenance: &Provenance, content: &str) -> Vec<(&'static str, String)> {
    let [low, high] = provenance.label_range;
    vec![
        ("dataset", provenance.dataset.clone()),
        ("layout", provenance.layout.clone()),
        ("source_name", provenance.source_name.clone()),
        ("source_bytes", provenance.source_bytes.to_string()),
        ("source_sha256", provenance.source_sha256.clone()),
        ("tool_version", provenance.tool_version.clone()),
        ("options", provenance.options.clone()),
        ("label_range", format!("{low} {high}")),
        ("dataset_table", provenance.table.clone()),
        ("note", provenance.note.clone()),
        ("samples", json!(provenance.samples).to_string()),
        ("non_finite", json!(provenance.non_finite).to_string()),
        ("overflow", json!(provenance.overflow).to_string()),
        ("warnings", json!(provenance.warnings).to_string()),
        (ATTR_CONTENT, content.to_owned()),
    ]
}

/// The hash of each attribute, by name.
pub(super) fn by_name(provenance: &Provenance, content: &str) -> BTreeMap<String, String> {
    let hash = |text: String| blake3::hash(text.as_bytes()).to_hex().to_string();
    let texts = texts(provenance, content).into_iter();
    texts
        .map(|(name, text)| (name.to_owned(), hash(text)))
        .collect()
}

/// The hashes as they are stored, JSON.
pub(super) fn hashes(provenance: &Provenance, content: &str) -> String {
    json!(by_name(provenance, content)).to_string()
}
