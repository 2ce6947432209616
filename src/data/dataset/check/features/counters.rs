//! Finds dimensions that count frames or tell the time, and those that are in the features twice.

use std::collections::BTreeMap;

use crate::data::dataset::details::Details;
use crate::data::dataset::details::course::{Course, Courses};
use crate::data::dataset::read::plan::Plan;

/// Samples without which nothing is judged, and the part of them that is all.
const SAMPLES: usize = 12;
const PART: f64 = 0.9;

/// Frames of a sample in which a value that rises from each to the next does so by no chance.
const RISING: usize = 6;

/// Dimensions, and their part, that features have twice where they were joined with themselves; a few may be equal by
/// nature.
const TWINS: usize = 3;
const TWIN_PART: f64 = 0.2;

/// Finds dimensions that rise in every sample, by the same step or by any.
pub fn counters(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    each(plans, details, |details, width| {
        let (found, how) = match steady(&details.courses) {
            none if none.is_empty() => (
                rising(&details.courses),
                "rise from every frame to the next",
            ),
            found => (found, "rise by the same step from frame to frame"),
        };
        // Where most rise, it is what they are.
        let first = found.first().filter(|_| 2 * found.len() < width)?;
        Some((
            format!("{} of {width} dimensions of", found.len()),
            format!("{how}, such as {first} (from 0)"),
            "was a frame number or time left among the features? Leave it out",
        ))
    })
}

/// Finds features that hold the same dimensions twice.
pub fn twins(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    each(plans, details, |details, width| {
        let found = details.hashes.twins();
        let many = found.len() >= TWINS && found.len() as f64 >= TWIN_PART * width as f64;
        let (at, before) = found.first().filter(|_| many)?;
        Some((
            format!("{} of {width} dimensions of", found.len()),
            format!("are there twice, such as {at} and {before} (from 0)"),
            "were features joined with themselves? Write each once",
        ))
    })
}

/// What is found in the columns of official splits: the part before the name of the column, the one behind it, and what
/// to do.
pub(super) fn each(
    plans: &[Plan<'_>],
    details: &BTreeMap<String, Details>,
    find: impl Fn(&Details, usize) -> Option<(String, String, &'static str)>,
) -> Vec<String> {
    let mut warnings = Vec::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        for column in ["text", "audio", "vision"] {
            let details = details.get(&format!("{}/{column}", plan.split()));
            let both = details.zip(plan.features_of(column));
            let found = both.and_then(|(details, features)| find(details, features.width));
            if let Some((what, fault, advice)) = found {
                warnings.push(format!(
                    "{}: {what} {column} {fault} (first: {}): {advice}",
                    plan.split(),
                    plan.ids[0]
                ));
            }
        }
    }
    warnings
}

fn steady(courses: &Courses) -> Vec<usize> {
    let all = &courses.0;
    let width = all.first().map_or(0, |(_, courses)| courses.len());
    let is_steady = |at: &usize| {
        let found = all
            .iter()
            .filter(|(_, courses)| courses[*at] == Course::Steady);
        found.count() as f64 >= PART * all.len() as f64
    };
    match all.len() {
        SAMPLES.. => (0..width).filter(is_steady).collect(),
        _ => Vec::new(),
    }
}

/// Dimensions that rise in every sample, a few of which have many frames. In CMU-MOSI, CH-SIMS and ICT-MMMO none does in a single
/// one of these.
fn rising(courses: &Courses) -> Vec<usize> {
    let all = &courses.0;
    let width = all.first().map_or(0, |(_, courses)| courses.len());
    let is_rising = |at: &usize| {
        let of = |is: fn(Course) -> bool| all.iter().filter(|(_, own)| is(own[*at])).count();
        let long = of(|own| matches!(own, Course::Rising(RISING..)));
        let all_rising = of(|own| matches!(own, Course::Rising(_) | Course::Steady));
        long >= SAMPLES && all_rising as f64 >= PART * all.len() as f64
    };
    (0..width).filter(is_rising).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_numbers_are_found() {
        let courses = |of: &dyn Fn(usize) -> [Course; 3]| {
            Courses((0..20).map(|row| (row, of(row).to_vec())).collect())
        };
        let (steady_one, other) = (Course::Steady, Course::Other);
        assert_eq!(steady(&courses(&|_| [other, steady_one, other])), [1]);
        let some = courses(&|row| [other, if row < 9 { steady_one } else { other }, other]);
        assert_eq!(steady(&some), [0; 0]);
        let rises = |row: usize| Course::Rising(if row < 13 { 6 } else { 3 });
        assert_eq!(rising(&courses(&|row| [other, rises(row), other])), [1]);
        let short = courses(&|_| [other, Course::Rising(5), other]);
        assert_eq!(rising(&short), [0; 0]);
        let most = courses(&|row| [other, if row < 17 { rises(0) } else { other }, other]);
        assert_eq!(rising(&most), [0; 0]);
    }
}
