//! Finds tables whose spreads all print as zero though their runs differ.

use std::collections::BTreeMap;

use super::count_rows::{Sets, Share, tables, ways};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};

/// Means that no single run has.
const FEWEST: usize = 4;

/// Tables in which every spread of a data set is zero. Runs whose spread is zero are equal, and their mean is a count of
/// right predictions of one run.
pub fn check(arranged: &Arranged<'_>) -> Vec<Finding> {
    let mut spreads: BTreeMap<(&str, &str), (usize, bool)> = BTreeMap::new();
    for seen in arranged.cells() {
        if let Some(sd) = seen.cell.number.sd {
            let entry = spreads.entry((seen.table, seen.cell.dataset.as_str()));
            let (count, zero) = entry.or_insert((0, true));
            *count += 1;
            *zero &= sd == 0.0;
        }
    }
    spreads.retain(|_, (_, zero)| *zero);
    let mut shares: BTreeMap<(&str, &str), Vec<Share<'_>>> = BTreeMap::new();
    for table in tables(arranged) {
        for share in table.rows.iter().flat_map(|row| &row.shares) {
            let key = (share.seen.table, table.dataset);
            if share.number().sd.is_some() && spreads.contains_key(&key) {
                shares.entry(key).or_default().push(*share);
            }
        }
    }
    let mut sets = Sets::default();
    let one_run = ways(1, arranged.settings);
    let found = shares.iter().filter_map(|(key, shares)| {
        let no_run = sets.misfits(shares, &one_run);
        if no_run.len() < FEWEST || 2 * no_run.len() < shares.len() {
            return None;
        }
        let why = format!(
            "all {} spreads are 0, as only equal runs have them, but {} of {} are those of no single run: are they spreads of \
             fractions, printed with too few digits beside percents?",
            spreads[key].0,
            no_run.len(),
            describe::count_as(shares.len(), "accuracy", "accuracies"),
        );
        let seen = no_run.iter().map(|share| share.seen);
        Some(Finding::new(Strength::Odd, key.1.to_string(), why, seen))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;

    fn table(runs: usize, spread: &str) -> String {
        let mut text = "rate,method,mosi_acc7\n".to_string();
        for (method, step) in [("A", 13), ("B", 17)] {
            for i in 0..6 {
                let right = 686 * runs / 2 - step * i - step;
                let percent = 100.0 * right as f64 / (686 * runs) as f64;
                text += &format!("0.{i},{method},{percent:.2} \u{b1} {spread}\n");
            }
        }
        text
    }

    /// The same by rate, with MAE in lines of their own.
    fn by_rate(runs: usize, spread: &str) -> String {
        let mut text = "dataset,method,metric,0,0.1,0.2,0.3,0.4,0.5,mean\n".to_string();
        for (method, step) in [("A", 13), ("B", 17)] {
            let percent = |i: usize| {
                let right = 686 * runs / 2 - step * i - step;
                100.0 * right as f64 / (686 * runs) as f64
            };
            let cells = (0..6).map(|i| format!("{:.2} \u{b1} {spread}", percent(i)));
            let cells: Vec<String> = cells.collect();
            let mean = (0..6).map(percent).sum::<f64>() / 6.0;
            text += &format!(
                "mosi,{method},acc7,{},{mean:.2} \u{b1} {spread}\n",
                cells.join(",")
            );
            let errors = (0..6).map(|i| format!("0.8{i}{} \u{b1} 0.00", step % 10));
            let errors: Vec<String> = errors.collect();
            text += &format!("mosi,{method},mae,{},0.853 \u{b1} 0.00\n", errors.join(","));
        }
        text
    }

    #[test]
    fn zeros_in_columns_of_rates_are_found() {
        let of = |runs, spread| {
            let all = found("wrong-spread", &by_rate(runs, spread)).into_iter();
            all.filter(|f| f.why.contains("spreads are 0, as"))
                .collect::<Vec<_>>()
        };
        for spread in ["0.0", "0.00"] {
            let all = of(3, spread);
            assert_eq!(all.len(), 1);
            assert!(
                all[0].why.contains("all 28 spreads are 0"),
                "{}",
                all[0].why
            );
        }
        assert!(of(1, "0.00").is_empty());
        assert!(of(3, "0.12").is_empty());
    }

    #[test]
    fn zeros_beside_means_of_runs_that_differ_are_found() {
        let all = found("wrong-spread", &table(3, "0.00"));
        assert_eq!(all.len(), 1);
        assert!(
            all[0].why.contains("all 12 spreads are 0"),
            "{}",
            all[0].why
        );
        // Runs that are equal, and spreads that are all the same.
        assert!(found("wrong-spread", &table(1, "0.00")).is_empty());
        let same = found("wrong-spread", &table(3, "0.31"));
        assert!(same.iter().all(|f| !f.why.contains("spreads are 0, as")));
    }
}
