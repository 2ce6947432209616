//! Finds means in a column of seeds, runs or folds that are not the mean of the lines beside them.

use super::parts::{agrees, average};
use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, RUNS};

/// Every mean over runs that are printed. Odd, since a table may print a part of its runs.
pub fn check(arranged: &Arranged<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for column in &arranged.columns {
        let cells = column.parts.iter().copied().chain(column.mean);
        for mean in cells.filter(|cell| cell.averaged) {
            let runs = runs(arranged, column, mean);
            if runs.len() > 1 && !agrees(mean, &runs) {
                findings.push(finding(column, mean, &runs));
            }
        }
    }
    findings
}

/// The runs of a mean's method at its condition.
fn runs<'a>(
    arranged: &Arranged<'a>,
    column: &ScoreColumn<'a>,
    mean: &ParsedCell,
) -> Vec<&'a ParsedCell> {
    let same = |other: &&ScoreColumn<'_>| {
        let key = |c: &ScoreColumn<'_>| (c.table.to_owned(), c.dataset.to_owned(), c.metric.name);
        key(other) == key(column) && of_run(other.method).as_deref() == Some(column.method)
    };
    let runs = arranged.columns.iter().filter(same);
    let at = runs.filter_map(|run| run.at(&mean.condition));
    at.filter(|cell| !cell.averaged).collect()
}

/// The name of a run's method without the run: `TFN` of `TFN (seed 3)`; none where it names no run.
fn of_run(method: &str) -> Option<String> {
    let (name, configuration) = match method.strip_suffix(')').and_then(|m| m.rsplit_once(" (")) {
        Some((name, configuration)) => (name, configuration),
        None => ("", method),
    };
    let is_run = |part: &&str| {
        let word = part.split(' ').next().unwrap_or_default().to_lowercase();
        RUNS.contains(&&*word)
    };
    let (run, others): (Vec<&str>, Vec<&str>) = configuration.split(", ").partition(is_run);
    (run.len() == 1).then(|| match (name, others.is_empty()) {
        ("", _) => others.join(", "),
        (name, true) => name.to_owned(),
        (name, false) => format!("{name} ({})", others.join(", ")),
    })
}

fn finding(column: &ScoreColumn<'_>, mean: &ParsedCell, runs: &[&ParsedCell]) -> Finding {
    let title = column.metric.title;
    let about = describe::about(&[column.method, column.dataset, title, "mean"]);
    let why = format!(
        "the mean of the {} runs that are printed is {:.*}, printed {}: it is of other runs, or wrong",
        runs.len(),
        mean.number.decimals + 1,
        average(runs),
        mean.number.text()
    );
    let seen = column
        .parts
        .iter()
        .copied()
        .chain(column.mean)
        .filter(|cell| std::ptr::eq(*cell, mean))
        .map(|cell| column.seen(cell));
    Finding::new(Strength::Odd, about, why, seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::{AuditSettings, TestSetStatistics, audit};
    use crate::published::parse::{Options, parse};

    fn found(text: &str) -> Vec<Finding> {
        let table = parse("t.csv", text.as_bytes(), &Options::default()).unwrap();
        let statistics = TestSetStatistics::published();
        let all = audit(&[table], &statistics, AuditSettings::default()).into_iter();
        all.filter(|f| f.why.contains("runs that are printed"))
            .collect()
    }

    #[test]
    fn a_mean_that_is_not_that_of_its_seeds_is_found() {
        let table = |mean: &str| {
            format!(
                "seed,model,rate,mosi_mae\n1,A,0,0.71\n2,A,0,0.73\n3,A,0,0.75\nmean,A,0,{mean}\n\
                 1,A,0.5,0.81\n2,A,0.5,0.83\n3,A,0.5,0.86\nmean,A,0.5,0.83\n"
            )
        };
        assert!(found(&table("0.73")).is_empty());
        let wrong = found(&table("0.75"));
        assert_eq!(wrong.len(), 1);
        assert_eq!(
            (wrong[0].strength, wrong[0].cells.len()),
            (Strength::Odd, 1)
        );
        assert!(
            wrong[0].why.contains("is 0.730, printed 0.75"),
            "{}",
            wrong[0].why
        );
        assert_eq!(
            found("run,mosi_mae\nseed 1,0.71\nseed 2,0.73\nAvg.,0.77\n").len(),
            1
        );
    }

    #[test]
    fn names_lose_their_run_alone() {
        assert_eq!(of_run("A (seed 1)").as_deref(), Some("A"));
        assert_eq!(
            of_run("A (alpha 0.5, seed 1)").as_deref(),
            Some("A (alpha 0.5)")
        );
        assert_eq!(of_run("run seed 1").as_deref(), Some(""));
        assert_eq!(of_run("A (alpha 0.5)"), None);
    }
}
