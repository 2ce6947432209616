//! What the command-line tests share: a small prepared corpus and the program.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use lnln_bench::dataset::synthetic::{self, Demo};
use lnln_bench::dataset::{ImportOptions, prepare};

/// The program under test, deaf to the caller's environment.
pub fn program() -> Command {
    let mut command = Command::cargo_bin("lnln-bench").unwrap();
    command
        // A child of another test may still hold the lock of a file that this process has written.
        .env("HDF5_USE_FILE_LOCKING", "FALSE")
        .env_remove("LNLN_BENCH_BERT")
        .env_remove("LNLN_BENCH_LOG");
    command
}

/// A folder with a twentieth of a demo corpus, as a pickle.
pub fn pickle(folder: &Path) -> PathBuf {
    let path = folder.join("demo-film.pkl");
    synthetic::write_demo(Demo::Film, &path, 7, 0.05).unwrap();
    path
}

/// The same corpus prepared under `folder/data`.
pub fn prepared(folder: &Path) -> PathBuf {
    let data = folder.join("data");
    prepare(&pickle(folder), &ImportOptions::new(&data), &mut |_| {}).unwrap();
    data
}
