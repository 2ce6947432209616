//! The pickle reader against numpy: a Python script writes pickles of every protocol, element type,
//! order and container, and says what numpy makes of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python;
use serde_json::Value as Json;

/// What the program prints about files, by file.
fn inspected(files: &[PathBuf]) -> BTreeMap<PathBuf, Json> {
    let output = Command::new(env!("CARGO_BIN_EXE_lnln-bench"))
        .arg("inspect")
        .args(files)
        .arg("--json")
        .output()
        .unwrap();
    let object = |line: &str| -> Json { serde_json::from_str(line).unwrap() };
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .map(object)
        .map(|object| (PathBuf::from(object["file"].as_str().unwrap()), object))
        .collect()
}

#[test]
fn everything_numpy_writes_is_read_as_numpy_reads_it() {
    let Some(python) = python::python(&["numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/pickle_matrix.py");
    python::run(Command::new(python).arg(script).arg(folder.path()));
    let expected = std::fs::read_to_string(folder.path().join("expected.jsonl")).unwrap();
    let rows: Vec<Json> = expected
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let file = |row: &Json| folder.path().join(row["file"].as_str().unwrap());
    let mut wrong = Vec::new();
    for rows in rows.chunks(500) {
        let objects = inspected(&rows.iter().map(file).collect::<Vec<_>>());
        for row in rows {
            let object = &objects[&file(row)];
            if object["outcome"] != "OK" || object["arrays"] != row["arrays"] {
                wrong.push(format!("{row}\n  got {object}"));
            }
        }
    }
    assert!(rows.len() > 1000, "only {} pickles", rows.len());
    let shown: Vec<_> = wrong.iter().take(20).cloned().collect();
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        rows.len(),
        shown.join("\n")
    );
}
