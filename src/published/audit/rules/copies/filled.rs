//! Finds one MAE or Corr in rows one below the other, and one accuracy in all rows, as a spreadsheet fills a column.

use std::collections::{BTreeMap, BTreeSet};

use super::exact_line::{ODD, RUN, SURE};
use crate::published::audit::arranged::{ScoreRow, Seen};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Units of the last place over which numbers are taken to lie where no others tell.
const USUAL: f64 = 30.0;

/// Points that an accuracy runs over where predictions clearly differ.
const POINTS: f64 = 3.0;

/// Rate from which models may have lost everything, so that they share an MAE but not the class that they predict.
const LATE: u32 = 9_000;

/// Part of its range by which an MAE must be below the worst one: models that have lost everything share one.
const BELOW: f64 = 0.3;

/// MAE and Corr over which the predictions of rows clearly differ.
const FAR: [(&str, f64); 2] = [("mae", 0.05), ("corr", 0.05)];

/// Every such run, down the methods of one condition and down the rates of one method. Accuracies count where all rows
/// share one: rows of few different predictions share them by right.
pub fn check(arranged: &Arranged<'_>) -> Vec<Finding> {
    let mut methods: BTreeMap<_, Vec<&ScoreRow<'_>>> = BTreeMap::new();
    let mut rates: BTreeMap<_, Vec<&ScoreRow<'_>>> = BTreeMap::new();
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &arranged.rows {
        let usable = !describe::is_constant(row.method) && row.cells.iter().all(|c| !c.averaged);
        if arranged.by_program(row.table) || row.condition.is_mean() || !usable {
            continue;
        }
        *sizes.entry(row.table).or_default() += 1;
        let condition = row.condition.to_string();
        let key = (row.table, row.dataset, condition);
        methods.entry(key).or_default().push(row);
        if let ParsedCondition::Rate(_) = row.condition {
            let key = (row.table, row.dataset, row.method);
            rates.entry(key).or_default().push(row);
        }
    }
    for rows in rates.values_mut() {
        rows.sort_by_key(|row| match row.condition {
            ParsedCondition::Rate(rate) => *rate,
            _ => 0,
        });
    }
    let groups = methods.into_values().chain(rates.into_values());
    let mut out = Vec::new();
    for rows in groups {
        let tried = 2 * sizes.get(rows[0].table).copied().unwrap_or_default();
        let cells = rows.iter().flat_map(|row| row.cells.iter());
        let metrics: BTreeSet<&str> = cells.map(|cell| cell.metric.name).collect();
        for metric in metrics {
            out.extend(runs(&rows, metric).filter_map(|run| {
                // A whole curve also goes on where the model has lost everything.
                let is_lost = |row: &&&ScoreRow<'_>| arranged.is_lost(row);
                let lost = run.iter().filter(is_lost).count();
                let sound = lost == 0 || (run.len() == rows.len() && run.len() - lost >= RUN);
                let sound =
                    sound && (is_error(metric) || is_by_itself(arranged, &rows, run, metric));
                sound.then(|| judge(&rows, run, metric, tried)).flatten()
            }));
        }
    }
    out
}

fn is_error(metric: &str) -> bool {
    FAR.iter().any(|(name, _)| *name == metric)
}

/// Whether all rows share an accuracy or F1 that is no constant predictor's, beside errors that are far apart.
fn is_by_itself(
    arranged: &Arranged<'_>,
    rows: &[&ScoreRow<'_>],
    run: &[&ScoreRow<'_>],
    metric: &str,
) -> bool {
    let constant = run[0].get(metric).is_some_and(|cell| {
        let statistics = arranged.statistics;
        statistics.is_baseline(run[0].dataset, cell.metric, &cell.number)
    });
    let is_far = |(name, far): &(&str, f64)| range(run, name).is_some_and(|range| range >= *far);
    !constant && run.len() == rows.len() && FAR.iter().any(is_far)
}

/// How far the values of a metric that every row has are apart.
fn range(run: &[&ScoreRow<'_>], metric: &str) -> Option<f64> {
    let values = run.iter().map(|row| Some(row.get(metric)?.number.value));
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    let low = values.iter().copied().min_by(f64::total_cmp)?;
    let high = values.iter().copied().max_by(f64::total_cmp)?;
    Some(high - low)
}

/// Runs of rows that print the same digits of a metric.
fn runs<'r, 'a>(
    rows: &'r [&'r ScoreRow<'a>],
    metric: &'r str,
) -> impl Iterator<Item = &'r [&'r ScoreRow<'a>]> {
    let same = move |a: &&ScoreRow<'_>, b: &&ScoreRow<'_>| match (a.get(metric), b.get(metric)) {
        (Some(a), Some(b)) => a.number.same(&b.number),
        _ => false,
    };
    rows.chunk_by(same).filter(|run| run.len() >= RUN)
}

/// Whether another metric of the rows shows that their predictions differ.
fn differ(run: &[&ScoreRow<'_>], metric: &str) -> bool {
    run[0].cells.iter().any(|cell| {
        let name = cell.metric.name;
        let all = run.iter().filter_map(|row| row.get(name));
        let mut units: Vec<i64> = all.map(|c| c.number.units()).collect();
        units.sort_unstable();
        units.dedup();
        name != metric && units.len() + 1 >= run.len()
    })
}

/// Whether the rows differ so much in an accuracy that no MAE and no Corr would stay the same.
fn differ_by_points(run: &[&ScoreRow<'_>]) -> bool {
    let mut shares = run[0].cells.iter().filter(|c| c.metric.share);
    shares.any(|cell| range(run, cell.metric.name).is_some_and(|range| range >= POINTS))
}

fn judge(
    rows: &[&ScoreRow<'_>],
    run: &[&ScoreRow<'_>],
    metric: &str,
    tried: usize,
) -> Option<Finding> {
    let first = run[0].get(metric)?;
    // What is not defined is printed as 0.
    if describe::is_coarse(first) || first.number.units() == 0 || !differ(run, metric) {
        return None;
    }
    let value = |c: &ParsedCell| c.number.value;
    let own = value(first);
    let cells = rows.iter().filter_map(|row| row.get(metric));
    let mut others: Vec<f64> = cells.map(value).filter(|v| *v != own).collect();
    others.push(own);
    others.sort_by(f64::total_cmp);
    let (low, high) = (others[0], others[others.len() - 1]);
    let is_late =
        |row: &&ScoreRow<'_>| matches!(row.condition, ParsedCondition::Rate(rate) if *rate >= LATE);
    let is_apart = differ_by_points(run) && !run.iter().all(is_late);
    // A model that is not lost yet keeps no error over rates at which its accuracy falls.
    let is_own_curve = run.iter().all(|row| row.method == run[0].method);
    if metric == "mae" && high - own < BELOW * (high - low) && !(is_own_curve && is_apart) {
        return None;
    }
    // Twice the distance of the quartiles, in units of the last place.
    let middle = others[3 * others.len() / 4] - others[others.len() / 4];
    let width = if others.len() > 2 {
        2.0 * middle / first.number.ulp()
    } else {
        USUAL
    };
    // As many numbers as rows lie in the width, in any order. A column of one number has one place in it.
    let is_whole = run.len() == rows.len() && (is_apart || first.metric.share);
    let places = if is_whole { 1 } else { rows.len() };
    let each = (places as f64 / width.max(1.0)).min(1.0);
    let chance = each.powi(run.len() as i32 - 1) * tried as f64;
    let strength = match () {
        () if chance < SURE => Strength::VeryUnlikely,
        () if chance < ODD => Strength::Odd,
        () => return None,
    };
    let why = format!(
        "{} rows one below the other print {} and differ in other metrics; chance makes such a run in one of {:.0e} such \
         tables: was the column filled down?",
        run.len(),
        first.number.text(),
        1.0 / chance,
    );
    let (top, last) = (run[0], run[run.len() - 1]);
    let what = if top.method == last.method {
        let conditions = describe::conditions(run.iter().map(|row| row.condition));
        describe::about(&[top.method, top.dataset, first.metric.title, &conditions])
    } else {
        let methods = format!("{} to {}", top.method, last.method);
        let condition = top.condition.to_string();
        describe::about(&[&methods, top.dataset, first.metric.title, &condition])
    };
    let seen = run.iter().filter_map(|row| {
        let table = row.table;
        row.get(metric).map(|cell| Seen { table, cell })
    });
    Some(Finding::new(strength, what, why, seen))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing;
    use crate::published::audit::{Finding, Strength};

    /// Nine methods, with the given Corr and MAE from the third to the eighth.
    fn of(corr: Option<&str>, mae: Option<&str>, acc: Option<&str>) -> Vec<Finding> {
        let own = [
            ("79.88", "0.939", "0.697"),
            ("72.59", "1.016", "0.616"),
            ("75.22", "1.030", "0.614"),
            ("77.84", "0.970", "0.673"),
            ("73.76", "1.060", "0.613"),
            ("68.66", "1.170", "0.560"),
            ("78.13", "0.958", "0.684"),
            ("71.87", "1.117", "0.570"),
            ("77.41", "0.943", "0.692"),
        ];
        let mut text = "method,mosi_acc2_h,mosi_mae,mosi_corr\n".to_string();
        for (at, (a, m, c)) in own.into_iter().enumerate() {
            let filled = (2..8).contains(&at);
            let pick =
                |of: Option<&str>, own: &str| of.filter(|_| filled).unwrap_or(own).to_string();
            text += &format!(
                "Net{at},{},{},{}\n",
                pick(acc, a),
                pick(mae, m),
                pick(corr, c)
            );
        }
        testing::found("exact-line", &text)
    }

    #[test]
    fn a_column_that_is_filled_down_is_found() {
        let all = of(Some("0.614"), None, None);
        assert_eq!((all.len(), all[0].cells.len()), (1, 6), "{all:?}");
        assert_eq!(all[0].about, "Net2 to Net7, mosi, Corr");
        assert!(all[0].why.contains("print 0.614"), "{}", all[0].why);
        assert_eq!(of(None, Some("0.990"), None).len(), 1);
    }

    #[test]
    fn one_number_in_all_rows_is_found() {
        let table = |rate: &str, rows: &[&str]| {
            let head = "method,rate,mosi_acc2_h,mosi_mae\n".to_string();
            let rows = rows.iter().enumerate();
            let row = |(at, acc): (usize, &&str)| format!("Net{at},{rate},{acc},0.939\n");
            let text = rows.fold(head, |text, cells| text + &row(cells));
            testing::found("exact-line", &text)
        };
        let apart = ["79.88", "72.59", "75.22", "77.84", "73.76", "68.66"];
        let all = table("0", &apart);
        assert_eq!((all.len(), all[0].cells.len()), (1, 6), "{all:?}");
        assert!(table("0.9", &apart).is_empty());
        let near = table("0", &["79.88", "79.74", "79.59", "79.45", "79.30", "80.03"]);
        assert!(near.is_empty(), "{near:?}");
    }

    #[test]
    fn one_accuracy_in_all_rows_is_found() {
        let table = |acc5: &str, step: f64| {
            let head = "method,mosi_acc7,mosi_acc5,mosi_mae\n".to_string();
            let row = |at: u32| {
                let at = f64::from(at);
                let (acc7, mae) = (43.15 - 0.73 * at, 0.731 + step * at);
                format!("Net{at},{acc7:.2},{acc5},{mae:.3}\n")
            };
            testing::found("exact-line", &(0..6).fold(head, |text, at| text + &row(at)))
        };
        let all = table("48.54", 0.021);
        assert_eq!((all.len(), all[0].cells.len()), (1, 6), "{all:?}");
        assert!(all[0].why.contains("print 48.54"), "{}", all[0].why);
        // Predictions that are near each other, and few digits.
        assert!(table("48.54", 0.002).is_empty());
        assert!(table("49", 0.021).is_empty());
    }

    #[test]
    fn equal_predictions_lost_models_and_few_digits_pass() {
        assert!(of(None, None, None).is_empty());
        assert!(of(Some("0.000"), None, None).is_empty());
        assert!(of(Some("0.61"), None, None).is_empty());
        assert!(of(None, Some("1.170"), None).is_empty());
        assert!(of(Some("0.614"), Some("0.990"), Some("75.22")).is_empty());
    }

    #[test]
    fn an_error_that_stays_while_the_accuracy_falls_is_found() {
        let table = |fall: f64| {
            let head = "rate,method,mosi_acc2_h,mosi_mae\n".to_string();
            let row = |i: u32| {
                let (rate, falls) = (f64::from(i) / 10.0, fall * f64::from(i * i) / 10.0);
                let mae = 0.903 + 0.069 * f64::from(i.min(3));
                format!("{rate},A,{:.2},{mae:.3}\n", 80.0 - falls)
            };
            testing::found("exact-line", &(0..11).fold(head, |text, i| text + &row(i)))
        };
        let all = table(1.93);
        assert_eq!((all.len(), all[0].cells.len()), (1, 8), "{all:?}");
        assert!(table(0.31).is_empty());
    }

    #[test]
    fn a_curve_that_is_filled_down_is_found() {
        let mut text = "rate,method,mosi_acc2_h,mosi_mae,mosi_corr\n".to_string();
        for i in 0..11 {
            let corr = 0.697 - 0.06 * f64::from(if (3..9).contains(&i) { 3 } else { i });
            let i = f64::from(i);
            text += &format!(
                "{},A,{:.2},{:.3},{corr:.3}\n",
                i / 10.0,
                80.0 - 2.3 * i,
                0.9 + 0.041 * i + 0.002 * i * i
            );
        }
        let all = testing::found("exact-line", &text);
        let all: Vec<_> = all.iter().filter(|f| f.about.contains("Corr")).collect();
        assert_eq!((all.len(), all[0].cells.len()), (1, 6), "{all:?}");
        assert_eq!(all[0].strength, Strength::VeryUnlikely);
    }
}
