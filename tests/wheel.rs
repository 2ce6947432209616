//! What the wheel promises: a system with glibc 2.34, and one version of PyTorch.
#![cfg(feature = "torch")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use lnln_bench::sweep::metadata::LIBTORCH;

fn repository(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// Minor version of the glibc of this machine.
fn glibc() -> u32 {
    let output = Command::new("getconf")
        .arg("GNU_LIBC_VERSION")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().rsplit('.').next().unwrap().parse().unwrap()
}

/// On newer systems headers give C code newer symbols, and a wheel built there serves fewer users.
#[test]
fn the_program_needs_no_newer_system_than_the_wheel_s_tag_says() {
    let output = Command::new(repository("setup/symbols"))
        .arg(env!("CARGO_BIN_EXE_lnln-bench"))
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && glibc() > 36 {
        let skipped = format!(
            "skipped: this system's glibc is 2.{}, which is newer than 2.36: {log}",
            glibc()
        );
        std::io::stderr().write_all(skipped.as_bytes()).unwrap();
        return;
    }
    assert!(output.status.success(), "{log}");
}

#[test]
fn a_newer_symbol_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let objdump = folder.path().join("objdump");
    let line = "0000 DF *UND* 0000 (GLIBC_2.38) __isoc23_strtol";
    fs::write(&objdump, format!("#!/bin/sh\necho '{line}'\n")).unwrap();
    fs::set_permissions(&objdump, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = Command::new(repository("setup/symbols"))
        .arg("program")
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    for part in [
        "program needs GLIBC_2.38",
        "at most GLIBC_2.34",
        "__isoc23_strtol",
    ] {
        assert!(log.contains(part), "{log}");
    }
}

#[test]
fn the_package_wants_the_pytorch_that_the_program_is_linked_with() {
    let read = |file| fs::read_to_string(repository(file)).unwrap();
    let project: toml::Table = read("python/pyproject.toml").parse().unwrap();
    let wanted = format!("torch=={LIBTORCH}");
    assert_eq!(
        project["project"]["dependencies"],
        toml::Value::from(vec![wanted])
    );
    assert!(read("python/lnln_bench/_program.py").contains(&format!("TORCH = \"{LIBTORCH}\"")));
    assert_eq!(
        project["project"]["version"].as_str(),
        Some(env!("CARGO_PKG_VERSION"))
    );
}
