//! Python, where it is at hand: a second opinion on what is written.

use std::path::PathBuf;
use std::process::{Command, Output};

/// A Python that has these modules: the one `LNLN_BENCH_PYTHON` names, or `python3`. Says
/// "skipped" where there is none.
pub fn python(modules: &[&str]) -> Option<PathBuf> {
    let named = std::env::var_os("LNLN_BENCH_PYTHON");
    let program = named.map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let script = format!("import {}", modules.join(", "));
    let found = Command::new(&program).args(["-c", &script]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(program);
    }
    println!(
        "skipped: {} has not all of {} (name another with LNLN_BENCH_PYTHON)",
        program.display(),
        modules.join(", ")
    );
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
