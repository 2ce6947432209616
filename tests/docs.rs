//! Compares generated pages, the diffs of CONTRIBUTING.md and its table of crates with the code.
#![cfg(feature = "torch")]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its files has failed"
)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use lnln_bench::model::search_space::TRAINING;
use lnln_bench::model::{Entry, MODELS, Profile};
use serde_json::Value;

/// If 1, pages are written instead of compared.
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
    // Links of rustdoc do not work here.
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
        let own = entry.space.iter().map(|one| format!("`{}`", one.setting));
        let all = TRAINING
            .iter()
            .map(|one| format!("`{}`", one.setting))
            .chain(own);
        let all: Vec<String> = all.collect();
        writeln!(page, "\nA [search](../search.md) draws {}.", all.join(", ")).unwrap();
    }
    page
}

const COLUMNS: [(&str, Profile); 4] = [
    ("MOSI", Profile::Mosi),
    ("MOSEI", Profile::Mosei),
    ("SIMS", Profile::Sims),
    ("SIMSv2", Profile::SimsV2),
];

/// Training settings and hyper-parameters, a column per data set something is published for.
fn settings(entry: &Entry) -> String {
    let mut columns = COLUMNS
        .map(|(name, profile)| (name, rows(entry, profile)))
        .to_vec();
    // What has SIMS's settings has none of its own.
    columns.dedup_by(|a, b| a.0 == "SIMSv2" && a.1 == b.1);
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let rule = "---|".repeat(names.len());
    let mut table = format!("| setting | {} |\n|---|{rule}\n", names.join(" | "));
    for (i, (name, _)) in columns[0].1.iter().enumerate() {
        let cells: Vec<&str> = columns.iter().map(|(_, rows)| rows[i].1.as_str()).collect();
        writeln!(table, "| `{name}` | {} |", cells.join(" | ")).unwrap();
    }
    table
}

fn rows(entry: &Entry, profile: Profile) -> Vec<(String, String)> {
    let recipe = (entry.recipe)(profile);
    let mut rows = flat(&serde_json::to_value(&recipe).unwrap());
    if recipe.trainer_options.early_stop.is_some() {
        // Early stopping replaces the number of epochs.
        let epochs = rows.iter_mut().find(|(name, _)| name == "epochs");
        epochs.unwrap().1 += " (ours; published: no cap)";
    }
    rows.extend(flat(&(entry.config)(profile)));
    rows
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

/// Compares a page with the expected text, or writes it.
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
        "{path} does not match the code; {UPDATE}=1 cargo test --release --test docs writes it again"
    );
}

/// Systems that papers compare with and of which no public code was found: name, paper, what is known.
const WITHOUT_CODE: [[&str; 3]; 5] = [
    [
        "M3ER",
        "Mittal et al.: M3ER: Multiplicative Multimodal Emotion Recognition Using Facial, Textual, and Speech \
         Cues. AAAI 2020",
        "checks by correlation which modalities are ineffective and replaces their features; for classes of \
         emotion. The abstract and the paper's beginning leave sizes and training open",
    ],
    [
        "PMR",
        "Lv et al.: Progressive Modality Reinforcement for Human Multimodal Emotion Recognition from Unaligned \
         Multimodal Sequences. CVPR 2021",
        "a message hub between transformers like MulT's; only its description by others was found",
    ],
    [
        "CHFN",
        "Guo, Tang, Dai, Ding, Kong: Dynamically Adjust Word Representations Using Unaligned Multimodal \
         Information. ACM Multimedia 2022",
        "shifts words by unaligned audio and vision; only its abstract was found",
    ],
    [
        "UMDF",
        "Li, Yang et al.: A Unified Self-Distillation Framework for Multimodal Sentiment Analysis with \
         Uncertain Missing Modalities. AAAI 2024",
        "one network distilled in both directions between complete and incomplete samples; only its abstract was \
         found",
    ],
    [
        "CorrKD",
        "Li, Yang et al.: Correlation-Decoupled Knowledge Distillation for Multimodal Sentiment Analysis with \
         Incomplete Modalities. CVPR 2024",
        "a student on incomplete samples of a teacher on complete ones; for classes, on other features than \
         MMSA's. Margins, rates, batch sizes and the network of its mutual information are open",
    ],
];

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
    index += "\n## Without public code\n\nPapers compare with these systems, too. No public code of them was \
              found, and what is written of them does not fix a model that could be held against theirs, so \
              that they are not in this program.\n\n| system | paper | what is known |\n|---|---|---|\n";
    for [name, paper, known] in WITHOUT_CODE {
        writeln!(index, "| {name} | {paper} | {known} |").unwrap();
    }
    check("docs/models/README.md", &index);
    let files = fs::read_dir(root().join("docs/models")).unwrap();
    assert_eq!(
        files.count(),
        MODELS.len() + 1,
        "a page of a model that is gone"
    );
}

/// Every `.rs` file below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A file's code, without its comments and its tests.
fn code(path: &Path) -> String {
    let source = fs::read_to_string(path).unwrap();
    let code = source.split("\n#[cfg(test)]").next().unwrap();
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// A model is a file, with a folder of its parts, and two lines in the registry.
#[test]
fn nothing_else_mentions_a_model() {
    let models = root().join("src/model");
    let registry = code(&models.join("mod.rs"));
    // Files of tests and of their fixtures.
    let tests = |path: &Path| {
        let fixture = path.ends_with("fixture.rs");
        fixture || code(path).contains("#[test]")
    };
    // The report compares with LNLN by default.
    let allowed = [
        ("lnln", "src/report/rows/reference.rs"),
        // Short for "multi-class" in headings of published tables.
        ("mult", "src/published/parse/heading/words.rs"),
    ];
    for entry in MODELS {
        let name = entry.name;
        for line in [format!("pub mod {name};"), format!("    &{name}::ENTRY,")] {
            assert!(registry.lines().any(|found| found == line), "{line}");
        }
        // A schedule has this name too.
        if name == "constant" {
            continue;
        }
        let (file, folder) = (models.join(format!("{name}.rs")), models.join(name));
        for path in sources(&root().join("src")) {
            let own = path == file || path.starts_with(&folder);
            let known = |(model, at): &(&str, &str)| *model == name && path.ends_with(at);
            if own || tests(&path) || allowed.iter().any(known) {
                continue;
            }
            let code = code(&path);
            for mention in [
                format!("\"{name}\""),
                format!("\"{name}:"),
                format!("{name}::"),
            ] {
                // As a word of its own: `tfn::` is no part of `tetfn::`.
                let is_whole = |(at, _): (usize, &str), line: &str| {
                    let before = line[..at].chars().next_back();
                    before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
                };
                let mentions = |line: &&str| {
                    let mut places = line.match_indices(&mention);
                    places.any(|place| is_whole(place, line))
                        && **line != format!("    &{name}::ENTRY,")
                };
                let found = code.lines().find(mentions);
                assert_eq!(found, None, "{} mentions {name}", path.display());
            }
        }
    }
    // Every file with an entry is in the list.
    for path in sources(&models) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if code(&path).contains("pub static ENTRY") {
            assert!(MODELS.iter().any(|entry| entry.name == name), "{name}");
        }
    }
}

/// A file of a diff, and its lines once it is applied.
struct Diff {
    path: PathBuf,
    lines: Vec<String>,
}

/// The files of the `diff` blocks of CONTRIBUTING.md, with the lines they add or find.
fn diffs(text: &str) -> Vec<Diff> {
    let mut files: Vec<Diff> = Vec::new();
    let blocks = text.split("```diff\n").skip(1);
    for line in blocks.flat_map(|block| block.split("\n```").next().unwrap().lines()) {
        if let Some(names) = line.strip_prefix("diff --git ") {
            let name = names.split(" b/").nth(1).unwrap();
            files.push(Diff {
                path: root().join(name),
                lines: Vec::new(),
            });
        } else if let Some(Diff { lines, .. }) = files.last_mut() {
            let is_header = ["+++", "---", "@@"].iter().any(|h| line.starts_with(h));
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
    assert_eq!(
        files.len(),
        2,
        "a model's registry and the table of a data set"
    );
    for Diff { path, lines } in files {
        let source = fs::read_to_string(&path).unwrap();
        let mut rest = source.lines();
        for line in lines {
            assert!(
                rest.any(|found| found == line),
                "{}: CONTRIBUTING.md shows a line that is not there, or not in this order: {line}",
                path.display()
            );
        }
    }
}

/// Every direct dependency has a line in the table of CONTRIBUTING.md, and no other crate has.
#[test]
fn every_dependency_has_its_reason() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let mut expected = BTreeSet::new();
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        expected.extend(manifest[section].as_table().unwrap().keys().cloned());
    }
    let page = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let table = page.split("| crate |").nth(1).unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let named = |row: &str| {
        let crates = row.split('|').nth(1).unwrap().to_owned();
        // What is in brackets is another name of the same crate.
        let crates = crates.split('(').next().unwrap().to_owned();
        let names = crates.split('`').skip(1).step_by(2).map(str::to_owned);
        names.collect::<Vec<_>>()
    };
    let found: BTreeSet<String> = rows.flat_map(named).collect();
    assert_eq!(found, expected);
}

/// Pages with tables of committed reports, each between a line `<!-- REPORT.md TABLE ROWS -->` (how many rows, 0 for
/// all) and a line `<!-- end -->`.
const WITH_TABLES: [&str; 2] = ["docs/questions.md", "docs/selection-gap.md"];

/// The table with this anchor, cut after some rows.
fn excerpt(marker: &str) -> Option<String> {
    let marker = marker.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
    let [report, id, rows] = *marker.split(' ').collect::<Vec<_>>().as_slice() else {
        return None;
    };
    let page = fs::read_to_string(root().join(report)).ok()?;
    let (_, after) = page.split_once(&format!("<a id=\"{id}\"></a>"))?;
    let is_row = |line: &&str| line.starts_with('|');
    let table = after.lines().skip_while(|line| !is_row(line));
    let table = table.take_while(is_row);
    let most = match rows.parse().ok()? {
        0 => usize::MAX,
        // Below heading and rule.
        rows => rows + 2,
    };
    let lines: Vec<&str> = table.take(most).collect();
    Some(lines.join("\n"))
}

#[test]
fn tables_of_pages_are_those_of_committed_reports() {
    let mut tables = 0;
    for page in WITH_TABLES {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let mut expected = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let _ = writeln!(expected, "{line}");
            if line.starts_with("<!-- reports/") {
                let table = excerpt(line).unwrap_or_else(|| panic!("{page}: {line}"));
                let _ = writeln!(expected, "{table}\n<!-- end -->");
                assert!(
                    lines.any(|line| line == "<!-- end -->"),
                    "{page}: {line} has no end"
                );
                tables += 1;
            }
        }
        check(page, &expected);
    }
    assert!(tables >= 5, "{tables}");
}
