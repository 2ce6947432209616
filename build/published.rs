//! Lists the published tables, a folder of `published/` a source, for `src/published/source.rs`.

use std::path::{Path, PathBuf};

/// Writes `published.rs` to the build's folder.
pub fn embed() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = root.join("published");
    println!("cargo:rerun-if-changed=build/published.rs");
    println!("cargo:rerun-if-changed={}", folder.display());
    let sources = entries(&folder)
        .into_iter()
        .filter(|entry| entry.join("source.toml").is_file());
    let sources: String = sources.map(|source| files(&source)).collect();
    let text = format!("const FILES: &[Files] = &[\n{sources}];\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let target = out.join("published.rs");
    if let Err(reason) = std::fs::write(&target, text) {
        panic!("cannot write {}: {reason}", target.display());
    }
}

/// One source. Files whose name has a hyphen are no tables of scores.
fn files(folder: &Path) -> String {
    println!("cargo:rerun-if-changed={}", folder.display());
    let errors = folder.join("known-errors.csv");
    let errors = if errors.is_file() {
        include(&errors)
    } else {
        "\"\"".to_string()
    };
    let tables = entries(folder).into_iter().filter_map(|file| {
        let name = file
            .file_name()?
            .to_str()?
            .strip_suffix(".csv")?
            .to_string();
        (!name.contains('-')).then(|| format!("        ({name:?}, {}),\n", include(&file)))
    });
    format!(
        "    Files {{\n        about: {},\n        known_errors: {errors},\n        tables: &[\n{}        ],\n    }},\n",
        include(&folder.join("source.toml")),
        tables.collect::<String>()
    )
}

fn include(file: &Path) -> String {
    println!("cargo:rerun-if-changed={}", file.display());
    format!("include_str!({:?})", file.display().to_string())
}

/// What a folder holds, by name.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = match std::fs::read_dir(folder) {
        Ok(read) => read,
        Err(reason) => panic!("cannot list {}: {reason}", folder.display()),
    };
    let mut entries: Vec<PathBuf> = read.filter_map(|e| Some(e.ok()?.path())).collect();
    entries.sort();
    entries
}
