//! Compares labels that a file has beside its predictions with those of the data.

use std::collections::HashMap;

use super::error::{Error, Result};
use super::input_row::InputRow;
use super::source::Values;

/// Samples a message names.
const NAMED: usize = 3;

/// Fewest different labels by which a column is recognized.
const FEWEST: usize = 5;

/// Least tolerance: labels that were stored as float16.
const NARROW: f64 = 0.002;

/// The test split by id.
pub(super) struct Labels<'a> {
    pub indices: &'a HashMap<&'a str, usize>,
    pub truth: &'a [f32],
}

/// A row whose label is not that of the data.
struct Difference<'a> {
    id: &'a str,
    found: f64,
    expected: f32,
}

/// Whether a column without a telling heading holds the labels of the data, in any order. Fewer than
/// [`FEWEST`] different labels, or labels without a decimal, may be something else.
pub(super) fn are_labels(column: &Values, rows: &[InputRow], labels: &Labels<'_>) -> bool {
    let numbers: Option<Vec<f64>> = column
        .values
        .iter()
        .map(|text| parse(text).flatten())
        .collect();
    let Some(numbers) = numbers else {
        return false;
    };
    let expected = rows.iter().filter_map(|row| {
        let index = *labels.indices.get(&*row.id)?;
        Some(f64::from(labels.truth[index]))
    });
    let pairs: Vec<(f64, f64)> = numbers.into_iter().zip(expected).collect();
    let mut different: Vec<f64> = pairs.iter().map(|(_, expected)| *expected).collect();
    different.sort_by(f64::total_cmp);
    different.dedup();
    let tolerance = tolerance(column);
    different.len() >= FEWEST && tolerance < 0.1 && same_values(&pairs, tolerance)
}

/// Checks a column of labels against the data, up to the rounding of the column. A column without numbers is
/// not compared, which the note that is returned tells.
///
/// # Errors
/// [`Error::Truth`] names samples with both labels and what the difference looks like.
pub(super) fn check(
    file: &str,
    column: &Values,
    rows: &[InputRow],
    labels: &Labels<'_>,
) -> Result<Option<String>> {
    let numbers: Option<Vec<Option<f64>>> = column.values.iter().map(parse).collect();
    let Some(numbers) = numbers.filter(|numbers| numbers.iter().any(Option::is_some)) else {
        return Ok(Some(format!(
            "column `{}` holds no numbers and is not compared with the labels",
            column.heading
        )));
    };
    let tolerance = tolerance(column);
    let mut pairs = Vec::new();
    for (row, number) in rows.iter().zip(numbers) {
        if let (Some(found), Some(index)) = (number, labels.indices.get(&*row.id)) {
            pairs.push((row, found, labels.truth[*index]));
        }
    }
    let different = pairs.iter().filter(|(_, found, expected)| {
        let distance = (found - f64::from(*expected)).abs();
        distance.is_nan() || distance > tolerance
    });
    let mut different: Vec<Difference<'_>> = different
        .map(|(row, found, expected)| Difference {
            id: &row.id,
            found: *found,
            expected: *expected,
        })
        .collect();
    if different.is_empty() {
        return Ok(None);
    }
    let count = different.len();
    let values: Vec<(f64, f64)> = pairs.iter().map(|(_, f, e)| (*f, f64::from(*e))).collect();
    let reason = reason(&values, tolerance);
    different.truncate(NAMED);
    let shown =
        |d: &Difference<'_>| format!("`{}` has {}, data {}", d.id, d.found as f32, d.expected);
    Err(Error::Truth {
        file: file.to_string(),
        column: column.heading.clone(),
        count,
        total: pairs.len(),
        examples: different.iter().map(shown).collect::<Vec<_>>().join("; "),
        reason,
    })
}

/// A number, `Some(None)` for an empty value or NaN, `None` for anything else.
fn parse(text: &Option<String>) -> Option<Option<f64>> {
    match text.as_deref() {
        None | Some("") => Some(None),
        Some(text) => {
            let number: f64 = text.parse().ok()?;
            Some((!number.is_nan()).then_some(number))
        }
    }
}

/// Half of the last digit that the column has, and at least what float16 loses.
fn tolerance(column: &Values) -> f64 {
    let digits = |text: &str| {
        text.split_once('.')
            .map_or(0, |(_, fraction)| fraction.len())
    };
    let exact = |text: &str| !text.contains(['e', 'E']);
    let texts = column.values.iter().flatten().filter(|text| exact(text));
    let digits = texts.map(|text| digits(text)).max().unwrap_or(9);
    let rounding = 0.5 * 10f64.powi(-(digits as i32));
    NARROW.max(rounding * 1.001 + 1e-6)
}

/// What the labels of a file look like beside those of the data.
fn reason(pairs: &[(f64, f64)], tolerance: f64) -> String {
    if same_values(pairs, tolerance) {
        return "; these are the labels of the data in another order: the samples were shuffled after their ids \
                were taken"
            .to_string();
    }
    match scale(pairs) {
        Some((factor, shift)) if (factor - 1.0).abs() < 0.01 => {
            format!("; labels are those of the data plus {shift:.3}")
        }
        Some((factor, shift)) if shift.abs() < 0.01 => {
            format!("; labels are those of the data times {factor:.3}: another scale")
        }
        Some((factor, shift)) => {
            format!(
                "; labels are those of the data times {factor:.3} plus {shift:.3}: another scale"
            )
        }
        None if pairs.iter().all(|(label, _)| label.fract() == 0.0) => {
            "; they are whole numbers, as classes are".to_string()
        }
        None => String::new(),
    }
}

/// Whether both columns have the same numbers, in any order.
fn same_values(pairs: &[(f64, f64)], tolerance: f64) -> bool {
    let mut found: Vec<f64> = pairs.iter().map(|(found, _)| *found).collect();
    let mut expected: Vec<f64> = pairs.iter().map(|(_, expected)| *expected).collect();
    found.sort_by(f64::total_cmp);
    expected.sort_by(f64::total_cmp);
    let mut same = found.iter().zip(&expected);
    same.all(|(a, b)| (a - b).abs() <= tolerance)
}

/// Factor and shift that give the labels of a file from those of the data, if they do for each.
fn scale(pairs: &[(f64, f64)]) -> Option<(f64, f64)> {
    let n = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (found, expected) = (mean(|p| p.0), mean(|p| p.1));
    let together: f64 = pairs.iter().map(|p| (p.0 - found) * (p.1 - expected)).sum();
    let spread: f64 = pairs.iter().map(|p| (p.1 - expected).powi(2)).sum();
    let factor = together / spread;
    let shift = found - factor * expected;
    let near = |p: &(f64, f64)| {
        let size = p.0.abs().max(factor.abs());
        (p.0 - factor * p.1 - shift).abs() <= 0.01 * size + 1e-4
    };
    (pairs.len() > 2 && factor.is_finite() && pairs.iter().all(near)).then_some((factor, shift))
}
