//! Finds accuracies over fewer classes that are below those over more.

use std::collections::BTreeMap;

use crate::published::audit::arranged::{ScoreRow, Seen, sub_table};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

pub const RULE: Rule = Rule {
    name: "nested-accuracy",
    definition: "an accuracy over seven classes above that over five, or over five above that over \
                 three: the fewer classes join neighboring ones, so what is right by the finer \
                 classes is right by the coarser; and tables whose every row has Acc-3 or Acc-5 above Acc-2",
    strength: "odd: impossible for one set of predictions, but columns may be of different weights; very \
               unlikely where exchanged headings mend every row of a table",
    check,
};

/// Finer and coarser classes.
const NESTED: [(&str, &str); 2] = [("acc7", "acc5"), ("acc5", "acc3")];

/// Accuracies over more classes that no carried row has above those over two, by data set: single rows may have
/// predictions near zero that say more of one than of the other, whole tables do not.
const TWO_CLASSES: [(&str, &str, &str); 3] = [
    ("sims", "acc3", "acc2"),
    ("mosi", "acc5", "acc2_non0"),
    ("mosi", "acc5", "acc2_has0"),
];

/// The finer cell and the coarser one.
type Pair<'a> = (Seen<'a>, Seen<'a>);

/// Rows that speak of exchanged headings, and how far apart their two accuracies are at least, in percent.
const ROWS: usize = 3;
const APART: f64 = 1.0;

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut out = Vec::new();
    let mut groups: BTreeMap<(&str, &str, &str), Vec<Pair<'_>>> = BTreeMap::new();
    for rows in parts_of_files(arranged).values() {
        let dataset = rows.first().map_or("", |row| row.dataset);
        let two = TWO_CLASSES.iter().filter(|(name, ..)| *name == dataset);
        let two = two.map(|(_, fine, coarse)| (*fine, *coarse));
        let exchanged = (NESTED.into_iter().chain(two)).find_map(|n| exchanged_headings(rows, n));
        if let Some(finding) = exchanged {
            out.push(finding);
            continue;
        }
        for row in rows {
            let key = (row.table, row.dataset, row.method);
            groups.entry(key).or_default().extend(pairs(row));
        }
    }
    out.extend(
        groups
            .into_iter()
            .filter_map(|(key, pairs)| finding(key, &pairs)),
    );
    out
}

/// The rows of each printed table and data set.
fn parts_of_files<'e, 'a>(
    arranged: &'e Arranged<'a>,
) -> BTreeMap<(&'e str, Option<&'e str>, &'e str), Vec<&'e ScoreRow<'a>>> {
    let mut parts: BTreeMap<_, Vec<&ScoreRow<'a>>> = BTreeMap::new();
    for row in &arranged.rows {
        let key = (row.table, sub_table(row.method), row.dataset);
        parts.entry(key).or_default().push(row);
    }
    parts
}

/// A finding where every row of several methods has the two accuracies in the wrong order, by more than
/// other weights explain, and no row has after their headings are exchanged.
fn exchanged_headings(
    rows: &[&ScoreRow<'_>],
    (fine, coarse): (&'static str, &'static str),
) -> Option<Finding> {
    let both: Vec<_> = rows
        .iter()
        .filter_map(|r| Some((*r, r.get(fine)?, r.get(coarse)?)))
        .collect();
    let apart = |a: &ParsedCell, b: &ParsedCell| a.number.value - b.number.value;
    let several = both.iter().any(|(r, ..)| r.method != both[0].0.method);
    let wrong = both.iter().all(|(_, f, c)| apart(f, c) >= APART);
    if both.len() < ROWS || !several || !wrong {
        return None;
    }
    // With the headings exchanged the other pair of accuracies must be in order too.
    let mended = both.iter().all(|(r, f, c)| match fine {
        "acc7" => r.get("acc3").is_none_or(|acc3| apart(f, acc3) <= 0.0),
        "acc3" => r.get("acc5").is_none_or(|acc5| apart(acc5, c) <= 0.0),
        _ => r.get("acc7").is_none_or(|acc7| apart(acc7, c) <= 0.0),
    });
    let (first, f, c) = both[0];
    let part = describe::sub_table_of(first.method);
    let titles = format!("{} and {}", f.metric.title, c.metric.title);
    let about = describe::about(&[first.dataset, &part, &titles]);
    let why = format!(
        "headings exchanged: {} is above {} in all {} rows ({} and {} in the first), and exchanged \
         headings mend every row",
        f.metric.title,
        c.metric.title,
        both.len(),
        f.number.text(),
        c.number.text(),
    );
    let table = first.table;
    let cells = both
        .iter()
        .flat_map(|(_, f, c)| [f, c].map(|cell| Seen { table, cell }));
    mended.then(|| Finding::new(Strength::VeryUnlikely, about, why, cells))
}

fn pairs<'a>(row: &ScoreRow<'a>) -> Vec<Pair<'a>> {
    let table = row.table;
    let seen = |cell: &'a ParsedCell| Seen { table, cell };
    let both = NESTED.iter().filter_map(|(fine, coarse)| {
        let (fine, coarse) = (row.get(fine)?, row.get(coarse)?);
        // Half a unit for each printed number.
        let slack = 0.5 * (fine.number.ulp() + coarse.number.ulp()) + 1e-9;
        let above = fine.number.value > coarse.number.value + slack;
        above.then_some((seen(fine), seen(coarse)))
    });
    both.collect()
}

fn finding((_, dataset, method): (&str, &str, &str), pairs: &[Pair<'_>]) -> Option<Finding> {
    let by = |(fine, coarse): &Pair<'_>| fine.cell.number.value - coarse.cell.number.value;
    let (fine, coarse) = pairs.iter().max_by(|a, b| by(a).total_cmp(&by(b)))?;
    let cells = || pairs.iter().flat_map(|(a, b)| [*a, *b]);
    let titles = describe::metrics(cells().map(|seen| seen.cell));
    let at = match fine.cell.condition.to_string() {
        condition if condition.is_empty() => String::new(),
        condition => format!(" at {condition}"),
    };
    let more = match pairs.len() {
        1 => String::new(),
        n => format!(", nor {}", describe::count(n - 1, "other pair")),
    };
    let why = format!(
        "no predictions have {} {} and {} {}{at}{more}: the columns are of different predictions, \
         or wrong",
        fine.cell.metric.title,
        fine.cell.number.text(),
        coarse.cell.metric.title,
        coarse.cell.number.text(),
    );
    let about = describe::about(&[method, dataset, &titles]);
    Some(Finding::new(Strength::Odd, about, why, cells()))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::metric::protocol;
    use crate::published::audit::Finding;
    use crate::published::audit::rules::testing;

    fn found(text: &str) -> Vec<Finding> {
        testing::found(RULE.name, text)
    }

    #[test]
    fn exchanged_headings_of_three_and_two_classes_are_found() {
        let rows = "A,35.1,57.2,72.8\nB,32.3,56.7,72.9\nC,33.0,57.1,70.1\n";
        let sound = found(&format!("method,sims_acc5,sims_acc3,sims_acc2\n{rows}"));
        assert!(sound.is_empty(), "{sound:?}");
        let exchanged = found(&format!("method,sims_acc5,sims_acc2,sims_acc3\n{rows}"));
        assert_eq!(exchanged.len(), 1, "{exchanged:?}");
        assert!(exchanged[0].why.contains("headings exchanged"));
    }

    /// The law behind the rule, on every pair of a fine grid.
    #[test]
    fn what_is_right_by_finer_classes_is_right_by_coarser_ones() {
        for (name, reach) in [("mosi", 36), ("sims", 12)] {
            let protocol = protocol(name).unwrap();
            let find = |metric: &str| protocol.all().find(|m| m.name == metric);
            let metrics: Vec<_> = ["acc7", "acc5", "acc3"]
                .into_iter()
                .filter_map(find)
                .collect();
            assert!(metrics.len() > 1);
            for p in -reach..=reach {
                for t in -reach..=reach {
                    let (p, t) = ([p as f32 / 10.0], [t as f32 / 10.0]);
                    let score = |i: usize| (metrics[i].compute)(&p, &t).unwrap();
                    (1..metrics.len())
                        .for_each(|i| assert!(score(i - 1) <= score(i), "{p:?} {t:?}"));
                }
            }
        }
    }
}
