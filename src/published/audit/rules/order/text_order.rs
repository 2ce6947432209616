//! Finds tables whose scores stand in the order of rates sorted as text (0, 10, 100, 20) under rates in the order of numbers.

use crate::published::audit::rules::curves::{Curve, Table};
use crate::published::audit::rules::describe;
use crate::published::audit::{Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Columns of a table.
const COLUMNS: usize = 3;

/// Part of the columns that have their worst score where text has the highest rate, and that fall with the rate once the
/// order is that of text, but for one step in ten.
const AGREE: f64 = 0.9;
const RISES: f64 = 0.1;

/// The places of the rates in percent once they are sorted as text, if that is another order.
fn places(curve: &Curve<'_>) -> Option<Vec<usize>> {
    let percent = |(cell, _): &(&ParsedCell, f64)| match cell.condition {
        ParsedCondition::Rate(parts) if parts % 100 == 0 => Some((parts / 100).to_string()),
        _ => None,
    };
    let names: Vec<String> = curve.iter().map(percent).collect::<Option<_>>()?;
    let mut places: Vec<usize> = (0..names.len()).collect();
    places.sort_by(|a, b| names[*a].cmp(&names[*b]));
    (!places.is_sorted()).then_some(places)
}

/// A finding of a table and data set.
pub fn finding(table: &Table<'_, '_, Curve<'_>>) -> Option<Finding> {
    let (first, curve) = &table[0];
    let places = places(curve)?;
    let highest = curve.len() - 1;
    let at = places.iter().position(|place| *place == highest)?;
    let usable = |curve: &Curve<'_>| curve.len() == places.len();
    let table: Vec<_> = table.iter().filter(|(_, curve)| usable(curve)).collect();
    let agreeing = table
        .iter()
        .filter(|(_, curve)| falls_as_text(curve, &places, at));
    let agreeing = agreeing.count();
    if table.len() < COLUMNS || (agreeing as f64) < AGREE * table.len() as f64 {
        return None;
    }
    let name = |place: usize| curve[place].0.condition.to_string();
    let text: Vec<String> = places.iter().take(4).map(|place| name(*place)).collect();
    let why = format!(
        "{agreeing} of {} columns are worst at {}, as {} of {} with {} beside {} at {}, and fall with the rate once the rates are in \
         the order of text ({}, ...): were they sorted as text, and headings typed in the order of numbers?",
        table.len(),
        name(at),
        first.metric.title,
        first.method,
        curve[at].0.number.text(),
        curve[highest].0.number.text(),
        name(highest),
        text.join(", "),
    );
    let part = describe::sub_table_of(first.method);
    let about = describe::about(&[first.dataset, &part]);
    let cells = table.iter().flat_map(|(column, curve)| {
        let moved = curve.iter().enumerate().filter(|(i, _)| places[*i] != *i);
        moved.map(|(_, (cell, _))| column.seen(cell))
    });
    Some(Finding::new(Strength::VeryUnlikely, about, why, cells))
}

/// Whether a column is worst where text has the highest rate, and falls in the order of text.
fn falls_as_text(curve: &Curve<'_>, places: &[usize], at: usize) -> bool {
    let mut undone = vec![0.0; curve.len()];
    for (place, (_, value)) in places.iter().zip(curve) {
        undone[*place] = *value;
    }
    let others = curve.iter().enumerate().filter(|(i, _)| *i != at);
    let is_worst = others
        .into_iter()
        .all(|(_, (_, value))| *value > curve[at].1);
    let rises = undone.windows(2).filter(|pair| pair[0] < pair[1]).count();
    is_worst && rises as f64 <= RISES * undone.len() as f64
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;
    use crate::published::audit::{Finding, Strength};

    /// Findings of methods that lose a little at each rate, whose rows stand in this order of rates.
    fn table(order: &[u32], methods: u32) -> Vec<Finding> {
        let mut text = "rate,method,mosi_acc2_n,mosi_mae\n".to_string();
        let mut headings = order.to_vec();
        headings.sort_unstable();
        for (heading, rate) in headings.iter().zip(order) {
            for method in 0..methods {
                let lost = f64::from(*rate) / 100.0;
                let own = f64::from(method * 7 % 5) / 10.0;
                let (acc, mae) = (
                    80.1 + own - 21.3 * lost * lost,
                    0.81 + 0.6 * lost - own / 50.0,
                );
                text += &format!("{heading}%,M{method},{acc:.2},{mae:.3}\n");
            }
        }
        let all = found("exchanged-rates", &text).into_iter();
        all.filter(|f| f.why.contains("order of text")).collect()
    }

    #[test]
    fn rates_that_were_sorted_as_text_are_found() {
        let all = table(&[0, 10, 100, 20, 30, 40, 50, 60, 70, 80, 90], 3);
        assert_eq!((all.len(), all[0].strength), (1, Strength::VeryUnlikely));
        assert!(
            all[0]
                .why
                .starts_with("6 of 6 columns are worst at rate 0.2"),
            "{}",
            all[0].why
        );
        assert_eq!(table(&[0, 100, 25, 50, 75], 2).len(), 1);
    }

    #[test]
    fn rates_in_their_own_order_are_not() {
        assert!(table(&[0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 3).is_empty());
        // Two exchanged rates.
        assert!(table(&[0, 10, 30, 20, 40, 50, 60, 70, 80, 90, 100], 3).is_empty());
        assert!(table(&[0, 10, 100, 20, 30], 1).is_empty(), "two columns");
    }
}
