//! The result of an import in `prepare --json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::{self, Check, Imported};
use schemars::JsonSchema;
use serde::Serialize;

/// A line of `prepare --json`.
#[derive(Serialize, JsonSchema)]
pub struct PrepareRecord<'a> {
    file: &'a Path,
    dataset: &'a str,
    /// `aligned` or `unaligned`.
    layout: &'a str,
    state: State,
    /// Steps and features per step of what the data have.
    shapes: dataset::Shapes,
    /// Number of samples by split.
    samples: BTreeMap<&'a str, usize>,
    /// Labels of train, valid and test, and their first samples.
    labels: &'a [dataset::SplitSummary],
    /// Null with --check.
    data: Option<&'a Path>,
    /// Null with --check.
    masks: Option<PathBuf>,
    source_sha256: &'a str,
    /// Whether the source is a published file.
    published: bool,
    content_hash: &'a str,
    /// What was assumed about the layout.
    assumed: &'a [String],
    /// Empty if the data existed.
    checks: Vec<CheckRecord<'a>>,
    /// Warnings of all checks that are not accepted.
    warnings: &'a [String],
    /// Values that were not finite and became 0, by column.
    non_finite: &'a BTreeMap<String, u64>,
    /// Values beyond float32 that became 0, by column.
    overflow: &'a BTreeMap<String, u64>,
}

/// What was done with a file.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    Prepared,
    /// It was prepared before from the same source with the same options.
    Kept,
    /// Nothing was written (--check).
    Checked,
}

/// The result of a check.
#[derive(Serialize, JsonSchema)]
struct CheckRecord<'a> {
    /// As --accept takes it.
    check: String,
    warnings: &'a [String],
    /// Whether --accept named it.
    accepted: bool,
}

impl<'a> From<&'a Check> for CheckRecord<'a> {
    fn from(check: &'a Check) -> Self {
        Self {
            check: dataset::flag_name(check.subject),
            warnings: &check.warnings,
            accepted: check.accepted,
        }
    }
}

impl<'a> PrepareRecord<'a> {
    /// `masks` is `None` where nothing was written.
    pub fn new(file: &'a Path, imported: &'a Imported, masks: Option<PathBuf>) -> Self {
        let splits = ["train", "valid", "test"].into_iter().zip(imported.counts);
        let further = imported.further.iter();
        let further = further.map(|(split, samples)| (split.as_str(), *samples));
        Self {
            file,
            dataset: &imported.spec.name,
            layout: imported.layout,
            state: match (imported.existed, &masks) {
                (true, _) => State::Kept,
                (false, None) => State::Checked,
                (false, Some(_)) => State::Prepared,
            },
            shapes: imported.shapes,
            samples: splits.chain(further).collect(),
            labels: &imported.summaries,
            data: masks.is_some().then_some(&imported.path),
            masks,
            source_sha256: &imported.source_sha256,
            published: imported.published.is_some(),
            content_hash: &imported.content_hash,
            assumed: &imported.assumptions,
            checks: imported.checks.iter().map(CheckRecord::from).collect(),
            warnings: &imported.warnings,
            non_finite: &imported.non_finite,
            overflow: &imported.overflow,
        }
    }
}
