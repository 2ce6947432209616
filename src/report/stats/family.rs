//! Corrects the p-values of a report: all of its tests together, whatever it shows.

use super::comparison::{Comparison, Family, Test};
use super::holm;

/// Sets the corrected p-values of all tests. Primary tests stand alone; every other one is corrected by
/// Holm's method over all of the report, by usual metrics alone or, for extra ones, by both.
pub fn correct(comparisons: &mut [&mut Comparison]) {
    for_each(comparisons, |test| {
        if test.family == Family::Primary {
            test.p_corrected = test.models.map(|models| models.p);
        }
    });
    let extra = [Family::Usual, Family::Extra];
    adjust(comparisons, &extra, Family::Extra);
    let size = adjust(comparisons, &extra[..1], Family::Usual);
    comparisons.iter_mut().for_each(|c| c.family_size = size);
}

/// Corrects over the tests of these families, and sets the result of one of them. Returns the number of
/// tests.
fn adjust(comparisons: &mut [&mut Comparison], over: &[Family], of: Family) -> usize {
    let mut p = Vec::new();
    for_each(comparisons, |test| {
        if let (true, Some(models)) = (over.contains(&test.family), test.models) {
            p.push(models.p);
        }
    });
    let mut adjusted = holm::adjust(&p).into_iter();
    for_each(comparisons, |test| {
        if over.contains(&test.family) && test.models.is_some() {
            let corrected = adjusted.next();
            if test.family == of {
                test.p_corrected = corrected;
            }
        }
    });
    p.len()
}

fn for_each(comparisons: &mut [&mut Comparison], mut change: impl FnMut(&mut Test)) {
    for comparison in comparisons.iter_mut() {
        let results = comparison.results.values_mut();
        results
            .filter_map(|r| r.test.as_mut())
            .for_each(&mut change);
    }
}
