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
use lnln_bench::selftest::models::{Setting, run};
use lnln_bench::selftest::{self, Comparison};
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
            for quantity in [
                "out.pred",
                "out.eval_pred",
                "loss.total",
                "grad.l2",
                "grad.sum",
                "trajectory.loss",
                "optimizer.groups",
                "optimizer.weight_decay",
                "optimizer.clip",
                "optimizer.kind",
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
    let report = selftest::run(&one, selftest::Setting::default()).unwrap();
    assert!(report.skipped.is_empty(), "{:?}", report.skipped);
}

#[test]
fn schedule() {
    assert_passed(&selftest::schedule::run(&golden().join("schedule")).unwrap());
}
