//! Sets environment variables that libraries read while loading, by restarting the program once.

use lnln_bench::train::native;

use super::thread_variables::Removed;

/// Variables for commands that compute with tensors. A value that the user has set is kept.
const VARIABLES: [(&str, &str); 2] = [
    // Waiting threads spin for some microseconds, then sleep. libgomp's default of 300000 rounds
    // keeps cores busy that other processes need; sleeping at once makes small steps take half as
    // long again on a quiet machine (docs/training.md).
    ("GOMP_SPINCOUNT", "2000"),
    // cuBLAS is deterministic only with a fixed workspace; without one libtorch refuses.
    ("CUBLAS_WORKSPACE_CONFIG", ":4096:8"),
];

/// [`VARIABLES`] by name, for scripts that start this program.
pub fn variables() -> Vec<(String, String)> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    VARIABLES.map(owned).into()
}

/// Set in the restarted process.
const SETTLED: &str = "LNLN_BENCH_SETTLED";

/// Restarts the program with [`VARIABLES`] if one is missing. Returns in the process that has them,
/// or if restarting fails; then everything works, but more slowly. The restarted program gets `removed`
/// again, to remove them itself and warn of them.
pub fn settle(removed: &[Removed]) {
    native::keep_large_blocks(true);
    let missing: Vec<_> = VARIABLES
        .iter()
        .filter(|(name, _)| std::env::var_os(name).is_none())
        .collect();
    if missing.is_empty() || std::env::var_os(SETTLED).is_some() {
        return;
    }
    start_over(&missing, removed);
}

#[cfg(unix)]
fn start_over(missing: &[&(&str, &str)], removed: &[Removed]) {
    use std::os::unix::process::CommandExt;
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let error = std::process::Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(SETTLED, "1")
        .envs(missing.iter().map(|(name, value)| (name, value)))
        .envs(removed.iter().map(|(name, value)| (name, value)))
        .exec();
    tracing::debug!("continuing without a restart: {error}");
}

#[cfg(not(unix))]
fn start_over(_missing: &[&(&str, &str)], _removed: &[Removed]) {}
