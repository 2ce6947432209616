//! Finds rows that agree where they should differ, or differ where they should agree.

use std::collections::BTreeMap;

use super::{copied_rows, pasted_pair};
use crate::published::audit::arranged::{ScoreRow, Seen, sub_table};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

pub const RULE: Rule = Rule {
    name: "duplicate-rows",
    definition: "two rows that agree in every metric but one; two rows of one table that agree in \
                 all, unless a column `table` sets them apart; rows of two tables that are the same on one data set and not on another; two \
                 rows that share several accuracies and nothing else; two methods of one table that have the same accuracy and F1 at one \
                 rate and are two points apart at at least four others; rows of two methods at two rates that agree in all of at \
                 least four metrics",
    strength: "very unlikely; odd where only some accuracies, one pair or one row are shared, where less than two of the numbers have \
               digits enough (whole percents and errors of two decimals are often equal), or the equal rows are the best of \
               their table: the default setting may be printed with every comparison",
    check,
};

/// Equal cells that make rows duplicates.
const EQUAL: usize = 4;
/// Equal accuracies from which on a finding is made.
const SHARED: usize = 2;
/// Missing rate from which on models have few different predictions, whose counts are often equal.
const LITTLE_LEFT: f64 = 0.9;
/// Points that the two-class accuracies of a model which predicts nearly one class are at most from that class: single runs
/// with nothing left to read, equal in all metrics but Corr, are 1.7 from it.
const NEAR: f64 = 3.0;
/// Number of such pairs that a table may have by chance, one in how many rows that share an accuracy shares a relative of it too
/// (Non0 and Has0), and runs that a number is a mean of where `--seeds` does not say.
const CHANCE: f64 = 0.1;
/// The same where all of them are Acc-2: of 14 pairs of rows of sound tables that share Acc-2 of Non0 or of Has0, one shares both.
const CHANCE_OF_TWO: f64 = 0.01;
const RELATIVE: f64 = 20.0;
const RUNS: f64 = 3.0;
/// Places of an accuracy where no others show how far they are apart.
const USUAL: f64 = 30.0;
/// Equal cells with enough digits that make a finding sure, and equal cells with few digits that make one at all.
const FINE: usize = 2;
const COARSE: usize = 6;

/// Two rows and the metrics in which they print the same and other digits.
struct Pair<'a> {
    a: &'a ScoreRow<'a>,
    b: &'a ScoreRow<'a>,
    equal: Vec<&'a ParsedCell>,
    other: Vec<(&'a ParsedCell, &'a ParsedCell)>,
}

impl Pair<'_> {
    fn duplicates(&self) -> bool {
        let enough = if self.is_fine() { EQUAL } else { COARSE };
        self.equal.len() >= enough && self.other.len() <= 1
    }

    /// Whether chance does not make the equal cells by their few digits.
    fn is_fine(&self) -> bool {
        let fine = self.equal.iter().filter(|c| !describe::is_coarse(c));
        fine.count() >= FINE
    }

    fn rows(&self) -> String {
        let name = |r: &ScoreRow<'_>| describe::row(r.method, r.condition);
        let table = |r: &ScoreRow<'_>| {
            if self.a.table == self.b.table {
                name(r)
            } else {
                format!("{} ({})", name(r), r.table)
            }
        };
        format!("{} and {}", table(self.a), table(self.b))
    }
}

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let pairs = pairs(arranged);
    let mut out: Vec<Finding> = pairs
        .iter()
        .filter_map(|pair| finding(arranged, pair))
        .collect();
    out.extend(crossed(arranged, &pairs));
    out.extend(pasted_pair::findings(arranged));
    out.extend(copied_rows::findings(arranged));
    out
}

/// Every two rows of one data set and condition that are not the same method in the same table.
fn pairs<'a>(arranged: &'a Arranged<'a>) -> Vec<Pair<'a>> {
    let mut blocks: BTreeMap<_, Vec<&'a ScoreRow<'a>>> = BTreeMap::new();
    for row in &arranged.rows {
        // The mean of an overall table represents a whole row of an ablation.
        let condition = (!row.condition.is_mean()).then_some(row.condition);
        let condition = condition.filter(|l| **l != ParsedCondition::Whole);
        blocks
            .entry((row.dataset, condition))
            .or_default()
            .push(row);
    }
    let mut out = Vec::new();
    for rows in blocks.values() {
        for (i, a) in rows.iter().enumerate() {
            out.extend(rows[i + 1..].iter().filter_map(|b| pair(arranged, a, b)));
        }
    }
    out
}

fn pair<'a>(arranged: &Arranged<'a>, a: &'a ScoreRow<'a>, b: &'a ScoreRow<'a>) -> Option<Pair<'a>> {
    if describe::is_constant(a.method)
        || describe::is_constant(b.method)
        || (a.table == b.table && arranged.is_one_model(a.table, [a.method, b.method]))
    {
        return None;
    }
    // Two models that predict constants have the same accuracies.
    if (a.table == b.table && a.method == b.method) || (arranged.is_lost(a) && arranged.is_lost(b))
    {
        return None;
    }
    let (mut equal, mut other) = (Vec::new(), Vec::new());
    for x in &a.cells {
        let Some(y) = b.get(x.metric.name) else {
            continue;
        };
        match x.number.same(&y.number) {
            true if arranged
                .statistics
                .is_baseline(a.dataset, x.metric, &x.number) => {}
            true => equal.push(*x),
            false => other.push((*x, y)),
        }
    }
    (equal.len() >= SHARED).then_some(Pair { a, b, equal, other })
}

fn finding(arranged: &Arranged<'_>, pair: &Pair<'_>) -> Option<Finding> {
    if is_nearly_constant(arranged, pair) {
        return None;
    }
    let about = describe::about(&[&pair.rows(), pair.a.dataset]);
    let by_program = arranged.by_program(pair.a.table) && arranged.by_program(pair.b.table);
    match pair.other.as_slice() {
        [(x, y)] if pair.duplicates() && pair.is_fine() && !by_program => {
            let why = format!(
                "the rows agree in {} metrics, and print {} {} and {}",
                pair.equal.len(),
                x.metric.title,
                x.number.text(),
                y.number.text()
            );
            let cells = [at(pair.a, x), at(pair.b, y)];
            Some(Finding::new(Strength::VeryUnlikely, about, why, cells))
        }
        [] if pair.duplicates() && pair.a.table == pair.b.table => {
            // The default setting, printed again with the next comparison.
            if sub_table(pair.a.method) != sub_table(pair.b.method) {
                return None;
            }
            let strength = if is_best(arranged, pair.a) || !pair.is_fine() {
                Strength::Odd
            } else {
                Strength::VeryUnlikely
            };
            let why = format!("all {} metrics print the same digits", pair.equal.len());
            let cells = pair.equal.iter().map(|c| at(pair.a, c));
            Some(Finding::new(strength, about, why, cells))
        }
        [] if pair.duplicates() => None,
        // Single runs on few samples share counts by chance.
        _ if by_program => None,
        _ => shared(arranged, pair, about),
    }
}

fn is_little_left(pair: &Pair<'_>) -> bool {
    let little = ParsedCondition::rate(LITTLE_LEFT);
    let is_rate = matches!(pair.a.condition, ParsedCondition::Rate(_));
    is_rate && little.is_some_and(|little| *pair.a.condition >= little)
}

/// Whether the rows agree as two models do that predict one class for nearly all samples, since little is left to read; then
/// only an equal Corr shows that they are one.
fn is_nearly_constant(arranged: &Arranged<'_>, pair: &Pair<'_>) -> bool {
    let near = |cell: &ParsedCell| {
        let classes = arranged.statistics.baselines(&cell.dataset, cell.metric);
        let off = |(_, value): &(String, f64)| (cell.number.value - value).abs();
        classes.iter().any(|class| off(class) <= NEAR)
    };
    let two = |cell: &&&ParsedCell| cell.metric.name.starts_with("acc2");
    let shown = pair.equal.iter().any(|cell| cell.metric.name == "corr");
    let mut accuracies = pair.a.cells.iter().filter(two).peekable();
    let constant = accuracies.peek().is_some() && accuracies.all(|cell| near(cell));
    is_little_left(pair) && !shown && constant
}

/// Rows that share accuracies while the rest differs.
fn shared(arranged: &Arranged<'_>, pair: &Pair<'_>, about: String) -> Option<Finding> {
    // Models that have next to nothing left to read make few different predictions, and share counts.
    if is_little_left(pair) {
        return None;
    }
    let shares: Vec<&ParsedCell> = pair
        .equal
        .iter()
        .copied()
        .filter(|c| c.metric.name.starts_with("acc") && !describe::is_coarse(c))
        .collect();
    let mut values: Vec<_> = shares.iter().map(|c| c.number.units()).collect();
    values.sort_unstable();
    values.dedup();
    let is_two = |c: &&ParsedCell| c.metric.name.starts_with("acc2");
    let most = if shares.iter().all(is_two) {
        CHANCE_OF_TWO
    } else {
        CHANCE
    };
    (values.len() >= SHARED && expected(arranged, pair, &shares) < most).then(|| {
        let why = format!(
            "the rows share {} and differ in {} other metrics",
            describe::metrics(shares.iter().copied()),
            pair.other.len()
        );
        let cells = shares.iter().flat_map(|x| {
            let duplicate = pair.b.get(x.metric.name).map(|y| at(pair.b, y));
            std::iter::once(at(pair.a, x)).chain(duplicate)
        });
        Finding::new(Strength::Odd, about, why, cells)
    })
}

/// How many pairs of rows of the table share these accuracies by chance.
fn expected(arranged: &Arranged<'_>, pair: &Pair<'_>, shares: &[&ParsedCell]) -> f64 {
    let here = |row: &&ScoreRow<'_>| (row.table, row.dataset) == (pair.a.table, pair.a.dataset);
    let rows: Vec<&ScoreRow<'_>> = arranged.rows.iter().filter(here).collect();
    let beside = rows.iter().filter(|row| row.condition == pair.a.condition);
    let beside: Vec<&&ScoreRow<'_>> = beside.collect();
    let tried = (rows.len() * beside.len()) as f64 / 2.0;
    let mut families: BTreeMap<&str, Vec<&ParsedCell>> = BTreeMap::new();
    for cell in shares {
        let two = cell.metric.name.starts_with("acc2");
        let family = if two { "two" } else { "several" };
        families.entry(family).or_default().push(cell);
    }
    let each = families.values();
    let each = each
        .map(|cells| chance(arranged, &beside, cells[0]) / RELATIVE.powi(cells.len() as i32 - 1));
    tried * each.product::<f64>()
}

/// How often two of the rows beside share a cell by chance.
fn chance(arranged: &Arranged<'_>, beside: &[&&ScoreRow<'_>], cell: &ParsedCell) -> f64 {
    let others = beside.iter().filter_map(|row| row.get(cell.metric.name));
    let others = others.filter(|other| !other.number.same(&cell.number));
    let mut values: Vec<f64> = others.map(|cell| cell.number.value).collect();
    values.sort_by(f64::total_cmp);
    if values.len() < 2 {
        return 1.0 / USUAL;
    }
    // Twice the distance of the quartiles, in steps of one more sample in one of the runs.
    let middle = values[3 * values.len() / 4] - values[values.len() / 4];
    let runs = arranged.settings.seeds.map_or(RUNS, f64::from);
    let samples = arranged.statistics.samples(&cell.dataset, cell.metric);
    let step = samples.map_or(0.0, |samples| 100.0 / samples as f64 / runs);
    1.0 / (2.0 * middle / step.max(cell.number.ulp())).max(1.0)
}

/// Whether most metrics of the row are the best of its table, as those of a full model are.
fn is_best(arranged: &Arranged<'_>, row: &ScoreRow<'_>) -> bool {
    let others: Vec<&ScoreRow<'_>> = arranged
        .rows
        .iter()
        .filter(|r| (r.table, r.dataset, r.condition) == (row.table, row.dataset, row.condition))
        .collect();
    let best = row.cells.iter().filter(|cell| {
        let metric = cell.metric;
        let rivals = others.iter().filter_map(|r| r.get(metric.name));
        rivals.into_iter().all(|rival| {
            let ahead = rival.number.value - cell.number.value;
            if metric.higher_is_better {
                ahead <= 0.0
            } else {
                ahead >= 0.0
            }
        })
    });
    others.len() > 2 && 2 * best.count() > row.cells.len()
}

fn at<'a>(row: &ScoreRow<'a>, cell: &'a ParsedCell) -> Seen<'a> {
    let table = row.table;
    Seen { table, cell }
}

/// Rows whose duplicate on one data set is another row than on the next.
fn crossed(arranged: &Arranged<'_>, pairs: &[Pair<'_>]) -> Vec<Finding> {
    let duplicates: Vec<&Pair<'_>> = pairs
        .iter()
        .filter(|p| p.duplicates() && p.is_fine() && p.a.table != p.b.table)
        .collect();
    let mut out: Vec<Finding> = Vec::new();
    for (i, first) in duplicates.iter().enumerate() {
        for second in &duplicates[i + 1..] {
            let same_row = first.a.table == second.a.table && first.a.method == second.a.method;
            let names = [first, second].map(|p| what_differs(arranged, p.b));
            if !same_row
                || first.a.dataset == second.a.dataset
                || names[0] == names[1]
                || !has_row(arranged, second.b, &names[0])
            {
                continue;
            }
            let about = describe::about(&[
                &describe::row(first.a.method, first.a.condition),
                second.a.dataset,
            ]);
            let why = format!(
                "on {} the row is `{}` of {}, on {} it is `{}` of {}",
                first.a.dataset,
                names[0],
                first.b.table,
                second.a.dataset,
                names[1],
                second.b.table
            );
            let cells = second.equal.iter().map(|c| at(second.a, c));
            out.push(Finding::new(Strength::VeryUnlikely, about, why, cells));
        }
    }
    out
}

/// Whether the table of `other` has a row of this name: then that should have been the duplicate.
fn has_row(arranged: &Arranged<'_>, other: &ScoreRow<'_>, name: &str) -> bool {
    let table = |r: &&ScoreRow<'_>| (r.table, r.dataset) == (other.table, other.dataset);
    let mut rows = arranged.rows.iter().filter(table);
    rows.any(|r| what_differs(arranged, r) == name)
}

/// A row's name without the settings that most rows of its table and data set have.
fn what_differs(arranged: &Arranged<'_>, row: &ScoreRow<'_>) -> String {
    let others = arranged
        .rows
        .iter()
        .filter(|r| (r.table, r.dataset) == (row.table, row.dataset));
    let others: Vec<&str> = others.map(|r| r.method).collect();
    let usual = |part: &str| {
        let having = others.iter().filter(|m| m.split(", ").any(|p| p == part));
        2 * having.count() > others.len()
    };
    let parts: Vec<&str> = row.method.split(", ").filter(|p| !usual(p)).collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing::found;

    #[test]
    fn rows_that_whole_percents_make_equal_are_no_duplicates() {
        let heads = "method,mosi_acc7,mosi_acc5,mosi_acc2_n,mosi_f1_n,mosi_mae,mosi_corr";
        let of = |a: &str, b: &str| {
            let text = format!(
                "{heads}\nA,{a}\nB,{b}\nC,39,44,77,77,0.91,0.66\nD,46,52,86,86,0.70,0.80\n"
            );
            found(RULE.name, &text)
        };
        assert!(of("42,47,81,81,0.81,0.73", "42,47,81,80,0.79,0.74").is_empty());
        assert!(of("42,47,81,81,0.81,0.73", "42,47,81,81,0.81,0.74").is_empty());
        let all = of("42,47,81,81,0.81,0.73", "42,47,81,81,0.81,0.73");
        assert_eq!((all.len(), all[0].strength), (1, Strength::Odd));
        let fine = of("42,47,81,81,0.812,0.733", "42,47,81,81,0.812,0.733");
        assert_eq!(fine[0].strength, Strength::VeryUnlikely);
    }

    #[test]
    fn models_that_predict_nearly_one_class_may_agree() {
        let heads = "rate,method,mosi_acc7,mosi_acc5,mosi_acc2_n,mosi_f1_n,mosi_mae,mosi_corr";
        let of = |rate: &str, row: &str, corr: [&str; 2]| {
            let [a, b] = corr.map(|corr| format!("{row},{corr}"));
            let rest = "C,17.06,17.20,51.22,49.03,1.461,0.121";
            let lines = format!("{rate},A,{a}\n{rate},B,{b}\n{rate},{rest}\n");
            found(RULE.name, &format!("{heads}\n{lines}"))
        };
        let near = "15.89,15.89,43.90,29.35,1.485";
        assert!(of("1", near, ["-0.055", "0.008"]).is_empty());
        assert_eq!(of("1", near, ["0.008", "0.008"]).len(), 1);
        assert_eq!(of("0.5", near, ["-0.055", "0.008"]).len(), 1);
        let far = "18.89,19.89,62.20,61.35,1.385";
        assert_eq!(of("1", far, ["0.155", "0.208"]).len(), 1);
    }

    #[test]
    fn accuracies_of_two_cuts_alone_are_shared_by_chance_in_a_long_table() {
        let of = |rates: usize, shared: &[usize]| {
            let mut text =
                "rate,method,mosi_acc2_n,mosi_acc2_h,mosi_acc7,mosi_mae,mosi_corr\n".to_string();
            for rate in 0..rates {
                for method in 0..10 {
                    let all = |m: usize| {
                        let below = 1.31 * m as f64 + 4.1 * rate as f64;
                        [79.83 - below, 78.94 - 0.98 * below, 40.12 - 0.6 * below]
                    };
                    let mut row = all(method);
                    if (method, rate) == (7, 0) {
                        shared.iter().for_each(|at| row[*at] = all(2)[*at]);
                    }
                    let below = 1.31 * method as f64 + 4.1 * rate as f64;
                    let (mae, corr) = (0.84 + 0.021 * below, 0.71 - 0.019 * below);
                    let [non0, has0, acc7] = row;
                    text += &format!(
                        "0.{rate},M{method},{non0:.2},{has0:.2},{acc7:.2},{mae:.3},{corr:.3}\n"
                    );
                }
            }
            let all = found(RULE.name, &text).into_iter();
            all.filter(|f| f.why.contains("the rows share")).count()
        };
        assert_eq!(of(4, &[0, 1]), 0);
        assert_eq!(of(4, &[0, 1, 2]), 1);
        assert_eq!(of(4, &[]), 0);
    }

    #[test]
    fn accuracies_are_shared_by_right_where_little_is_left() {
        let of = |rate: &str| {
            let heads = "rate,method,mosi_acc7,mosi_acc5,mosi_acc2_n,mosi_mae,mosi_corr";
            let rows = [
                "A,18.76,19.34,55.41,1.351,0.214",
                "B,18.76,19.34,54.03,1.342,0.243",
                "C,18.76,19.34,56.77,1.339,0.255",
            ];
            let lines = rows.map(|row| format!("{rate},{row}\n")).concat();
            found(RULE.name, &format!("{heads}\n{lines}"))
        };
        assert_eq!(of("0.8").len(), 3);
        assert!(of("0.9").is_empty());
    }
}
