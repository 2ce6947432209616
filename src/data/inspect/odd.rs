//! What is unlike the published files, and what to do about it.

use std::collections::HashSet;

use super::facts::{Column, Facts, Split};
use crate::data::pickle::{Kind, Pickle, protocol};

/// Features beyond this overflow half precision and drown everything beside them.
const HUGE: f64 = 65_504.0;

/// One line for everything odd.
pub fn oddities(pickle: &Pickle, facts: &Facts<'_>) -> Vec<String> {
    let mut odd: Vec<String> = stream(pickle).into_iter().collect();
    for name in ["train", "valid", "test"] {
        if !facts.splits.iter().any(|split| split.name == name) {
            odd.push(format!("no split {name}: not an MMSA file as it is"));
        }
    }
    for split in &facts.splits {
        let place = |what: String| format!("{}: {what}", split.name);
        odd.extend(samples(split).into_iter().map(place));
        odd.extend(missing(split).into_iter().map(place));
        for column in &split.columns {
            let place = |what: String| format!("{}/{}: {what}", split.name, column.name);
            odd.extend(form(column).into_iter().map(place));
            odd.extend(content(split, column).into_iter().map(place));
        }
    }
    odd.extend(twice(facts));
    odd
}

fn stream(pickle: &Pickle) -> Option<String> {
    let rest = pickle.trailing();
    let what = match protocol(rest) {
        0 => "bytes",
        _ => "bytes of another pickle",
    };
    (!rest.is_empty()).then(|| format!("{} {what} follow and are not shown", rest.len()))
}

/// Columns must agree on the number of samples.
fn samples(split: &Split<'_>) -> Option<String> {
    let expected = split.column("audio").and_then(|column| column.samples)?;
    let others: Vec<String> = split
        .columns
        .iter()
        .filter_map(|column| {
            let samples = column.samples.filter(|samples| *samples != expected)?;
            Some(format!("{samples} in {}", column.name))
        })
        .collect();
    (!others.is_empty()).then(|| format!("{expected} samples in audio, {}", others.join(", ")))
}

fn missing(split: &Split<'_>) -> Vec<String> {
    let absent = |name: &&str| split.column(name).is_none();
    let mut odd = Vec::new();
    for (name, what) in [
        (
            "text_bert",
            "only models that use the file's own text can be trained",
        ),
        ("classification_labels", "as in files made by MMSA-FET"),
    ] {
        if absent(&name) {
            odd.push(format!("no column {name}: {what}"));
        }
    }
    odd
}

/// How a column is stored.
fn form(column: &Column<'_>) -> Vec<String> {
    let Some(array) = column.array else {
        return Vec::new();
    };
    let dtype = array.dtype();
    let mut odd = Vec::new();
    if dtype.big_endian {
        odd.push(format!("big-endian ({dtype})"));
    }
    if array.is_fortran() {
        odd.push("stored column by column (order F)".into());
    }
    if dtype.kind == Kind::Object {
        odd.push("an object array: every element is a value of its own".into());
    }
    if column.name == "text_bert"
        && let [_, steps, 3] = array.shape()
        && *steps != 3
    {
        odd.push(format!(
            "shape (samples, {steps}, 3), as in files of MMSA's first version"
        ));
    }
    odd
}

/// What a column holds.
fn content(split: &Split<'_>, column: &Column<'_>) -> Vec<String> {
    let mut odd = Vec::new();
    if let Some(scan) = &column.scan {
        let stats = &scan.stats;
        if stats.non_finite > 0 {
            odd.push(format!(
                "{} values are not finite; prepare makes them 0",
                stats.non_finite
            ));
        }
        let feature = ["audio", "vision"].contains(&column.name);
        if feature
            && stats
                .range()
                .is_some_and(|(low, high)| high.max(-low) > HUGE)
        {
            odd.push("values beyond 65504; see prepare --standardize".into());
        }
        if feature && scan.left_padded > scan.right_padded {
            odd.push(format!("{} samples padded on the left", scan.left_padded));
        }
    }
    odd.extend(lengths(split, column));
    odd
}

/// Lengths must lie within the padded steps of their features.
fn lengths(split: &Split<'_>, column: &Column<'_>) -> Option<String> {
    let features = split.column(column.name.strip_suffix("_lengths")?)?.array?;
    let steps = *features.shape().get(1)? as f64;
    let lengths = column.numbers.as_ref()?;
    let wrong = lengths
        .iter()
        .filter(|n| !(1.0..=steps).contains(*n))
        .count();
    (wrong > 0).then(|| format!("{wrong} lengths outside 1 to {steps}"))
}

/// Ids that name more than one sample.
fn twice(facts: &Facts<'_>) -> Option<String> {
    let mut seen = HashSet::new();
    let ids = facts.splits.iter().filter_map(|split| split.column("id"));
    let ids = ids.filter_map(|column| column.texts.as_ref()).flatten();
    let again: Vec<&String> = ids.filter(|id| !seen.insert(*id)).collect();
    let first = again.first()?;
    Some(format!(
        "{} ids occur more than once, {first} first",
        again.len()
    ))
}
