//! The committed metric cases: 32 pairs of vectors per data set.

#![allow(clippy::unwrap_used, reason = "a failed test should panic")]

mod python;

use std::path::Path;

use lnln_bench::selftest::metrics;

#[test]
fn metrics_equal_the_published_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/metrics");
    let comparisons = metrics::run(&folder).unwrap();
    let failed: Vec<_> = comparisons
        .iter()
        .filter(|comparison| !comparison.passed())
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    // CMU-MOSI and CMU-MOSEI: 8 metrics and 4 forms of F1 in 30 cases, 2 cases in which the
    // reference raises (2 undefined scores, 4 forms of F1). CH-SIMS: 6 metrics and 2 forms of F1.
    assert_eq!(comparisons.len(), 2 * (30 * 12 + 2 * 6) + 32 * 8);
}

/// So many further vectors per protocol; `metrics-scikit/make.py --random 10000` takes ten minutes.
const VECTORS: usize = 100;

#[test]
fn metrics_equal_scikit_learn_on_vectors_made_now() {
    let Some(python) = python::python(&["sklearn", "scipy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/golden/metrics-scikit/make.py"
    );
    let count = VECTORS.to_string();
    python::run(
        std::process::Command::new(python)
            .args([script, "--random", &count, "--out"])
            .arg(folder.path()),
    );
    let comparisons = metrics::run(folder.path()).unwrap();
    let failed: Vec<_> = comparisons
        .iter()
        .filter(|comparison| !comparison.passed() || comparison.tolerance > 1e-12)
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(comparisons.len(), (50 + VECTORS) * (16 + 11));
}

/// Ninety vectors per protocol, fifty of them degenerate (metrics-scikit/make.py).
#[test]
fn metrics_equal_scikit_learn_to_twelve_digits() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/metrics-scikit");
    let comparisons = metrics::run(&folder).unwrap();
    let failed: Vec<_> = comparisons
        .iter()
        .filter(|comparison| !comparison.passed() || comparison.tolerance > 1e-12)
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(comparisons.len(), 90 * 16 + 90 * 11);
}
