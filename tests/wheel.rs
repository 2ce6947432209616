//! What the wheel promises: a system with glibc 2.34, and one version of PyTorch.
#![cfg(feature = "torch")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use lnln_bench::sweep::metadata::LIBTORCH;

fn repository(file: &str) -> std::path::PathBuf {
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
    // The C library itself has the newest symbols there are.
    let library = fs::read_to_string("/proc/self/maps").unwrap();
    let libm = library.lines().find_map(|line| {
        line.find('/')
            .map(|at| &line[at..])
            .filter(|p| p.contains("libm.so"))
    });
    let output = Command::new(repository("setup/symbols"))
        .arg(libm.unwrap())
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    if glibc() > 34 {
        assert!(!output.status.success());
        assert!(
            log.contains("expected at most GLIBC_2.34 (manylinux_2_34)"),
            "{log}"
        );
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
