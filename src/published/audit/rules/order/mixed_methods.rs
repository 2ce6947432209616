//! Finds tables whose methods stand in another order at every missing rate beside names that stayed.

use std::collections::BTreeMap;

use crate::published::audit::arranged::{ScoreColumn, sub_table};
use crate::published::audit::rules::curves::{RATES, better};
use crate::published::audit::rules::describe;
use crate::published::audit::rules::ranks::follows;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Fewest methods of a table.
const METHODS: usize = 6;

/// The most that the order of the methods at a rate follows that at the rate before, as the mean and the median of the rank
/// correlations: sound tables have 0.66 and 0.74 and more, those of single runs included, and tables in a random order
/// -0.2 to 0.3 and -0.2 to 0.6. One rate in another order leaves the median.
const FOLLOWS: f64 = 0.45;
const FOLLOWS_MEDIAN: f64 = 0.6;

/// How much more the curves bend than lines through the best, the second best and so on of every rate: 0.9 to 1.6 times
/// in sound tables, 4.2 and more in those in a random order.
const ROUGH: f64 = 2.5;

/// The least that the usual method follows the rate: where none does, rates are in another place.
const FALLS: f64 = 0.5;

/// One metric of a table: its columns, and the mean rank correlation of neighboring rates.
type Mixed<'c, 'a> = (Vec<&'c ScoreColumn<'a>>, f64);

/// A finding per table and data set.
pub fn findings(arranged: &Arranged<'_>) -> Vec<Finding> {
    let mut blocks: BTreeMap<_, Vec<&ScoreColumn<'_>>> = BTreeMap::new();
    for column in &arranged.columns {
        let key = (column.table, sub_table(column.method), column.dataset);
        let key = (key, column.metric.name);
        blocks.entry(key).or_default().push(column);
    }
    let mut found: BTreeMap<_, Vec<Mixed<'_, '_>>> = BTreeMap::new();
    for ((key, _), columns) in blocks {
        if let Some(correlation) = mixed(&columns) {
            found.entry(key).or_default().push((columns, correlation));
        }
    }
    found.values().map(|metrics| finding(metrics)).collect()
}

/// The cells of every method at the rates that all have, by rate.
fn by_rate<'a>(columns: &[&ScoreColumn<'a>]) -> Vec<Vec<&'a ParsedCell>> {
    let first = columns.first().map_or(&[][..], |column| &column.parts);
    let rates = first.iter().filter_map(|cell| match cell.condition {
        ParsedCondition::Rate(rate) => Some((rate, &cell.condition)),
        _ => None,
    });
    let rates: BTreeMap<u32, &ParsedCondition> = rates.collect();
    let at = |rate: &&ParsedCondition| columns.iter().map(|c| c.at(rate)).collect();
    rates.values().filter_map(at).collect()
}

/// The mean rank correlation of the methods between neighboring rates, where it is that of no sound table.
fn mixed(columns: &[&ScoreColumn<'_>]) -> Option<f64> {
    let lines: Vec<Vec<f64>> = by_rate(columns)
        .iter()
        .map(|cells| cells.iter().map(|cell| better(cell)).collect())
        .collect();
    if columns.len() < METHODS || lines.len() < RATES {
        return None;
    }
    let beside = lines.windows(2);
    let mut beside: Vec<f64> = beside.filter_map(|l| follows(&l[0], &l[1])).collect();
    beside.sort_by(f64::total_cmp);
    let mean = beside.iter().sum::<f64>() / beside.len() as f64;
    let agrees = mean > FOLLOWS || *beside.get(beside.len() / 2)? > FOLLOWS_MEDIAN;
    let sorted = lines.iter().map(|line| {
        let mut line = line.clone();
        line.sort_by(f64::total_cmp);
        line
    });
    let sorted: Vec<Vec<f64>> = sorted.collect();
    let is_mixed = !agrees && bends(&lines) >= ROUGH * bends(&sorted) && falls(&lines);
    is_mixed.then_some(mean)
}

/// How much the curves of all methods bend together.
fn bends(lines: &[Vec<f64>]) -> f64 {
    let at = |three: &[Vec<f64>], m: usize| (three[0][m] - 2.0 * three[1][m] + three[2][m]).abs();
    let bend = |three: &[Vec<f64>]| -> f64 { (0..three[0].len()).map(|m| at(three, m)).sum() };
    lines.windows(3).map(bend).sum()
}

/// Whether the usual method follows the rate.
fn falls(lines: &[Vec<f64>]) -> bool {
    let rates: Vec<f64> = (0..lines.len()).map(|i| i as f64).collect();
    let curve = |m: usize| lines.iter().map(|line| line[m]).collect::<Vec<f64>>();
    let all = (0..lines[0].len()).filter_map(|m| follows(&rates, &curve(m)));
    let mut all: Vec<f64> = all.map(f64::abs).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).is_some_and(|usual| *usual > FALLS)
}

fn finding(metrics: &[Mixed<'_, '_>]) -> Finding {
    let first = &metrics[0].0;
    let most = metrics.iter().map(|(_, r)| *r).fold(-1.0, f64::max);
    let why = format!(
        "the order of {} methods at one rate says little about that at the next (rank correlations of neighboring rates of {most:.2} on \
         the mean, at most; sound tables have 0.66 and more), though all rates have about the same scores: are they in the order in \
         which runs ended, beside names in a fixed one? Take each number from the run's own file, by its name",
        first.len(),
    );
    let titles: Vec<String> = (metrics.iter())
        .map(|(columns, _)| columns[0].metric.title.to_string())
        .collect();
    let part = describe::sub_table_of(first[0].method);
    let about = describe::about(&[first[0].dataset, &part, &describe::list(&titles)]);
    let columns = metrics.iter().flat_map(|(columns, _)| columns);
    let cells = columns.flat_map(|c| c.parts.iter().map(|cell| c.seen(cell)));
    Finding::new(Strength::Odd, about, why, cells)
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;
    use crate::published::audit::{Finding, Strength};

    /// Findings of methods over seven rates, whose line at a place and rate is that of the method `of` it.
    fn table(methods: usize, noise: f64, of: impl Fn(usize, usize) -> usize) -> Vec<Finding> {
        let mut text = "rate,method,mosi_acc2_n,mosi_mae\n".to_string();
        for rate in 0..7 {
            for place in 0..methods {
                let method = of(place, rate);
                let own = noise * (((method * 5 + rate * 7) % 13) as f64 / 6.0 - 1.0);
                let lost = 3.1 * rate as f64 + 1.3 * ((method * 4) % methods) as f64 + own;
                let (acc, mae) = (83.0 - lost, 0.8 + 0.021 * lost);
                text += &format!("0.{rate},M{place},{acc:.2},{mae:.3}\n");
            }
        }
        let all = found("moved-column", &text).into_iter();
        all.filter(|f| f.why.contains("in which runs ended"))
            .collect()
    }

    #[test]
    fn methods_in_another_order_at_every_rate_are_found() {
        let random = |place: usize, rate: usize| {
            let orders = [0x0361_5274, 0x5102_4736, 0x7430_1625, 0x2657_0413];
            (orders[rate % 4] >> (4 * ((place + 3 * (rate / 4)) % 8))) & 7
        };
        let all = table(8, 0.3, random);
        assert_eq!((all.len(), all[0].strength), (1, Strength::Odd));
        assert_eq!(all[0].about, "mosi, Acc-2 (Non0) and MAE");
        assert_eq!(all[0].cells.len(), 2 * 7 * 8);
    }

    #[test]
    fn methods_that_change_places_and_one_moved_rate_are_not() {
        for noise in [0.0, 0.5, 1.5] {
            assert!(table(8, noise, |place, _| place).is_empty(), "{noise}");
        }
        let one = |place: usize, rate: usize| (place + 3 * usize::from(rate == 3)) % 8;
        assert!(table(8, 0.3, one).is_empty());
        assert!(table(5, 0.3, |place, rate| (place * (rate % 4 + 1)) % 5).is_empty());
    }
}
