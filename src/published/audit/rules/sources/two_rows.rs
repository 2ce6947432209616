//! Finds one model with other numbers in another table of the paper.

use std::collections::BTreeMap;

use crate::published::audit::arranged::{ScoreRow, Seen, base_name, folder, sub_table};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

pub const RULE: Rule = Rule {
    name: "two-rows",
    definition: "two rows of one model, data set and condition in different tables of a folder, whose titles name no \
                 other masks or training data, of which most metrics differ; a mean is compared with a row without condition where they are close",
    strength: "odd: one model has one row, unless it was run again",
    check,
};

/// Metrics that both rows must print.
const COMMON: usize = 2;

/// How far an overall number may be from that of a table without conditions to be of the same data: percent
/// for shares, else units of the metric.
const CLOSE: (f64, f64) = (5.0, 0.1);

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    // Rows of one model first: every row with every other is too much for tables that programs write.
    let mut models: BTreeMap<(&str, String), Vec<(usize, &ScoreRow<'_>)>> = BTreeMap::new();
    for (at, row) in arranged.rows.iter().enumerate() {
        let name = base_name(row.method);
        if is_name(&name) {
            models
                .entry((row.dataset, name))
                .or_default()
                .push((at, row));
        }
    }
    let mut out = Vec::new();
    for rows in models.values() {
        for (i, (at, a)) in rows.iter().enumerate() {
            let beside = rows[i + 1..].iter();
            out.extend(beside.filter_map(|(other, b)| Some(((*at, *other), finding(a, b)?))));
        }
    }
    out.sort_by_key(|(place, _)| *place);
    out.into_iter().map(|(_, finding)| finding).collect()
}

/// Whether a name is that of a model, not the value of a setting that several tables may have.
fn is_name(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    letters > 1 && !name.contains('=') && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn finding<'a>(a: &ScoreRow<'a>, b: &ScoreRow<'a>) -> Option<Finding> {
    let comparable = folder(a.table) == folder(b.table)
        && a.scope == b.scope
        && (a.table != b.table || sub_table(a.method) != sub_table(b.method));
    if !comparable {
        return None;
    }
    let common: Vec<(&ParsedCell, &ParsedCell)> = a
        .cells
        .iter()
        .filter_map(|x| Some((*x, b.get(x.metric.name)?)))
        .collect();
    let apart: Vec<_> = common
        .iter()
        .filter(|(x, y)| !rounds_alike(x, y))
        .copied()
        .collect();
    if common.len() < COMMON || 2 * apart.len() <= common.len() || !alike(a, b, &common) {
        return None;
    }
    let numbers: Vec<String> = apart
        .iter()
        .map(|(x, y)| {
            let (title, x, y) = (x.metric.title, x.number.text(), y.number.text());
            format!("{title} {x} and {y}")
        })
        .collect();
    let table = |r: &ScoreRow<'_>| match sub_table(r.method) {
        Some(part) => format!("{}, table {part}", r.table),
        None => r.table.to_string(),
    };
    let why = format!(
        "{} and {} print two rows of one model: {}",
        table(a),
        table(b),
        describe::list(&numbers)
    );
    let about = describe::about(&[&base_name(a.method), a.dataset, &a.condition.to_string()]);
    let seen = |table, cell| Seen { table, cell };
    let cells = apart
        .iter()
        .flat_map(|(x, y)| [seen(a.table, *x), seen(b.table, *y)]);
    Some(Finding::new(Strength::Odd, about, why, cells))
}

/// Whether the two rows are of the same conditions: the same one, or a mean and a row of an ablation that
/// names none.
fn alike(a: &ScoreRow<'_>, b: &ScoreRow<'_>, common: &[(&ParsedCell, &ParsedCell)]) -> bool {
    if a.condition == b.condition {
        return true;
    }
    let unnamed = |r: &ScoreRow<'_>| *r.condition == ParsedCondition::Whole;
    let mean = |r: &ScoreRow<'_>| r.condition.is_mean();
    let close = |(x, y): &(&ParsedCell, &ParsedCell)| {
        let most = if x.metric.share { CLOSE.0 } else { CLOSE.1 };
        (x.number.value - y.number.value).abs() <= most
    };
    ((unnamed(a) && mean(b)) || (mean(a) && unnamed(b))) && common.iter().all(close)
}

/// Whether one number is the other with fewer digits.
pub fn rounds_alike(x: &ParsedCell, y: &ParsedCell) -> bool {
    let ulp = x.number.ulp().max(y.number.ulp());
    (x.number.value - y.number.value).abs() <= 0.5 * ulp + 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::{AuditSettings, TestSetStatistics, audit};
    use crate::published::parse::{Options, parse, parse_all};

    fn found(tables: &[(&str, &str)]) -> Vec<Finding> {
        let read = |(name, text): &(&str, &str)| {
            parse(name, text.as_bytes(), &Options::default()).unwrap()
        };
        let tables: Vec<_> = tables.iter().map(read).collect();
        let statistics = TestSetStatistics::published();
        let all = audit(&tables, &statistics, AuditSettings::default()).into_iter();
        all.filter(|f| f.rule == RULE.name).collect()
    }

    #[test]
    fn one_model_with_two_rows_is_found_in_one_file_and_in_two() {
        let one = "table,method,mosi_acc7,mosi_corr\n1,RECAP,36.06,0.544\n3,RECAP,35.07,0.553\n";
        assert_eq!(found(&[("t.csv", one)]).len(), 1);
        let overall = "rate,method,mosi_acc7,mosi_corr\nmean,RECAP,36.06,0.544\n";
        let ablation = "variant,mosi_acc7,mosi_corr\nRECAP,35.07,0.553\n";
        let two = found(&[("p/a.csv", overall), ("p/b.csv", ablation)]);
        assert_eq!((two.len(), two[0].strength), (1, Strength::Odd));
        assert!(found(&[("p/a.csv", overall), ("q/b.csv", ablation)]).is_empty());
    }

    #[test]
    fn other_masks_and_other_training_data_have_other_rows() {
        let rows = |title: &str, mae: &str| {
            format!(
                "## {title}\n\n| model | MAE | Corr |\n|---|---|---|\n| LNLN | 0.{mae} | 0.7{mae} |\n\n"
            )
        };
        let count = |first: &str, second: &str| {
            let text = rows(first, "81") + &rows(second, "83");
            let tables = parse_all("t.md", text.as_bytes(), &Options::default()).unwrap();
            let statistics = TestSetStatistics::published();
            let all = audit(&tables, &statistics, AuditSettings::default()).into_iter();
            all.filter(|f| f.rule == RULE.name).count()
        };
        assert_eq!(count("MOSI: overview", "MOSI: details"), 1);
        assert_eq!(count("MOSI (masks random v2)", "MOSI (masks block v2)"), 0);
        assert_eq!(count("MOSI", "Trained on MOSEI, tested on MOSI"), 0);
        assert_eq!(count("MOSI", "MOSI (speech)"), 0);
    }

    #[test]
    fn complete_data_and_a_mean_over_rates_are_no_two_rows() {
        let overall = "rate,method,mosi_acc7,mosi_corr\nmean,A,36.06,0.544\n";
        let complete = "method,mosi_acc7,mosi_corr\nA,46.07,0.793\n";
        assert!(found(&[("a.csv", overall), ("b.csv", complete)]).is_empty());
    }

    #[test]
    fn fewer_digits_and_values_of_settings_are_no_other_numbers() {
        let one = "table,method,mosi_acc7,mosi_corr\n1,A,36.06,0.544\n3,A,36.1,0.54\n";
        assert!(found(&[("t.csv", one)]).is_empty());
        let settings =
            "table,variant,mosi_acc7,mosi_corr\n1,K = 1,36.06,0.544\n3,K = 1,35.1,0.51\n";
        assert!(found(&[("t.csv", settings)]).is_empty());
    }
}
