//! Builds the table of costs: parameters, time of a training step, memory, time of a run.

use super::build::synthetic;
use super::{Cell, Column, Content, Table, TableRow, reason};
use crate::report::origin::{File, Origin};
use crate::report::rows::provenance;
use crate::report::rows::row::ModelRow;
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::section::Section;
use crate::report::stats::{self, Summary};

/// A column of the table.
pub struct Cost {
    /// Key in machine-readable files.
    pub name: &'static str,
    title: &'static str,
    /// As in the title; `None` for a count.
    pub unit: Option<&'static str>,
    decimals: usize,
    /// The file of a run that it is read from.
    file: File,
    /// Its value of one run, where it was recorded.
    value: fn(&ScoredRun) -> Option<f64>,
}

impl Cost {
    /// Mean and spread over the runs of a row; `None` if one of them did not record it.
    pub fn summary(&self, row: &ModelRow) -> Option<Summary> {
        let values: Option<Vec<f64>> = row.trainings().map(self.value).collect();
        stats::summarize(&values?)
    }
}

pub const COSTS: [Cost; 4] = [
    Cost {
        name: "parameters",
        title: "parameters",
        unit: None,
        decimals: 0,
        file: File::Manifest,
        value: |run| run.manifest.model.parameters.map(|n| n as f64),
    },
    Cost {
        name: "step_ms",
        title: "training step (ms)",
        unit: Some("ms"),
        decimals: 1,
        file: File::Log,
        value: step,
    },
    Cost {
        name: "peak_mib",
        title: "peak memory (MiB)",
        unit: Some("MiB"),
        decimals: 0,
        file: File::Log,
        value: memory,
    },
    Cost {
        name: "minutes",
        title: "run (minutes)",
        unit: Some("minutes"),
        decimals: 1,
        file: File::Manifest,
        value: |run| provenance::minutes(&run.manifest),
    },
];

/// Why an external model has no costs.
const EXTERNAL: &str = "Unknown: predicted outside of this program, and the costs were not given.";

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
    let column = |cost: &Cost| Column {
        group: String::new(),
        title: cost.title.to_string(),
        name: cost.name.to_string(),
        metrics: Vec::new(),
        higher_is_better: false,
    };
    let mut devices: Vec<&str> = section
        .trainings()
        .filter_map(|r| r.manifest.build.device.as_deref())
        .collect();
    devices.sort_unstable();
    devices.dedup();
    let measured = if devices.is_empty() {
        String::new()
    } else {
        format!(", measured on {}", devices.join(", "))
    };
    let mut reasons = Vec::new();
    let rows = section.own_rows().map(|row| line(row, &mut reasons));
    let rows: Vec<TableRow> = rows.collect();
    let mut cells = rows.iter().flat_map(|row| &row.cells);
    let missing = cells.any(|cell| cell.content == Content::Missing);
    let missing = if missing { " -: not recorded." } else { "" };
    Table {
        rows,
        id: format!("{}-efficiency", section.slug),
        title: format!("{}: efficiency{}", section.title, synthetic(section)),
        stub: "model".to_string(),
        columns: COSTS.iter().map(column).collect(),
        masks: section.masks(),
        reference: None,
        reasons,
        legend: Vec::new(),
        notes: vec![
            format!(
                "Mean ± standard deviation where a model has several runs{measured}; times depend on what else the machine did."
            ),
            format!("A step is one update with the run's batch size.{missing}"),
        ],
    }
}

fn line(row: &ModelRow, reasons: &mut Vec<String>) -> TableRow {
    let outside = row.trainings().any(|r| provenance::outside(&r.manifest));
    let mut cell = |cost: &Cost| {
        let content = match cost.summary(row) {
            Some(summary) => Content::Number {
                value: summary.mean,
                sd: summary.sd.filter(|sd| *sd > 0.0),
                decimals: cost.decimals,
            },
            None if outside => Content::Undefined {
                reason: reason(reasons, EXTERNAL.to_string()),
            },
            None => Content::Missing,
        };
        Cell::new(content, Origin::of(cost.file, &row.ids, Vec::new()))
    };
    TableRow {
        block: String::new(),
        label: row.label.clone(),
        baseline: false,
        cells: COSTS.iter().map(&mut cell).collect(),
    }
}
