//! Reads headings that name metrics.

use super::cuts::{Cuts, names_cut};
use super::words::{FILLERS, OTHER_METRICS, OTHER_SPLITS};
use super::{Scores, Unit, Word};
use crate::published::parse::condition::ConditionText;
use crate::published::parse::metric::{self, Metric, plain};
use crate::published::parse::names;

/// The metrics of a heading, with what stands beside their names.
pub(super) fn scores(text: &str, unit: Option<Unit>) -> Option<Word> {
    let (rest, spread) = statistic(text);
    let (rest, condition) = condition(&rest);
    let (cuts, rest) = match names_cut(&rest) {
        Some((cuts, rest)) => (Some(cuts), rest),
        None => (None, rest),
    };
    let rest = rest.trim_matches(['/', ' ']);
    let mut found = Scores {
        condition,
        unit,
        spread,
        ..Scores::default()
    };
    let parts: Vec<&str> = rest
        .split(['/', '&', '|'])
        .map(str::trim)
        .filter(|p| !p.is_empty())
        .collect();
    let mut beside: Vec<String> = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        match metric_of(part, cuts.is_some()) {
            Some((metric, rest, assumed)) => {
                found.metrics.push(metric);
                found.assumed |= assumed;
                beside.push(rest);
            }
            // `SIMS/Corr`
            None if i == 0 && parts.len() > 1 => beside.push(plain(part)),
            None => return None,
        }
    }
    if found.metrics.is_empty() {
        return None;
    }
    beside.retain(|b| !b.is_empty() && !FILLERS.contains(&&**b));
    beside.dedup();
    if beside.iter().any(|b| {
        OTHER_SPLITS.contains(&&**b)
            || OTHER_METRICS.contains(&&**b)
            || ["macro", "micro", "weak"].contains(&&**b)
    }) {
        return Some(Word::Aside);
    }
    match beside.as_slice() {
        [] => {}
        [one] => found.dataset = Some(names::dataset(one)),
        _ => return None,
    }
    match cuts {
        Some(Cuts::One(cut)) => found
            .metrics
            .iter_mut()
            .for_each(|m| *m = metric::of_cut(m, cut)),
        Some(Cuts::Two(order)) => found.order = Some(order),
        None => {}
    }
    Some(Word::Scores(found))
}

/// One metric, what is beside its name, and whether the number of classes was assumed.
fn metric_of(part: &str, has_cut: bool) -> Option<(&'static Metric, String, bool)> {
    if let Some((before, metric)) = metric::split(part) {
        return Some((metric, before, false));
    }
    if let Some((metric, after)) = metric::split_front(part) {
        let known =
            names::known(&after) || FILLERS.contains(&&*after) || OTHER_SPLITS.contains(&&*after);
        if known || after == "macro" || after == "micro" || after == "weak" {
            return Some((metric, after, false));
        }
    }
    let plain = plain(part);
    let accuracy = ["accuracy", "acc", "\u{51c6}\u{786e}\u{7387}"]
        .iter()
        .find_map(|a| {
            let before = plain.strip_suffix(a);
            before.or_else(|| plain.strip_prefix(a))
        })?;
    let two = metric::find("acc2")?;
    (accuracy.is_empty() || names::known(accuracy) || FILLERS.contains(&accuracy))
        .then(|| (two, accuracy.to_string(), !has_cut))
}

/// The heading without `mean` or `std` at an end, and whether it was a spread.
fn statistic(text: &str) -> (String, Option<bool>) {
    let lower = text.to_lowercase();
    let tokens: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|t| !t.is_empty())
        .collect();
    for (name, spread) in [
        ("mean", false),
        ("avg", false),
        ("average", false),
        ("std", true),
        ("sd", true),
        ("stdev", true),
        ("stddev", true),
    ] {
        let ends = [tokens.first(), tokens.last()];
        if tokens.len() > 1 && ends.contains(&Some(&name)) {
            let rest: Vec<&str> = tokens.iter().copied().filter(|t| *t != name).collect();
            // `mean absolute error` is a metric.
            let of_errors = |t: &&str| ["absolute", "squared", "square"].contains(t);
            if !(name == "mean" && rest.first().is_some_and(of_errors)) {
                // Slashes join metrics and must stay.
                let kept = if lower.contains('/') {
                    lower.replace(name, "")
                } else {
                    rest.join(" ")
                };
                return (kept, Some(spread));
            }
        }
    }
    (text.to_string(), None)
}

/// The heading without a condition in brackets or behind an `@`.
fn condition(text: &str) -> (String, Option<ConditionText>) {
    let inner = text.split_once('(').and_then(|(before, rest)| {
        let (inner, after) = rest.split_once(')')?;
        Some((format!("{before} {after}"), inner.to_string()))
    });
    let at = || {
        text.split_once('@')
            .map(|(a, b)| (a.to_string(), b.to_string()))
    };
    match inner.or_else(at) {
        Some((rest, inner)) => match ConditionText::parse_rate(&inner) {
            Some(condition) => (rest, Some(condition)),
            None => (text.to_string(), None),
        },
        None => (text.to_string(), None),
    }
}
