//! Finds F1 scores above what their accuracy allows, and tells whether exchanged arguments explain them.

use std::collections::{BTreeMap, BTreeSet};

use super::f1_readings::{self, PRECISION, Reading, as_good};
use super::impossible_f1::{Judgement, Verdict, pairs};
use crate::published::audit::arranged::Seen;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::envelope::Order;

pub const RULE: Rule = Rule {
    name: "swapped-f1",
    definition: "a weighted F1 that no predictions with the printed accuracy reach on the test \
                 set's class counts, unless support was counted on the predictions instead of the \
                 truth; where F1 of one class, macro F1 or that of the other of Non0 and Has0 explains as many cells, \
                 these are named as well",
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
    let precise = precise(&groups);
    let mut out = Vec::new();
    for (key, cases) in groups {
        let mut readings = other_readings(&cases);
        if precise.contains(&(key.0, key.1)) && cases.iter().all(|(_, j)| PRECISION.fits(j)) {
            readings.push(PRECISION);
        }
        out.extend(finding(key, &cases, &readings));
        out.extend(rest(key, &cases, &readings));
    }
    out
}

/// Tables and data sets with cells that are possible in neither order of the arguments, all of them as weighted precision.
fn precise<'a>(groups: &BTreeMap<Key<'a>, Vec<Case<'a>>>) -> BTreeSet<(&'a str, &'a str)> {
    let mut counts: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for ((table, dataset, _), cases) in groups {
        let neither = cases.iter().filter(|(_, j)| j.verdict == Verdict::Neither);
        let (of, fitting) = counts.entry((*table, *dataset)).or_default();
        for (_, judgement) in neither {
            *of += 1;
            *fitting += usize::from(PRECISION.fits(judgement));
        }
    }
    counts.retain(|_, (of, fitting)| *of >= SEVERAL && of == fitting);
    counts.into_keys().collect()
}

/// The cells that fit in either order next to several that fit in the exchanged one alone: one
/// program computes a column in one way. Not where a cell fits in the true order alone.
fn rest(
    (_, dataset, method): Key<'_>,
    cases: &[Case<'_>],
    readings: &[Reading],
) -> Option<Finding> {
    let having = |verdict: Verdict| cases.iter().filter(move |(_, j)| j.verdict == verdict);
    let (swapped, sound) = (
        having(Verdict::OnlyExchanged).count(),
        having(Verdict::OnlyTrue).count(),
    );
    let either: Vec<Seen<'_>> = having(Verdict::Both).map(|(s, _)| *s).collect();
    if swapped < SEVERAL || sound > 0 || either.is_empty() {
        return None;
    }
    let beside = if readings.is_empty() {
        "only exchanged arguments explain"
    } else {
        "are above what their accuracy allows"
    };
    let why = format!(
        "{} in either order beside {swapped} that {beside}; none fits in the true order alone",
        describe::count_as(either.len(), "cell fits", "cells fit")
    );
    let titles = describe::metrics(either.iter().map(|s| s.cell));
    let about = describe::about(&[method, dataset, &titles]);
    Some(Finding::new(Strength::VeryUnlikely, about, why, either))
}

fn finding(
    (_, dataset, method): Key<'_>,
    cases: &[Case<'_>],
    readings: &[Reading],
) -> Option<Finding> {
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
    let fit = if readings.is_empty() {
        format!("with the arguments exchanged{rest}{}", order(cases))
    } else {
        let exchanged = [Reading::Computed(Order::Exchanged)];
        let named = f1_readings::list(&[&exchanged[..], readings].concat());
        format!("equally well {named}{rest}")
    };
    let why = format!(
        "{} of {} {above} {fit}; furthest {place}: Acc-2 {} allows up \
         to {:.2}, printed {}",
        swapped.len(),
        describe::count(cases.len(), "cell"),
        worst.accuracy.number.text(),
        worst.most,
        worst.f1.number.text(),
    );
    let titles = describe::metrics(swapped.iter().map(|(s, _)| s.cell));
    let about = describe::about(&[method, dataset, &titles]);
    let cells = swapped.iter().map(|(s, _)| *s);
    Some(Finding::new(Strength::Impossible, about, why, cells))
}

/// Other readings that explain every cell that is above what its accuracy allows, and of all cells of the same headings
/// as many as exchanged arguments do.
fn other_readings(cases: &[Case<'_>]) -> Vec<Reading> {
    let is_swapped = |j: &Judgement<'_>| j.verdict == Verdict::OnlyExchanged;
    let swapped: Vec<&Judgement<'_>> = cases
        .iter()
        .map(|(_, j)| j)
        .filter(|j| is_swapped(j))
        .collect();
    let titles: Vec<&str> = swapped.iter().map(|j| j.f1.metric.title).collect();
    let all: Vec<&Judgement<'_>> = cases
        .iter()
        .map(|(_, j)| j)
        .filter(|j| titles.contains(&j.f1.metric.title))
        .collect();
    as_good(Reading::Computed(Order::Exchanged), &swapped, &all)
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
    use super::*;
    use crate::published::audit::rules::testing;

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

    /// Lines of CMU-MOSEI at rates 0, 0.2, ...: right predictions of each class by the model, and F1 by `f1`.
    fn mosei(f1: impl Fn([f64; 2], [f64; 2]) -> f64) -> String {
        let mut text = "rate,method,mosei_acc2_n,mosei_f1_n\n".to_string();
        for (i, (low, high)) in [
            (1080.0, 2010.0),
            (1020.0, 1980.0),
            (930.0, 1950.0),
            (700.0, 2000.0),
            (300.0, 2150.0),
        ]
        .into_iter()
        .enumerate()
        {
            let accuracy = 100.0 * (low + high) / 3634.0;
            let f1 = 100.0 * f1([low, high], [1350.0, 2284.0]);
            text += &format!("{},A,{accuracy:.2},{f1:.2}\n", 0.2 * i as f64);
        }
        text
    }

    fn f1_of([low, high]: [f64; 2], [lows, highs]: [f64; 2]) -> [f64; 2] {
        let wrong = lows + highs - low - high;
        [low, high].map(|right| 2.0 * right / (2.0 * right + wrong))
    }

    #[test]
    fn f1_of_the_positive_class_is_no_exchange_of_arguments() {
        let binary = mosei(|right, all| f1_of(right, all)[1]);
        let all = testing::found_all(&binary);
        let of_f1: Vec<&Finding> = all.iter().filter(|f| f.rule.ends_with("-f1")).collect();
        assert!(!of_f1.is_empty());
        for finding in of_f1 {
            assert!(
                finding.why.contains("F1 of the positive class"),
                "{}",
                finding.why
            );
        }
        let exchanged = mosei(|[low, high], [lows, highs]| {
            let [a, b] = f1_of([low, high], [lows, highs]);
            let weight = low + highs - high;
            (weight * a + (lows + highs - weight) * b) / (lows + highs)
        });
        let all = found(&exchanged);
        assert!(
            all[0].why.contains("with the arguments exchanged"),
            "{}",
            all[0].why
        );
        assert!(!all[0].why.contains("positive class"), "{}", all[0].why);
        let weighted = mosei(|right, [lows, highs]| {
            let [a, b] = f1_of(right, [lows, highs]);
            (lows * a + highs * b) / (lows + highs)
        });
        assert!(found(&weighted).is_empty());
    }

    #[test]
    fn weighted_precision_is_named_where_constants_show_it() {
        let mut text = "rate,method,mosi_acc2_n,mosi_f1_n\n".to_string();
        let (lows, highs) = (379.0, 277.0);
        for (rate, low, high) in [(0.1, 150.0, 250.0), (0.5, 80.0, 260.0), (0.9, 50.0, 265.0)] {
            let accuracy = 100.0 * (low + high) / (lows + highs);
            let of_low = lows * low / (low + highs - high);
            let of_high = highs * high / (high + lows - low);
            let precision = 100.0 * (of_low + of_high) / (lows + highs);
            text += &format!("{rate},A,{accuracy:.2},{precision:.2}\n");
        }
        let named = |text: &str| {
            let why = &found(text)[0].why;
            assert!(why.contains("with the arguments exchanged"), "{why}");
            why.contains("as weighted precision")
        };
        assert!(!named(&text));
        // The precision of constants is below every F1.
        text += "0.1,B,42.23,17.83\n0.9,B,42.23,17.83\n";
        assert!(named(&text));
    }

    #[test]
    fn f1_of_non0_and_has0_that_are_exchanged_are_named() {
        let table = "method,mosi_acc2_n,mosi_f1_n,mosi_acc2_h,mosi_f1_h\n\
                     A,81.40,79.80,79.90,81.30\nB,83.08,81.52,81.63,82.98\nC,84.60,83.01,83.09,84.55\n";
        let all = testing::found_all(table);
        let of_f1: Vec<&Finding> = all.iter().filter(|f| f.rule.ends_with("-f1")).collect();
        assert!(!of_f1.is_empty());
        for finding in of_f1 {
            let why = &finding.why;
            assert!(
                why.contains("the other of Non0 and Has0"),
                "{} {why}",
                finding.rule
            );
        }
    }
}
