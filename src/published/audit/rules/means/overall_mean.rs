//! Finds overall numbers that are not the mean of their parts.

use std::collections::BTreeMap;

use super::parts::{Parts, agrees, parts};
use super::{blank_as_zero, data_set_means, method_means, mixed_means, moved_means, run_means};
use crate::published::audit::arranged::{ScoreColumn, Seen, folder};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};

pub const RULE: Rule = Rule {
    name: "overall-mean",
    definition: "an overall number that is not the mean of the parts printed in the same or \
                 another of the tables, or the mean over other conditions than those of the other methods, or a mean \
                 among runs, below methods or over data sets that is not theirs, or the means of rows beside them, or one that counts blank cells as zero, within the rounding of both",
    strength: "impossible; odd, in one finding, where rates are absent from an even grid or most \
               overall numbers of the tables do not fit; parts in another folder count where most \
               numbers of the row are their mean; very unlikely for two means of a row that count blanks as zero, and for three that are those of the rows as many lines away; odd for means over other conditions that are printed, among runs and below methods",
    check,
};

/// Overall numbers from which on most of them not fitting speaks of absent parts.
const SEVERAL: usize = 3;

/// An overall number with its parts.
pub struct Case<'e, 'a> {
    pub column: &'e ScoreColumn<'a>,
    pub mean: Seen<'a>,
    pub parts: Parts<'e, 'a>,
    pub fits: bool,
}

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let means = arranged.columns.iter().filter_map(|c| Some((c, c.mean?)));
    let cases = means.filter_map(|(column, mean)| {
        let parts = parts(arranged, column, mean)?;
        let fits = parts.fit(mean);
        let mean = column.seen(mean);
        Some(Case {
            column,
            mean,
            parts,
            fits,
        })
    });
    // Overall numbers of one table with parts of one other, by data set.
    let mut groups: BTreeMap<(&str, &str, &str), Vec<Case<'_, '_>>> = BTreeMap::new();
    for case in cases {
        let source = case.parts.column;
        let key = (case.column.table, source.table, case.column.dataset);
        groups.entry(key).or_default().push(case);
    }
    let each = groups
        .values()
        .map(|g| [group(g), mixed_means::check(g)].concat());
    let mut findings: Vec<Finding> = each.flatten().collect();
    findings.extend(blank_as_zero::check(arranged));
    findings.extend(run_means::check(arranged));
    findings.extend(method_means::check(arranged));
    findings.extend(data_set_means::check(arranged));
    findings
}

fn group(cases: &[Case<'_, '_>]) -> Vec<Finding> {
    let (metrics, mut out): (Vec<_>, Vec<_>) = moved_means::check(cases).into_iter().unzip();
    let is_wrong = |c: &&Case<'_, '_>| !c.fits && !metrics.contains(&c.column.metric);
    let wrong: Vec<&Case<'_, '_>> = cases.iter().filter(is_wrong).collect();
    out.extend(others(cases, &wrong));
    out
}

/// Findings about overall numbers that are not the means of rows beside them either.
fn others(cases: &[Case<'_, '_>], wrong: &[&Case<'_, '_>]) -> Vec<Finding> {
    let Some(first) = wrong.first() else {
        return Vec::new();
    };
    let (here, there) = (first.column.table, first.parts.column.table);
    let most_fit = cases.len() >= SEVERAL && 2 * wrong.len() < cases.len();
    let few = cases.len() < SEVERAL || 2 * wrong.len() <= cases.len();
    let elsewhere = folder(here) != folder(there);
    let gap = cases.iter().any(|c| c.parts.gap);
    if elsewhere {
        // Another paper's numbers are quoted or they are not: where most of a row are no means of
        // the parts, the row is of other runs.
        return rows(wrong)
            .into_iter()
            .filter(|row| quoted(row, cases))
            .flat_map(|row| {
                row.iter()
                    .map(|case| finding(case, &row, cases))
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    if !most_fit && (gap || !few) {
        return vec![absent(wrong, cases.len(), gap)];
    }
    let mut out = Vec::new();
    for row in rows(wrong) {
        if here != there && row.len() >= SEVERAL && !any_fits(&row, cases) {
            out.push(other_run(&row));
        } else {
            out.extend(row.iter().map(|case| finding(case, &row, cases)));
        }
    }
    out
}

/// The cases of each method.
fn rows<'c, 'e, 'a>(cases: &[&'c Case<'e, 'a>]) -> Vec<Vec<&'c Case<'e, 'a>>> {
    let mut rows: Vec<Vec<&Case<'_, '_>>> = Vec::new();
    for case in cases {
        match rows
            .iter_mut()
            .find(|r| r[0].column.method == case.column.method)
        {
            Some(row) => row.push(case),
            None => rows.push(vec![case]),
        }
    }
    rows
}

fn any_fits(row: &[&Case<'_, '_>], cases: &[Case<'_, '_>]) -> bool {
    let method = row[0].column.method;
    cases.iter().any(|c| c.column.method == method && c.fits)
}

/// Whether most numbers of the row are the means of the parts.
fn quoted(row: &[&Case<'_, '_>], cases: &[Case<'_, '_>]) -> bool {
    let method = row[0].column.method;
    let fitting = cases
        .iter()
        .filter(|c| c.column.method == method && c.fits)
        .count();
    fitting >= SEVERAL && fitting > row.len()
}

/// One finding for numbers whose parts are not all there.
fn absent(wrong: &[&Case<'_, '_>], of: usize, gap: bool) -> Finding {
    let first = wrong[0];
    let parts = first.parts.cells.len();
    let reason = if gap {
        "rates are absent from the even grid"
    } else {
        "parts are absent, or of other runs"
    };
    let numbers = match of {
        1 => "the overall number is".to_string(),
        of => format!("{} of {of} overall numbers are", wrong.len()),
    };
    let why = format!("{numbers} not the mean of the {parts} parts that are printed: {reason}");
    let about = describe::about(&[first.column.dataset, first.column.table]);
    Finding::new(Strength::Odd, about, why, wrong.iter().map(|c| c.mean))
}

/// One finding for a row of which no number fits the parts of another table.
fn other_run(row: &[&Case<'_, '_>]) -> Finding {
    let first = row[0];
    let why = format!(
        "none of the {} overall numbers is the mean of the parts in {}: they are of other runs",
        row.len(),
        first.parts.column.table
    );
    let about = describe::about(&[first.column.method, first.column.dataset, "mean"]);
    Finding::new(Strength::Odd, about, why, row.iter().map(|c| c.mean))
}

fn finding(case: &Case<'_, '_>, row: &[&Case<'_, '_>], cases: &[Case<'_, '_>]) -> Finding {
    let column = case.column;
    let about = describe::about(&[column.method, column.dataset, column.metric.title, "mean"]);
    let exchanged = row.iter().find(|other| {
        agrees(case.mean.cell, &other.parts.cells) && agrees(other.mean.cell, &case.parts.cells)
    });
    let exchanged = exchanged.map_or(String::new(), |other| {
        let title = other.column.metric.title;
        format!(", the mean of {title}: the two are each other's")
    });
    let why = format!("{}{exchanged}", mixed_means::explain(case, row, cases));
    Finding::new(Strength::Impossible, about, why, [case.mean])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::{AuditSettings, TestSetStatistics, audit};
    use crate::published::parse::{Options, parse};

    fn found(tables: &[(&str, &str)]) -> Vec<Finding> {
        let read = |(name, text): &(&str, &str)| {
            parse(name, text.as_bytes(), &Options::default()).unwrap()
        };
        let tables: Vec<_> = tables.iter().map(read).collect();
        let all = audit(
            &tables,
            &TestSetStatistics::published(),
            AuditSettings::default(),
        );
        all.into_iter().filter(|f| f.rule == RULE.name).collect()
    }

    #[test]
    fn a_gap_in_an_even_grid_is_odd_at_most() {
        let rows = "rate,method,mosi_mae\n0,A,0.7\n0.1,A,0.8\n0.2,A,0.9\n0.5,A,1.1\nmean,A,1.05";
        let columns =
            "method,dataset,metric,r=0,0.1,20%,0.9,Avg\nA,mosi,acc7,44.31,42.86,39.21,22.89,33.95";
        for text in [rows, columns] {
            let found = found(&[("t.csv", text)]);
            assert!(found.iter().all(|f| f.strength == Strength::Odd));
            assert_eq!(found.len(), 1);
        }
        let sound = "rate,method,mosi_mae\n0,A,0.7\n0.1,A,0.8\n0.2,A,0.9\nmean,A,1.05";
        assert_eq!(found(&[("t.csv", sound)])[0].strength, Strength::Impossible);
    }

    #[test]
    fn fitting_means_show_that_the_parts_are_complete() {
        let text = "rate,method,mosi_mae\n0,A,0.700\n0.1,A,0.800\n0.5,A,0.900\nmean,A,0.800\n\
                    0,B,0.700\n0.1,B,0.800\n0.5,B,0.900\nmean,B,0.800\n\
                    0,C,0.700\n0.1,C,0.800\n0.5,C,0.900\nmean,C,0.850\n";
        let found = found(&[("t.csv", text)]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].strength, Strength::Impossible);
        assert_eq!(found[0].cells[0].method, "C");
    }

    #[test]
    fn most_means_that_do_not_fit_are_one_odd_finding() {
        let text = "rate,method,mosi_mae\n0,A,0.700\n0.1,A,0.800\nmean,A,0.900\n\
                    0,B,0.700\n0.1,B,0.800\nmean,B,0.900\n\
                    0,C,0.700\n0.1,C,0.800\nmean,C,0.750\n";
        let found = found(&[("t.csv", text)]);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].strength, found[0].cells.len()),
            (Strength::Odd, 2)
        );
    }

    #[test]
    fn parts_of_another_folder_count_where_the_row_is_quoted() {
        let parts = "rate,method,mosi_mae\n0,X,0.700\n0.1,X,0.800\n0.2,X,0.900\n";
        let overall = "rate,method,mosi_mae\nmean,X,0.850\n";
        assert!(found(&[("p/parts.csv", parts), ("q/overall.csv", overall)]).is_empty());
        assert_eq!(
            found(&[("p/parts.csv", parts), ("p/overall.csv", overall)]).len(),
            1
        );
        let head = "rate,method,mosi_mae,mosi_corr,mosi_acc7,mosi_acc5\n";
        let parts = format!("{head}0,X,0.7,0.7,40.00,50.00\n0.1,X,0.8,0.6,38.00,48.00\n");
        let overall = format!("{head}mean,X,0.75,0.65,39.00,49.50\n");
        let found = found(&[("p/parts.csv", &parts), ("q/overall.csv", &overall)]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].cells[0].metric, "acc5");
    }

    #[test]
    fn parts_that_fit_are_preferred() {
        let parts = "rate,method,mosi_mae\n0,X,0.7\n0.1,X,0.8\n0.2,X,0.9\n";
        let other = "rate,method,mosi_mae\n0,X,0.8\n0.1,X,0.9\n0.2,X,1.0\n";
        let overall = "rate,method,mosi_mae\nmean,X,0.9\n";
        let tables = [
            ("p/overall.csv", overall),
            ("p/a.csv", parts),
            ("p/b.csv", other),
        ];
        assert!(found(&tables).is_empty());
    }

    #[test]
    fn agreement_is_within_the_rounding_of_both() {
        let text = "rate,method,mosi_mae\n0,A,0.7\n0.1,A,0.8\nmean,A,0.80\n";
        let table = parse("t.csv", text.as_bytes(), &Options::default()).unwrap();
        let cells: Vec<_> = table.cells.iter().collect();
        assert!(agrees(cells[2], &cells[..2]));
    }
}
