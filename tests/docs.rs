//! Pages that are made from the code, and diffs that must stay true to it.
#![cfg(feature = "torch")]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its files has failed"
)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use lnln_bench::model::{Entry, MODELS, Profile};
use serde_json::Value;

/// Set to 1, pages are written anew instead of compared.
const UPDATE: &str = "LNLN_BENCH_UPDATE_DOCS";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The `//!` lines a source file begins with, without the first (its title).
fn head(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let text: Vec<&str> = lines
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    text[1..].join("\n").trim().to_owned()
}

fn page(entry: &Entry) -> String {
    let source = fs::read_to_string(root().join(format!("src/model/{}.rs", entry.name))).unwrap();
    let mut page = format!(
        "# {}\n\n`{}`: {}.\n",
        entry.title, entry.name, entry.summary
    );
    if !entry.citation.is_empty() {
        write!(page, "\n{}\n", entry.citation).unwrap();
    }
    // Links of rustdoc point nowhere here.
    let head = head(&source).replace("[`", "`").replace("`]", "`");
    write!(page, "\n{head}\n").unwrap();
    if !entry.variants.is_empty() {
        page += "\n## Variants\n\n";
        for variant in entry.variants {
            writeln!(
                page,
                "- `{}:{}`: {}",
                entry.name, variant.name, variant.summary
            )
            .unwrap();
        }
    }
    if entry.trained {
        page += "\n## Published settings\n\n";
        page += &settings(entry);
    }
    page
}

/// Training settings and hyper-parameters, a column per data set.
fn settings(entry: &Entry) -> String {
    let profiles = [Profile::Mosi, Profile::Mosei, Profile::Sims];
    let columns = profiles.map(|profile| {
        let mut rows = flat(&serde_json::to_value((entry.recipe)(profile)).unwrap());
        rows.extend(flat(&(entry.config)(profile)));
        rows
    });
    let mut table = "| setting | MOSI | MOSEI | SIMS |\n|---|---|---|---|\n".to_owned();
    for (i, (name, _)) in columns[0].iter().enumerate() {
        let cells = columns.each_ref().map(|rows| rows[i].1.as_str());
        writeln!(table, "| `{name}` | {} |", cells.join(" | ")).unwrap();
    }
    table
}

fn flat(value: &Value) -> Vec<(String, String)> {
    let Value::Object(fields) = value else {
        return Vec::new();
    };
    let cell = |value: &Value| match value {
        Value::String(text) => text.clone(),
        // Tagged enums: the kind and its limit.
        Value::Object(fields) => {
            let parts: Vec<String> = fields
                .values()
                .map(|v| v.to_string().replace('"', ""))
                .collect();
            parts.join(" ")
        }
        other => other.to_string(),
    };
    fields
        .iter()
        .map(|(name, value)| (name.clone(), cell(value)))
        .collect()
}

/// Compares a page with what the code says, or writes it.
fn check(path: &str, expected: &str) {
    let file = root().join(path);
    if std::env::var(UPDATE).is_ok_and(|value| value == "1") {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, expected).unwrap();
        return;
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == expected,
        "{path} is not what the code says; {UPDATE}=1 cargo test --release --test docs writes it anew"
    );
}

#[test]
fn every_model_has_its_page() {
    let mut index =
        "# Models\n\nMade from the heads of `src/model/*.rs` and the registry.\n\n".to_owned();
    index += "| model | | |\n|---|---|---|\n";
    for entry in MODELS {
        check(&format!("docs/models/{}.md", entry.name), &page(entry));
        let (name, title) = (entry.name, entry.title);
        writeln!(
            index,
            "| [`{name}`]({name}.md) | {title} | {} |",
            entry.summary
        )
        .unwrap();
    }
    check("docs/models/README.md", &index);
    let files = fs::read_dir(root().join("docs/models")).unwrap();
    assert_eq!(
        files.count(),
        MODELS.len() + 1,
        "a page of a model that is gone"
    );
}

/// A file of a diff, and its lines once it is applied.
struct Diff {
    path: PathBuf,
    is_new: bool,
    lines: Vec<String>,
}

/// What a `diff` block of CONTRIBUTING.md adds to or finds in a file, line by line.
fn diffs(text: &str) -> Vec<Diff> {
    let mut files: Vec<Diff> = Vec::new();
    let blocks = text.split("```diff\n").skip(1);
    for line in blocks.flat_map(|block| block.split("\n```").next().unwrap().lines()) {
        if let Some(names) = line.strip_prefix("diff --git ") {
            let name = names.split(" b/").nth(1).unwrap();
            files.push(Diff {
                path: root().join(name),
                is_new: false,
                lines: Vec::new(),
            });
        } else if let Some(Diff { is_new, lines, .. }) = files.last_mut() {
            *is_new |= line.starts_with("new file");
            let is_header = ["+++", "---", "@@", "new file"]
                .iter()
                .any(|h| line.starts_with(h));
            if !is_header && !line.starts_with('-') {
                lines.push(line.get(1..).unwrap_or_default().to_owned());
            }
        }
    }
    files
}

#[test]
fn the_diffs_of_contributing_are_real() {
    let files = diffs(&fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap());
    assert!(files.len() >= 3, "a model's two files and a data set's one");
    assert!(files.iter().any(|file| file.is_new), "a model's own file");
    for Diff {
        path,
        is_new,
        lines,
    } in files
    {
        let source = fs::read_to_string(&path).unwrap();
        let mut rest = source.lines();
        if is_new {
            let shown = lines.len();
            assert_eq!(
                shown,
                source.lines().count(),
                "{}: not the whole file",
                path.display()
            );
        }
        for line in lines {
            assert!(
                rest.any(|found| found == line),
                "{}: CONTRIBUTING.md shows a line that is not there, or not in this order: {line}",
                path.display()
            );
        }
    }
}
