//! What libraries read from the environment as they load: set it and start over, once.

use lnln_bench::train::native;

/// Variables for commands that compute with tensors, each with its value and its reason. What the
/// user has set stays.
const VARIABLES: [(&str, &str); 2] = [
    // Threads that wait spin for some microseconds, then sleep. libgomp's own 300000 rounds take the
    // cores from whom they wait for as soon as another process runs; sleeping at once makes small
    // steps take half as long again on a quiet machine (docs/training.md).
    ("GOMP_SPINCOUNT", "2000"),
    // Without a workspace of its own cuBLAS is not deterministic, and libtorch refuses.
    ("CUBLAS_WORKSPACE_CONFIG", ":4096:8"),
];

/// [`VARIABLES`] by name, for scripts that start this program.
pub fn variables() -> Vec<(String, String)> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    VARIABLES.map(owned).into()
}

/// Marks the second start.
const SETTLED: &str = "LNLN_BENCH_SETTLED";

/// Starts the program over with [`VARIABLES`] where one is missing. Returns in the process that has
/// them, or where starting over fails: then everything works, more slowly.
pub fn settle() {
    native::keep_large_blocks(true);
    let missing: Vec<_> = VARIABLES
        .iter()
        .filter(|(name, _)| std::env::var_os(name).is_none())
        .collect();
    if missing.is_empty() || std::env::var_os(SETTLED).is_some() {
        return;
    }
    start_over(&missing);
}

#[cfg(unix)]
fn start_over(missing: &[&(&str, &str)]) {
    use std::os::unix::process::CommandExt;
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let error = std::process::Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(SETTLED, "1")
        .envs(missing.iter().map(|(name, value)| (name, value)))
        .exec();
    tracing::debug!("going on without starting over: {error}");
}

#[cfg(not(unix))]
fn start_over(_missing: &[&(&str, &str)]) {}
