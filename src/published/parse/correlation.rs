//! Tells by its numbers whether a column `r` holds correlations or missing rates.

use super::condition::is_mean;
use super::grid::Row;
use super::header::{Column, Kind};
use super::heading::{Role, Scores};
use super::metric::{self, plain};
use super::{names, number};

/// Steps of missing rates: few tables have others.
const STEP: f64 = 0.05;

/// Fewest numbers that tell.
const NUMBERS: usize = 3;

/// Makes a column of correlations one of scores; the note says so.
pub(super) fn settle(columns: &mut [Column], rows: &[Row]) -> Option<String> {
    let is = |c: &Column, name: &str| {
        let scores = c.kind.scores();
        scores.is_some_and(|s| s.metrics.iter().any(|m| m.name == name))
    };
    let scored = |c: &Column| c.kind.scores().is_some_and(|s| !s.metrics.is_empty());
    if columns.iter().any(|c| is(c, "corr")) || !columns.iter().any(scored) {
        return None;
    }
    let corr = metric::find("corr")?;
    let mut found = None;
    for at in 0..columns.len() {
        let named = matches!(columns[at].kind, Kind::Key(Role::Rate { .. }))
            && columns[at]
                .heading
                .split_whitespace()
                .last()
                .map(plain)
                .as_deref()
                == Some("r");
        let behind = columns[..at].iter().any(scored);
        if !named || !are_correlations(rows, at, behind) {
            continue;
        }
        let heading = columns[at].heading.clone();
        let dataset = names::dataset_in(&heading);
        columns[at].kind = Kind::Scores {
            scores: Scores {
                dataset,
                metrics: vec![corr],
                ..Scores::default()
            },
            extra: String::new(),
        };
        found = found.or(Some(format!(
            "column `{heading}` is read as Corr: its numbers are no missing rates"
        )));
    }
    found
}

/// Whether numbers are correlations: most are between the steps of rates, and they have three digits or are to the right
/// of other scores, as keys are not.
fn are_correlations(rows: &[Row], at: usize, behind: bool) -> bool {
    let texts = rows
        .iter()
        .filter(|r| r.filled().count() > 1)
        .map(|r| r.text(at));
    let (mut between, mut digits, mut all) = (0, false, 0);
    for text in texts.filter(|t| !t.is_empty() && !number::is_absent(t)) {
        let Ok(Some(printed)) = number::parse(text) else {
            return false;
        };
        if is_mean(text) || text.contains('%') {
            return false;
        }
        let value = printed.number.value;
        if value.abs() > 1.0 {
            return false;
        }
        let steps = value / STEP;
        between += usize::from((steps - steps.round()).abs() > 1e-6);
        digits |= printed.number.decimals > 2;
        all += 1;
    }
    all >= NUMBERS && 2 * between > all && (digits || behind)
}

#[cfg(test)]
mod tests {
    use crate::published::parse::{Options, parse};

    fn metrics(head: &str, rows: &[&str]) -> (Vec<&'static str>, String) {
        let text = format!("{head}\n{}\n", rows.join("\n"));
        let table = parse("mosi.csv", text.as_bytes(), &Options::default()).unwrap();
        let mut names: Vec<&str> = table.cells.iter().map(|c| c.metric.name).collect();
        names.dedup();
        names.truncate(3);
        let condition = table.cells[1].condition.to_string();
        (names, condition)
    }

    #[test]
    fn a_column_r_is_told_by_its_numbers() {
        let rows = [
            "A,33.53,0.939,0.697",
            "B,32.94,1.016,0.616",
            "C,32.65,1.030,0.600",
        ];
        for head in [
            "method,acc7,mae,r",
            "method,acc7,mae,R",
            "method,acc7,mae,$r\\uparrow$",
        ] {
            let (names, condition) = metrics(head, &rows);
            assert_eq!(names, ["acc7", "mae", "corr"], "{head}");
            assert_eq!(condition, "");
        }
        let rates = [
            "0.1,A,33.53,0.939",
            "0.2,A,32.94,1.016",
            "0.15,A,32.65,1.030",
        ];
        let (names, condition) = metrics("r,method,acc7,mae", &rates);
        assert_eq!((names.len(), &*condition), (3, "rate 0.1"));
        let last = [
            "A,33.53,0.939,0.1",
            "A,32.94,1.016,0.2",
            "A,32.65,1.030,0.3",
        ];
        assert_eq!(metrics("method,acc7,mae,r", &last).1, "rate 0.1");
    }
}
