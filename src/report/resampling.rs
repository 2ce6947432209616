//! Chooses how often to resample: as asked, or often enough for the tests of the largest table.

use super::options::{Layout, Options};
use crate::report::rows::aggregate::Aggregate;
use crate::report::rows::section::Section;
use crate::report::stats::comparison::ResamplingPlan;
use crate::report::stats::holm::{self, ALPHA};

/// Bootstrap resamples by default.
const BOOTSTRAP: usize = 2000;

/// Permutations by default come in such steps, less the observed order, which counts as one.
const STEP: usize = 5000;

/// Permutations for each test of a table: its smallest corrected p is then 1 in so many.
const PER_TEST: usize = 40;

/// The most permutations by default.
const MOST: usize = 50_000;

/// Reports on more runs than this test nothing unless asked to.
const MANY_RUNS: usize = 500;

/// How often to resample a section of a report on so many runs.
///
/// # Errors
/// Why nothing is tested, as a sentence.
pub fn plan(section: &Section, runs: usize, options: &Options) -> Result<ResamplingPlan, String> {
    match options.resamples {
        Some(0) => Err("Differences were not tested (--resamples 0).".to_string()),
        Some(count) => Ok(ResamplingPlan {
            bootstrap: count,
            permutations: count,
        }),
        None if runs > MANY_RUNS => {
            Err("Differences were not tested: too many runs; ask with --resamples.".to_string())
        }
        None => Ok(ResamplingPlan {
            bootstrap: BOOTSTRAP,
            permutations: permutations(tests(section, options.layout)),
        }),
    }
}

/// Permutations for a table of so many tests: the fewest if even the most could not make a
/// corrected p significant.
fn permutations(tests: usize) -> usize {
    let enough = (PER_TEST * tests).next_multiple_of(STEP).clamp(STEP, MOST) - 1;
    if holm::least(tests, enough) < ALPHA {
        enough
    } else {
        STEP - 1
    }
}

/// The number of tests in the largest table: of each model but the baselines and the reference.
fn tests(section: &Section, layout: Layout) -> usize {
    let models = section.rows.iter().filter(|row| !row.baseline).count();
    let metrics = section.metrics.iter().filter(|m| m.sums.is_some()).count();
    let of_a_model = match layout {
        // The overview, and the table of a metric.
        Layout::Full => metrics.max(Aggregate::all(&section.conditions).len()),
        // The table of all conditions.
        Layout::Paper => metrics * section.conditions.len(),
    };
    models.saturating_sub(1) * of_a_model
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::protocol;
    use crate::report::fixture::{manifest, record};
    use crate::report::rows::scores::score_by;
    use crate::report::rows::section::sections;

    #[test]
    fn permutations_grow_with_the_tests_of_a_table() {
        assert_eq!([0, 26, 125].map(permutations), [4999; 3]);
        assert_eq!(permutations(126), 9999);
        // The paper's layout on MOSI: eight metrics at eleven rates, of eight and of fourteen models.
        assert_eq!([8 * 88, 14 * 88].map(permutations), [29_999, 49_999]);
        // Fewer than forty for each test are still enough, up to a number of tests.
        assert_eq!([2499, 2500].map(permutations), [49_999, 4999]);
    }

    #[test]
    fn something_can_be_significant_wherever_permutations_grow() {
        for tests in 1..6000 {
            let grown = permutations(tests) > 4999;
            assert!(!grown || holm::least(tests, permutations(tests)) < ALPHA);
        }
    }

    #[test]
    fn the_largest_table_is_that_of_the_layout() {
        let mosi = protocol("mosi").unwrap();
        let runs = ["lnln", "flat", "other", "constant"].map(|model| {
            let run = record(manifest(model, 11, &[0.0, 0.5, 1.0]));
            score_by(mosi, run).unwrap().swap_remove(0)
        });
        let mut section = sections(runs.to_vec()).unwrap().swap_remove(0);
        let count = |section: &Section| [Layout::Full, Layout::Paper].map(|l| tests(section, l));
        assert_eq!(count(&section), [2 * 8, 2 * 24]);
        let names = ["mae", "spearman"];
        section.metrics = names.map(|n| mosi.metric(n).unwrap()).to_vec();
        // Three rates, their mean and their area; ranks are not tested.
        assert_eq!(count(&section), [2 * 5, 2 * 3]);
    }
}
