//! Conditions of modalities that the data do not have are not tested.

use std::rc::Rc;

use super::Error;
use super::settings::Settings;
use crate::data::dataset::Modality;
use crate::mask::EvaluationMasks;
use crate::model::Choice;

/// Tells which conditions are not tested on data without these modalities.
///
/// # Errors
/// [`Error::NoConditionLeft`] where none is left.
pub fn announce(
    models: &[(Choice, Vec<Vec<Rc<Settings>>>)],
    absent: &[Modality],
    name: &str,
) -> Result<(), Error> {
    let all = models
        .iter()
        .flat_map(|(_, trainings)| trainings.iter().flatten());
    let evaluation = all.flat_map(|one| one.evaluation.iter().cloned());
    let evaluation: Vec<_> = evaluation.collect();
    let Some(left_out) = EvaluationMasks::left_out(&evaluation, absent, name) else {
        return Ok(());
    };
    if EvaluationMasks::present(evaluation, absent).is_empty() {
        return Err(Error::NoConditionLeft { left_out });
    }
    tracing::info!("{left_out}");
    Ok(())
}

/// The settings for data without these modalities.
pub fn present(settings: &[Rc<Settings>], absent: &[Modality]) -> Vec<Rc<Settings>> {
    if absent.is_empty() {
        return settings.to_vec();
    }
    let all = settings.iter();
    all.filter_map(|one| one.present(absent).map(Rc::new))
        .collect()
}
