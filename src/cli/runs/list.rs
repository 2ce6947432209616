//! `list runs`: prints one line per run.

use std::path::Path;

use lnln_bench::sweep::status::{self, StoredRun};

use super::rows::{self, RunRow};
use crate::cli::output;

const HEAD: [&str; 9] = [
    "run", "data set", "model", "seed", "state", "epoch", "selected", "age", "size",
];

/// Lists the runs of a folder.
pub fn list(folder: &Path, json: bool) -> anyhow::Result<()> {
    let mut runs = if super::is_before_any_run(folder) {
        Vec::new()
    } else {
        status::stored_runs(folder)?
    };
    if json {
        let all: Vec<RunRow<'_>> = runs.iter().map(RunRow::from).collect();
        return output::json(&all);
    }
    if runs.is_empty() {
        return output::write(&super::no_runs_yet(folder));
    }
    // By data set, then model, then seed.
    let key = |run: &StoredRun| (run.dataset.clone(), run.model.clone(), run.seed);
    runs.sort_by_cached_key(key);
    let rows = runs.iter().map(rows::row).collect();
    output::write(&output::listing(&HEAD, rows, &["run", "model", "seed"]))
}
