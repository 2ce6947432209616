//! Every model case, in double precision at its full tolerance and in single precision.
#![cfg(feature = "torch")]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its cases has failed"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lnln_bench::model::{Engine, MODELS};
use lnln_bench::selftest::models::{Setting, published, run};
use lnln_bench::selftest::{self, Comparison};
use lnln_bench::support::Progress;
use tch::{Device, Kind};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.is_dir()).collect()
}

/// `tests/golden/MODEL/CASE`, as `MODEL/CASE`: whoever adds a case adds no line here.
fn cases() -> Vec<String> {
    let cases = folders(&golden())
        .iter()
        .flat_map(|model| folders(model))
        .collect::<Vec<_>>();
    let cases = cases.iter().filter(|case| case.join("case.json").is_file());
    let name = |case: &PathBuf| case.strip_prefix(golden()).unwrap().display().to_string();
    let mut names: Vec<String> = cases.map(name).collect();
    names.sort();
    names
}

fn assert_passed(comparisons: &[Comparison]) {
    assert!(!comparisons.is_empty());
    let failed: Vec<_> = comparisons
        .iter()
        .filter(|comparison| !comparison.passed())
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

fn check_all(engine: Engine) {
    for case in cases() {
        for kind in [Kind::Double, Kind::Float] {
            let setting = Setting {
                device: Device::Cpu,
                kind,
                engine,
            };
            let comparisons = run(&golden().join(&case), setting).unwrap();
            let comparisons =
                comparisons.unwrap_or_else(|| panic!("{case}: no such model is built in"));
            let prediction = ["out.pred", "out.output_logit"];
            assert!(
                comparisons
                    .iter()
                    .any(|o| prediction.contains(&o.quantity.as_str())),
                "{case}: prediction"
            );
            for quantity in [
                "out.eval_pred",
                "loss.total",
                "grad.l2",
                "grad.sum",
                "trajectory.loss",
                "optimizer.groups",
            ] {
                assert!(
                    comparisons.iter().any(|o| o.quantity == quantity),
                    "{case}: {quantity}"
                );
            }
            assert_passed(&comparisons);
        }
    }
}

#[test]
fn every_case_by_the_fast_engine() {
    check_all(Engine::default());
}

#[test]
fn every_case_to_the_letter() {
    check_all(Engine::REFERENCE);
}

#[test]
fn every_case_with_the_encoder_computed_twice() {
    check_all(Engine::RECOMPUTE);
}

/// A case of SIMS that was made with MOSI's optimizer.
const OF_MOSI: &str = "tetfn/sims";

/// The other cases here were made under the published settings.
#[test]
fn published_training_is_that_of_the_cases() {
    for case in cases() {
        let comparisons = published(&golden().join(&case)).unwrap();
        let comparisons =
            comparisons.unwrap_or_else(|| panic!("{case}: no such model is built in"));
        if case == OF_MOSI {
            let failed = comparisons.iter().filter(|comparison| !comparison.passed());
            let failed: Vec<&str> = failed.map(|one| one.quantity.as_str()).collect();
            assert_eq!(failed, ["published.weight_decay"]);
        } else {
            assert_passed(&comparisons);
        }
    }
}

/// Settings of the optimizer are a case's own: a model follows them whatever its published ones are.
#[test]
fn a_case_of_another_decay_is_compared_with_its_own_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let from = golden().join("misa/mosi");
    fs::copy(
        from.join("expected.safetensors"),
        folder.path().join("expected.safetensors"),
    )
    .unwrap();
    let text = fs::read_to_string(from.join("case.json")).unwrap();
    let mut case: serde_json::Value = serde_json::from_str(&text).unwrap();
    case["optimizer"]["groups"][0]["weight_decay"] = 0.25.into();
    fs::write(folder.path().join("case.json"), case.to_string()).unwrap();
    let comparisons = run(folder.path(), Setting::default()).unwrap().unwrap();
    let failed: Vec<&str> = comparisons
        .iter()
        .filter(|comparison| !comparison.passed())
        .map(|comparison| comparison.quantity.as_str())
        .collect();
    // The decay reaches the steps, whose stored numbers are of none, and nothing else.
    assert_eq!(failed, ["trajectory.loss", "trajectory.param_l2"]);
    let published = published(folder.path()).unwrap().unwrap();
    assert!(published.iter().any(|one| !one.passed()));
}

/// A model that reads cases has one, and a case has a model: nothing is skipped quietly.
#[test]
fn cases_and_models_know_each_other() {
    let cases = cases();
    let of_case = |case: &String| case.split_once('/').unwrap().0.to_owned();
    let with_cases: BTreeSet<String> = cases.iter().map(of_case).collect();
    let reading = MODELS.iter().filter(|entry| entry.case.is_some());
    let reading: BTreeSet<String> = reading.map(|entry| entry.name.to_owned()).collect();
    assert_eq!(with_cases, reading);
    let trained = MODELS.iter().filter(|entry| entry.trained).count();
    assert_eq!(
        reading.len(),
        trained,
        "every network is held against its reference"
    );
    // The path of `selftest`.
    let one = golden().join(&cases[0]);
    let report = selftest::run(&one, selftest::Setting::default(), &Progress::hidden()).unwrap();
    assert!(report.skipped.is_empty(), "{:?}", report.skipped);
}

#[test]
fn schedule() {
    assert_passed(&selftest::schedule::run(&golden().join("schedule")).unwrap());
}
