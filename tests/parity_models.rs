//! Every model case, in double precision at its full tolerance and in single precision.
#![cfg(feature = "torch")]

use std::path::{Path, PathBuf};

use lnln_bench::model::Engine;
use lnln_bench::parity::Outcome;
use lnln_bench::parity::models::{Setting, run};
use tch::{Device, Kind};

fn golden(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(case)
}

fn assert_passed(outcomes: &[Outcome]) {
    assert!(!outcomes.is_empty());
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !outcome.passed())
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

fn check(case: &str) {
    for engine in [Engine::default(), Engine::PLAIN, Engine::RECOMPUTE] {
        check_engine(case, engine);
    }
}

fn check_engine(case: &str, engine: Engine) {
    for kind in [Kind::Double, Kind::Float] {
        let setting = Setting {
            device: Device::Cpu,
            kind,
            engine,
        };
        let outcomes = run(&golden(case), setting)
            .expect("a readable case")
            .expect("the model is built in");
        for quantity in [
            "out.pred",
            "out.eval_pred",
            "loss.total",
            "grad.l2",
            "grad.sum",
        ] {
            assert!(
                outcomes.iter().any(|o| o.quantity == quantity),
                "{quantity}"
            );
        }
        assert_passed(&outcomes);
    }
}

#[test]
fn lnln_mosi() {
    check("lnln/mosi_d2");
}

#[test]
fn lnln_sims() {
    check("lnln/sims_d4");
}

#[test]
fn lnln_everything_and_nothing_missing() {
    check("lnln/mosei_extreme");
}

#[test]
fn almt_mosi() {
    check("almt/mosi_d2");
}

#[test]
fn almt_other_sizes() {
    check("almt/sims_d4");
}

#[test]
fn lf_dnn() {
    check("lf_dnn/sims");
}

#[test]
fn tfn() {
    check("tfn/mosi");
}

#[test]
fn lmf_without_its_fusion_weights() {
    check("lmf/mosi");
}

#[test]
fn ef_lstm_on_unaligned_input() {
    check("ef_lstm/mosi");
}

#[test]
fn mult_mosi() {
    check("mult/mosi");
}

#[test]
fn mult_without_a_convolution() {
    check("mult/sims_skip");
}

#[test]
fn misa_mosi() {
    check("misa/mosi");
}

#[test]
fn misa_sims() {
    check("misa/sims");
}

#[test]
fn self_mm_mosi() {
    check("self_mm/mosi");
}

#[test]
fn self_mm_sims() {
    check("self_mm/sims");
}

#[test]
fn schedule() {
    assert_passed(
        &lnln_bench::parity::schedule::run(&golden("schedule")).expect("a readable case"),
    );
}
