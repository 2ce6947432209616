//! Looks for sets of missing modalities that hold one that the data do not have, with predictions that change where
//! only it is missing: letters exchanged, or predictions for other data.

use crate::mask::{Condition, ConditionKind};
use crate::record::import::join::Joined;
use crate::record::import::plausible::rates::between::{COPY, named};
use crate::record::import::plausible::{Check, Finding, Reference, name};

pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let near = COPY * (reference.range[1] - reference.range[0]);
    let sets = run.passes.iter();
    let mut sets = sets.filter(|(key, _)| key.2.kind() == ConditionKind::Subset);
    let text = sets.find_map(|(key, pass)| {
        let mut rates = key.2.rates();
        for (rate, absent) in rates.iter_mut().zip(reference.absent) {
            *rate = if absent { 0.0 } else { *rate };
        }
        let left = Condition::new(rates).filter(|left| *left != key.2)?;
        let complete = left.rate() == Some(0.0);
        let mut others = run.passes.iter();
        let (_, other) = others.find(|(other, _)| {
            other.2 == left && (complete || (other.0 == key.0 && other.1 == key.1))
        })?;
        let differs = pass.iter().zip(other).any(|(a, b)| (a - b).abs() > near);
        differs.then(|| {
            let both = if complete { "complete samples".to_string() } else { left.to_string() };
            format!(
                "condition {}: the data have nothing of what is missing there beside what is missing for {both}, but \
                 predictions differ, such as {}: do letters name other modalities?",
                key.2,
                named(pass, other, reference)
            )
        })
    })?;
    Some(Finding {
        check: Check::Rates,
        wrong: false,
        text: format!("{}, {text}", name(run)),
    })
}
