//! Fixes what is tested, before anything is shown.

use super::error::{Error, Result};
use super::options::Options;
use crate::metric::Metric;
use crate::report::rows::section::Section;
use crate::report::stats::comparison::TestPlan;

/// Permutations of samples for each test by default.
const PERMUTATIONS: usize = 4999;

/// Reports on more runs than this test nothing unless asked to.
const MANY_RUNS: usize = 500;

/// What is tested of a section of a report on so many runs. `extras` is whether some section shows a
/// metric that is only shown when asked for.
///
/// # Errors
/// Why nothing is tested, as a sentence.
pub fn plan(
    section: &Section,
    runs: usize,
    extras: bool,
    options: &Options,
) -> std::result::Result<TestPlan, String> {
    let permutations = match options.resamples {
        Some(0) => return Err("Differences were not tested (--resamples 0).".to_string()),
        None if runs > MANY_RUNS => {
            let why = "Differences were not tested: too many runs; ask with --resamples.";
            return Err(why.to_string());
        }
        count => count.unwrap_or(PERMUTATIONS),
    };
    Ok(TestPlan {
        primary: primary(section, options).map(|metric| metric.name),
        permutations,
        extras,
    })
}

/// The metric of the primary tests: the one asked for where the section has it, else the one that selects
/// weights; `None` where it has no tests.
fn primary(section: &Section, options: &Options) -> Option<&'static Metric> {
    let metric = primary_metric(section, options);
    metric.sums.map(|_| metric)
}

/// The metric asked for where the section has it, else the one that selects weights.
pub fn primary_metric(section: &Section, options: &Options) -> &'static Metric {
    let protocol = section.protocol;
    let asked = options.primary.as_ref();
    let asked = asked.and_then(|name| protocol.metric(name));
    asked.unwrap_or_else(|| protocol.selection_metric())
}

/// Checks that some section has the primary metric that is asked for, and can test it.
///
/// # Errors
/// [`Error::UnknownPrimary`] with those that are known.
pub fn check_primary(sections: &[Section], options: &Options) -> Result<()> {
    let Some(name) = &options.primary else {
        return Ok(());
    };
    let all = sections.iter().flat_map(|s| s.protocol.all());
    let mut known: Vec<&str> = all.filter(|m| m.sums.is_some()).map(|m| m.name).collect();
    if known.contains(&&**name) {
        return Ok(());
    }
    known.sort_unstable();
    known.dedup();
    Err(Error::UnknownPrimary {
        name: name.clone(),
        known: known.join(", "),
    })
}
