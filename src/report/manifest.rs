//! The `manifest.json` of a report: the origin of every cell and series, and the hashes of its files.
//!
//! A cell gives the number of its origin; an origin the runs' file and conditions that were read, and the
//! numbers of sets of runs; a set the ids; and `runs` each id's hashes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::error::{Result, render};
use super::numbering::{Numbered, Numbering};
use crate::record::MaskGrid;
use crate::record::evaluation::EvaluationFiles;
use crate::record::manifest::ELSEWHERE;
use crate::report::contents::SectionContents;
use crate::report::figure::rendered::Figure;
use crate::report::format::json;
use crate::report::options::Options;
use crate::report::rows::scores::ScoredRun;
use crate::report::table::{Column, Table, TableRow};

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
    /// Folders of runs, relative to the report.
    pub sources: Vec<String>,
    /// The options it was made with.
    pub options: Options,
    /// By id.
    pub runs: BTreeMap<String, RunMetadata>,
    /// Masks that runs are read under, each set once; further evaluations of a run change nothing.
    #[serde(default)]
    pub evaluated: Vec<Vec<MaskGrid>>,
    /// The sets and origins by number.
    #[serde(flatten)]
    pub numbered: Numbered,
    /// By id.
    pub tables: BTreeMap<String, TableMetadata>,
    /// By path without its extension.
    pub figures: BTreeMap<String, FigureMetadata>,
    /// blake3 of every other file of the report, by its path within.
    pub files: BTreeMap<String, String>,
}

/// A run that went into the report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunMetadata {
    pub dataset: String,
    pub source_sha256: String,
    pub content_hash: String,
    pub model: String,
    pub seed: u64,
    pub manifest_blake3: String,
    /// Of the log of epochs, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_blake3: Option<String>,
    /// Index in `evaluated` of the masks that it is read under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<usize>,
    /// The evaluations that these are read from.
    #[serde(default)]
    pub evaluations: Vec<EvaluationFiles>,
}

/// A table, row by row, the same in every format.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TableMetadata {
    pub title: String,
    /// Mask protocol and version of the masks whose predictions count.
    pub masks: String,
    /// Number of the set of runs that marks and p-values are against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<usize>,
    /// The metrics that each column shows.
    pub metrics: BTreeMap<String, Vec<String>>,
    pub rows: Vec<RowMetadata>,
}

/// A row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowMetadata {
    pub row: String,
    /// By column: the text of the cell, and the number of its origin, null where there is no number.
    pub cells: BTreeMap<String, (String, Option<usize>)>,
}

/// A figure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FigureMetadata {
    pub title: String,
    /// Labels of the series, each with the number of its origin.
    pub series: Vec<(String, Option<usize>)>,
}

impl ReportManifest {
    /// The manifest of a report whose other files are these, as (path, bytes).
    pub fn new(
        sources: &[String],
        options: &Options,
        parts: &[SectionContents],
        numbering: &Numbering,
        files: &[(String, Vec<u8>)],
    ) -> Self {
        let trainings = || parts.iter().flat_map(|p| p.section.all_trainings());
        let evaluated: BTreeSet<Vec<MaskGrid>> = trainings().map(ScoredRun::grids).collect();
        let evaluated: Vec<Vec<MaskGrid>> = evaluated.into_iter().collect();
        let runs = trainings().map(|training| run(training, &evaluated));
        let tables = parts.iter().flat_map(SectionContents::tables);
        let tables = tables.map(|t| (t.id.clone(), table(t, numbering)));
        let figures = parts.iter().flat_map(SectionContents::figures);
        let figures = figures.map(|f| (f.path.clone(), figure(f, numbering)));
        let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
        Self {
            kind: KIND.to_string(),
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_string(),
            sources: sources.to_vec(),
            options: options.clone(),
            runs: runs.collect(),
            evaluated,
            numbered: numbering.numbered().clone(),
            tables: tables.collect(),
            figures: figures.collect(),
            files: files.iter().map(|(p, b)| (p.clone(), hash(b))).collect(),
        }
    }

    /// As JSON, with a line for every run, set, origin, row and figure.
    ///
    /// # Errors
    /// Never in practice: every field is text or a number.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let field = |name: &str, value: &dyn Fn() -> serde_json::Result<String>| {
            value().map(|text| format!("  \"{name}\": {text}"))
        };
        let fields = [
            field("kind", &|| json::lines(&self.kind, 1, 0)),
            field("format", &|| json::lines(&self.format, 1, 0)),
            field("version", &|| json::lines(&self.version, 1, 0)),
            field("sources", &|| json::lines(&self.sources, 1, 1)),
            field("options", &|| json::lines(&self.options, 1, 1)),
            field("runs", &|| json::lines(&self.runs, 1, 1)),
            field("evaluated", &|| json::lines(&self.evaluated, 1, 1)),
            field("sets", &|| json::lines(&self.numbered.sets, 1, 1)),
            field("origins", &|| json::lines(&self.numbered.origins, 1, 1)),
            field("tables", &|| json::lines(&self.tables, 1, 3)),
            field("figures", &|| json::lines(&self.figures, 1, 1)),
            field("files", &|| json::lines(&self.files, 1, 1)),
        ];
        let fields: serde_json::Result<Vec<String>> = fields.into_iter().collect();
        let text = fields.map_err(render(NAME))?.join(",\n");
        Ok(format!("{{\n{text}\n}}\n").into_bytes())
    }

    /// Masks that its runs are read under, by id.
    pub fn masks(&self) -> BTreeMap<String, Vec<MaskGrid>> {
        let mut all: BTreeMap<String, Vec<MaskGrid>> = BTreeMap::new();
        for (id, run) in &self.runs {
            let masks = run.evaluated.and_then(|index| self.evaluated.get(index));
            if let Some(masks) = masks {
                all.entry(folder(id))
                    .or_default()
                    .extend(masks.iter().cloned());
            }
        }
        all
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
        let ids = known.runs.keys().map(|id| folder(id));
        (known.kind == KIND).then(|| ids.collect())
    }

    /// Reads a report's manifest; `None` if the bytes are something else.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let manifest: Self = serde_json::from_slice(json).ok()?;
        (manifest.kind == KIND).then_some(manifest)
    }
}

/// Folder of a run by its id here, which names other data where these were predicted.
fn folder(id: &str) -> String {
    id.split(ELSEWHERE).next().unwrap_or_default().to_owned()
}

fn run(run: &ScoredRun, evaluated: &[Vec<MaskGrid>]) -> (String, RunMetadata) {
    let m = &run.manifest;
    let facts = RunMetadata {
        dataset: m.dataset.name.clone(),
        source_sha256: m.dataset.source_sha256.clone(),
        content_hash: m.dataset.content_hash.clone(),
        model: m.model.name.clone(),
        seed: m.seed,
        manifest_blake3: run.manifest_hash.clone(),
        log_blake3: run.log_hash.clone(),
        evaluated: evaluated.binary_search(&run.grids()).ok(),
        evaluations: run.evaluations.clone(),
    };
    (m.id.clone(), facts)
}

fn table(table: &Table, numbering: &Numbering) -> TableMetadata {
    let row = |line: &TableRow| {
        let cells = table.columns.iter().zip(&line.cells);
        let cells = cells.map(|(column, cell)| {
            let entry = (cell.content.full_text(), numbering.origin(&cell.origin));
            (column.name.clone(), entry)
        });
        RowMetadata {
            row: line.full_label(),
            cells: cells.collect(),
        }
    };
    let metrics = |c: &Column| c.metrics.iter().map(|m| m.to_string()).collect();
    TableMetadata {
        title: table.title.clone(),
        masks: table.masks.clone(),
        reference: table.reference.as_ref().and_then(|r| numbering.set(r)),
        metrics: table
            .columns
            .iter()
            .map(|c| (c.name.clone(), metrics(c)))
            .collect(),
        rows: table.rows.iter().map(row).collect(),
    }
}

fn figure(figure: &Figure, numbering: &Numbering) -> FigureMetadata {
    let series = figure.series.iter();
    FigureMetadata {
        title: figure.title.clone(),
        series: series
            .map(|s| (s.label.clone(), numbering.origin(&s.origin)))
            .collect(),
    }
}
