//! Looks for two runs, of a file or stored, whose predictions are copies, or were exchanged at some conditions.

use super::super::join::Joined;
use super::between::{are_near, varies};
use super::steps::chains;
use super::{Check, FEWEST, Finding, Reference, name};

/// Part of the label range up to which predictions of two runs are copies: three decimals are left of them. Of the
/// runs on one data set that this project has, no two are nearer than 0.06.
const NEAR: f32 = 1e-3;

/// Standard errors by which differences between two runs change sign from one rate to the next. Sound ones never
/// do: of 9000 pairs of passes the smallest has +0.7.
const CERTAIN: f64 = 4.0;

/// What is odd about a run beside those before it.
pub(super) fn findings(
    run: &Joined,
    before: &[&Joined],
    reference: &Reference<'_>,
) -> Vec<Finding> {
    let find = |check, of: fn(&Joined, &Joined, &Reference<'_>) -> Option<String>| {
        let text = before.iter().find_map(|other| of(run, other, reference))?;
        Some(Finding {
            check,
            wrong: false,
            text: format!("{}{text}", name(run)),
        })
    };
    let both = [find(Check::Copies, copies), find(Check::Rates, exchanged)];
    both.into_iter().flatten().collect()
}

/// Conditions with the predictions of the other run, for every sample.
fn copies(run: &Joined, other: &Joined, reference: &Reference<'_>) -> Option<String> {
    let near = NEAR * (reference.range[1] - reference.range[0]);
    let shared = run.passes.iter().filter(|(key, pass)| {
        let equal = |other: &Vec<f32>| are_near(pass, other, near);
        key.2.rate() != Some(1.0) && varies(pass) && other.passes.get(*key).is_some_and(equal)
    });
    let shared: Vec<_> = shared.map(|(key, _)| key.2.to_string()).collect();
    let first = shared.first()?;
    let all = run
        .passes
        .keys()
        .filter(|key| key.2.rate() != Some(1.0))
        .count();
    let where_ = if shared.len() == all {
        "for every sample and condition".to_string()
    } else {
        format!(
            "for every sample at {} of {all} conditions, such as {first}",
            shared.len()
        )
    };
    Some(format!(
        ": the predictions are those of {}, {where_}",
        name(other)
    ))
}

/// Two rates between which the differences of two runs change their signs.
fn exchanged(run: &Joined, other: &Joined, _: &Reference<'_>) -> Option<String> {
    let (ours, theirs) = (chains(run), chains(other));
    let same = ours
        .iter()
        .flat_map(|chain| chain.windows(2))
        .filter(|pair| pair[1].rate < 1.0);
    let theirs: Vec<_> = theirs.iter().flatten().collect();
    let mut turns = same.filter_map(|pair| {
        let [a, b] = [0, 1].map(|i| &pair[i]);
        let of = |key| {
            theirs
                .iter()
                .find(|pass| pass.key == key)
                .map(|pass| pass.values)
        };
        let (c, d) = (of(a.key)?, of(b.key)?);
        let n = c.len() as f64;
        let product = |i: usize| f64::from(a.values[i] - c[i]) * f64::from(b.values[i] - d[i]);
        let mean = (0..c.len()).map(product).sum::<f64>() / n;
        let squares = (0..c.len())
            .map(|i| (product(i) - mean).powi(2))
            .sum::<f64>();
        let errors = mean / (squares / n / (n - 1.0)).sqrt();
        (c.len() >= FEWEST && errors < -CERTAIN).then_some((a, b))
    });
    let (a, b) = turns.next()?;
    Some(format!(
        " and {}: where one predicts more than the other at rate {}, it predicts less at {}, for most samples: were \
         predictions of both exchanged at some rates?",
        name(other),
        a.key.2,
        b.key.2
    ))
}
