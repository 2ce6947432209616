//! Looks for sets of missing modalities that hold one that the data do not have, with predictions that change where
//! only it is missing: letters exchanged, or predictions for other data.

use super::super::join::Joined;
use super::between::COPY;
use super::{Check, Finding, Reference, name};
use crate::mask::{Condition, ConditionKind};

pub(super) fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
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
        let distance = |i: &usize| (pass[*i] - other[*i]).abs();
        let most = (0..pass.len()).max_by(|x, y| distance(x).total_cmp(&distance(y)))?;
        (distance(&most) > near).then(|| {
            let both = if complete { "complete samples".to_string() } else { left.to_string() };
            format!(
                "condition {}: the data have nothing of what is missing there beside what is missing for {both}, but \
                 predictions differ, such as `{}` {} and {}: do letters name other modalities?",
                key.2, reference.ids[most], pass[most], other[most]
            )
        })
    })?;
    Some(Finding {
        check: Check::Rates,
        wrong: false,
        text: format!("{}, {text}", name(run)),
    })
}
