//! Finds mean absolute errors that are too small for the correlation beside them.

use std::collections::BTreeMap;

use super::{Rule, describe};
use crate::published::audit::arranged::{ScoreRow, Seen, sub_table};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

pub const RULE: Rule = Rule {
    name: "narrow-error",
    definition: "MAE below 0.66 of the deviation that labels have around the best line through predictions with the \
                 printed Corr (their deviation times the root of 1 - Corr squared): MAE of other units, a squared \
                 error, or a squared correlation. Carried rows have 0.72 and more",
    strength: "odd",
    check,
};

/// Least part of the deviation that remains: of 678 carried rows of CMU-MOSI and CH-SIMS, by 0.06 below.
const LEAST: f64 = 0.66;

/// Both cells of a row, and the part that its MAE is.
type Row<'a> = (Seen<'a>, Seen<'a>, f64);

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut groups: BTreeMap<_, Vec<Row<'_>>> = BTreeMap::new();
    for row in &arranged.rows {
        let deviation = arranged.statistics.deviation(row.dataset);
        if let Some(found) = deviation.and_then(|deviation| part(row, deviation)) {
            let key = (row.table, sub_table(row.method), row.dataset);
            groups.entry(key).or_default().push(found);
        }
    }
    let found = groups.into_iter();
    found
        .filter_map(|((_, part, dataset), rows)| finding(part, dataset, &rows))
        .collect()
}

/// The part that a row's MAE is of the deviation that its Corr leaves. What another rule finds is left out.
fn part<'a>(row: &ScoreRow<'a>, deviation: f64) -> Option<Row<'a>> {
    let (mae, corr) = (row.get("mae")?, row.get("corr")?);
    let r = corr.number.value;
    let left = deviation * (1.0 - r * r).max(0.0).sqrt();
    let table = row.table;
    let seen = |cell: &'a ParsedCell| Seen { table, cell };
    let part = mae.number.value / left;
    (r.abs() < 0.98 && part < LEAST).then(|| (seen(mae), seen(corr), part))
}

fn finding(part: Option<&str>, dataset: &str, rows: &[Row<'_>]) -> Option<Finding> {
    let (mae, corr, least) = rows.iter().min_by(|a, b| a.2.total_cmp(&b.2))?;
    let others = match rows.len() {
        1 => String::new(),
        n => format!(" (and {})", describe::count(n - 1, "other row")),
    };
    let why = format!(
        "MAE {} is {least:.2} of the deviation that labels have beside Corr {}{others}, where 0.72 is the least of \
         carried tables: is it of other units or a squared error, or Corr squared?",
        mae.cell.number.text(),
        corr.cell.number.text(),
    );
    let part = part.map_or(String::new(), |t| format!("table {t}"));
    let about = describe::about(&[dataset, &part, "MAE and Corr"]);
    let cells = rows.iter().flat_map(|(mae, corr, _)| [*mae, *corr]);
    Some(Finding::new(Strength::Odd, about, why, cells))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::{AuditSettings, TestSetStatistics, audit};
    use crate::published::parse::{Options, parse};

    fn found(line: &str) -> Vec<Finding> {
        let text = format!("method,mosi_mae,mosi_corr\n{line}\n");
        let table = parse("t.csv", text.as_bytes(), &Options::default()).unwrap();
        let statistics = TestSetStatistics::published();
        let all = audit(&[table], &statistics, AuditSettings::default()).into_iter();
        all.filter(|f| f.rule == RULE.name).collect()
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
}
