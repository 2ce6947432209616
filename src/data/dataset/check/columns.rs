//! Checks which columns there are, and their lengths.

use super::{Check, Samples};
use crate::data::dataset::features::Features;
use crate::data::dataset::plan::Plan;

/// Finds lengths of zero and lengths that the file lacks.
pub fn lengths(plans: &[Plan<'_>]) -> Check {
    let mut warnings = Vec::new();
    for plan in plans {
        let lengths = &plan.lengths;
        for (name, lengths) in [
            ("text", &lengths.text),
            ("audio", &lengths.audio),
            ("vision", &lengths.vision),
        ] {
            if plan.features_of(name).is_some_and(Features::is_absent) {
                continue;
            }
            let mut empty = Samples::default();
            let zero = plan.ids.iter().zip(lengths).filter(|(_, n)| **n == 0);
            zero.for_each(|(id, _)| empty.add(id));
            let fault = format!("with no step of {name}");
            warnings.extend(empty.describe(plan.split(), &fault));
        }
        if !lengths.counted.is_empty() {
            let names = lengths.counted.join(", ");
            warnings.push(format!(
                "{}: counted from zero frames: {names}",
                plan.split()
            ));
        }
    }
    Check::new("lengths", "at least one step in every modality", warnings)
}

/// Finds columns that are ignored and columns that MMSA's files have and this one lacks.
pub fn columns(plans: &[Plan<'_>], ignored: &[String]) -> Check {
    let left_out = plans.iter().flat_map(|plan| &plan.ignored).chain(ignored);
    let left_out: Vec<&str> = left_out.map(String::as_str).collect();
    let mut warnings = Vec::new();
    if !left_out.is_empty() {
        warnings.push(format!("ignored: {}", left_out.join(", ")));
    }
    for (column, missing) in [
        (
            "raw_text",
            plans
                .iter()
                .any(|plan| plan.raw_text.iter().all(|text| text.trim().is_empty())),
        ),
        ("audio", plans.iter().any(|plan| plan.audio.is_absent())),
        ("vision", plans.iter().any(|plan| plan.vision.is_absent())),
        (
            "text_bert",
            plans.iter().any(|plan| plan.text_bert.is_none()),
        ),
    ] {
        if missing {
            warnings.push(format!("no {column}"));
        }
    }
    Check::new("columns", "all known", warnings)
}
