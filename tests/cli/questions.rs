//! Questions that stored predictions answer, from the command line to the report.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::assert::Assert;
use lnln_bench::data::dataset::synthetic::{self, Demo};
use lnln_bench::record::RunDir;
use predicates::prelude::*;
use predicates::str::contains;

use super::program::{program, runs_in, words};
use super::python;

/// Prepares a demo corpus of this seed and size, as a version if it has a name.
fn prepare(folder: &Path, (demo, seed, scale): (Demo, u64, f64), version: Option<&str>) {
    let source = folder.join(format!("{}.pkl", demo.name()));
    synthetic::write_demo(demo, &source, seed, scale).unwrap();
    let mut command = program();
    command.arg("prepare").arg(&source);
    command.args(version.into_iter().flat_map(|name| ["--version", name]));
    command.arg("--data").arg(folder.join("data"));
    command.assert().success();
}

/// The film corpus, and a version with fewer samples: they have the same ids.
fn film_and_version(folder: &Path) {
    prepare(folder, (Demo::Film, 8, 0.08), Some("heard"));
    prepare(folder, (Demo::Film, 7, 0.1), None);
}

fn run(folder: &Path, more: &str) -> Assert {
    let line = "run --datasets demo-film --models lf_dnn --seeds 1111,1112 --device cpu --threads 1 --epochs 2 \
                --batch-size 8 --encoder tiny --rates 0,0.5,1";
    let mut command = program();
    command.args(words(line)).args(words(more));
    command.arg("--data").arg(folder.join("data"));
    command.arg("--runs").arg(folder.join("runs"));
    command.assert()
}

/// A report with few permutations; with words where `data` is the folder of prepared data.
fn report(folder: &Path, data: Option<&Path>) -> PathBuf {
    let out = folder.join("out");
    let mut command = program();
    command.arg("report").arg(folder.join("runs"));
    command.args(["--resamples", "9", "--out"]).arg(&out);
    if let Some(data) = data {
        command.arg("--data").arg(data);
    }
    command.assert().success();
    out
}

fn check(out: &Path) {
    let mut command = program();
    command.args(["report", "--check"]).arg(out);
    let checked = command.assert().success();
    checked.stdout(contains("are what the runs give"));
}

/// Bytes of the files that a training leaves.
fn trained(runs: &[RunDir]) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = |run: &RunDir| [run.manifest(), run.checkpoint(), run.done()];
    let files = runs.iter().flat_map(files);
    files
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

#[test]
fn finished_runs_predict_a_version_without_training() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    film_and_version(folder);
    run(folder, "").success();
    let runs = runs_in(&folder.join("runs"));
    let before = trained(&runs);
    run(folder, "--test-on demo-film@heard")
        .success()
        .stdout(contains("2 runs done (0 before)"));
    run(folder, "--test-on demo-film@heard")
        .success()
        .stdout(contains("2 runs done (2 before)"));
    assert_eq!(trained(&runs), before);
    let folders = runs.iter().map(|run| run.evaluation_folders().len());
    assert_eq!(folders.collect::<Vec<_>>(), [2, 2]);
    let out = report(folder, None);
    let page = fs::read_to_string(out.join("report.md")).unwrap();
    let title = "## Trained on Demo film, tested on Demo film (heard)";
    assert!(page.contains(title), "{page}");
    assert!(page.contains("change against Demo film"), "{page}");
    check(&out);
}

#[test]
fn data_of_other_shapes_are_refused_before_anything_is_trained() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder, (Demo::Film, 7, 0.05), None);
    prepare(folder, (Demo::Talk, 7, 0.05), None);
    for more in ["--test-on demo-talk", "--test-on demo-talk --dry-run"] {
        let refused = run(folder, more).code(predicate::ne(0));
        refused.stderr(
            contains("6 features per frame of audio")
                .and(contains("9 features per frame of audio")),
        );
    }
    assert!(runs_in(&folder.join("runs")).is_empty());
    run(folder, "--test-on demo-film@heard")
        .code(predicate::ne(0))
        .stderr(contains("demo-film@heard"));
}

#[test]
fn numbers_are_those_of_a_recomputation_in_python() {
    let Some(python) = python::python(&["numpy", "polars", "scipy", "h5py", "blake3"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    film_and_version(folder);
    let line = "--masks random,modality,block --mask-seeds 1111,7 --select valid:mae,paper \
                --train-on mixed,rate:0,0.5 --valid-rates 0,0.5 --weight-decay 1e-4 --test-on demo-film@heard";
    run(folder, line).success();
    let out = report(folder, Some(&folder.join("data")));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/questions.py");
    let mut command = Command::new(python);
    command.arg(script).arg(folder.join("runs")).arg(&out);
    let compared = python::run(command.arg(folder.join("data")));
    let compared: BTreeMap<String, usize> = serde_json::from_str(&compared).unwrap();
    let least = [
        ("block", 300),
        ("change", 50),
        ("changed", 60),
        ("contribution", 60),
        ("selection_gap", 60),
        ("train_rate", 20),
    ];
    for (kind, least) in least {
        assert!(compared[kind] >= least, "{kind}: {compared:?}");
    }
}

#[test]
fn samples_that_change_most_are_shown_with_their_words() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    film_and_version(folder);
    run(folder, "").success();
    let out = report(folder, Some(&folder.join("data")));
    let lines = fs::read_to_string(out.join("tables/demo-film-changed.csv")).unwrap();
    let first = lines.lines().nth(1).unwrap();
    let (_, said) = first.rsplit_once(',').unwrap();
    assert!(said.split(' ').count() > 2, "{first}");
    for page in ["report.md", "index.html", "tables/demo-film-changed.tex"] {
        let page = fs::read_to_string(out.join(page)).unwrap();
        assert!(page.contains(said), "{said}: {page}");
    }
    check(&out);
    // A file of other data has other words.
    let data = folder.join("data");
    fs::copy(data.join("demo-film@heard.h5"), data.join("demo-film.h5")).unwrap();
    let mut command = program();
    command
        .arg("report")
        .arg(folder.join("runs"))
        .arg("--data")
        .arg(data);
    let refused = command.arg("--out").arg(&out).assert();
    refused
        .code(predicate::ne(0))
        .stderr(contains("no words from"));
}
