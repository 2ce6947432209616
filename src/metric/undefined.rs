//! Reasons for which a score does not exist.

/// Reason for which a metric has no value on the given predictions and truths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undefined {
    #[error("no sample to score: expected at least one prediction and its truth")]
    NoSample,
    #[error("correlation needs at least two samples, found one")]
    SingleSample,
    #[error(
        "expected as many predictions as truths, found {predictions} predictions and {truths} truths"
    )]
    Lengths { predictions: usize, truths: usize },
    #[error(
        "prediction {index} (counted from 0) is not a finite number: look for a diverged training run"
    )]
    NonFinitePrediction { index: usize },
    #[error("truth {index} (counted from 0) is not a finite number: check the labels of the data")]
    NonFiniteTruth { index: usize },
    #[error("all predictions are equal, so their correlation with the truth does not exist")]
    ConstantPrediction,
    #[error("all truths are equal, so their correlation with the predictions does not exist")]
    ConstantTruth,
    #[error(
        "every truth is exactly 0, so no sample is left for a score over positive and negative ones"
    )]
    NoNonZeroTruth,
}

/// Refuses vectors no metric can score: of unequal length, empty, or with a non-finite entry.
pub(super) fn check(predictions: &[f32], truths: &[f32]) -> Result<(), Undefined> {
    if predictions.len() != truths.len() {
        return Err(Undefined::Lengths {
            predictions: predictions.len(),
            truths: truths.len(),
        });
    }
    if predictions.is_empty() {
        return Err(Undefined::NoSample);
    }
    let broken = |values: &[f32]| values.iter().position(|v| !v.is_finite());
    if let Some(index) = broken(truths) {
        return Err(Undefined::NonFiniteTruth { index });
    }
    match broken(predictions) {
        Some(index) => Err(Undefined::NonFinitePrediction { index }),
        None => Ok(()),
    }
}
