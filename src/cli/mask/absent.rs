//! Leaves out conditions that are about modalities which the data do not have.

use lnln_bench::data::dataset::{Corpus, Modality};
use lnln_bench::mask::{self, EvaluationMasks};

/// Modalities that no sample of the data has. Conditions at which one of them is missing are left out of
/// `evaluation`, as in `run`, with a warning.
///
/// # Errors
/// [`mask::Error::AbsentModality`] where no condition is left.
pub fn leave_out(
    corpus: &Corpus,
    evaluation: &mut EvaluationMasks,
) -> anyhow::Result<Vec<Modality>> {
    let absent = corpus.absent()?;
    let names = names(&absent);
    let (kept, left_out): (Vec<_>, Vec<_>) = evaluation
        .conditions
        .iter()
        .partition(|condition| condition.is_drawn_without(&absent));
    let conditions: Vec<String> = left_out.iter().map(ToString::to_string).collect();
    let conditions = conditions.join(", ");
    if kept.is_empty() {
        let dataset = corpus.name().to_owned();
        return Err(mask::Error::AbsentModality {
            conditions,
            dataset,
            absent: names,
        }
        .into());
    }
    if !conditions.is_empty() {
        tracing::warn!(
            "{conditions} left out: the data have no {names}, which is missing at every condition"
        );
    }
    evaluation.conditions = kept;
    Ok(absent)
}

/// What to tell about masks of absent modalities; empty where there are none.
pub fn note(absent: &[Modality]) -> String {
    if absent.is_empty() {
        String::new()
    } else {
        let names = names(absent);
        format!("\n  {names}: absent from the data, nothing is drawn and nothing counts")
    }
}

fn names(absent: &[Modality]) -> String {
    let names: Vec<&str> = absent.iter().map(|modality| modality.as_str()).collect();
    names.join(" and ")
}
