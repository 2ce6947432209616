//! Reads and checks regression labels: one per sample, and one per modality where the file has them.

use super::columns::Columns;
use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::spec::{Origin, Spec};

pub use super::known_columns::{LABELS as MAIN, OLD_LABELS as OLD, label_names as names};

/// Tolerance at the ends of the range, for rounding in single precision.
const TOLERANCE: f64 = 1e-6;

/// A column of labels, one per sample.
pub type Labels = (String, Vec<f64>);

/// Reads `regression_labels` and, if the file has them, `..._T`, `..._A`, `..._V`. A column per modality
/// without any number, as feature extractors write it, is ignored.
///
/// # Errors
/// [`Error::MissingColumn`] where `required` labels are missing, [`Error::Layout`].
pub fn read(columns: &Columns<'_>, required: bool) -> Result<Vec<Labels>> {
    let mut labels = Vec::new();
    for name in names() {
        let old = columns.get(OLD).filter(|_| name == MAIN);
        let Some(value) = columns.get(&name).or(old) else {
            continue;
        };
        let values = columns.numbers(&name, value)?;
        if name == MAIN || !values.iter().all(|value| value.is_nan()) {
            labels.push((name, values));
        }
    }
    match labels.first() {
        Some((name, _)) if name == MAIN => Ok(labels),
        _ if !required => Ok(labels),
        _ => Err(columns.missing(columns.described(MAIN))),
    }
}

/// Checks that every label of a labeled sample is a number in the data set's range.
///
/// # Errors
/// [`Error::LabelRange`], [`Error::Sample`].
pub fn check(
    columns: &Columns<'_>,
    (name, labels): &Labels,
    samples: impl Fn(usize) -> Option<String>,
    spec: &Spec,
) -> Result<()> {
    let [low, high] = spec.label_range;
    let range = f64::from(low) - TOLERANCE..=f64::from(high) + TOLERANCE;
    let wrong = |(index, label): (usize, &f64)| {
        let sample = samples(index).filter(|_| !range.contains(label))?;
        Some((sample, *label))
    };
    let Some((sample, label)) = labels.iter().enumerate().find_map(wrong) else {
        return Ok(());
    };
    let place = columns.place(name);
    if label.is_nan() {
        let problem = "the label is no number (NaN)".to_owned();
        return Err(Error::Sample {
            place,
            sample,
            problem,
        });
    }
    let offset = spec.label_offset;
    let is_own = !matches!(spec.origin, Origin::BuiltIn);
    // With its value in the source, where the data set has an offset.
    let label = if offset == 0.0 {
        label.to_string()
    } else {
        format!("{} ({label} after label_offset {offset})", label - offset)
    };
    let range = if is_own {
        format!(
            "label_range [{low}, {high}] ({})",
            spec.line_of("label_range")
        )
    } else {
        format!("[{low}, {high}], the range of {}", spec.name)
    };
    Err(Error::LabelRange {
        place,
        sample,
        problem: format!("label {label} is outside {range}"),
        lowest: labels.iter().copied().fold(f64::INFINITY, f64::min) - offset,
        highest: labels.iter().copied().fold(f64::NEG_INFINITY, f64::max) - offset,
        advice: if is_own {
            "correct the label, or the range or offset"
        } else {
            "if this is another data set, give --dataset NAME"
        },
    })
}

/// Whether a sample's annotation (such as `Positive`) contradicts its label.
pub fn contradicts(annotation: &str, label: f64) -> bool {
    match annotation.to_lowercase().as_str() {
        "negative" | "neg" => label >= 0.0,
        "neutral" | "neu" => label != 0.0,
        "positive" | "pos" => label <= 0.0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_signs() {
        assert!(!contradicts("Negative", -0.2) && contradicts("Negative", 0.0));
        assert!(!contradicts("Neutral", 0.0) && contradicts("Neutral", 0.2));
        assert!(!contradicts("Positive", 3.0) && contradicts("Positive", -1.0));
        assert!(contradicts("NEG", 1.0) && contradicts("positive", -0.2));
        assert!(!contradicts("Weakly positive", -1.0));
    }
}
