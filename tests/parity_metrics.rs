//! The committed metric cases: 32 pairs of vectors per data set.

use std::path::Path;

use lnln_bench::parity::metrics;

#[test]
fn metrics_equal_the_published_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/metrics");
    let outcomes = metrics::run(&folder).unwrap();
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !outcome.passed())
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    // CMU-MOSI and CMU-MOSEI: 8 metrics and 4 forms of F1 in 30 cases, 2 cases in which the
    // reference raises (2 undefined scores, 4 forms of F1). CH-SIMS: 6 metrics and 2 forms of F1.
    assert_eq!(outcomes.len(), 2 * (30 * 12 + 2 * 6) + 32 * 8);
}

/// Ninety vectors per protocol, fifty of them degenerate (metrics-scikit/make.py).
#[test]
fn metrics_equal_scikit_learn_to_twelve_digits() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/metrics-scikit");
    let outcomes = metrics::run(&folder).unwrap();
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !outcome.passed() || outcome.tolerance > 1e-12)
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(outcomes.len(), 90 * 16 + 90 * 11);
}
