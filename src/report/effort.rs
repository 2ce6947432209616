//! How often to resample a section: as asked, or often enough for the tests of its largest table.

use super::options::{Layout, Options};
use crate::report::rows::reading::Reading;
use crate::report::rows::section::Section;
use crate::report::stats::finding::Effort;
use crate::report::stats::holm::{self, ALPHA};

/// Resamples where nothing else is asked for and no table has many tests.
pub const EFFORT: Effort = Effort {
    bootstrap: 2000,
    permutations: STEP - 1,
};

/// Reports on more runs than this test nothing unless asked to.
pub const MANY: usize = 500;

/// Permutations, with the rows as they are among them, come in such steps.
const STEP: usize = 5000;

/// Permutations for each test of a table: its smallest corrected p is then 1 in so many.
const EACH: usize = 40;

/// At most so many for a model.
const MOST: usize = 100_000;

/// At most so many for all models of a section: they, not the tests, are what takes time, since all
/// tests of a model share its permutations.
const ALL: usize = 1_000_000;

/// How often to resample a section of a report on so many runs.
///
/// # Errors
/// Why nothing is tested, as a sentence.
pub fn effort(section: &Section, runs: usize, options: &Options) -> Result<Effort, String> {
    match options.resamples {
        Some(0) => Err("Differences were not tested (--resamples 0).".to_string()),
        Some(count) => Ok(Effort {
            bootstrap: count,
            permutations: count,
        }),
        None if runs > MANY => {
            Err("Differences were not tested: too many runs; ask with --resamples.".to_string())
        }
        None => Ok(usual(
            rivals(section),
            tests_of_a_rival(section, options.layout),
        )),
    }
}

/// Enough to tell differences from chance in a table of so many tests of each of so many models; the
/// least where even the most would not do.
fn usual(rivals: usize, tests: usize) -> Effort {
    let tests = rivals * tests;
    let steps = |permutations: usize| (permutations / STEP).max(1) * STEP;
    let enough = steps((EACH * tests).next_multiple_of(STEP));
    let most = steps(MOST.min(ALL / rivals.max(1)));
    let permutations = enough.min(most) - 1;
    if holm::least(tests, permutations) < ALPHA {
        Effort {
            permutations,
            ..EFFORT
        }
    } else {
        EFFORT
    }
}

/// The models that are tested against another.
fn rivals(section: &Section) -> usize {
    let models = section.rows.iter().filter(|row| !row.baseline).count();
    models.saturating_sub(1)
}

/// How many tests of a model the largest table holds.
fn tests_of_a_rival(section: &Section, layout: Layout) -> usize {
    let metrics = section.metrics.iter().filter(|m| m.sums.is_some()).count();
    match layout {
        // The overview, and the table of a metric.
        Layout::Full => metrics.max(Reading::all(&section.conditions).len()),
        // The table of all conditions.
        Layout::Paper => metrics * section.conditions.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{manifest, record};
    use crate::report::rows::scores::score_by;
    use crate::report::rows::section::sections;

    fn permutations(rivals: usize, tests: usize) -> usize {
        usual(rivals, tests).permutations
    }

    #[test]
    fn permutations_grow_with_the_tests_of_a_table_and_no_further_than_they_help() {
        assert_eq!(permutations(0, 13), 4999);
        assert_eq!(
            [(2, 13), (1, 125)].map(|(r, t)| permutations(r, t)),
            [4999; 2]
        );
        assert_eq!(permutations(1, 126), 9999);
        // The paper's layout on MOSI: eight metrics at eleven rates, of eight and of fourteen models.
        assert_eq!(permutations(8, 88), 29_999);
        assert_eq!(permutations(14, 88), 49_999);
        // Fewer than forty for each, for all models together take their most; it still does.
        assert_eq!(permutations(20, 88), 49_999);
        assert_eq!(permutations(10, 300), 99_999);
        // Their most would not do, so that no time is lost on it.
        assert_eq!(permutations(28, 88), 4999);
        assert_eq!(permutations(400, 13), 4999);
    }

    #[test]
    fn where_permutations_grow_something_can_be_bold() {
        for (rivals, tests) in (1..200).flat_map(|r| [1, 8, 13, 88, 165].map(|t| (r, t))) {
            let found = permutations(rivals, tests);
            let grown = found > 4999;
            assert!(
                !grown || holm::least(rivals * tests, found) < ALPHA,
                "{rivals} {tests} {found}"
            );
            assert!(found >= 4999 && rivals * (found + 1) <= ALL.max(rivals * STEP));
        }
    }

    #[test]
    fn the_largest_table_is_that_of_the_layout() {
        let mosi = crate::metric::protocol("mosi").unwrap();
        let runs = ["lnln", "flat", "other", "constant"].map(|model| {
            let run = record(manifest(model, 11, &[0.0, 0.5, 1.0]));
            score_by(mosi, run).unwrap().swap_remove(0)
        });
        let mut section = sections(runs.to_vec()).unwrap().swap_remove(0);
        assert_eq!(rivals(&section), 2);
        let of = |section: &Section| {
            [Layout::Full, Layout::Paper].map(|layout| tests_of_a_rival(section, layout))
        };
        assert_eq!(of(&section), [8, 24]);
        section.metrics = ["mae", "spearman"]
            .map(|n| mosi.metric(n).unwrap())
            .to_vec();
        // Three rates, their mean and their area; ranks are not tested.
        assert_eq!(of(&section), [5, 3]);
    }
}
