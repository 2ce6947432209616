//! Finds an accuracy and its F1 that are those of another method at the same rate.

use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Fewest digits behind the point.
const DECIMALS: usize = 2;

/// Rates at which both methods have the pair besides the equal ones, and how far apart they are there at least, in
/// percent. Their distance is that of the middle one by half of it at all of them.
const RATES: usize = 4;
const APART: f64 = 2.0;

/// An accuracy and an F1 of one method.
struct Pair<'c, 'a>([&'c ScoreColumn<'a>; 2]);

impl<'a> Pair<'_, 'a> {
    fn at(&self, condition: &ParsedCondition) -> Option<[&'a ParsedCell; 2]> {
        let [accuracy, f1] = self.0;
        Some([accuracy.at(condition)?, f1.at(condition)?])
    }

    /// The conditions of both that are rates.
    fn rates(&self) -> impl Iterator<Item = &'a ParsedCondition> + '_ {
        let cells = self.0[0].parts.iter().map(|c| &c.condition);
        cells.filter(|c| matches!(c, ParsedCondition::Rate(_)) && self.at(c).is_some())
    }
}

/// A finding per pair of cells.
pub fn findings(arranged: &Arranged<'_>) -> Vec<Finding> {
    let accuracies = arranged
        .columns
        .iter()
        .filter(|c| c.metric.name.starts_with("acc2") && !describe::is_constant(c.method));
    let typed = accuracies.filter(|c| !arranged.by_program(c.table));
    let pairs: Vec<Pair<'_, '_>> = typed
        .filter_map(|accuracy| {
            let name = accuracy.metric.name.replacen("acc2", "f1", 1);
            let same = |c: &&ScoreColumn<'_>| {
                (c.table, c.dataset, c.method)
                    == (accuracy.table, accuracy.dataset, accuracy.method)
                    && c.metric.name == name
            };
            let f1 = arranged.columns.iter().find(same)?;
            Some(Pair([accuracy, f1]))
        })
        .collect();
    let mut out = Vec::new();
    for (i, a) in pairs.iter().enumerate() {
        let others = pairs[i + 1..].iter().filter(|b| {
            let [p, q] = [a, *b].map(|pair| pair.0[0]);
            (p.table, p.dataset, p.metric.name) == (q.table, q.dataset, q.metric.name)
        });
        out.extend(others.filter_map(|b| finding(arranged, a, b)));
    }
    out
}

fn finding(arranged: &Arranged<'_>, a: &Pair<'_, '_>, b: &Pair<'_, '_>) -> Option<Finding> {
    let mut equal = None;
    let mut apart = Vec::new();
    for condition in a.rates() {
        let Some(([x, f], [y, g])) = a.at(condition).zip(b.at(condition)) else {
            continue;
        };
        if !(x.number.same(&y.number) && f.number.same(&g.number)) {
            apart.push(x.number.value - y.number.value);
        } else if equal.replace((condition, [x, f], [y, g])).is_some() {
            // Runs of cells are the matter of other rules.
            return None;
        }
    }
    let (condition, first, second) = equal?;
    let [accuracy, f1] = first;
    let fine = first.iter().all(|c| c.number.decimals >= DECIMALS);
    let (dataset, table) = (a.0[0].dataset, a.0[0].table);
    let lost = arranged
        .statistics
        .is_lost(dataset, accuracy.metric, &accuracy.number);
    if !fine || lost || apart.len() < RATES || other_cells_agree(arranged, [a, b], condition) {
        return None;
    }
    apart.sort_by(f64::total_cmp);
    let middle = apart[apart.len() / 2];
    let steady = apart
        .iter()
        .all(|d| (d - middle).abs() <= 0.5 * middle.abs());
    if middle.abs() < APART || !steady {
        return None;
    }
    let [of_a, of_b] = [a, b].map(|p| p.0[0].method);
    let why = format!(
        "both print {} {} and {} {}, and are {:.1} apart at the other {} rates: is one pair that of the other row?",
        accuracy.metric.title,
        accuracy.number.text(),
        f1.metric.title,
        f1.number.text(),
        middle.abs(),
        apart.len(),
    );
    let rows = format!("{of_a} and {of_b}");
    let about = describe::about(&[&rows, dataset, &condition.to_string()]);
    let cells = first.into_iter().chain(second);
    let seen = cells.map(|cell| crate::published::audit::arranged::Seen { table, cell });
    Some(Finding::new(Strength::Odd, about, why, seen))
}

/// Whether the rows have further equal cells there: then they are duplicates, which another finding is about.
fn other_cells_agree(
    arranged: &Arranged<'_>,
    pairs: [&Pair<'_, '_>; 2],
    condition: &ParsedCondition,
) -> bool {
    let own = pairs[0].0.map(|c| c.metric.name);
    let [a, b] = pairs.map(|p| {
        let column = p.0[0];
        let key = (column.table, column.dataset, column.method);
        let mut rows = arranged.rows.iter();
        rows.find(|r| (r.table, r.dataset, r.method) == key && r.condition == condition)
    });
    let Some((a, b)) = a.zip(b) else {
        return true;
    };
    let others = a.cells.iter().filter(|c| !own.contains(&c.metric.name));
    let both = others.filter_map(|x| Some((x, b.get(x.metric.name)?)));
    both.clone().count() == 0
        || both
            .filter(|(x, _)| !describe::is_coarse(x))
            .any(|(x, y)| x.number.same(&y.number))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;
    use crate::published::audit::{Finding, Strength};

    /// Two methods over seven rates; the pair of the second one at rate 0.3 is `pair`.
    fn of(pair: Option<[f64; 2]>, apart: f64) -> Vec<Finding> {
        let mut text = "rate,method,mosi_acc7,mosi_acc2_n,mosi_f1_n,mosi_mae\n".to_string();
        for rate in 0..7 {
            let noise = [0.13, -0.21, 0.34, -0.08, 0.27, -0.31, 0.02][rate];
            let fall = 2.7 * rate as f64;
            for (method, below) in [("A", 0.0), ("B", apart)] {
                let acc = 82.31 - fall - below + if method == "A" { noise } else { -noise };
                let [acc, f1] = match pair {
                    Some(pair) if method == "B" && rate == 3 => pair,
                    _ => [acc, acc - 0.07 - noise / 9.0],
                };
                text += &format!(
                    "0.{rate},{method},{:.2},{acc:.2},{f1:.2},{:.3}\n",
                    41.3 - fall - below,
                    0.81 + 0.04 * (fall + below)
                );
            }
        }
        let all = found("duplicate-rows", &text);
        all.into_iter()
            .filter(|f| f.why.contains("that of the other row"))
            .collect()
    }

    #[test]
    fn a_pair_of_another_row_is_found() {
        let own = 82.31 - 2.7 * 3.0 - 0.08;
        let all = of(Some([own, own - 0.07 + 0.08 / 9.0]), 4.1);
        assert_eq!((all.len(), all[0].strength), (1, Strength::Odd));
        assert_eq!(all[0].about, "A and B, mosi, rate 0.3");
        assert_eq!(all[0].cells.len(), 4);
    }

    #[test]
    fn methods_near_each_other_and_one_equal_cell_are_not() {
        let own = 82.31 - 2.7 * 3.0 - 0.08;
        assert!(of(None, 4.1).is_empty());
        assert!(of(Some([own, own - 0.5]), 4.1).is_empty(), "another F1");
        assert!(
            of(Some([own, own - 0.07 + 0.08 / 9.0]), 1.2).is_empty(),
            "near"
        );
    }
}
