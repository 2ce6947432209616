//! Finds spreads that no scores have, or that are no spreads of these scores.

use std::collections::BTreeMap;

use super::largest_spread::{beyond, largest, part};
use super::zero_spreads;
use crate::published::audit::arranged::Seen;
use crate::published::audit::rules::copies::copied_metric::{self, CELLS, DIFFERENT, Pair};
use crate::published::audit::rules::copies::copied_spreads;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{Metric, ParsedCell};

pub const RULE: Rule = Rule {
    name: "wrong-spread",
    definition: "a spread (a number behind \u{b1} or in brackets, a column `std`) below 0, above what scores with this \
                 mean have in the range of the metric, or far above the others of its table; spreads that are all, or \
                 six in a row, the same, those of another metric or of another row, or the numbers themselves; more than half of a column above the highest score; spreads of percents that are so small that they are \
                 fractions, or that all of them print as zero though the means are those of runs that differ",
    strength: "impossible below 0 and above what runs with this mean have; very unlikely above four tenths of the \
               range, unless some runs predict a constant, for spreads that are the numbers or above the highest score, and for ten and more of \
               another row; odd otherwise",
    check,
};

/// Parts of the metric's range above which a spread is odd, and very unlikely.
const ODD: f64 = 0.25;
const SURE: f64 = 0.4;

/// Part of a table's spreads that are small where spreads are what they are.
const MOST: f64 = 0.75;

/// Numbers that are their own spreads.
const OWN: usize = 5;

/// Units of the last place below which spreads are equal by rounding.
const UNITS: f64 = 10.0;

/// Spreads one below the other that are one number, the units of the last place from which on chance does not do it,
/// and the different numbers beside them.
const RUN: usize = 6;
const RUN_UNITS: f64 = 20.0;
const RUN_VALUES: usize = 3;

/// Equal spreads of two metrics, and different ones among them, that make a copy where the metrics are no relatives:
/// each of them is equal by chance in one of ten rows at most.
const COPIED: (usize, usize) = (7, 6);

/// Spreads of a column in percent that tell their unit, and the usual one below which it is that of fractions: one of
/// 700 samples more or less makes 0.14, one of CMU-MOSEI's 4,659 0.02.
const SMALL_SPREADS: usize = 4;
const FRACTION: f64 = 0.05;

/// How many times as large as their numbers spreads are that are means, and the part of all which are.
const EXCHANGED: f64 = 3.0;
const NEARLY_ALL: f64 = 0.9;

/// Rules that have nothing to find in numbers that are spreads.
const OF_EXCHANGED: &[&str] = &[
    "impossible-count",
    "run-count",
    "other-samples",
    "swapped-f1",
    "impossible-f1",
    "nested-accuracy",
    "exchanged-errors",
    "narrow-error",
    "tied-accuracy",
    "rising-scores",
    "placeholder",
    "constant-predictor",
    "duplicate-rows",
];

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut tables: BTreeMap<&str, Vec<(Seen<'_>, f64)>> = BTreeMap::new();
    for seen in arranged.cells() {
        if let Some(sd) = seen.cell.number.sd {
            tables.entry(seen.table).or_default().push((seen, sd));
        }
    }
    let (mut out, mut are_exchanged) = (Vec::new(), Vec::new());
    for (table, spreads) in &tables {
        if let Some(exchanged) = exchanged(spreads) {
            out.push(exchanged);
            are_exchanged.push(*table);
            continue;
        }
        // What concerns a whole column is found below.
        let columns = by_column(spreads.iter().copied());
        let whole = columns.values().filter(|spreads| beyond(spreads).is_some());
        let whole: Vec<Seen<'_>> = whole.flatten().map(|(seen, _)| *seen).collect();
        let is_whole = |seen: &Seen<'_>| {
            whole
                .iter()
                .any(|other| std::ptr::eq(other.cell, seen.cell))
        };
        let small = |(seen, sd): &&(Seen<'_>, f64)| *sd >= 0.0 && part(seen.cell, *sd) < ODD;
        let most = spreads.iter().filter(small).count() as f64 >= MOST * spreads.len() as f64;
        let judged = spreads
            .iter()
            .filter(|(seen, _)| !is_whole(seen))
            .filter_map(|(seen, sd)| single(arranged, *seen, *sd, most));
        out.extend(judged);
    }
    let rows = copied_spreads::check(arranged);
    out.extend(columns(arranged, &rows, &are_exchanged));
    out.extend(rows);
    out.extend(zero_spreads::check(arranged));
    let same = |(_, a, b): &Pair<'_, '_>| same_spread(a, b);
    let copies = copied_metric::copies(arranged, same, least);
    out.extend(copies.iter().map(|pairs| copied(pairs)));
    out
}

/// Accuracies and F1 that are a third of their spreads and less, in nearly all cells: those are the means.
fn exchanged(spreads: &[(Seen<'_>, f64)]) -> Option<Finding> {
    let shares: Vec<&(Seen<'_>, f64)> = spreads
        .iter()
        .filter(|(seen, _)| seen.cell.metric.share)
        .collect();
    let above = |(seen, sd): &&&(Seen<'_>, f64)| *sd > EXCHANGED * seen.cell.number.value;
    let wrong: Vec<_> = shares.iter().filter(above).collect();
    if wrong.len() < SMALL_SPREADS || (wrong.len() as f64) < NEARLY_ALL * shares.len() as f64 {
        return None;
    }
    let cell = wrong[0].0.cell;
    let why = format!(
        "{} of {} accuracies and F1 are less than a third of their spreads (the first, {}): were mean and spread exchanged?",
        wrong.len(),
        shares.len(),
        cell.number.text()
    );
    let about = describe::about(&[&cell.dataset, wrong[0].0.table]);
    let mut finding = Finding::new(
        Strength::VeryUnlikely,
        about,
        why,
        wrong.iter().map(|(seen, _)| *seen),
    );
    finding.explains = OF_EXCHANGED;
    Some(finding)
}

/// Whether the spread is that of runs of which some predict a constant and others score like the best row of
/// the table. What constants score is not known without the class counts.
fn loses_runs(arranged: &Arranged<'_>, seen: Seen<'_>, sd: f64) -> bool {
    let cell = seen.cell;
    let metric = |c: &ParsedCell| c.metric == cell.metric && c.dataset == cell.dataset;
    let printed = arranged
        .cells()
        .filter(|s| s.table == seen.table && metric(s.cell));
    let (low, high) = printed.fold((f64::MAX, f64::MIN), |(low, high), s| {
        let value = s.cell.number.value;
        (low.min(value), high.max(value))
    });
    let baselines = arranged.statistics.baselines(&cell.dataset, cell.metric);
    let known = baselines
        .iter()
        .filter(|(class, _)| !class.ends_with("exchanged"));
    let constant = known.map(|(_, value)| *value).fold(f64::MAX, f64::min);
    let (low, high) = match cell.metric.share {
        true if constant < f64::MAX => (low.min(constant), high),
        true => (0.0, high),
        false => (low, high),
    };
    let runs = f64::from(arranged.settings.seeds.unwrap_or(2).max(2));
    let product = (cell.number.value - low) * (high - cell.number.value) * runs / (runs - 1.0);
    sd <= product.max(0.0).sqrt()
}

/// What one spread is, `most` where those of the table are spreads by their size.
fn single(arranged: &Arranged<'_>, seen: Seen<'_>, sd: f64, most: bool) -> Option<Finding> {
    let cell = seen.cell;
    let digits = cell.number.decimals;
    let about = describe::about(&[
        &cell.method,
        &cell.dataset,
        cell.metric.title,
        &cell.condition.to_string(),
    ]);
    let finding = |strength, why| Some(Finding::new(strength, about, why, [seen]));
    if sd < 0.0 {
        let why = format!("the spread {sd:.digits$} is below 0");
        return finding(Strength::Impossible, why);
    }
    if !most {
        return None;
    }
    let text = cell.number.text();
    if let Some(largest) = largest(arranged, cell).filter(|l| sd > *l) {
        let why = format!(
            "runs with the mean {text} have a standard deviation of {largest:.digits$} at most, printed {sd:.digits$}"
        );
        return finding(Strength::Impossible, why);
    }
    let part = part(cell, sd);
    if part < ODD {
        return None;
    }
    let lost = loses_runs(arranged, seen, sd);
    let strength = match () {
        () if part >= SURE && !lost => Strength::VeryUnlikely,
        () if part >= SURE || !lost => Strength::Odd,
        () => return None,
    };
    let why = format!(
        "the spread {sd:.digits$} of {text} is {:.0} % of the metric's range",
        100.0 * part
    );
    finding(strength, why)
}

/// How many equal spreads, and different ones, make a copy. Those of an accuracy and its F1, and those of one
/// score over two cuts or numbers of classes, are often equal by right.
fn least(a: &Metric, b: &Metric) -> (usize, usize) {
    let [a, b] = [copied_metric::stem(a), copied_metric::stem(b)];
    let kin = |stems: &[&str]| stems.contains(&a) && stems.contains(&b);
    let relatives = a == b || kin(&["acc2", "f1"]) || kin(&["acc7", "acc5", "acc3"]);
    if relatives {
        (CELLS, DIFFERENT)
    } else {
        COPIED
    }
}

/// The first and longest run of spreads one below the other that are one number beside different means, unless it was
/// found already as that of whole rows.
fn run<'s, 'a>(spreads: &'s [(Seen<'a>, f64)], rows: &[Finding]) -> Option<&'s [(Seen<'a>, f64)]> {
    let runs = spreads.chunk_by(|(_, a), (_, b)| (a - b).abs() < 1e-9);
    let long = runs.filter(|run| {
        let (first, sd) = run[0];
        let mut values: Vec<i64> = run.iter().map(|(s, _)| s.cell.number.units()).collect();
        values.sort_unstable();
        values.dedup();
        let covered = |(s, _): &(Seen<'_>, f64)| {
            let at = |f: &Finding| f.names(s.table, s.cell.line, s.cell.column);
            rows.iter().any(at)
        };
        run.len() >= RUN
            && sd >= RUN_UNITS * first.cell.number.ulp()
            && values.len() >= RUN_VALUES
            && !run[1..].iter().all(covered)
    });
    long.max_by_key(|run| run.len())
}

/// Numbers with their spreads.
type Spreads<'a> = Vec<(Seen<'a>, f64)>;

/// The spreads of each table, data set and metric.
fn by_column<'a>(
    spreads: impl Iterator<Item = (Seen<'a>, f64)>,
) -> BTreeMap<[&'a str; 3], Spreads<'a>> {
    let mut columns: BTreeMap<_, Vec<(Seen<'_>, f64)>> = BTreeMap::new();
    for (seen, sd) in spreads {
        let key = [seen.table, &*seen.cell.dataset, seen.cell.metric.name];
        columns.entry(key).or_default().push((seen, sd));
    }
    columns
}

/// Columns whose spreads are one number, or the numbers themselves; `rows` is what was found of whole rows, and
/// `exchanged` are tables whose means and spreads are each other's.
fn columns(arranged: &Arranged<'_>, rows: &[Finding], exchanged: &[&str]) -> Vec<Finding> {
    let all = arranged.cells();
    let columns = by_column(all.filter_map(|seen| Some((seen, seen.cell.number.sd?))));
    let mut out = Vec::new();
    for spreads in columns.values() {
        let (first, sd) = spreads[0];
        let (cell, number) = (first.cell, &first.cell.number);
        let about = describe::about(&[&cell.dataset, cell.metric.title]);
        let cells = spreads.iter().map(|(seen, _)| *seen);
        let own = |(seen, sd): &(Seen<'_>, f64)| (seen.cell.number.value - sd).abs() < 1e-9;
        let mut values: Vec<i64> = spreads.iter().map(|s| s.0.cell.number.units()).collect();
        values.sort_unstable();
        values.dedup();
        let one = spreads.iter().all(|(_, other)| (other - sd).abs() < 1e-9);
        if values.len() >= OWN && spreads.iter().all(own) {
            let why = format!("all {} spreads are the numbers themselves", spreads.len());
            out.push(Finding::new(Strength::VeryUnlikely, about, why, cells));
        } else if let Some(why) = beyond(spreads).filter(|_| !exchanged.contains(&first.table)) {
            out.push(Finding::new(Strength::VeryUnlikely, about, why, cells));
        } else if let Some(usual) = in_fractions(spreads) {
            let why = format!(
                "numbers in percent with spreads of usually {usual}, less than one sample makes: the spreads are \
                 fractions, or variances, it seems, and are read as percent"
            );
            out.push(Finding::new(Strength::Odd, about, why, cells));
        } else if one && spreads.len() >= CELLS && sd >= UNITS * number.ulp() {
            let why = format!("all {} spreads are {sd:.*}", spreads.len(), number.decimals);
            out.push(Finding::new(Strength::Odd, about, why, cells));
        } else if let Some(run) = run(spreads, rows) {
            let why = format!(
                "{} spreads one below the other are {:.*}, beside different scores: were they filled down?",
                run.len(),
                run[0].0.cell.number.decimals,
                run[0].1
            );
            let cells = run.iter().map(|(seen, _)| *seen);
            out.push(Finding::new(Strength::Odd, about, why, cells));
        }
    }
    out
}

/// The median spread of accuracies or F1 in percent, where it is so small that it is a fraction.
fn in_fractions(spreads: &[(Seen<'_>, f64)]) -> Option<f64> {
    // Equal runs have a spread of zero.
    let mut sizes: Vec<f64> = spreads.iter().map(|s| s.1).filter(|sd| *sd > 0.0).collect();
    sizes.sort_by(f64::total_cmp);
    let median = *sizes.get(sizes.len() / 2)?;
    let percent = spreads.iter().all(|(seen, _)| seen.cell.metric.share);
    (percent && sizes.len() >= SMALL_SPREADS && median < FRACTION).then_some(median)
}

/// The spread that two cells both print, with two digits at least.
fn same_spread(a: &ParsedCell, b: &ParsedCell) -> Option<i64> {
    let (x, y) = (a.number.sd?, b.number.sd?);
    let fine = a.number.decimals >= 2 && b.number.decimals >= 2;
    // Spreads are small; the cast cannot overflow for one that was parsed.
    (fine && (x - y).abs() < 1e-9).then(|| (x / a.number.ulp()).round() as i64)
}

fn copied(pairs: &[Pair<'_, '_>]) -> Finding {
    let (_, metric, _) = pairs[0];
    let why = format!(
        "all {} spreads are those of {}",
        pairs.len(),
        metric.metric.title
    );
    copied_metric::of_second(pairs, Strength::Odd, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing;

    /// Findings of twelve accuracies with spreads, and of twelve errors.
    fn found(spread: impl Fn(usize) -> String, other: impl Fn(usize) -> String) -> Vec<Finding> {
        let mut text = "method,rate,mosi_acc7,std,mosi_mae,std\n".to_string();
        for i in 0..12 {
            let (acc, mae) = (43.05 - 1.37 * i as f64, 0.81 + 0.03 * i as f64);
            let method = if i < 6 { "A" } else { "B" };
            text += &format!(
                "{method},{},{acc:.2},{},{mae:.3},{}\n",
                (i % 6) as f64 / 10.0,
                spread(i),
                other(i)
            );
        }
        testing::found(RULE.name, &text)
    }

    fn sound(i: usize) -> String {
        format!("{:.2}", 0.41 + 0.07 * ((i * 5) % 12) as f64)
    }

    fn small(i: usize) -> String {
        format!("{:.3}", 0.011 + 0.002 * ((i * 7) % 12) as f64)
    }

    #[test]
    fn sound_spreads_pass_and_a_wrong_one_is_named() {
        assert!(found(sound, small).is_empty());
        for (text, strength) in [
            ("-0.50", Strength::Impossible),
            ("75.00", Strength::Impossible),
            ("50.00", Strength::VeryUnlikely),
            ("30.00", Strength::Odd),
        ] {
            let all = found(|i| if i == 4 { text.to_string() } else { sound(i) }, small);
            assert_eq!((all.len(), all[0].strength), (1, strength), "{text}");
            assert_eq!(
                (all[0].cells[0].line, &*all[0].cells[0].metric),
                (6, "acc7")
            );
        }
        let all = found(sound, |i| if i == 4 { "4.1".to_string() } else { small(i) });
        assert_eq!((all.len(), all[0].strength), (1, Strength::Impossible));
    }

    #[test]
    fn exchanged_means_and_spreads_are_named_alone() {
        let mut text = "method,mosi_acc2_n,mosi_f1_n,mosi_mae\n".to_string();
        for i in 0..6 {
            text += &format!(
                "M{i},0.{}1 \u{b1} 8{i}.25,0.{}7 \u{b1} 8{i}.11,0.01 \u{b1} 0.8{i}\n",
                i + 2,
                i + 3
            );
        }
        let all = testing::found_all(&text);
        assert_eq!(all.len(), 1, "{all:?}");
        assert!(
            all[0].why.contains("were mean and spread exchanged?"),
            "{}",
            all[0].why
        );
    }

    #[test]
    fn a_run_that_predicts_a_constant_beside_good_ones_is_no_wrong_spread() {
        // F1 of constants are 25.07 and 42.31.
        let found = |spread: &str| {
            let mut text = "method,rate,mosi_f1_n\n".to_string();
            for i in 0..10 {
                text += &format!(
                    "A,{},{:.2} \u{b1} 0.5{i}\n",
                    f64::from(i) / 10.0,
                    80.1 - f64::from(i)
                );
            }
            text += &format!("B,0,42.72 \u{b1} {spread}\n");
            testing::found(RULE.name, &text).len()
        };
        assert_eq!((found("30.56"), found("37.00")), (0, 1));
    }

    #[test]
    fn spreads_in_fractions_beside_percents_are_named() {
        let all = found(
            |i| format!("{:.4}", 0.0041 + 0.0007 * ((i * 5) % 12) as f64),
            small,
        );
        assert_eq!((all.len(), all[0].strength), (1, Strength::Odd));
        assert!(
            all[0].why.contains("spreads are fractions"),
            "{}",
            all[0].why
        );
    }

    #[test]
    fn spreads_that_are_none_of_these_numbers_are_named() {
        let one = found(|_| "0.53".to_string(), small);
        assert_eq!((one.len(), one[0].strength), (1, Strength::Odd));
        assert!(
            one[0].why.contains("all 12 spreads are 0.53"),
            "{}",
            one[0].why
        );
        // Errors of two digits round to few spreads.
        assert!(found(sound, |_| "0.009".to_string()).is_empty());
        let own = found(|i| format!("{:.2}", 43.05 - 1.37 * i as f64), small);
        let strong: Vec<_> = own.iter().filter(|f| f.strength.strong()).collect();
        assert_eq!(strong.len(), 1);
        assert!(strong[0].why.contains("the numbers themselves"));
        let copied = found(sound, sound);
        assert!(
            copied
                .iter()
                .any(|f| f.why == "all 12 spreads are those of Acc-7")
        );
    }
}
