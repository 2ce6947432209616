//! Environments that other programs leave behind: library paths, numbers of threads, limits on files.

use std::fs;
use std::path::Path;
#[cfg(feature = "torch")]
use std::process::Command;

use predicates::prelude::*;
use predicates::str::contains;

use super::program::{prepared, program};

/// The program under a limit on the size of files, in blocks of 512 or 1024 bytes.
fn limited(blocks: u32) -> assert_cmd::Command {
    let program = assert_cmd::cargo::cargo_bin("lnln-bench");
    let mut command = assert_cmd::Command::new("sh");
    let script = format!("ulimit -f {blocks}; exec \"$0\" \"$@\"");
    command.arg("-c").arg(script).arg(program);
    command.env("HDF5_USE_FILE_LOCKING", "FALSE");
    command
}

/// The names in a folder and those below it.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[cfg(feature = "torch")]
#[test]
fn the_own_libtorch_comes_before_that_of_an_activated_environment() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("other.c");
    fs::write(&source, "int other;\n").unwrap();
    for name in ["libtorch_cpu.so", "libtorch.so", "libc10.so"] {
        let built = Command::new("cc")
            .arg("-shared")
            .arg("-o")
            .arg(folder.path().join(name))
            .arg(&source)
            .status();
        assert!(built.unwrap().success());
    }
    program()
        .args(["list", "models"])
        .env("LD_LIBRARY_PATH", folder.path())
        .assert()
        .success()
        .stdout(contains("lnln"));
}

#[test]
fn numbers_of_threads_that_no_machine_has_are_ignored_with_a_warning() {
    for (name, value) in [
        ("RAYON_NUM_THREADS", "99999"),
        ("RAYON_NUM_THREADS", "many"),
        ("POLARS_MAX_THREADS", "garbage"),
    ] {
        program()
            .args(["list", "models"])
            .env(name, value)
            .assert()
            .success()
            .stderr(contains(format!("{name}={value} is ignored")));
    }
    program()
        .args(["list", "models"])
        .env("RAYON_NUM_THREADS", "2")
        .assert()
        .success()
        .stderr(contains("ignored").not());
}

#[cfg(feature = "torch")]
#[test]
fn a_run_keeps_the_warning_over_its_restart_and_does_not_start_the_threads() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    program()
        .args(super::program::arguments(folder.path(), &data, "runs", 1))
        .env("RAYON_NUM_THREADS", "99999")
        .env("POLARS_MAX_THREADS", "-1")
        .assert()
        .success()
        .stderr(
            contains("RAYON_NUM_THREADS=99999 is ignored")
                .and(contains("POLARS_MAX_THREADS=-1 is ignored")),
        );
}

#[test]
fn a_limit_on_file_sizes_is_an_error_that_names_the_file_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path()).join("demo-film.h5");
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    let pickle = folder.path().join("demo-film.pkl");
    limited(20)
        .arg("prepare")
        .arg(pickle)
        .arg("--data")
        .arg(&out)
        .assert()
        .code(6)
        .stderr(contains("demo-film.h5").and(contains("ulimit -f")));
    limited(20)
        .arg("export")
        .arg(&data)
        .arg("--out")
        .arg(out.join("again.pkl"))
        .assert()
        .code(6)
        .stderr(contains("again.pkl").and(contains("File too large")));
    assert_eq!(names(&out), Vec::<String>::new());
}
