//! `manifest.json` of a report: which runs stand behind every cell, and what the files hash to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::{Result, render};
use crate::report::format::page::Part;
use crate::report::options::Options;
use crate::report::run::scores::ScoredRun;
use crate::report::table::{Cell, Line, Table};

/// Name of the file.
pub const NAME: &str = "manifest.json";

/// Tells a report's manifest from a run's.
pub const KIND: &str = "lnln-bench report";

/// Version of this file's layout. Raise it when a reader of today could misread it.
pub const FORMAT: u32 = 2;

/// Provenance of a report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReportManifest {
    pub kind: String,
    pub format: u32,
    /// Version of this tool that made the report.
    pub version: String,
    /// Folders of runs, relative to the report.
    pub sources: Vec<String>,
    /// What was asked for.
    pub options: Options,
    /// By id.
    pub runs: BTreeMap<String, RunFacts>,
    /// By id.
    pub tables: BTreeMap<String, TableFacts>,
    /// blake3 of every other file of the report, by its path within.
    pub files: BTreeMap<String, String>,
}

/// A run that went into the report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunFacts {
    pub dataset: String,
    pub source_sha256: String,
    pub content_hash: String,
    pub model: String,
    pub seed: u64,
    pub predictions_blake3: String,
    pub manifest_blake3: String,
}

/// A table, row by row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TableFacts {
    pub title: String,
    pub rows: Vec<RowFacts>,
}

/// What the cells of a row say, by column, and the ids of the runs they are computed from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowFacts {
    pub row: String,
    pub runs: Vec<String>,
    pub cells: serde_json::Map<String, serde_json::Value>,
}

impl ReportManifest {
    /// The manifest of a report whose other files are these, as (path, bytes).
    pub fn new(
        sources: &[String],
        options: &Options,
        parts: &[Part],
        files: &[(String, Vec<u8>)],
    ) -> Self {
        let runs = parts.iter().flat_map(|p| p.section.trainings()).map(run);
        let tables = parts.iter().flat_map(Part::tables);
        let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
        Self {
            kind: KIND.to_string(),
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_string(),
            sources: sources.to_vec(),
            options: options.clone(),
            runs: runs.collect(),
            tables: tables.map(|t| (t.id.clone(), table(t))).collect(),
            files: files.iter().map(|(p, b)| (p.clone(), hash(b))).collect(),
        }
    }

    /// As indented JSON.
    ///
    /// # Errors
    /// Never in practice: every field is text or a number.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let mut json = serde_json::to_vec_pretty(self).map_err(render(NAME))?;
        json.push(b'\n');
        Ok(json)
    }

    /// Paths of the files of a report of any version; `None` if the bytes are something else.
    pub fn paths(json: &[u8]) -> Option<Vec<String>> {
        #[derive(Deserialize)]
        struct Known {
            kind: String,
            files: BTreeMap<String, String>,
        }
        let known: Known = serde_json::from_slice(json).ok()?;
        (known.kind == KIND).then(|| known.files.into_keys().collect())
    }

    /// Ids of the runs behind a report of any version; `None` if the bytes are something else.
    pub fn run_ids(json: &[u8]) -> Option<Vec<String>> {
        #[derive(Deserialize)]
        struct Known {
            kind: String,
            runs: BTreeMap<String, serde::de::IgnoredAny>,
        }
        let known: Known = serde_json::from_slice(json).ok()?;
        (known.kind == KIND).then(|| known.runs.into_keys().collect())
    }

    /// Reads a report's manifest; `None` if the bytes are something else.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let manifest: Self = serde_json::from_slice(json).ok()?;
        (manifest.kind == KIND).then_some(manifest)
    }
}

fn run(run: &ScoredRun) -> (String, RunFacts) {
    let m = &run.manifest;
    let facts = RunFacts {
        dataset: m.dataset.name.clone(),
        source_sha256: m.dataset.source_sha256.clone(),
        content_hash: m.dataset.content_hash.clone(),
        model: m.model.name.clone(),
        seed: m.seed,
        predictions_blake3: run.predictions_hash.clone(),
        manifest_blake3: run.manifest_hash.clone(),
    };
    (m.id.clone(), facts)
}

fn table(table: &Table) -> TableFacts {
    let row = |line: &Line| {
        let mut runs: Vec<String> = line.cells.iter().flat_map(|c| c.runs.clone()).collect();
        runs.sort_unstable();
        runs.dedup();
        let text = |cell: &Cell| {
            let spread = cell.content.sd().map(|sd| format!(" ± {sd}"));
            cell.content.text() + &spread.unwrap_or_default()
        };
        let cells = table.columns.iter().zip(&line.cells);
        RowFacts {
            row: line.label.clone(),
            runs,
            cells: cells
                .map(|(c, cell)| (c.name.clone(), text(cell).into()))
                .collect(),
        }
    };
    TableFacts {
        title: table.title.clone(),
        rows: table.rows.iter().map(row).collect(),
    }
}
