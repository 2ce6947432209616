//! The committed mask cases: every array must be reproduced element for element.

use std::path::Path;

use lnln_bench::selftest::masks;

#[test]
fn masks_equal_the_published_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/masks");
    let comparisons = masks::run(&folder).unwrap();
    let failed: Vec<_> = comparisons
        .iter()
        .filter(|comparison| !comparison.passed())
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    // Three seeds (3 arrays of draws, 3 of valid positions, 6 rates x 6 arrays), 12 sets of rates (9
    // arrays), two loaders (3 splits and 3 refreshes of 6 arrays).
    assert_eq!(comparisons.len(), 3 * (3 + 3 + 6 * 6) + 12 * 9 + 2 * 6 * 6);
}
