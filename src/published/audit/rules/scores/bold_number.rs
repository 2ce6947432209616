//! Finds bold numbers that another row is better than.

use std::collections::BTreeMap;

use crate::published::audit::arranged::Seen;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

pub const RULE: Rule = Rule {
    name: "bold-number",
    definition: "the only bold number of a data set, metric and condition of a table, beside a better one of a row that \
                 has bold numbers elsewhere in the table, where bold is the best of at least four other columns, and of four \
                 in five",
    strength: "odd: the bold print or a digit of either number is wrong",
    check,
};

/// Columns whose bold number is the best, for bold to mean that: by themselves, and for each one where it is not.
const BEST: usize = 4;

/// The numbers that compete: those of a data set, metric and condition.
type Block<'a> = (&'a str, &'static str, &'a ParsedCondition);

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut tables: BTreeMap<&str, BTreeMap<Block<'_>, Vec<Seen<'_>>>> = BTreeMap::new();
    for seen in arranged.cells() {
        let cell = seen.cell;
        let block = (&*cell.dataset, cell.metric.name, &cell.condition);
        let blocks = tables.entry(seen.table).or_default();
        blocks.entry(block).or_default().push(seen);
    }
    tables.values().flat_map(table).collect()
}

fn table<'a>(blocks: &BTreeMap<Block<'a>, Vec<Seen<'a>>>) -> Vec<Finding> {
    let competes = |cell: &ParsedCell| {
        let mut all = blocks.values().flatten();
        all.any(|s| s.cell.bold && s.cell.method == cell.method && s.cell.dataset == cell.dataset)
    };
    let (mut best, mut out) = (0, Vec::new());
    for cells in blocks.values().filter(|cells| cells.len() > 1) {
        let mut bold = cells.iter().filter(|s| s.cell.bold);
        let (Some(bold), None) = (bold.next(), bold.next()) else {
            continue;
        };
        // A row that is never bold, such as an upper bound or a baseline, does not compete.
        let better = |s: &&Seen<'_>| is_better(s.cell, bold.cell) && competes(s.cell);
        match cells.iter().find(better) {
            Some(rival) => out.push(finding(*bold, *rival)),
            None => best += 1,
        }
    }
    if best < BEST * out.len().max(1) {
        out.clear();
    }
    out
}

/// Whether a number is better by the digits that both print.
fn is_better(cell: &ParsedCell, than: &ParsedCell) -> bool {
    let ahead = cell.number.value - than.number.value;
    let ahead = if cell.metric.higher_is_better {
        ahead
    } else {
        -ahead
    };
    ahead > 0.5 * cell.number.ulp().max(than.number.ulp())
}

fn finding(bold: Seen<'_>, rival: Seen<'_>) -> Finding {
    let cell = bold.cell;
    let about = describe::about(&[
        &cell.method,
        &cell.dataset,
        cell.metric.title,
        &cell.condition.to_string(),
    ]);
    let why = format!(
        "{} is the only bold number of its column, and {} has {}",
        cell.number.text(),
        rival.cell.method,
        rival.cell.number.text()
    );
    Finding::new(Strength::Odd, about, why, [bold, rival])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::{AuditSettings, TestSetStatistics, audit};
    use crate::published::parse::{Options, parse_all};

    /// Findings in a table of six rates, with the error of `A` at the last one.
    fn found(name: &str, cell: &str) -> Vec<Finding> {
        let mut text =
            "## MOSI: MAE\n\n| model | 0 | 0.1 | 0.2 | 0.3 | 0.4 | 0.5 |\n|-|-|-|-|-|-|-|\n"
                .to_string();
        text +=
            &format!("| {name} | **0.71** | **0.74** | **0.78** | 0.83 | **0.88** | {cell} |\n");
        text += "| B | 0.73 | 0.75 | 0.79 | **0.82** | 0.89 | **0.95** |\n| Upper bound | 0.6 | 0.6 | 0.6 | 0.6 | 0.6 | 0.6 |\n";
        let tables = parse_all("t.md", text.as_bytes(), &Options::default()).unwrap();
        let statistics = TestSetStatistics::published();
        let all = audit(&tables, &statistics, AuditSettings::default()).into_iter();
        all.filter(|f| f.rule == RULE.name).collect()
    }

    #[test]
    fn a_bold_number_that_is_not_the_best_of_its_column_is_named() {
        assert!(found("A", "0.97").is_empty());
        let all = found("A", "0.93");
        assert_eq!((all.len(), all[0].strength), (1, Strength::Odd));
        assert_eq!(
            all[0].why,
            "0.95 is the only bold number of its column, and A has 0.93"
        );
        // Two are bold: one of them may be quoted.
        assert!(found("A", "**0.93**").is_empty());
    }

    #[test]
    fn bold_that_marks_something_else_is_no_finding() {
        let mut text = "| model | 0 | 0.1 | 0.2 | 0.3 | 0.4 | 0.5 |\n|-|-|-|-|-|-|-|\n".to_string();
        text += "| A | 0.71 | 0.74 | **0.78** | 0.83 | 0.88 | 0.90 |\n";
        text += "| ours | **0.73** | **0.75** | 0.79 | **0.82** | **0.89** | **0.95** |\n";
        let options = Options {
            metric: Some("mae".to_string()),
            ..Options::default()
        };
        let tables = parse_all("t.md", text.as_bytes(), &options).unwrap();
        let all = audit(
            &tables,
            &TestSetStatistics::published(),
            AuditSettings::default(),
        );
        assert!(all.iter().all(|f| f.rule != RULE.name));
    }
}
