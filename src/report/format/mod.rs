//! Renders a report in every output format.
//!
//! A format is a module of this folder with an `EXPORTER`, and its line in [`EXPORTERS`]. Nothing else
//! names it but the documentation and the help of `report`, which a test checks.

use std::thread;

use polars::prelude::DataFrame;

use super::contents::SectionContents;
use super::error::Result;
use super::numbering::Numbering;
use super::options::Layout;

pub mod citations;
pub mod html;
pub mod json;
pub mod latex;
pub mod markdown;
pub mod scores_csv;
pub mod summary_csv;
pub mod summary_parquet;
pub mod terminal;

/// What exporters render.
pub struct Report<'a> {
    pub parts: &'a [SectionContents],
    pub numbering: &'a Numbering,
    pub layout: Layout,
    /// The lines of `summary.csv` and `summary.parquet`, see [`crate::report::tidy::summary`].
    pub summary: &'a DataFrame,
}

/// An output format.
pub struct Exporter {
    pub name: &'static str,
    /// The file's name in the folder of the report.
    pub file: &'static str,
    /// The bytes of the file; equal reports give equal bytes.
    pub render: fn(&Report<'_>) -> Result<Vec<u8>>,
}

/// All output formats, in the order of their files in the manifest.
pub const EXPORTERS: &[Exporter] = &[
    markdown::EXPORTER,
    latex::EXPORTER,
    html::EXPORTER,
    scores_csv::EXPORTER,
    summary_csv::EXPORTER,
    summary_parquet::EXPORTER,
    citations::EXPORTER,
];

/// Renders all formats side by side, as (file name, bytes).
///
/// Each has a thread of its own instead of one of rayon's: polars waits for its own pool, and a
/// thread of rayon's that waits takes up other work meanwhile, until its stack is full.
///
/// # Errors
/// That of the first format that fails.
pub fn export(report: &Report<'_>) -> Result<Vec<(String, Vec<u8>)>> {
    thread::scope(|scope| {
        let start = |exporter: &'static Exporter| scope.spawn(|| (exporter.render)(report));
        let started: Vec<_> = EXPORTERS.iter().map(start).collect();
        let files = EXPORTERS.iter().zip(started);
        files
            .map(|(exporter, thread)| {
                let bytes = thread
                    .join()
                    .unwrap_or_else(|e| std::panic::resume_unwind(e));
                Ok((exporter.file.to_string(), bytes?))
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_format_has_a_name_and_a_file_of_its_own() {
        let files: BTreeSet<&str> = EXPORTERS.iter().map(|e| e.file).collect();
        let names: BTreeSet<&str> = EXPORTERS.iter().map(|e| e.name).collect();
        assert_eq!([files.len(), names.len()], [EXPORTERS.len(); 2]);
        assert!(!files.contains(crate::report::manifest::NAME));
    }

    #[test]
    fn the_documentation_and_the_help_name_every_file() {
        let page = include_str!("../../../docs/reports.md");
        let help = include_str!("../../cli/report.rs");
        for exporter in EXPORTERS {
            assert!(
                page.contains(&format!("`{}`", exporter.file)),
                "{}",
                exporter.file
            );
            assert!(help.contains(exporter.file), "{}", exporter.file);
        }
    }
}
