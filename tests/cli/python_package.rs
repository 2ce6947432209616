//! The Python package against the program: its tests run on corpora that are made here.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use crate::python;
use lnln_bench::data::dataset::synthetic::{Demo, write_demo};

/// Where the Python tests find pickles to prepare; their other variable is the package's own, `LNLN_BENCH`.
const DATA: &str = "LNLN_BENCH_TEST_DATA";

/// Tests that may be skipped: PyTorch is not among the modules of `make test-python`.
const OPTIONAL: &str = "skipped 'no PyTorch";

#[test]
fn the_package_agrees_with_the_program() {
    let Some(python) = python::python(&["h5py", "numpy", "blake3", "polars"]) else {
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    for (demo, name) in [(Demo::Film, "demo-film"), (Demo::Talk, "demo-talk")] {
        let pickle = folder.path().join(format!("{name}.pkl"));
        write_demo(demo, &pickle, 5, 0.2).unwrap();
    }
    let mut command = Command::new(python);
    command
        .args(["-B", "-m", "unittest", "discover", "-v", "-s"])
        .arg(root.join("python/tests"))
        .env("PYTHONPATH", root.join("python"))
        .env("LNLN_BENCH", env!("CARGO_BIN_EXE_lnln-bench"))
        .env("HDF5_USE_FILE_LOCKING", "FALSE")
        .env_remove("LNLN_BENCH_BERT")
        .env_remove("LNLN_BENCH_LOG")
        .env(DATA, folder.path())
        .current_dir(folder.path());
    let output = command.output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    let tests = log.lines().filter(|line| line.contains(" ... "));
    let (skipped, run): (Vec<&str>, Vec<&str>) = tests.partition(|line| line.contains("skipped"));
    assert!(run.len() > 20, "{log}");
    for line in skipped {
        assert!(line.contains(OPTIONAL), "{line}");
        let _ = std::io::stderr().write_all(format!("skipped: {line}\n").as_bytes());
    }
}
