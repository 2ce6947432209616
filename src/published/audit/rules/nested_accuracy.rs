//! Finds accuracies over fewer classes that are below those over more.

use std::collections::BTreeMap;

use super::{Rule, describe};
use crate::published::audit::arranged::{ScoreRow, Seen};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

pub const RULE: Rule = Rule {
    name: "nested-accuracy",
    definition: "an accuracy over seven classes above that over five, or over five above that over \
                 three: the fewer classes join neighboring ones, so what is right by the finer \
                 classes is right by the coarser",
    strength: "odd: impossible for one set of predictions, but columns may be of different weights",
    check,
};

/// Finer and coarser classes.
const NESTED: [(&str, &str); 2] = [("acc7", "acc5"), ("acc5", "acc3")];

/// The finer cell and the coarser one.
type Pair<'a> = (Seen<'a>, Seen<'a>);

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut groups: BTreeMap<(&str, &str, &str), Vec<Pair<'_>>> = BTreeMap::new();
    for row in &arranged.rows {
        let key = (row.table, row.dataset, row.method);
        groups.entry(key).or_default().extend(pairs(row));
    }
    groups
        .into_iter()
        .filter_map(|(key, pairs)| finding(key, &pairs))
        .collect()
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
    use crate::metric::protocol;

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
