//! The published tables as a user would give them to `audit`.

mod newer;

use std::path::{Path, PathBuf};

use lnln_bench::published::audit::{AuditSettings, Finding, TestSetStatistics, audit};
use lnln_bench::published::parse::{Options, ParsedTable, read};

pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/published/lnln-2024");

/// Every table of the paper, by name.
pub fn published() -> Vec<ParsedTable> {
    folder(FOLDER)
}

/// Every table of a folder, by name.
pub fn folder(folder: &str) -> Vec<ParsedTable> {
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path());
    let table = |p: &PathBuf| {
        let name = p.file_name().unwrap().to_string_lossy();
        name.ends_with(".csv") && name != "known-errors.csv"
    };
    let mut files: Vec<_> = files.filter(table).collect();
    files.sort();
    let table = |path: &PathBuf| {
        let mut table = read(path, &Options::default()).unwrap();
        // The rest of the path is that of this machine.
        table.name = path.file_name().unwrap().to_string_lossy().into_owned();
        table
    };
    files.iter().map(table).collect()
}

/// Findings in words, for a failing test.
pub fn words(findings: &[&Finding]) -> String {
    let line = |f: &&Finding| format!("{}: {}: {}\n", f.rule, f.about, f.why);
    findings.iter().map(line).collect()
}

pub fn run(tables: &[ParsedTable]) -> Vec<Finding> {
    audit(
        tables,
        &TestSetStatistics::published(),
        AuditSettings::default(),
    )
}

/// The folder of the transcription the tables were copied from: in the folder that `LNLN_BENCH_SHARED`
/// names, where it must be, or beside the project, where it may be.
pub fn shared() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("LNLN_BENCH_SHARED") {
        let folder = PathBuf::from(named).join("published");
        assert!(
            folder.is_dir(),
            "LNLN_BENCH_SHARED: expected the folder {}, which is not there",
            folder.display()
        );
        return Some(folder);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/published");
    folder.is_dir().then_some(folder)
}
