//! Finds mean absolute errors that are too small or too large for the correlation beside them.

use std::collections::BTreeMap;

use super::{high_classes, kept_correlation, lost_error, low_classes, low_correlation};
use crate::published::audit::arranged::{ScoreRow, Seen, sub_table};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

pub const RULE: Rule = Rule {
    name: "narrow-error",
    definition: "MAE below 0.66 or above 1.25 of the deviation that labels have around the best line through \
                 predictions with the printed Corr (their deviation times the root of 1 - Corr squared), or, without Corr, above \
                 1.25 of their deviation: MAE of other \
                 units, a squared error, a squared correlation, or headings exchanged. Sound carried rows have 0.72 to \
                 1.1. Corr too low for the Acc-2 beside it, too: below 0.7 of the way that Acc-2 is from the larger \
                 class to all samples, where that is a fifth and more; and an accuracy below 0.7 of what one class for all \
                 samples, or chance, has (of two classes 0.95), beside a Corr of 0.5 and more; a Corr of 0.3 at rate 1 in \
                 most methods whose Acc-2 are no more than the larger class; an MAE at rate 1 above the deviation of labels in all of at \
                 least four methods; and Acc-7, Acc-5 or Acc-3 in \
                 three rows with a Corr below 0.1 in size, two points above the best constant",
    strength: "odd",
    check,
};

/// Least and largest part of the deviation that remains: sound carried rows have 0.72 to 1.1.
const LEAST: f64 = 0.66;
pub const MOST: f64 = 1.25;
const USUAL: std::ops::RangeInclusive<f64> = 0.72..=1.1;

/// The MAE of a row, its Corr if it has one, and the part that its MAE is.
type Row<'a> = (Seen<'a>, Option<Seen<'a>>, f64);

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut groups: BTreeMap<_, Vec<Row<'_>>> = BTreeMap::new();
    for row in &arranged.rows {
        let deviation = arranged.statistics.deviation(row.dataset);
        if let Some(found) = deviation.and_then(|deviation| part(row, deviation)) {
            let is_narrow = found.2 < LEAST;
            let key = (row.table, sub_table(row.method), row.dataset, is_narrow);
            groups.entry(key).or_default().push(found);
        }
    }
    let found = groups.into_iter();
    let found = found.filter_map(|((_, part, dataset, is_narrow), rows)| {
        let deviation = arranged.statistics.deviation(dataset)?;
        finding(part, (dataset, deviation), &rows, is_narrow)
    });
    found
        .chain(low_correlation::findings(arranged))
        .chain(low_classes::findings(arranged))
        .chain(kept_correlation::findings(arranged))
        .chain(high_classes::findings(arranged))
        .chain(lost_error::findings(arranged))
        .collect()
}

/// The part that an error is of the deviation that a correlation leaves.
pub fn part_of(mae: f64, corr: f64, deviation: f64) -> f64 {
    mae / (deviation * (1.0 - corr * corr).max(0.0).sqrt())
}

/// The part that a row's MAE is of the deviation that its Corr leaves: of all of it where there is no Corr, which
/// tells only what is too large. What another rule finds is left out.
fn part<'a>(row: &ScoreRow<'a>, deviation: f64) -> Option<Row<'a>> {
    let (mae, corr) = (row.get("mae")?, row.get("corr"));
    let table = row.table;
    let seen = |cell: &'a ParsedCell| Seen { table, cell };
    let known = corr.map_or(0.0, |cell| cell.number.value);
    let part = part_of(mae.number.value, known, deviation);
    let is_usual = part <= MOST && (part >= LEAST || corr.is_none());
    (known.abs() < 0.98 && !is_usual).then(|| (seen(mae), corr.map(seen), part))
}

fn finding(
    part: Option<&str>,
    (dataset, deviation): (&str, f64),
    rows: &[Row<'_>],
    is_narrow: bool,
) -> Option<Finding> {
    let order = |a: &&Row<'_>, b: &&Row<'_>| a.2.total_cmp(&b.2);
    let (mae, corr, most) = if is_narrow {
        rows.iter().min_by(order)?
    } else {
        rows.iter().max_by(order)?
    };
    let others = match rows.len() {
        1 => String::new(),
        n => format!(" (and {})", describe::count(n - 1, "other row")),
    };
    let value = |seen: &Seen<'_>| seen.cell.number.value;
    let fits = |(mae, corr, _): &Row<'_>| {
        corr.is_some_and(|corr| {
            let exchanged = part_of(value(&corr), value(mae), deviation);
            value(&corr) >= 0.0 && value(mae) < 1.0 && USUAL.contains(&exchanged)
        })
    };
    let what = match (is_narrow, corr) {
        (true, _) => "is it of other units or a squared error, or Corr squared?",
        (_, Some(_)) => "is one of them of other predictions, another data set or in other units?",
        (_, None) => "is it a squared error, of another data set or in other units?",
    };
    let beside = corr.map_or(String::new(), |corr| {
        format!(" beside Corr {}", corr.cell.number.text())
    });
    let exchanged = if rows.iter().all(fits) {
        " Read as each other they fit: are the headings exchanged?"
    } else {
        ""
    };
    let why = format!(
        "MAE {} is {most:.2} of the deviation that labels have{beside}{others}, where sound carried tables have \
         {} to {}: {what}{exchanged}",
        mae.cell.number.text(),
        USUAL.start(),
        USUAL.end(),
    );
    let part = part.map_or(String::new(), |t| format!("table {t}"));
    let titles = if corr.is_some() {
        "MAE and Corr"
    } else {
        "MAE"
    };
    let about = describe::about(&[dataset, &part, titles]);
    let cells = rows
        .iter()
        .flat_map(|(mae, corr, _)| [Some(*mae), *corr].into_iter().flatten());
    Some(Finding::new(Strength::Odd, about, why, cells))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing;

    fn found(line: &str) -> Vec<Finding> {
        found_in("mosi", line)
    }

    fn found_in(dataset: &str, line: &str) -> Vec<Finding> {
        let text = format!("method,{dataset}_mae,{dataset}_corr\n{line}\n");
        testing::found(RULE.name, &text)
    }

    #[test]
    fn errors_in_other_units_are_found() {
        assert!(found("A,0.744,0.778").is_empty());
        assert!(found("A,1.422,0.171").is_empty());
        // Of labels in [-1, 1], a squared error, a squared correlation.
        for line in [
            "A,0.248,0.778",
            "A,0.554,0.778",
            "A,0.698,0.605\nB,0.601,0.640",
        ] {
            let found = found(line);
            assert_eq!(found.len(), 1, "{line}");
            assert_eq!(found[0].strength, Strength::Odd);
        }
        assert!(
            found("A,0.248,0.778")[0]
                .why
                .contains("MAE 0.248 is 0.25 of the deviation")
        );
    }

    #[test]
    fn without_correlations_errors_above_those_of_one_number_are_found() {
        let found = |lines: &str| {
            let text = format!("method,mosi_mae,mosi_acc7\n{lines}\n");
            let all = testing::found(RULE.name, &text);
            all.into_iter().map(|f| f.why).collect::<Vec<_>>()
        };
        assert!(found("A,0.744,45.04\nB,1.471,15.45").is_empty());
        assert!(found("A,0.248,45.04").is_empty());
        let squared = found("A,0.944,45.04\nB,2.781,15.45\nC,2.931,15.45");
        assert!(
            squared[0].contains("MAE 2.931 is") && squared[0].contains("a squared error"),
            "{squared:?}"
        );
    }

    #[test]
    fn few_rows_show_exchanged_headings_and_other_data_sets() {
        // CMU-MOSI at a missing rate, and CH-SIMS, exchanged.
        for (dataset, line) in [("mosi", "A,0.651,0.952"), ("sims", "A,0.352,0.521")] {
            let found = found_in(dataset, line);
            assert!(found[0].why.contains("headings exchanged"), "{found:?}");
        }
        // Rows of CMU-MOSEI: sound, in labels from -1 to 1, and of CMU-MOSI.
        assert!(found_in("mosei", "A,0.531,0.764\nB,0.946,0.128").is_empty());
        let units = &found_in("mosei", "A,0.177,0.764")[0].why;
        assert!(units.contains("other units"), "{units}");
        let other = &found_in("mosei", "A,1.293,0.337")[0].why;
        assert!(other.contains("another data set"), "{other}");
    }
}
