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
        "{} in either order beside {swapped} that only exchanged arguments explain; none fits in \
         the true order alone",
        describe::count_as(either.len(), "cell fits", "cells fit")
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
    let having = |verdict: Verdict| cases.iter().filter(move |(_, j)| j.verdict == verdict);
    let (either, sound) = (
        having(Verdict::Both).count(),
        having(Verdict::OnlyTrue).count(),
    );
    let mut rest = Vec::new();
    if either > 0 {
        rest.push(format!(
            "{} either way",
            describe::count_as(either, "other fits", "others fit")
        ));
    }
    if sound > 0 {
        let cells = describe::count_as(sound, "other fits", "others fit");
        rest.push(format!("{cells} in the true order alone"));
    }
    let rest = match rest.as_slice() {
        [] => String::new(),
        parts => format!(" ({})", parts.join(", ")),
    };
    let (seen, worst) = worst;
    let place = describe::about(&[
        &describe::row(&seen.cell.method, &seen.cell.condition),
        worst.f1.metric.title,
    ]);
    let above = match swapped.len() {
        1 => "is above what its accuracy allows and fits",
        _ => "are above what their accuracy allows and fit",
    };
    let why = format!(
        "{} of {} {above} with the arguments exchanged{rest}{}; furthest {place}: Acc-2 {} allows up \
         to {:.2}, printed {}",
        swapped.len(),
        describe::count(cases.len(), "cell"),
        order(cases),
        worst.accuracy.number.text(),
        worst.most,
        worst.f1.number.text(),
    );
    let titles = describe::metrics(swapped.iter().map(|(s, _)| s.cell));
    let about = describe::about(&[method, dataset, &titles]);
    let cells = swapped.iter().map(|(s, _)| *s);
    Some(Finding::new(Strength::Impossible, about, why, cells))
}

/// What the cells that fit in one order alone tell together: one program computes a column in one way.
fn order(cases: &[Case<'_>]) -> String {
    let count = |metric: Option<&str>, verdict: Verdict| {
        let of = |(s, j): &&Case<'_>| {
            j.verdict == verdict && metric.is_none_or(|m| m == s.cell.metric.title)
        };
        cases.iter().filter(of).count()
    };
    let (swapped, sound) = (
        count(None, Verdict::OnlyExchanged),
        count(None, Verdict::OnlyTrue),
    );
    if sound == 0 {
        return String::new();
    }
    let mut titles: Vec<&str> = cases.iter().map(|(s, _)| s.cell.metric.title).collect();
    titles.sort_unstable();
    titles.dedup();
    let each: Vec<String> = titles
        .iter()
        .map(|title| {
            format!(
                "{title} {} and {}",
                count(Some(title), Verdict::OnlyExchanged),
                count(Some(title), Verdict::OnlyTrue)
            )
        })
        .collect();
    let each = format!("exchanged alone and true alone: {}", each.join(", "));
    if swapped >= SEVERAL && sound >= SEVERAL {
        format!("; no single order of the arguments fits all ({each})")
    } else if sound >= SEVERAL {
        format!("; an exchange does not explain the others ({each})")
    } else {
        format!("; the order is not the same in all ({each})")
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    fn found(text: &str) -> Vec<Finding> {
        testing::found(RULE.name, text)
    }

    #[test]
    fn cells_that_only_the_true_order_explains_are_counted() {
        let table = "method,SIMS Acc-2,SIMS F1\nA,70.05,62.08\nB,73.05,76.29\nD,70.09,62.12\n";
        let found = found(table);
        assert_eq!(found.len(), 1);
        let expected = "1 of 3 cells is above what its accuracy allows and fits with the arguments \
                        exchanged (2 others fit in the true order alone); an exchange does not explain";
        assert!(found[0].why.starts_with(expected), "{}", found[0].why);
    }

    #[test]
    fn several_of_each_fit_no_single_order() {
        let table = "method,SIMS Acc-2,SIMS F1\nA,70.05,62.08\nB,73.05,76.29\nC,73.10,76.40\n\
                     D,70.09,62.12\n";
        let found = found(table);
        assert!(found[0].why.contains("no single order"), "{}", found[0].why);
    }
}
