//! Python, where it is at hand: a second opinion on what is written.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Names modules without which a test fails where it would be skipped: `all`, or a list like
/// `numpy,h5py`.
const REQUIRED: &str = "LNLN_BENCH_TEST_PYTHON_REQUIRED";

/// A Python that has these modules: the one `LNLN_BENCH_PYTHON` names, that of `make test-python`, or
/// `python3`. Says "skipped" where there is none, or panics where the modules are required.
pub fn python(modules: &[&str]) -> Option<PathBuf> {
    let candidates = match std::env::var_os("LNLN_BENCH_PYTHON") {
        Some(named) => vec![PathBuf::from(named)],
        None => {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            vec![
                root.join(".toolchain/test-python/bin/python"),
                PathBuf::from("python3"),
            ]
        }
    };
    let script = format!("import {}", modules.join(", "));
    let works = |program: &&PathBuf| {
        let found = Command::new(program).args(["-c", &script]).output();
        found.is_ok_and(|output| output.status.success())
    };
    if let Some(program) = candidates.iter().find(works) {
        return Some(program.clone());
    }
    let needs = modules.join(", ");
    let required = std::env::var(REQUIRED).unwrap_or_default();
    let listed = |module: &&str| required.split(',').any(|one| one.trim() == *module);
    assert!(
        required != "all" && !modules.iter().all(listed),
        "no Python with {needs}, and {REQUIRED} says {required}: `make test-python` installs one"
    );
    // Not by a macro, whose words the test harness keeps to itself.
    let said = format!(
        "skipped: no Python with {needs}; `make test-python` installs one, or name yours with \
         LNLN_BENCH_PYTHON\n"
    );
    let _ = std::io::stderr().write_all(said.as_bytes());
    None
}

/// Runs a script; its output, or a panic with what it said.
pub fn run(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?} failed: {stderr}");
    String::from_utf8(stdout).unwrap()
}
