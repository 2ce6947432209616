//! Builds the table on top of a section: the primary metric with its difference to the reference, and the
//! metrics that papers quote.

use super::build::{MetricColumn, heading, whole};
use super::{Cell, Column, Content, Table, above};
use crate::metric::{Metric, fixed};
use crate::report::origin::Origin;
use crate::report::rows::aggregate::Aggregate;
use crate::report::rows::condition;
use crate::report::rows::section::Section;

/// Stems of the metrics that papers quote beside the error.
const QUOTED: [&str; 3] = ["acc2", "f1", "corr"];

/// Metrics beside the primary one where a section has none of these.
const OTHERS: usize = 3;

/// The table, with this metric first.
pub fn table(section: &Section, primary: &'static Metric) -> Table {
    let aggregate = Aggregate::overall(&section.conditions);
    let column = |metric: &'static Metric| {
        let name = metric.name.to_string();
        MetricColumn::new("", heading(metric), name, metric, aggregate.clone())
    };
    let metrics = std::iter::once(primary).chain(quoted(section, primary));
    let over = match &aggregate {
        Aggregate::At(only) => condition::heading(*only),
        mean => {
            let only_rates = condition::rates(&section.conditions).len();
            mean.caption(only_rates == section.conditions.len())
        }
    };
    let title = &section.title;
    let mut table = whole(
        section,
        format!("{}-headline", section.slug),
        format!("{title}: overview, {over}"),
        metrics.map(column).collect(),
    );
    differences(section, primary, &mut table);
    let title = format!("{} gain over baseline", primary.title);
    above::add_column(&mut table, primary.name, &title);
    table
}

/// The shown metrics that papers quote, without the primary one.
fn quoted(section: &Section, primary: &Metric) -> Vec<&'static Metric> {
    let others = section.metrics.iter().copied();
    let others: Vec<&Metric> = others.filter(|m| m.name != primary.name).collect();
    let of = |stem: &&str| others.iter().copied().find(|m| m.stem() == *stem);
    // Of the two forms that MOSI and MOSEI have, the first (Non0).
    let known: Vec<&Metric> = QUOTED.iter().filter_map(of).collect();
    if known.is_empty() {
        others.into_iter().take(OTHERS).collect()
    } else {
        known
    }
}

/// Adds a column with each row's difference to the reference and its interval, right of the first.
fn differences(section: &Section, primary: &Metric, table: &mut Table) {
    let Some(comparison) = section.comparison() else {
        return;
    };
    if table.rows.iter().all(|row| row.cells[0].versus.is_none()) {
        return;
    }
    let theirs = &comparison.reference.runs;
    let conditions = Aggregate::overall(&section.conditions).conditions();
    let theirs = Origin::predictions(theirs, conditions);
    let mut tests = table.rows.iter().filter_map(|row| row.cells[0].versus);
    let interval = if tests.any(|versus| versus.interval.is_some()) {
        " (95 % interval)"
    } else {
        ""
    };
    let column = Column {
        group: String::new(),
        title: format!(
            "{} difference to {}{interval}",
            primary.title, comparison.reference.label
        ),
        name: format!("{}_difference", primary.name),
        metrics: Vec::new(),
        higher_is_better: table.columns[0].higher_is_better,
    };
    table.columns.insert(1, column);
    table
        .notes
        .push("Differences are taken before rounding.".to_string());
    for (index, row) in table.rows.iter_mut().enumerate() {
        let first = &row.cells[0];
        let text = |text: String| Content::Text { text, note: None };
        let (content, origin) = match first.versus {
            Some(versus) => {
                let decimals = primary.decimals;
                let difference = fixed(versus.difference, decimals);
                let range = versus.interval.map(|ends| {
                    let [low, high] = ends.map(|v| fixed(v, decimals));
                    format!(" ({low} to {high})")
                });
                let content = text(difference + &range.unwrap_or_default());
                (content, first.origin.clone().against(&theirs))
            }
            None if comparison.reference.row == Some(index) => {
                (text("reference".to_string()), first.origin.clone())
            }
            None => (Content::Missing, Origin::Nothing),
        };
        row.cells.insert(1, Cell::new(content, origin));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{TOY, section, test_against, test_plan};

    #[test]
    fn the_primary_metric_comes_first_with_its_difference_to_the_reference() {
        let mut section = section(&[0.0, 0.5, 1.0]);
        test_against(&mut section, "lnln", test_plan("acc_2", 9));
        let table = table(&section, &TOY.metrics[0]);
        let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        let expected = [
            "acc_2",
            "acc_2_above_baseline",
            "acc_2_difference",
            "mae",
            "slope",
        ];
        assert_eq!(names, expected);
        let texts: Vec<String> = table
            .rows
            .iter()
            .map(|r| r.cells[2].content.text())
            .collect();
        assert!(texts[0].starts_with("-1.67 ("), "{texts:?}");
        assert_eq!(texts[1..], ["reference", "-"]);
        assert!(table.title.contains("overview, mean over missing rates"));
    }

    #[test]
    fn without_tests_there_is_no_column_of_differences() {
        let table = table(&section(&[0.5]), &TOY.metrics[1]);
        assert!(
            table
                .columns
                .iter()
                .all(|c| !c.name.ends_with("difference"))
        );
        assert!(table.title.contains("missing rate 0.5"), "{}", table.title);
    }
}
