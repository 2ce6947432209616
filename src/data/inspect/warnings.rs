//! Warns of differences from the published files, with the remedy.

use std::collections::HashSet;

use super::contents::{Column, Contents, Split};
use crate::data::dataset::{SplitName, split_key};
use crate::data::pickle::{ElementKind, Pickle, protocol};

/// Features beyond this overflow half precision and dominate all others.
const HUGE: f64 = 65_504.0;

/// The warnings about a pickle, one line each.
pub fn warnings(pickle: &Pickle, contents: &Contents<'_>) -> Vec<String> {
    let mut warnings: Vec<String> = stream(pickle).into_iter().collect();
    for split in SplitName::ALL {
        let key = split_key(pickle.root(), split);
        if !contents.splits.iter().any(|split| split.name == key) {
            warnings.push(format!("no split {key}: not an MMSA file in this form"));
        } else if key != split.as_str() {
            warnings.push(format!("the split {key} is read as {split}"));
        }
    }
    for split in &contents.splits {
        let with_split = |text: String| format!("{}: {text}", split.name);
        warnings.extend(samples(split).into_iter().map(with_split));
        warnings.extend(missing(split).into_iter().map(with_split));
        for column in &split.columns {
            let with_column = |text: String| format!("{}/{}: {text}", split.name, column.name);
            warnings.extend(form(column).into_iter().map(with_column));
            warnings.extend(content(split, column).into_iter().map(with_column));
        }
    }
    warnings.extend(duplicate_ids(contents));
    warnings
}

fn stream(pickle: &Pickle) -> Option<String> {
    let rest = pickle.trailing();
    let bytes = match protocol(rest) {
        0 => "bytes",
        _ => "bytes of another pickle",
    };
    (!rest.is_empty()).then(|| format!("{} {bytes} follow and are not shown", rest.len()))
}

/// Finds columns with another number of samples than audio.
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
    let mut warnings = Vec::new();
    for (name, consequence) in [
        (
            "text_bert",
            "only models that use the file's own text features can be trained",
        ),
        ("classification_labels", "as in files made by MMSA-FET"),
    ] {
        if absent(&name) {
            warnings.push(format!("no column {name}: {consequence}"));
        }
    }
    warnings
}

/// Warnings about how a column is stored.
fn form(column: &Column<'_>) -> Vec<String> {
    let Some(array) = column.array else {
        return Vec::new();
    };
    let dtype = array.dtype();
    let mut warnings = Vec::new();
    if dtype.big_endian {
        warnings.push(format!("big-endian ({dtype})"));
    }
    if array.is_fortran() {
        warnings.push("stored in column-major order (F)".into());
    }
    if dtype.kind == ElementKind::Object {
        warnings.push("an object array: every element is a separate Python object".into());
    }
    if column.name == "text_bert"
        && let [_, steps, 3] = array.shape()
        && *steps != 3
    {
        warnings.push(format!(
            "shape (samples, {steps}, 3), as in files of MMSA's first version"
        ));
    }
    warnings
}

/// Warnings about the values of a column.
fn content(split: &Split<'_>, column: &Column<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(scan) = &column.scan {
        let stats = &scan.stats;
        if stats.non_finite > 0 {
            let first = scan.first_non_finite.and_then(|sample| split.id(sample));
            let first = first.map_or(String::new(), |id| format!(" (first: {id})"));
            warnings.push(format!(
                "{} values are not finite{first}; prepare replaces them by 0",
                stats.non_finite
            ));
        }
        let feature = ["audio", "vision"].contains(&column.name);
        if feature
            && stats
                .range()
                .is_some_and(|(low, high)| high.max(-low) > HUGE)
        {
            warnings.push("values beyond 65504; see prepare --standardize".into());
        }
        if feature && scan.left_padded > scan.right_padded {
            warnings.push(format!("{} samples padded on the left", scan.left_padded));
        }
    }
    warnings.extend(lengths(split, column));
    warnings
}

/// Finds lengths that are zero or beyond the padded steps of their features.
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

/// Finds ids of more than one sample.
fn duplicate_ids(contents: &Contents<'_>) -> Option<String> {
    let mut seen = HashSet::new();
    let ids = contents
        .splits
        .iter()
        .filter_map(|split| split.column("id"));
    let ids = ids.filter_map(|column| column.texts.as_ref()).flatten();
    let again: Vec<&String> = ids.filter(|id| !seen.insert(*id)).collect();
    let first = again.first()?;
    Some(format!(
        "{} ids occur more than once (first: {first})",
        again.len()
    ))
}
