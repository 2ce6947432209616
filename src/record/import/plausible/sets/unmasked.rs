//! Looks for sets of missing modalities that share predictions no model can share: masks that were not applied.
//!
//! Predictions that are the same without audio as with it do not depend on audio. If sets of missing modalities that
//! hold all three of them have the same predictions, these depend on nothing but the number of words and frames,
//! and follow no labels.

use crate::mask::ConditionKind;
use crate::record::import::join::{Joined, MaskKey};
use crate::record::import::plausible::rates::between::{
    FOLLOWS, are_near, rank_correlation, varies,
};
use crate::record::import::plausible::{Check, Finding, ROUNDING, Reference, name};

pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let near = ROUNDING * (reference.range[1] - reference.range[0]);
    let known = |key: &MaskKey| key.2.kind() == ConditionKind::Subset || key.2.rate() == Some(0.0);
    let passes = run
        .passes
        .iter()
        .filter(|(key, pass)| known(key) && varies(pass));
    let passes: Vec<_> = passes.collect();
    let text = passes.iter().find_map(|(_, first)| {
        let same = passes.iter().filter(|(_, pass)| are_near(first, pass, near));
        let same: Vec<&MaskKey> = same.map(|(key, _)| *key).collect();
        let missing = |modality: usize| same.iter().any(|key| key.2.rates()[modality] == 1.0);
        let mut names: Vec<String> = same.iter().map(|key| key.2.to_string()).collect();
        names.dedup();
        let follows = rank_correlation(first, reference.truth).is_some_and(|r| r > FOLLOWS);
        ((0..3).all(missing) && follows).then(|| {
            format!(
                "conditions {}: the predictions are the same for every sample, though what is missing there is all that \
                 a model could use: were masks applied?",
                names.join(", ")
            )
        })
    })?;
    Some(Finding {
        check: Check::Copies,
        wrong: false,
        text: format!("{}, {text}", name(run)),
    })
}
