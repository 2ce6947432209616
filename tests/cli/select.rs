//! `run --select` with several rules: one training keeps and evaluates what each rule chooses alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant};

use lnln_bench::record::{Group, RunDir};
use predicates::str::contains;
use serde_json::Value;

use super::program::{prepared, program, runs_in, words};
use crate::python;

const RULES: &str = "valid:mae,paper,last";

/// `run` of LF-DNN on the demo's film corpus.
fn arguments(folder: &Path, runs: &str, rules: &str, epochs: u32) -> Vec<String> {
    let line = format!(
        "run --datasets demo-film --models lf_dnn,constant --seeds 1111,1112 --rates 0,0.5,1 --device cpu \
         --threads 1 --epochs {epochs} --batch-size 8 --valid-rates 0,0.5 --select {rules}"
    );
    let mut all: Vec<String> = words(&line).map(str::to_owned).collect();
    for (flag, path) in [("--data", "data"), ("--runs", runs)] {
        all.extend([flag.to_owned(), folder.join(path).display().to_string()]);
    }
    all
}

fn run(folder: &Path, runs: &str, rules: &str) -> Vec<RunDir> {
    let mut command = program();
    command
        .args(arguments(folder, runs, rules, 6))
        .assert()
        .success();
    trained(&folder.join(runs))
}

/// The trained runs, by seed.
fn trained(runs: &Path) -> Vec<RunDir> {
    let mut all = runs_in(runs);
    all.retain(|run| manifest(run)["model"]["name"] == "lf_dnn");
    all.sort_by_key(|run| manifest(run)["seed"].as_u64());
    all
}

fn manifest(run: &RunDir) -> Value {
    serde_json::from_slice(&fs::read(run.manifest()).unwrap()).unwrap()
}

/// What a rule chose, by metric: 0 of a run with one set of weights.
fn epochs(selection: &Value) -> BTreeMap<String, u64> {
    let chosen = selection["chosen"].as_object().unwrap().iter();
    chosen
        .map(|(metric, epoch)| (metric.clone(), epoch.as_u64().unwrap()))
        .collect()
}

fn groups(run: &RunDir) -> Vec<Group> {
    run.load().unwrap().predictions.groups()
}

#[test]
fn each_rule_predicts_what_it_predicts_alone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepared(folder);
    let together = run(folder, "together", RULES);
    assert_eq!(together.len(), 2);
    for (rule, name) in RULES.split(',').zip(["valid", "paper", "last"]) {
        let alone = run(folder, name, rule);
        for (own, shared) in alone.iter().zip(&together) {
            assert_ne!(own.id(), shared.id());
            let (one, all) = (manifest(own), manifest(shared));
            let selections = std::iter::once(&all["selection"])
                .chain(all["other_selections"].as_array().unwrap());
            let selection = selections
                .into_iter()
                .find(|s| s["rule"] == one["selection"]["rule"])
                .unwrap();
            for term in ["metric", "split", "epoch", "conditions", "masks"] {
                assert_eq!(selection[term], one["selection"][term], "{rule} {term}");
            }
            let single = epochs(&one["selection"]);
            let chosen = epochs(selection);
            if !single.is_empty() {
                assert_eq!(chosen, single, "{rule}");
            }
            let kept: BTreeSet<u64> = chosen.values().copied().collect();
            let (own, shared) = (groups(own), groups(shared));
            for epoch in kept {
                let of = |groups: &[Group], epoch: u64| -> Vec<Group> {
                    let all = groups.iter().filter(|g| u64::from(g.epoch) == epoch);
                    all.map(|g| Group {
                        epoch: 0,
                        ..g.clone()
                    })
                    .collect()
                };
                let alone = of(&own, if single.is_empty() { 0 } else { epoch });
                assert_eq!(alone.len(), 3, "{rule} {epoch}");
                assert_eq!(of(&shared, epoch), alone, "{rule} {epoch}");
            }
        }
    }
    // Each epoch once, whatever chose it.
    for run in &together {
        let all = manifest(run);
        let names: BTreeSet<&String> = all["weights"].as_object().unwrap().keys().collect();
        let stored = fs::read_dir(run.path()).unwrap();
        let stored = stored.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let stored: BTreeSet<String> = stored.filter(|n| n.ends_with(".safetensors")).collect();
        assert_eq!(stored.iter().collect::<BTreeSet<_>>(), names);
        let epochs: BTreeSet<u32> = groups(run).iter().map(|g| g.epoch).collect();
        assert_eq!(epochs.len(), names.len());
    }
    // Asked again, nothing is trained; with another condition nothing is either.
    let before = fs::read(together[0].manifest()).unwrap();
    let mut further = program();
    let mut wider = arguments(folder, "together", RULES, 6);
    let rates = wider.iter().position(|word| word == "0,0.5,1").unwrap();
    wider[rates] = "0,0.3,0.5,1".to_owned();
    further.args(wider).assert().success();
    assert_eq!(fs::read(together[0].manifest()).unwrap(), before);
    assert_eq!(together[0].evaluation_folders().len(), 2);
    let epochs: BTreeSet<u32> = groups(&together[0]).iter().map(|g| g.epoch).collect();
    let passes = groups(&together[0]).len();
    assert_eq!(passes, 4 * epochs.len(), "the same epochs at four rates");
}

#[test]
#[ignore = "long, see CONTRIBUTING.md"]
fn a_killed_run_of_several_rules_ends_as_an_undisturbed_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepared(folder);
    let undisturbed = arguments(folder, "undisturbed", RULES, 40);
    program().args(undisturbed).assert().success();
    let mut resumed = 0;
    for epoch in [1, 3, 9] {
        let name = format!("killed-{epoch}");
        let again = arguments(folder, &name, RULES, 40);
        let mut child = Process::new(assert_cmd::cargo::cargo_bin("lnln-bench"))
            .args(&again)
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        until_epoch(&mut child, &folder.join(&name), epoch);
        child.kill().unwrap();
        child.wait().unwrap();
        let ended = program().args(&again).assert().success();
        let log = String::from_utf8_lossy(&ended.get_output().stderr).into_owned();
        resumed += usize::from(log.contains("resuming after epoch"));
        let pairs = trained(&folder.join("undisturbed"));
        for (a, b) in pairs.iter().zip(trained(&folder.join(&name))) {
            assert_eq!(manifest(a)["weights"], manifest(&b)["weights"], "{name}");
            assert!(groups(a) == groups(&b), "{name}");
        }
    }
    assert!(resumed > 0, "no kill met a training");
}

/// Waits until a run has logged so many epochs.
fn until_epoch(child: &mut Child, runs: &Path, epochs: usize) {
    let start = Instant::now();
    let lines = || {
        let slots = fs::read_dir(runs.join("unfinished")).into_iter().flatten();
        let attempts = slots.flatten().flat_map(|slot| fs::read_dir(slot.path()));
        let logs = attempts.flatten().flatten();
        logs.filter_map(|dir| fs::read_to_string(dir.path().join("metrics.jsonl")).ok())
            .map(|log| log.lines().count())
            .max()
    };
    while lines().unwrap_or(0) < epochs && child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(120));
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn one_rule_leaves_no_trace_of_others_and_a_wrong_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepared(folder);
    let one = run(folder, "one", "valid:mae");
    assert!(one[0].checkpoint().is_file());
    let config = fs::read_to_string(one[0].config()).unwrap();
    let log = fs::read_to_string(one[0].metrics()).unwrap();
    assert!(!config.contains("other_selections") && !log.contains("other_rules"));
    assert!(manifest(&one[0]).get("other_selections").is_none());
    let mut wrong = program();
    wrong.args(arguments(folder, "wrong", "valid:mae,best", 1));
    wrong.assert().failure().stderr(contains("`best`"));
}

/// The selection gap by Python, from the manifests and predictions alone.
const RECOMPUTE: &str = r#"
import csv, json, pathlib, sys
import numpy as np
import polars as pl
from scipy import stats

runs, summary = map(pathlib.Path, sys.argv[1:3])
trainings = {}
for folder in sorted(runs.iterdir()):
    if not (folder / "DONE").exists():
        continue
    manifest = json.loads((folder / "manifest.json").read_text())
    if manifest["model"]["name"] != "lf_dnn":
        continue
    (predictions,) = folder.glob("evaluations/*/predictions.parquet")
    trainings[manifest["seed"]] = (manifest, pl.read_parquet(predictions))

def score(metric, p, t):
    p, t = p.astype(float), t.astype(float)
    if metric == "mae":
        return np.abs(p - t).mean()
    return np.corrcoef(p, t)[0, 1]

def passes(manifest, table, metric, rule):
    named = {"validation": "valid:mae", "paper": "paper", "last": "last"}
    all = [manifest["selection"], *manifest["other_selections"]]
    (chosen,) = [s["chosen"] for s in all if named[s["rule"]] == rule]
    own = table.filter(pl.col("epoch") == chosen[metric])
    for _, group in own.group_by("condition", "mask_seed", maintain_order=True):
        group = group.sort("id")
        yield group["prediction"].to_numpy(), group["truth"].to_numpy()

def number(metric, rule, seed, left=None):
    values = []
    for p, t in passes(*trainings[seed], metric, rule):
        if left is not None:
            p, t = np.delete(p, left), np.delete(t, left)
        values.append(score(metric, p, t))
    return np.mean(values)

checked = 0
for line in csv.DictReader(open(summary)):
    if "selected by" not in line["configuration"] or line["metric"] not in ("mae", "corr"):
        continue
    rule, metric = line["configuration"].split("selected by ")[1], line["metric"]
    own = np.array([number(metric, rule, seed) for seed in trainings])
    assert line["aggregate"] == "mean" and abs(own.mean() - float(line["mean"])) < 1e-9, line
    assert abs(own.std(ddof=1) - float(line["sd"])) < 1e-9, line
    if rule == "valid:mae":
        assert line["difference"] == ""
        continue
    first = np.array([number(metric, "valid:mae", seed) for seed in trainings])
    gaps = own - first
    assert abs(gaps.mean() - float(line["difference"])) < 1e-9, line
    n = len(next(passes(*trainings[1111], metric, rule))[0])
    less = np.array([
        np.mean([number(metric, rule, s, i) - number(metric, "valid:mae", s, i) for s in trainings])
        for i in range(n)
    ])
    pseudo = n * gaps.mean() - (n - 1) * less
    square = lambda variance, df: stats.t.ppf(0.975, df) ** 2 * variance
    half = np.sqrt(
        square(gaps.var(ddof=1) / len(gaps), len(gaps) - 1) + square(pseudo.var(ddof=1) / n, n - 1)
    )
    for name, expected in (("difference_low", gaps.mean() - half), ("difference_high", gaps.mean() + half)):
        assert abs(expected - float(line[name])) < 1e-7, (name, expected, line)
    checked += 1
print(checked)
"#;

#[test]
fn the_report_shows_the_gap_that_predictions_give() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepared(folder);
    run(folder, "runs", RULES);
    let mut report = program();
    report.arg("report").arg(folder.join("runs"));
    report
        .arg("--out")
        .arg(folder.join("out"))
        .assert()
        .success();
    let text = fs::read_to_string(folder.join("out/report.md")).unwrap();
    assert!(
        text.contains("selection gap") && text.contains("paper − valid:mae"),
        "{text}"
    );
    assert!(
        folder
            .join("out/figures/demo-film-selection-gap.svg")
            .is_file()
    );
    let mut check = program();
    check.args(["report", "--check"]).arg(folder.join("out"));
    check.assert().success();
    let Some(python) = python::python(&["numpy", "polars", "scipy"]) else {
        return;
    };
    let mut again = Process::new(python);
    again.args(["-c", RECOMPUTE]).arg(folder.join("runs"));
    let checked = python::run(again.arg(folder.join("out/summary.csv")));
    assert_eq!(checked.trim(), "4", "two metrics by two further rules");
}
