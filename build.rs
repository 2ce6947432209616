//! Gives the binary its search path for libtorch, and embeds the commit and the published tables.

use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "build/published.rs"]
mod published;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=LNLN_BENCH_GIT={}", commit());
    published::embed();
    if std::env::var_os("CARGO_FEATURE_TORCH").is_some() {
        link_libtorch();
        #[cfg(feature = "torch")]
        compile_native();
        #[cfg(feature = "torch")]
        bind_old_hypot();
    }
}

/// The few functions of libtorch that tch does not bind. Compiled again only where their source or
/// libtorch is another one: this script also runs after every commit.
#[cfg(feature = "torch")]
fn compile_native() {
    const SOURCES: [&str; 8] = [
        "src/train/native.cpp",
        "src/train/operations.cpp",
        "src/model/layers/autocast.cpp",
        "src/model/layers/dense.cpp",
        "src/model/layers/low_memory.cpp",
        "src/model/layers/fused_attention.cpp",
        "src/model/layers/selective_scan.cpp",
        "src/model/layers/selective_scan_op.cpp",
    ];
    const HEADERS: [&str; 4] = [
        "src/support/guarded.h",
        "src/model/layers/direct_gradient.h",
        "src/model/layers/selective_scan.h",
        "src/model/layers/selective_scan_loops.h",
    ];
    const NAME: &str = "lnln_bench_native";
    let root = PathBuf::from(std::env::var_os("LIBTORCH").unwrap_or_default());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let mut wanted = root.display().to_string();
    for source in SOURCES.iter().chain(&HEADERS) {
        println!("cargo:rerun-if-changed={source}");
        wanted.push('\n');
        wanted.push_str(&std::fs::read_to_string(source).unwrap_or_default());
    }
    let stamp = out.join("native.stamp");
    let library = out.join(format!("lib{NAME}.a"));
    if library.exists() && std::fs::read_to_string(&stamp).is_ok_and(|had| had == wanted) {
        println!("cargo:rustc-link-search=native={}", out.display());
        println!("cargo:rustc-link-lib=static={NAME}");
        println!("cargo:rustc-link-lib=stdc++");
        return;
    }
    cc::Build::new()
        .cpp(true)
        .files(SOURCES)
        .include(root.join("include"))
        .std("c++20")
        .define("_GLIBCXX_USE_CXX11_ABI", "1")
        // The loops over numbers are these files' own, whatever the optimization of the crate.
        .opt_level(3)
        .warnings(false)
        .compile(NAME);
    // A stamp that cannot be written costs the next build these seconds again.
    let _ = std::fs::write(stamp, wanted);
}

/// Binds `hypot` to the version of it that systems with glibc 2.34 have.
#[cfg(feature = "torch")]
fn bind_old_hypot() {
    const SOURCE: &str = "src/support/old_hypot.c";
    println!("cargo:rerun-if-changed={SOURCE}");
    let objects = cc::Build::new()
        .file(SOURCE)
        .opt_level(2)
        .compile_intermediates();
    for object in objects {
        println!("cargo:rustc-link-arg={}", object.display());
    }
    println!("cargo:rustc-link-arg=-Wl,--wrap=hypot,--wrap=hypotf");
}

/// The search path: libtorch of the Python environment that the binary is installed in, that which `make
/// install` puts beside it, and that of the build. The last is the `lib` folder of PyTorch's wheel, behind
/// the links of `.toolchain/libtorch`, so that libtorch finds its neighbours there by its own run path.
fn link_libtorch() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    let root = PathBuf::from(std::env::var_os("LIBTORCH").unwrap_or_default());
    let library = root.join("lib/libtorch_cpu.so");
    println!("cargo:rerun-if-changed={}", library.display());
    let Ok(real) = library.canonicalize() else {
        panic!(
            "expected libtorch at {}, found none: run `make setup`, or set LIBTORCH to a libtorch 2.11.0",
            library.display()
        );
    };
    let folder = real.parent().unwrap_or(Path::new("/")).display();
    for folder in [
        "$ORIGIN/../../torch/lib",
        "$ORIGIN/../lib/lnln-bench/torch/lib",
        &folder.to_string(),
    ] {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    }
    // Functions of equal instructions are kept once, which takes a sixtieth off the program and its wheel. The linker that
    // Rust brings for this platform knows the option; others need not.
    let target = ["CARGO_CFG_TARGET_ARCH", "CARGO_CFG_TARGET_OS"].map(std::env::var);
    if target == [Ok("x86_64".to_owned()), Ok("linux".to_owned())] {
        println!("cargo:rustc-link-arg-bins=-Wl,--icf=all");
    }
    // DT_RPATH in place of DT_RUNPATH: searched before LD_LIBRARY_PATH, where an activated conda environment
    // puts a libtorch of another version.
    println!("cargo:rustc-link-arg=-Wl,--disable-new-dtags");
}

/// The commit this is built from; `unknown` outside a checkout.
fn commit() -> String {
    for file in [".git/HEAD", ".git/index"] {
        if Path::new(file).exists() {
            println!("cargo:rerun-if-changed={file}");
        }
    }
    let mut git = Command::new("git");
    git.args(["describe", "--always", "--dirty", "--abbrev=12"]);
    // git refreshes the index when it looks for changes, and a changed index would start the next build again: it
    // gets a copy. In a worktree `.git` is a file, and nothing is copied.
    let copy = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("index");
    if std::fs::copy(".git/index", &copy).is_ok() {
        git.env("GIT_INDEX_FILE", copy);
    }
    let described = git.output();
    match described {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => "unknown".to_owned(),
    }
}
