//! Finds accuracies below those of a constant or of chance, beside a correlation that says that the model
//! works.

use std::collections::BTreeMap;

use crate::published::audit::arranged::{ScoreRow, Seen, sub_table};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

/// Correlation of a model that works, and part of the best constant's accuracy, or of chance where that is not known, below which
/// its own is named: carried rows with such a correlation have 0.73 and more.
const CORR: f64 = 0.5;
const PART: f64 = 0.7;

/// The same of two classes, whose larger one is known, and of chance beside a high correlation: carried rows of CMU-MOSI and CH-SIMS
/// have 2 and more there.
const TWO: f64 = 0.95;
const HIGH: f64 = 0.6;
const PART_HIGH: f64 = 1.4;

/// Metrics and the share of one of their classes.
const CHANCE: [(&str, f64); 2] = [("acc7", 100.0 / 7.0), ("acc5", 100.0 / 5.0)];

/// An accuracy and the correlation beside it.
type Row<'a> = (Seen<'a>, Seen<'a>);

/// A finding per table, data set and metric.
pub fn findings(arranged: &Arranged<'_>) -> Vec<Finding> {
    let mut groups: BTreeMap<_, (f64, Vec<Row<'_>>)> = BTreeMap::new();
    for row in &arranged.rows {
        for (best, found) in low(arranged, row) {
            let cell = found.0.cell;
            let key = (
                row.table,
                sub_table(row.method),
                row.dataset,
                cell.metric.name,
            );
            groups
                .entry(key)
                .or_insert((best, Vec::new()))
                .1
                .push(found);
        }
    }
    let each = groups.values();
    each.filter_map(|(best, rows)| finding(*best, rows))
        .collect()
}

/// The accuracies of a row that are too low, each with that of the best constant or of chance.
fn low<'a>(arranged: &Arranged<'_>, row: &ScoreRow<'a>) -> Vec<(f64, Row<'a>)> {
    let table = row.table;
    let seen = |cell: &'a ParsedCell| Seen { table, cell };
    let Some(corr) = row.get("corr").filter(|cell| cell.number.value >= CORR) else {
        return Vec::new();
    };
    let low = CHANCE.into_iter().filter_map(|(name, chance)| {
        let cell = row.get(name)?;
        let constants = arranged.statistics.baselines(row.dataset, cell.metric);
        let best = constants.into_iter().map(|(_, value)| value);
        let best = best.max_by(f64::total_cmp);
        let best = best.unwrap_or(chance);
        let is_high = corr.number.value >= HIGH;
        let high = if is_high { PART_HIGH * chance } else { 0.0 };
        (cell.number.value < high.max(PART * best)).then(|| (best, (seen(cell), seen(corr))))
    });
    let two = row.cells.iter().copied();
    let two = two.filter(|cell| cell.metric.name.starts_with("acc2"));
    let low_of_two = two.filter_map(|cell| {
        let larger = arranged.statistics.larger_classes(row.dataset, cell.metric);
        let best = larger.into_iter().min_by(f64::total_cmp)?;
        (cell.number.value < TWO * best).then(|| (best, (seen(cell), seen(corr))))
    });
    low.chain(low_of_two).collect()
}

fn finding(best: f64, rows: &[Row<'_>]) -> Option<Finding> {
    let (accuracy, corr) = rows.first().map(|(a, c)| (a.cell, c.cell))?;
    let others = match rows.len() {
        1 => String::new(),
        n => format!(" (and in {})", describe::count(n - 1, "other row")),
    };
    let why = format!(
        "{} {} beside Corr {}{others}, where one class for all samples, or chance, has {best:.1}: were predictions compared with \
         labels in another form (rounded or not, another shape, another scale)?",
        accuracy.metric.title,
        accuracy.number.text(),
        corr.number.text(),
    );
    let about = describe::about(&[
        &accuracy.dataset,
        &format!("{} and Corr", accuracy.metric.title),
    ]);
    let cells = rows.iter().flat_map(|(accuracy, corr)| [*accuracy, *corr]);
    Some(Finding::new(Strength::Odd, about, why, cells))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;

    fn of(line: &str) -> Vec<String> {
        let text = format!("method,mosi_acc7,mosi_mae,mosi_corr\n{line}\n");
        let all = found("narrow-error", &text).into_iter();
        all.map(|f| f.why)
            .filter(|why| why.contains("one class for all"))
            .collect()
    }

    #[test]
    fn labels_that_were_not_rounded_are_found() {
        let found = of("A,9.77,0.940,0.697\nB,8.31,0.951,0.684");
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("Acc-7 9.77 beside Corr 0.697 (and in 1 other row)"),
            "{}",
            found[0]
        );
    }

    #[test]
    fn accuracies_of_arrays_of_two_shapes_are_found() {
        let text = "method,mosi_acc7,mosi_acc2_n,mosi_mae,mosi_corr\nA,17.21,49.32,0.940,0.697\n";
        let all = found("narrow-error", text).into_iter();
        let about: Vec<String> = all.map(|f| f.about.to_string()).collect();
        assert_eq!(
            about,
            ["mosi, Acc-2 (Non0) and Corr", "mosi, Acc-7 and Corr"]
        );
    }

    #[test]
    fn sound_and_weak_models_are_not() {
        assert!(of("A,33.53,0.940,0.697").is_empty());
        assert!(of("A,9.77,1.410,0.121").is_empty());
    }
}
