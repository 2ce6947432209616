//! The suites of the paper's protocol: which cells they are, and one epoch of each on small data.
//! The data have the form of the demo's; published shapes are tested in `tests/models/shapes.rs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lnln_bench::dataset::synthetic::{self, Demo};
use lnln_bench::dataset::{ImportOptions, prepare};
use predicates::str::contains;

use super::program::{program, runs_in, words};

/// A tiny corpus under the name of a published one.
fn prepared(folder: &Path, name: &str, demo: Demo) -> PathBuf {
    let (pickle, data) = (folder.join("small.pkl"), folder.join("data"));
    synthetic::write_demo(demo, &pickle, 7, 0.02).unwrap();
    let mut options = ImportOptions::new(&data);
    options.dataset = Some(name.to_owned());
    prepare(&pickle, &options, &mut |_| {}).unwrap();
    data
}

fn run(suite: &str, folder: &Path, data: &Path) -> assert_cmd::Command {
    let mut command = program();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let suite = root.join("benchmarks").join(format!("{suite}.toml"));
    command.arg("run").arg(suite);
    command.args(words("--encoder tiny --device cpu --threads 1"));
    command.arg("--data").arg(data);
    command.arg("--runs").arg(folder.join("runs"));
    command
}

/// Model, training and seed of every cell.
fn cells(suite: &str, folder: &Path, data: &Path) -> Vec<(String, String, u64)> {
    let mut dry = run(suite, folder, data);
    let output = dry.args(["--dry-run", "--json"]).assert().success();
    let json: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let cells = json["cells"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let cell = |cell: &serde_json::Value| {
        let seed = cell["seed"].as_u64().unwrap();
        (text(&cell["model"]), text(&cell["training"]), seed)
    };
    cells.map(cell).collect()
}

fn the_paper_s_suite(name: &str, demo: Demo) {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path(), name, demo);
    let suite = format!("paper-{name}");
    let found = cells(&suite, folder.path(), &data);
    let mut expected = Vec::new();
    for model in ["lnln", "almt", "misa:compat", "self_mm", "constant"] {
        for seed in [1111, 1112, 1113] {
            let training = "reference (reference), paper".to_owned();
            expected.push((model.to_owned(), training, seed));
        }
    }
    assert_eq!(found, expected);
    run(&suite, folder.path(), &data)
        .args(words("--epochs 1 --seeds 1111 --batch-size 4"))
        .assert()
        .success()
        .stdout(contains("5 runs done"));
    for run in runs_in(&folder.path().join("runs")) {
        let config = std::fs::read_to_string(run.config()).unwrap();
        let is = |model: &str| config.contains(&format!("model = \"{model}\""));
        let expected = match is("misa:compat") || is("self_mm") {
            true => "schedule = \"constant\"",
            false => "schedule = \"reference\"",
        };
        assert!(config.contains(expected), "{expected} in {config}");
        assert_eq!(
            config.contains("accumulate = 2"),
            is("misa:compat"),
            "{config}"
        );
        let manifest = run.sealed().unwrap().manifest;
        assert_eq!(manifest.masks[0].levels.len(), 10, "rates 0 to 0.9");
    }
}

#[test]
fn mosi_by_the_paper() {
    the_paper_s_suite("mosi", Demo::Film);
}

#[test]
fn mosei_by_the_paper() {
    the_paper_s_suite("mosei", Demo::Film);
}

#[test]
fn sims_by_the_paper() {
    the_paper_s_suite("sims", Demo::Talk);
}

#[test]
fn the_paper_s_ablations_are_cells() {
    for (name, demo, models) in [("mosi", Demo::Film, 16), ("sims", Demo::Talk, 14)] {
        let folder = tempfile::tempdir().unwrap();
        let data = prepared(folder.path(), name, demo);
        let found = cells(&format!("ablations-{name}"), folder.path(), &data);
        assert_eq!(found.len(), 3 * models, "{found:?}");
        let kinds: BTreeSet<_> = found.iter().map(|(model, how, _)| (model, how)).collect();
        assert_eq!(kinds.len(), models);
        let clean = found.iter().filter(|(_, how, _)| how.starts_with("clean"));
        let clean: BTreeSet<&str> = clean.map(|(model, ..)| model.as_str()).collect();
        assert_eq!(clean, BTreeSet::from(["lnln"]), "table 4's last row");
    }
}
