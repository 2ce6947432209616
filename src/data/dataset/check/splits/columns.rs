//! Checks which columns there are, and their lengths.

use crate::data::dataset::check::{Check, Samples};
use crate::data::dataset::read::features::Features;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::words::separate;

/// Steps of text without which padding tells nothing, the part of the samples that fill them, and of transcripts that have
/// half as many words at most.
const STEPS: usize = 8;
const FULL: f64 = 0.9;
const SHORT: f64 = 0.25;

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
        warnings.extend(padded_text(plan));
    }
    Check::new("lengths", "at least one step in every modality", warnings)
}

/// Counted lengths of text features that are all steps, where transcripts have fewer words: the padding is not zero.
fn padded_text(plan: &Plan<'_>) -> Option<String> {
    let steps = plan.features_of("text").map(|text| text.steps)?;
    let lengths = &plan.lengths;
    if steps < STEPS || !lengths.counted.contains(&"text_lengths") {
        return None;
    }
    let full = |n: &&i32| usize::try_from(**n).is_ok_and(|n| n >= steps);
    let full = lengths.text.iter().filter(full).count();
    let short = |text: &&String| (1..=steps / 2).contains(&separate(text).len());
    let short = plan.raw_text.iter().filter(short).count();
    let all = lengths.text.len() as f64;
    (full as f64 >= FULL * all && short as f64 >= SHORT * all).then(|| {
        format!(
            "{}: all {steps} steps of text count in {full} samples, though {short} transcripts have {} words or fewer (first: \
             {}): is the padding not zero, such as the vectors of [PAD] or what scaling makes of zeros? Masks then fall on \
             padding too: give text_lengths, or text_bert",
            plan.split(),
            steps / 2,
            plan.ids[0]
        )
    })
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
