//! Names of the columns that are read, and of those that MMSA's files are known to have.

/// The label column that every split must have; `labels` in files older than MMSA's.
pub const LABELS: &str = "regression_labels";
pub const OLD_LABELS: &str = "labels";

/// Name of the column.
pub const TOKEN_IDS: &str = "token_ids";

/// Columns that other files read; labels have their own list.
const READ: [&str; 13] = [
    "id",
    "raw_text",
    "audio",
    "vision",
    "text",
    "text_bert",
    "text_lengths",
    "audio_lengths",
    "vision_lengths",
    "text_mask",
    "audio_mask",
    "vision_mask",
    TOKEN_IDS,
];

/// Columns that are read, but for ids and labels, which no file lacks.
pub fn features_and_texts() -> impl Iterator<Item = &'static str> {
    READ.into_iter().filter(|name| *name != "id")
}

/// Whether a column is read, or known from MMSA's files.
pub fn is_known(name: &str) -> bool {
    let is_extra = name == "annotations" || name == "mask" || name.starts_with("classification_");
    is_read(name) || is_extra
}

/// Whether a column is read, as features, texts or labels.
pub fn is_read(name: &str) -> bool {
    READ.contains(&name) || is_label(name)
}

fn is_label(name: &str) -> bool {
    name == OLD_LABELS || label_names().iter().any(|known| known == name)
}

/// Names of label columns, `regression_labels` first.
pub fn label_names() -> [String; 4] {
    ["", "_T", "_A", "_V"].map(|modality| format!("{LABELS}{modality}"))
}
