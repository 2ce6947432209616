//! Notes a table whose numbers seem to stand one line too low.

use super::grid::Row;
use super::header::{Column, Kind};
use super::heading::Role;
use super::layout::Layout;
use super::number;

/// Lines with all numbers below one without any, from which on its blanks are no method that was not run.
const FULL: usize = 3;

/// A note on a first line that has a name and no number above lines that are all full: no published table has one.
pub(super) fn note(layout: &Layout) -> Option<String> {
    let numbers = |c: &Column| matches!(c.kind, Kind::Scores { .. } | Kind::Key(Role::Value));
    let columns = layout.columns.iter().enumerate();
    let columns: Vec<usize> = columns
        .filter(|(_, c)| numbers(c))
        .map(|(at, _)| at)
        .collect();
    let is_blank = |text: &str| text.is_empty() || text.eq_ignore_ascii_case("nan");
    let full = |row: &&Row| columns.iter().all(|at| number::is_number(row.text(*at)));
    let mut rows = layout.rows();
    let first = rows.next()?;
    let blank = columns.iter().all(|at| is_blank(first.text(*at)));
    let below: Vec<&Row> = rows.collect();
    (blank && below.len() >= FULL && below.iter().all(full)).then(|| {
        format!(
            "line {} has no number, while all {} lines below it are full: were the numbers moved down by one line (pandas' \
             shift, or an index name in to_latex or to_html), so that those of the last line are lost?",
            first.line,
            below.len()
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::published::parse::{Options, parse};

    fn is_noted(lines: &str) -> bool {
        let text = format!("rate,method,mosi_acc7,mosi_mae\n{lines}");
        let table = parse("t.csv", text.as_bytes(), &Options::default()).unwrap();
        table
            .notes
            .iter()
            .any(|note| note.contains("moved down by one line"))
    }

    #[test]
    fn numbers_that_are_one_line_lower_are_noted() {
        let full = "0,B,40.1,0.91\n0.1,A,39.2,0.95\n0.1,B,38.3,0.97\n";
        assert!(is_noted(&format!("0,A,,\n{full}")));
        assert!(is_noted(&format!("0,A,NaN,NaN\n{full}")));
    }

    #[test]
    fn methods_that_were_not_run_and_single_blanks_are_not() {
        let full = "0,B,40.1,0.91\n0.1,A,39.2,0.95\n0.1,B,38.3,0.97\n";
        for first in ["0,A,-,-", "0,A,41.0,", "0,A,41.0,0.90"] {
            assert!(!is_noted(&format!("{first}\n{full}")), "{first}");
        }
        assert!(!is_noted(
            "0,A,,\n0,B,40.1,0.91\n0.1,A,,\n0.1,B,38.3,0.97\n0.2,B,37.3,0.98\n"
        ));
    }
}
