//! Corrects environment variables that set numbers of threads, before a library reads them.
//!
//! `RAYON_NUM_THREADS=99999` would start that many threads and stop the machine; polars ends with a panic on
//! a value that is no number.

/// More threads than any machine for this work has cores.
pub const MOST_THREADS: usize = 1024;

/// Variables that rayon and polars read when they first compute.
const VARIABLES: [&str; 3] = [
    "RAYON_NUM_THREADS",
    "RAYON_RS_NUM_CPUS",
    "POLARS_MAX_THREADS",
];

/// A variable that was removed, and its value.
pub type Removed = (&'static str, String);

/// Removes variables whose value is no usable number. Called before any thread is started.
pub fn correct() -> Vec<Removed> {
    let mut removed = Vec::new();
    for name in VARIABLES {
        let Some(value) = std::env::var_os(name) else {
            continue;
        };
        let value = value.to_string_lossy().into_owned();
        if !is_usable(&value) {
            // SAFETY: `main` calls this first, while the process has one thread.
            unsafe { std::env::remove_var(name) };
            removed.push((name, value));
        }
    }
    removed
}

/// Warns of removed variables.
pub fn warn(removed: &[Removed]) {
    for (name, value) in removed {
        tracing::warn!(
            "{name}={value} is ignored: expected a number of threads from 1 to {MOST_THREADS}"
        );
    }
}

/// Whether a value is a number of threads; 0 stands for all cores.
fn is_usable(value: &str) -> bool {
    let threads = value.parse::<usize>();
    threads.is_ok_and(|threads| threads <= MOST_THREADS)
}

/// Limits the threads of libtorch where `OMP_NUM_THREADS` or `MKL_NUM_THREADS` ask for more than a machine
/// has: they would all be started with the first large tensor.
#[cfg(feature = "torch")]
pub fn limit_torch() {
    let asked = tch::get_num_threads();
    let usable = usize::try_from(asked).is_ok_and(|threads| threads <= MOST_THREADS);
    if !usable {
        let cores = cores();
        tracing::warn!(
            "OMP_NUM_THREADS or MKL_NUM_THREADS ask for {asked} threads: {cores} are used, as many as \
             there are cores"
        );
        tch::set_num_threads(i32::try_from(cores).unwrap_or(1));
    }
}

/// Threads that Slurm assigned to this process. Where Slurm does not bind tasks to cores, the
/// operating system reports all cores of the node.
#[cfg(feature = "torch")]
pub fn threads_of_slurm() -> Option<u16> {
    let number = |name: &str| std::env::var(name).ok()?.parse().ok();
    number("SLURM_CPUS_PER_TASK").or_else(|| number("SLURM_CPUS_ON_NODE"))
}

/// Cores this process may use.
#[cfg(feature = "torch")]
pub fn cores() -> usize {
    threads_of_slurm().map_or_else(
        || std::thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_threads_are_told_from_others() {
        for value in ["0", "1", "64", "1024"] {
            assert!(is_usable(value), "{value}");
        }
        for value in [
            "",
            "-1",
            "99999",
            "18446744073709551616",
            "garbage",
            "4,2",
            " 4",
        ] {
            assert!(!is_usable(value), "{value}");
        }
    }
}
