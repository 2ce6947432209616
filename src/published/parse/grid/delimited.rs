//! Splits delimited text: commas, semicolons, tabs or bars.

use super::super::error::{Error, Result};
use super::{Field, Grid, Row};
use crate::support::row_names;

/// Separators, the usual one first. Bars without a frame are those of sqlite3; they may join numbers in a cell as well.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];
const BAR: u8 = b'|';

/// One table.
///
/// # Errors
/// [`Error::Csv`] for lines of unequal width.
pub fn split(name: &str, text: &str) -> Result<Grid> {
    let mut notes = Vec::new();
    let (named, text) = hint(text);
    let separator = named.unwrap_or_else(|| separator(text));
    match separator {
        b';' => notes.push("columns are separated by semicolons".to_string()),
        BAR => notes.push("columns are separated by bars".to_string()),
        b'\t' => notes.push("columns are separated by tabs".to_string()),
        _ => {}
    }
    let first = 1 + u64::from(named.is_some());
    let mut rows = Vec::new();
    for record in reader(text, separator).records() {
        let record = record.map_err(|error| Error::Csv {
            table: name.to_string(),
            reason: error.to_string(),
        })?;
        let at = record.position().map_or(0, |p| p.byte() as usize);
        let line = first + line_breaks(&text[..begin(text, at)]);
        rows.push(Row::new(line, record.iter()));
    }
    if name_rows(&mut rows) {
        notes.push("the first cells of all lines are the names of rows, as R writes them without a heading".to_string());
    }
    same_width(name, &mut rows)?;
    Ok(Grid {
        captions: Vec::new(),
        rows,
        notes,
        ..Grid::default()
    })
}

/// The separator that a first line `sep=;` names (Excel writes it), and the text after it.
fn hint(text: &str) -> (Option<u8>, &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let named = first.trim_end().strip_prefix("sep=");
    match named.map(str::as_bytes) {
        Some(&[separator]) => (Some(separator), rest),
        _ => (None, text),
    }
}

/// Where the record at an index begins: behind comments and empty lines.
fn begin(text: &str, mut at: usize) -> usize {
    while let Some(line) = text
        .get(at..)
        .and_then(|t| t.split_inclusive(['\n', '\r']).next())
    {
        if !line.trim().is_empty() && !line.starts_with('#') {
            break;
        }
        at += line.len();
    }
    at.min(text.len())
}

/// Line breaks of any system: CR-LF, LF or CR.
fn line_breaks(text: &str) -> u64 {
    let feeds = text.matches('\n').count();
    let returns = if feeds == 0 {
        text.matches('\r').count()
    } else {
        0
    };
    (feeds + returns) as u64
}

fn reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

/// Whether two and more lines have the same separator as often.
pub fn is_delimited(text: &str) -> bool {
    hint(text).0.is_some() || SEPARATORS.into_iter().any(|s| fit(text, s).0 > 1) || has_bars(text)
}

/// The separator that gives the most lines of the same width, then the most columns.
fn separator(text: &str) -> u8 {
    let best = SEPARATORS.into_iter().rev().max_by_key(|s| fit(text, *s));
    let best = best.filter(|s| fit(text, *s).0 > 0);
    let bar = || has_bars(text).then_some(BAR);
    best.or_else(bar).unwrap_or(b',')
}

/// Whether bars separate the cells of all lines: text whose columns are set apart by blanks may join numbers with them.
fn has_bars(text: &str) -> bool {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let is_cells = |line: &str| line.split_whitespace().count() <= line.split('|').count();
    fit(text, BAR).0 > 1 && lines().all(|line| line.contains('|') && is_cells(line))
}

/// Lines that have as many cells as the first one of several, and the most cells of a line.
fn fit(text: &str, separator: u8) -> (usize, usize) {
    let rows = reader(text, separator).into_records();
    let widths: Vec<usize> = rows.flatten().map(|r| r.len()).filter(|n| *n > 1).collect();
    let most = widths.iter().copied().max().unwrap_or(1);
    let first = widths.first().copied().unwrap_or(1);
    let same = widths.iter().filter(|w| **w == first).count();
    // Headings one short of all lines, as R writes them.
    let named = widths.iter().filter(|w| **w == first + 1).count();
    let same = if named > 1 && named + 1 == widths.len() {
        named
    } else {
        same
    };
    // A lone line with the separator is text that holds one.
    if first > 1 { (same, most) } else { (0, 1) }
}

/// Gives the names of rows that R's `write.table` adds, a number of its own before every line, an empty heading.
fn name_rows(rows: &mut [Row]) -> bool {
    let Some((headings, lines)) = rows.split_first_mut() else {
        return false;
    };
    let width = headings.cells.len();
    let firsts = lines
        .iter()
        .map(|row| (row.text(0).as_bytes(), row.cells.len()));
    let named = width > 1 && row_names::in_front(width, firsts);
    if named {
        headings.cells.insert(0, Field::default());
        for (at, cell) in headings.cells.iter_mut().enumerate() {
            cell.column = at + 1;
        }
    }
    named
}

/// Brings every line to the width of the headings; lines of one cell may be titles.
fn same_width(name: &str, rows: &mut [Row]) -> Result<()> {
    let Some(width) = rows.iter().map(|r| r.cells.len()).find(|n| *n > 1) else {
        return Ok(());
    };
    for row in rows {
        while row.cells.len() > width && row.cells.last().is_some_and(|c| c.text.is_empty()) {
            row.cells.pop();
        }
        let found = row.cells.len();
        if found != width && found > 1 {
            return Err(Error::Csv {
                table: name.to_string(),
                reason: format!(
                    "line {}: expected {width} columns as in the heading, found {found}",
                    row.line
                ),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let rows = split("t.csv", text).unwrap().rows.into_iter();
        rows.map(|r| r.cells.into_iter().map(|c| c.text).collect())
            .collect()
    }

    #[test]
    fn the_separator_is_found() {
        let wanted = vec![vec!["Methode", "Acc-2"], vec!["A", "84,4"]];
        for text in [
            "Methode;Acc-2\nA;84,4\n",
            "Methode\tAcc-2\nA\t84,4\n",
            "Methode,Acc-2\nA,\"84,4\"\n",
            "sep=;\r\nMethode;Acc-2\r\nA;84,4\r\n",
            "Methode;Acc-2\rA;84,4\r",
        ] {
            assert_eq!(cells(text), wanted, "{text}");
        }
        // Semicolons inside cells do not make columns.
        let text = "method,note,mae\n\"A; B\",x;y,0.7\nC,x;y,0.8\n";
        assert_eq!(cells(text)[0], ["method", "note", "mae"]);
    }

    #[test]
    fn bars_and_names_of_rows_are_read() {
        let wanted = vec![vec!["method", "mae"], vec!["A", "0.7"], vec!["B", "0.8"]];
        assert_eq!(cells("method|mae\nA|0.7\nB|0.8\n"), wanted);
        // Bars in cells are no columns.
        assert_eq!(cells("method,a|b|c\nA,1|2|3\nB,4|5|6\n")[1], ["A", "1|2|3"]);
        assert!(!is_delimited("method a b|c\nA 1.5 1|2\nB 2.5 4|5\n"));
        let named = cells("method\tmae\n1\tA\t0.7\n2\tB\t0.8\n");
        assert_eq!(
            (&*named[0], &*named[1]),
            (
                &["", "method", "mae"].map(String::from)[..],
                &["1", "A", "0.7"].map(String::from)[..]
            )
        );
        // One number twice is no name.
        assert!(split("t.csv", "method,mae\n1,A,0.7\n1,B,0.8\n").is_err());
    }

    #[test]
    fn a_line_keeps_its_number_behind_a_hint_and_comments() {
        let grid = split("t.csv", "sep=;\n# made by hand\na;b\n\n1;2\n").unwrap();
        assert_eq!(grid.rows[0].line, 3);
        assert_eq!(grid.rows[1].line, 5);
    }

    #[test]
    fn empty_cells_at_the_end_are_no_other_width() {
        assert_eq!(cells("a,b\n1,2,,\n")[1], ["1", "2"]);
        assert!(split("t.csv", "a,b,c\n1,2\n").is_err());
        assert_eq!(cells("Table 9\na,b\n1,2\n").len(), 3);
    }
}
