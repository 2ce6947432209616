//! Checks ids and sizes of splits.

use std::collections::HashMap;

use super::{id_forms, id_order, id_videos};
use crate::data::dataset::check::{Check, Samples};
use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::read::detect::Traits;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::spec::Spec;
use crate::data::dataset::split_name::SplitName;

/// Checks that ids are not empty and unique in a split, and no sample of one official split is in another.
///
/// # Errors
/// [`Error::Sample`] naming the sample.
pub fn ids(plans: &[Plan<'_>]) -> Result<Check> {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    let mut warnings = Vec::new();
    for plan in plans {
        let mut again = Samples::default();
        let mut own = HashMap::new();
        if let Some(row) = plan.ids.iter().position(|id| id.trim().is_empty()) {
            return Err(Error::Sample {
                place: plan.columns.place("id"),
                sample: format!("number {row} (from 0)"),
                problem: "the id is empty".to_owned(),
            });
        }
        if let Some(id) = plan.ids.iter().find(|id| is_spreadsheet_error(id)) {
            return Err(Error::Sample {
                place: plan.columns.place("id"),
                sample: id.clone(),
                problem: "the id has an error of a spreadsheet, which takes an id that begins with - or = for a formula; \
                          take the ids from the source"
                    .to_owned(),
            });
        }
        for id in &plan.ids {
            let twice = own.insert(id.as_str(), ()).is_some();
            match seen.get(id.as_str()) {
                _ if twice => return Err(duplicate(plan, id, plan.split())),
                Some(other) if plan.official().is_some() => return Err(duplicate(plan, id, other)),
                // A mixed split repeats the training samples, but should repeat no others.
                Some(other) if *other != SplitName::Train.as_str() => again.add(id),
                _ => {}
            }
        }
        if plan.official().is_some() {
            seen.extend(plan.ids.iter().map(|id| (id.as_str(), plan.split())));
        }
        warnings.extend(again.describe(plan.split(), "also in valid or test"));
    }
    warnings.extend(id_forms::forms(plans));
    let official = plans.iter().filter(|plan| plan.official().is_some());
    warnings.extend(
        official.filter_map(|plan| id_order::id_order(plan).or_else(|| id_videos::id_videos(plan))),
    );
    Ok(Check::new(
        "ids",
        "unique, no sample in two splits",
        warnings,
    ))
}

/// What Excel and LibreOffice put in place of a formula that they cannot compute.
fn is_spreadsheet_error(id: &str) -> bool {
    let errors = [
        "#NAME?", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#N/A", "Err:5",
    ];
    errors.iter().any(|error| id.contains(error))
}

/// Whether ids are whole numbers in a row.
fn count_up(ids: &[String]) -> bool {
    let numbers: Option<Vec<i64>> = ids.iter().map(|id| id.parse().ok()).collect();
    let next = |pair: &[i64]| pair[0].checked_add(1) == Some(pair[1]);
    numbers.is_some_and(|numbers| numbers.len() > 1 && numbers.windows(2).all(next))
}

fn duplicate(plan: &Plan<'_>, id: &str, other: &str) -> Error {
    let problem = if other == plan.split() {
        "the id occurs twice".to_owned()
    } else {
        let remedy = if count_up(&plan.ids) {
            format!(
                "; ids count up from {} in each split: put its name in front, [f'{}$_${{i}}' for i in id], or better \
                 that of the video",
                plan.ids[0],
                plan.split()
            )
        } else {
            String::new()
        };
        format!("the sample is also in {other}{remedy}")
    };
    Error::Sample {
        place: plan.columns.place("id"),
        sample: id.to_owned(),
        problem,
    }
}

/// Compares the widths of audio and vision with those of the table.
pub fn widths(traits: Traits, spec: &Spec) -> Check {
    let own = traits.widths();
    let other = spec.widths.filter(|widths| *widths != own);
    let warning = other.map(|widths| format!("{own}, {} {widths}", spec.authority()));
    Check::new("widths", own.to_string(), warning.into_iter().collect())
}

/// Compares split sizes with the official ones, or those of the user's table.
///
/// # Errors
/// [`Error::Contradiction`] where splits have the official sizes of one another.
pub fn sizes(place: &str, counts: [usize; 3], spec: &Spec) -> Result<Check> {
    let slashes = |counts: [usize; 3]| counts.map(|count| count.to_string()).join("/");
    let mut warnings = Vec::new();
    if let Some(official) = spec.counts.filter(|official| *official != counts) {
        // A vector: where an array is sorted in a closure that takes it by value, rustc 1.95 may sort the
        // caller's array too (optimized builds).
        let sorted = |counts: &[usize]| {
            let mut counts = counts.to_vec();
            counts.sort_unstable();
            counts
        };
        if sorted(&counts) == sorted(&official) {
            let pairs = SplitName::ALL.iter().zip(counts.iter().zip(official));
            let exchanged: Vec<&str> = pairs
                .filter(|(_, (count, official))| **count != *official)
                .map(|(split, _)| split.as_str())
                .collect();
            return Err(Error::Contradiction {
                place: place.to_owned(),
                problem: format!(
                    "the splits {} are exchanged: they have {} samples, {} {}",
                    exchanged.join(" and "),
                    slashes(counts),
                    spec.authority(),
                    slashes(official)
                ),
            });
        }
        warnings.push(format!(
            "{}, {} {}",
            slashes(counts),
            spec.authority(),
            slashes(official)
        ));
        let [train, valid, test] = counts;
        if train < valid || train < test {
            warnings.push(format!(
                "train has fewer samples than {}; were splits exchanged?",
                if train < test { "test" } else { "valid" }
            ));
        }
    }
    Ok(Check::new("split sizes", slashes(counts), warnings))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::registry;

    #[test]
    fn splits_with_the_sizes_of_one_another_are_exchanged() {
        let mosi = registry::find("mosi").unwrap();
        let sizes = |counts| sizes("x.pkl", counts, mosi);
        assert!(sizes([1284, 229, 686]).unwrap().warnings.is_empty());
        let error = sizes([1284, 686, 229]).unwrap_err().to_string();
        assert!(error.contains("valid and test are exchanged"), "{error}");
        let check = sizes([10, 5, 20]).unwrap();
        assert_eq!(check.warnings[0], "10/5/20, official 1284/229/686");
        assert!(
            check.warnings[1].contains("fewer samples than test"),
            "{check:?}"
        );
    }
}
