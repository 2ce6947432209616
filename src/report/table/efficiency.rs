//! What models cost: parameters, time of a training step, memory, time of a run.

use super::{Cell, Column, Content, Line, Table, reason};
use crate::report::origin::{File, Origin};
use crate::report::rows::provenance;
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::section::{Row, Section};
use crate::report::stats;

/// A column: name, title, decimals, the file it is read from, and one run's value.
type Cost = (
    &'static str,
    &'static str,
    usize,
    File,
    fn(&ScoredRun) -> Option<f64>,
);

const COSTS: [Cost; 4] = [
    ("parameters", "parameters", 0, File::Manifest, |run| {
        run.manifest.model.parameters.map(|n| n as f64)
    }),
    ("step_ms", "training step (ms)", 1, File::Log, step),
    ("peak_mib", "peak memory (MiB)", 0, File::Log, memory),
    ("minutes", "run (minutes)", 1, File::Manifest, |run| {
        provenance::minutes(&run.manifest)
    }),
];

/// Why a model of somebody else's has no costs here.
const OUTSIDE: &str =
    "Unknown: these predictions were made outside this program, and nobody stated it.";

/// Milliseconds of a training step.
fn step(run: &ScoredRun) -> Option<f64> {
    let speed = run.pace.samples_per_second?;
    Some(1000.0 * run.manifest.training.batch_size as f64 / speed)
}

/// The most memory held in any epoch, in MiB.
fn memory(run: &ScoredRun) -> Option<f64> {
    run.pace.peak_memory.map(|bytes| bytes / (1024.0 * 1024.0))
}

/// The table of a section.
pub fn table(section: &Section) -> Table {
    let column = |(name, title, ..): &Cost| Column {
        group: String::new(),
        title: title.to_string(),
        name: name.to_string(),
        metrics: Vec::new(),
        higher_is_better: false,
    };
    let mut devices: Vec<&str> = section
        .trainings()
        .filter_map(|r| r.manifest.build.device.as_deref())
        .collect();
    devices.sort_unstable();
    devices.dedup();
    let mut reasons = Vec::new();
    let rows = section.own_rows().map(|row| line(row, &mut reasons));
    Table {
        rows: rows.collect(),
        id: format!("{}-efficiency", section.slug),
        title: format!("{}: efficiency", section.title),
        stub: "model".to_string(),
        columns: COSTS.iter().map(column).collect(),
        masks: section.masks(),
        reference: None,
        reasons,
        notes: vec![
            format!(
                "Mean ± standard deviation over runs, measured on {}.",
                devices.join(", ")
            ),
            "A step is one update with the run's batch size. -: not recorded.".to_string(),
        ],
    }
}

fn line(row: &Row, reasons: &mut Vec<String>) -> Line {
    let outside = row.trainings().any(|r| provenance::outside(&r.manifest));
    let mut cell = |(_, _, decimals, file, value): &Cost| {
        let values: Option<Vec<f64>> = row.trainings().map(value).collect();
        let content = match values.and_then(|v| stats::summarize(&v)) {
            Some(summary) => Content::Number {
                value: summary.mean,
                sd: summary.sd.filter(|sd| *sd > 0.0),
                decimals: *decimals,
            },
            None if outside => Content::Undefined {
                reason: reason(reasons, OUTSIDE.to_string()),
            },
            None => Content::Missing,
        };
        Cell::new(content, Origin::of(*file, &row.ids, Vec::new()))
    };
    Line {
        block: String::new(),
        label: row.label.clone(),
        baseline: false,
        cells: COSTS.iter().map(&mut cell).collect(),
    }
}
