//! Looks for predictions that follow the labels as no model does where much is missing, and for a seed that follows
//! nothing while the others of its model follow the labels.

use crate::record::import::join::{Joined, MaskKey};
use crate::record::import::plausible::rates::between::{FOLLOWS, rank_correlation, varies};
use crate::record::import::plausible::{Check, Finding, Reference, correlation, name, other_seeds};

/// Rates from which predictions follow the labels with less than some correlation. Of 198 sound evaluations of 12 models on
/// CMU-MOSI none has more than 0.58 at 0.3 and 0.29 at 0.8; of 24 samples of ICT-MMMO none has more than 0.78.
const LEAKED: [(f64, f64); 2] = [(0.3, 0.99), (0.8, 0.95)];

/// Standard errors between a seed that follows nothing and the others, of which at least two must follow the labels. Of 66
/// sound seeds in threes, with predictions that differ, none has a rank correlation below the others by so much.
const CERTAIN: f64 = 6.0;

pub fn findings(run: &Joined, runs: &[Joined], reference: &Reference<'_>) -> Vec<Finding> {
    let find = |check, text: Option<String>| {
        let text = format!("{}, {}", name(run), text?);
        let wrong = false;
        Some(Finding { check, wrong, text })
    };
    let both = [
        find(Check::Rates, leaked(run, reference)),
        find(Check::Order, untrained(run, runs, reference)),
    ];
    both.into_iter().flatten().collect()
}

fn leaked(run: &Joined, reference: &Reference<'_>) -> Option<String> {
    run.passes.iter().find_map(|(key, pass)| {
        // Where nothing is left there is a check of its own.
        let rate = key.2.rate().filter(|rate| *rate < 1.0)?;
        let known = LEAKED.iter().rev().find(|(from, _)| rate >= *from)?;
        let r = correlation(pass, reference.truth).filter(|r| *r > known.1)?;
        Some(format!(
            "condition {}: predictions follow the labels with a correlation of {r:.3}, which no model has where so much is \
             missing ({} at most): was the model trained or chosen on the test split, were labels among its inputs, or were \
             masks not applied?",
            key.2, known.1
        ))
    })
}

/// A seed whose predictions have nothing to do with the labels at the lowest rate, where all others follow them.
fn untrained(run: &Joined, runs: &[Joined], reference: &Reference<'_>) -> Option<String> {
    let removed = |key: &MaskKey| key.2.rates().iter().sum::<f64>();
    let (key, pass) = run
        .passes
        .iter()
        .min_by(|a, b| removed(a.0).total_cmp(&removed(b.0)))?;
    let others: Option<Vec<f64>> = other_seeds(run, runs)
        .map(|other| rank_correlation(other.passes.get(key)?, reference.truth))
        .collect();
    let others = others.filter(|all| all.len() > 1 && varies(pass))?;
    let here = rank_correlation(pass, reference.truth)?;
    let least = others.iter().copied().fold(1.0, f64::min);
    let n = reference.truth.len() as f64;
    let errors = (least.atanh() - here.atanh()) / (2.0 / (n - 3.0)).sqrt();
    (here < 2.0 / n.sqrt() && least > FOLLOWS && errors > CERTAIN).then(|| {
        let (what, why) = if here < -FOLLOWS {
            ("run against the labels", "was its sign turned?")
        } else {
            let why = "was its checkpoint not loaded, or are its samples in another order?";
            ("have nothing to do with the labels", why)
        };
        format!(
            "condition {}: predictions {what} (rank correlation {here:.2}), those of the {} other seeds have {least:.2} or \
             more: {why}",
            key.2,
            others.len()
        )
    })
}
