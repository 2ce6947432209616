//! Compares metric functions with the reference's, on stored (prediction, truth) vectors.
//!
//! A case file names its protocol and holds, per case, the unrounded values of the reference, and
//! weighted F1 with its arguments in either order. `null` means that the value does not exist:
//! it must be undefined here too. A metric has the reference's name or this program's. A file
//! whose `arithmetic` is `float64` was computed in it throughout, and is held to 1e-12 throughout.
//! In `pred` and `truth` a `null` is a number that is not finite.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{Comparison, Error, files};
use crate::metric::{Protocol, Undefined, f1, protocol};

#[derive(Deserialize)]
struct File {
    protocol: String,
    #[serde(default)]
    arithmetic: Arithmetic,
    cases: Vec<Case>,
}

/// What the reference computed in, which bounds how near ours can be.
#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Arithmetic {
    #[default]
    Float32,
    Float64,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    #[serde(deserialize_with = "numbers")]
    pred: Vec<f32>,
    #[serde(deserialize_with = "numbers")]
    truth: Vec<f32>,
    /// Name of the exception where the reference raises instead of scoring.
    #[serde(default)]
    error: Option<String>,
    /// Value per name of the reference; absent where it raises.
    unrounded: Option<BTreeMap<String, Option<f64>>>,
    #[serde(default)]
    f1: BTreeMap<String, Option<f64>>,
}

/// JSON has no NaN.
fn numbers<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<f32>, D::Error> {
    let values = Vec::<Option<f32>>::deserialize(from)?;
    Ok(values.into_iter().map(|v| v.unwrap_or(f32::NAN)).collect())
}

/// The reference's name of a metric, ours, and the tolerance: relative for MAE, which the
/// reference averages in float32, absolute for the others.
const NAMES: [(&str, &str, &str, f64); 14] = [
    ("mosi", "Has0_acc_2", "acc2_has0", 1e-12),
    ("mosi", "Has0_F1_score", "f1_has0", 1e-12),
    ("mosi", "Non0_acc_2", "acc2_non0", 1e-12),
    ("mosi", "Non0_F1_score", "f1_non0", 1e-12),
    ("mosi", "Mult_acc_5", "acc5", 1e-12),
    ("mosi", "Mult_acc_7", "acc7", 1e-12),
    ("mosi", "MAE", "mae", 1e-6),
    ("mosi", "Corr", "corr", 1e-9),
    ("sims", "Mult_acc_2", "acc2", 1e-12),
    ("sims", "Mult_acc_3", "acc3", 1e-12),
    ("sims", "Mult_acc_5", "acc5", 1e-12),
    ("sims", "F1_score", "f1", 1e-12),
    ("sims", "MAE", "mae", 1e-6),
    ("sims", "Corr", "corr", 1e-9),
];

/// Checks every `*.json` of a folder.
///
/// # Errors
/// [`Error`] where the folder holds no case or a case cannot be read.
pub fn run(folder: &Path) -> Result<Vec<Comparison>, Error> {
    let mut comparisons = Vec::new();
    for path in files::cases(folder, "json", "mosi.json")? {
        let text = std::fs::read_to_string(&path).map_err(|reason| Error::Io {
            path: path.clone(),
            reason,
        })?;
        let file: File = serde_json::from_str(&text).map_err(|reason| Error::Json {
            path: path.clone(),
            reason,
        })?;
        // CMU-MOSEI is scored by the functions of CMU-MOSI.
        let name = if file.protocol == "mosei" {
            "mosi"
        } else {
            &file.protocol
        };
        let protocol = protocol(name)?;
        for case in &file.cases {
            let label = format!("metrics/{}/{}", files::stem(&path), case.name);
            let arithmetic = file.arithmetic;
            check(&path, protocol, arithmetic, case, &label, &mut comparisons)?;
        }
    }
    Ok(comparisons)
}

/// Every comparison of one case.
fn check(
    path: &Path,
    protocol: &Protocol,
    arithmetic: Arithmetic,
    case: &Case,
    label: &str,
    comparisons: &mut Vec<Comparison>,
) -> Result<(), Error> {
    let broken = |reason| Error::Case {
        path: path.to_owned(),
        reason: format!("{label}: {reason}"),
    };
    match (&case.unrounded, &case.error) {
        (Some(values), None) => {
            for (theirs, expected) in values {
                let comparison = score(protocol, arithmetic, case, label, theirs, *expected);
                comparisons
                    .push(comparison.ok_or_else(|| broken(format!("unknown metric `{theirs}`")))?);
            }
        }
        (None, Some(error)) => {
            let undefined = raises(protocol, case, label);
            let foreign = || broken(format!("`{error}` is no error of this protocol"));
            comparisons.extend(undefined.ok_or_else(foreign)?);
        }
        _ => return Err(broken("expected either values or an error".to_owned())),
    }
    for (which, expected) in &case.f1 {
        let ours = weighted_f1(which, &case.pred, &case.truth)
            .ok_or_else(|| broken(format!("unknown F1 `{which}`")))?;
        comparisons.push(Comparison::new(
            label,
            which,
            distance(ours, *expected),
            1e-12,
        ));
    }
    Ok(())
}

/// One metric by the reference's name, `None` if unknown.
fn score(
    protocol: &Protocol,
    arithmetic: Arithmetic,
    case: &Case,
    label: &str,
    theirs: &str,
    expected: Option<f64>,
) -> Option<Comparison> {
    let known = NAMES
        .iter()
        .find(|known| known.0 == protocol.name && [known.1, known.2].contains(&theirs));
    let (name, float32) = known.map_or((theirs, 1e-12), |known| (known.2, known.3));
    let metric = protocol.metric(name)?;
    let (tolerance, scale) = match (arithmetic, expected) {
        (Arithmetic::Float64, _) => (1e-12, 1.0),
        (_, Some(value)) if name == "mae" && value > 0.0 => (float32, value),
        _ => (float32, 1.0),
    };
    let error = distance((metric.compute)(&case.pred, &case.truth), expected) / scale;
    Some(Comparison::new(label, metric.name, error, tolerance))
}

/// Where the reference raises (no truth differs from 0), scores over positive and negative truths
/// must have no value.
fn raises(protocol: &Protocol, case: &Case, label: &str) -> Option<[Comparison; 2]> {
    let comparison = |name: &str| {
        let ours = (protocol.metric(name)?.compute)(&case.pred, &case.truth);
        Some(Comparison::new(label, name, distance(ours, None), 0.0))
    };
    Some([comparison("acc2_non0")?, comparison("f1_non0")?])
}

/// Weighted F1 by the reference's name of its classes and argument order, `None` if unknown.
fn weighted_f1(which: &str, predictions: &[f32], truths: &[f32]) -> Option<Result<f64, Undefined>> {
    let (classes, order) = which.split_at(which.find("_true_pred").or(which.find("_pred_true"))?);
    let positive = match classes {
        "has0" => |v: f32| v >= 0.0,
        "non0" | "two_class" => |v: f32| v > 0.0,
        _ => return None,
    };
    let kept = truths
        .iter()
        .zip(predictions)
        .filter(|(t, _)| classes != "non0" || **t != 0.0);
    let pairs = kept.map(|(t, p)| (positive(*t), positive(*p)));
    Some(match order {
        "_true_pred" => f1::weighted(pairs),
        "_pred_true" => f1::weighted(pairs.map(|(t, p)| (p, t))),
        _ => return None,
    })
}

/// Distance of our score from the reference's: infinite where only one of them exists.
fn distance(ours: Result<f64, Undefined>, expected: Option<f64>) -> f64 {
    match (ours, expected) {
        (Ok(ours), Some(expected)) => (ours - expected).abs(),
        (Err(_), None) => 0.0,
        _ => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn float64_cases_are_held_to_twelve_digits_and_may_hold_what_is_not_finite() {
        let folder = tempfile::tempdir().unwrap();
        for (arithmetic, passes) in [("float32", true), ("float64", false)] {
            let case = format!(
                r#"{{"protocol": "sims", "arithmetic": "{arithmetic}", "cases": [
                {{"name": "a", "pred": [0.5], "truth": [1.0], "unrounded": {{"mae": 0.5000001}}}},
                {{"name": "b", "pred": [null], "truth": [1.0], "unrounded": {{"acc2": null}}}}]}}"#
            );
            std::fs::write(folder.path().join("sims.json"), case).unwrap();
            let passed: Vec<_> = run(folder.path())
                .unwrap()
                .iter()
                .map(Comparison::passed)
                .collect();
            assert_eq!(passed, [passes, true]);
        }
    }

    #[test]
    fn a_wrong_number_fails_and_a_missing_case_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(run(folder.path()), Err(Error::NoCase { .. })));
        let case = |mae: &str| {
            format!(
                r#"{{"protocol": "sims", "cases": [{{"name": "x", "pred": [0.5], "truth": [1.0],
                "unrounded": {{"MAE": {mae}}}, "f1": {{"two_class_true_pred": 1.0}}}}]}}"#
            )
        };
        for (mae, passes) in [("0.5", true), ("0.500001", false), ("null", false)] {
            std::fs::write(folder.path().join("sims.json"), case(mae)).unwrap();
            let comparisons = run(folder.path()).unwrap();
            assert_eq!(comparisons.len(), 2);
            assert_eq!(comparisons[0].passed(), passes, "{mae}");
        }
    }
}
