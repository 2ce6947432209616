//! `manifest.json` of a report: which runs stand behind every cell, and what the files hash to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::{Result, render};
use crate::report::format::page::Part;
use crate::report::run::scores::ScoredRun;
use crate::report::table::Table;

/// Name of the file.
pub const NAME: &str = "manifest.json";

/// Tells a report's manifest from a run's.
pub const KIND: &str = "lnln-bench report";

/// Version of this file's layout. Raise it when a reader of today could misread it.
pub const FORMAT: u32 = 1;

/// Provenance of a report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReportManifest {
    pub kind: String,
    pub format: u32,
    /// Version of this tool that made the report.
    pub version: String,
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

/// A table, cell by cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TableFacts {
    pub title: String,
    pub cells: Vec<CellFacts>,
}

/// What one cell says, and the ids of the runs it is computed from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CellFacts {
    pub row: String,
    pub column: String,
    pub text: String,
    pub runs: Vec<String>,
}

impl ReportManifest {
    /// The manifest of a report whose other files are these, as (path, bytes).
    pub fn new(parts: &[Part], files: &[(String, Vec<u8>)]) -> Self {
        let runs = parts.iter().flat_map(|p| p.section.runs()).map(run);
        let tables = parts.iter().flat_map(Part::tables);
        let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
        Self {
            kind: KIND.to_string(),
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_string(),
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
    let mut cells = Vec::new();
    for row in &table.rows {
        for (column, cell) in table.columns.iter().zip(&row.cells) {
            let spread = cell.content.sd().map(|sd| format!(" ± {sd}"));
            cells.push(CellFacts {
                row: row.label.clone(),
                column: column.name.clone(),
                text: cell.content.text() + &spread.unwrap_or_default(),
                runs: cell.runs.clone(),
            });
        }
    }
    TableFacts {
        title: table.title.clone(),
        cells,
    }
}
