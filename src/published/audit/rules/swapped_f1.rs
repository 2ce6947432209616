//! Finds F1 scores that only exchanged arguments explain.

use std::collections::BTreeMap;

use super::impossible_f1::{Judgement, Verdict, pairs};
use super::{Rule, describe};
use crate::published::audit::arranged::Seen;
use crate::published::audit::{Arranged, Finding, Strength};

pub const RULE: Rule = Rule {
    name: "swapped-f1",
    definition: "a weighted F1 that no predictions with the printed accuracy reach on the test \
                 set's class counts, unless support was counted on the predictions instead of the \
                 truth",
    strength: "impossible (for the F1 the column claims to be); very unlikely for cells that fit in \
               either order beside at least two that do not",
    check,
};

/// Cells that only the exchanged order explains, from this many on evidence for the cells next to them.
const SEVERAL: usize = 2;

/// A cell with what was compared.
type Case<'a> = (Seen<'a>, Judgement<'a>);

/// Cells that share a table, a data set and, where it has several conditions, a method.
type Key<'a> = (&'a str, &'a str, &'a str);

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut groups: BTreeMap<Key<'_>, Vec<Case<'_>>> = BTreeMap::new();
    for pairs in pairs(arranged) {
        let f1 = pairs.f1;
        // A row without conditions is little evidence alone: such rows are taken together.
        let method = if pairs.judged.len() > 1 {
            f1.method
        } else {
            ""
        };
        let group = groups.entry((f1.table, f1.dataset, method)).or_default();
        group.extend(pairs.judged.iter().map(|j| (f1.seen(j.f1), *j)));
    }
    let mut out = Vec::new();
    for (key, cases) in groups {
        out.extend(finding(key, &cases));
        out.extend(rest(key, &cases));
    }
    out
}

/// The cells that fit in either order next to several that fit in the exchanged one alone: one
/// program computes a column in one way. Not where a cell fits in the true order alone.
fn rest((_, dataset, method): Key<'_>, cases: &[Case<'_>]) -> Option<Finding> {
    let having = |verdict: Verdict| cases.iter().filter(move |(_, j)| j.verdict == verdict);
    let (swapped, sound) = (
        having(Verdict::OnlyExchanged).count(),
        having(Verdict::OnlyTrue).count(),
    );
    let either: Vec<Seen<'_>> = having(Verdict::Both).map(|(s, _)| *s).collect();
    if swapped < SEVERAL || sound > 0 || either.is_empty() {
        return None;
    }
    let why = format!(
        "{} fit in either order beside {swapped} that only exchanged arguments explain; none fits in \
         the true order alone",
        describe::count(either.len(), "cell")
    );
    let titles = describe::metrics(either.iter().map(|s| s.cell));
    let about = describe::about(&[method, dataset, &titles]);
    Some(Finding::new(Strength::VeryUnlikely, about, why, either))
}

fn finding((_, dataset, method): Key<'_>, cases: &[Case<'_>]) -> Option<Finding> {
    let swapped: Vec<&Case<'_>> = cases
        .iter()
        .filter(|(_, j)| j.verdict == Verdict::OnlyExchanged)
        .collect();
    let worst = swapped
        .iter()
        .max_by(|a, b| a.1.excess().total_cmp(&b.1.excess()))?;
    let either = cases
        .iter()
        .filter(|(_, j)| j.verdict == Verdict::Both)
        .count();
    let rest = match either {
        0 => String::new(),
        n => format!(" ({n} others fit either way)"),
    };
    let (seen, worst) = worst;
    let place = describe::about(&[
        &describe::row(&seen.cell.method, &seen.cell.condition),
        worst.f1.metric.title,
    ]);
    let why = format!(
        "{} of {} cells are above what their accuracy allows and fit with the arguments \
         exchanged{rest}; furthest {place}: Acc-2 {} allows up to {:.2}, printed {}",
        swapped.len(),
        cases.len(),
        worst.accuracy.number.text(),
        worst.most,
        worst.f1.number.text(),
    );
    let titles = describe::metrics(swapped.iter().map(|(s, _)| s.cell));
    let about = describe::about(&[method, dataset, &titles]);
    let cells = swapped.iter().map(|(s, _)| *s);
    Some(Finding::new(Strength::Impossible, about, why, cells))
}
