//! Splits tables whose columns are set apart by blanks: data frames as they print themselves, pages copied from a PDF.
//!
//! Columns are read where no other reading is possible: between positions that are blank in every line, or one word a
//! cell where every line has as many words. Anything else is refused with what would leave nothing open.

use super::super::error::{Error, Result};
use super::super::number;
use super::gutters::{self, Line};
use super::{Grid, Row, delimited};

/// Fewest lines of numbers, and numbers in them, that make text a table.
const LINES: usize = 2;
const NUMBERS: usize = 2;

/// Whether a text has lines of numbers that blanks set apart, and no other separator.
pub fn is_aligned(text: &str) -> bool {
    let of_numbers = lines(text).into_iter().filter(|l| numbers(l.text) > 0);
    let all: Vec<Line<'_>> = of_numbers.collect();
    let wide = all
        .iter()
        .any(|l| l.text.split_whitespace().count() >= NUMBERS);
    all.len() >= LINES && wide && !delimited::is_delimited(text)
}

/// The lines that hold text: without comments, drawn lines and the size that pandas prints below a frame.
fn lines(text: &str) -> Vec<Line<'_>> {
    let drawn = |l: &str| {
        l.chars()
            .all(|c| "-=+\u{2500}\u{2501}\u{2550} ".contains(c))
    };
    let size = |l: &str| l.starts_with('[') && l.ends_with(" columns]");
    let all = text.lines().enumerate().map(|(i, text)| Line {
        number: i as u64 + 1,
        text: text.trim_end(),
    });
    all.filter(|l| {
        let text = l.text.trim();
        !drawn(text) && !text.starts_with('#') && !size(text)
    })
    .collect()
}

/// Words of a line that are numbers.
fn numbers(text: &str) -> usize {
    let words = text.split_whitespace();
    words.filter(|w| number::is_number(w)).count()
}

/// One table.
///
/// # Errors
/// [`Error::Csv`] where it cannot be told which words are one cell, and where a printed frame leaves out lines.
pub fn split(name: &str, text: &str) -> Result<Grid> {
    let lines = lines(text);
    shortened(name, &lines)?;
    let (titles, table) = parts(&lines);
    let rows = gutters::rows(&table)
        .or_else(|| gutters::rows(&lines))
        .or_else(|| words(&table))
        .ok_or_else(|| refused(name, &table))?;
    let note = "columns are set apart by blanks, as text prints them".to_string();
    let mut all: Vec<Row> = titles
        .iter()
        .filter(|t| !rows.iter().any(|r| r.line == t.number))
        .map(|t| Row::new(t.number, [t.text.trim()]))
        .collect();
    all.extend(rows);
    all.sort_by_key(|row| row.line);
    Ok(Grid {
        captions: Vec::new(),
        rows: all,
        notes: vec![note],
        ..Grid::default()
    })
}

/// Titles and sections, which have no numbers beside each other, and the lines of the table. The last line above the
/// numbers is that of the headings.
fn parts<'t>(lines: &[Line<'t>]) -> (Vec<Line<'t>>, Vec<Line<'t>>) {
    let mut counts: Vec<usize> = lines.iter().map(|l| numbers(l.text)).collect();
    let first = counts.iter().position(|n| *n >= NUMBERS);
    let each = counts.clone();
    counts.sort_unstable();
    let usual = counts.get(counts.len() / 2).copied().unwrap_or(0);
    let heading = first.and_then(|at| at.checked_sub(1));
    let (mut titles, mut table) = (Vec::new(), Vec::new());
    for (i, line) in lines.iter().enumerate() {
        let lone = gutters::pieces(line.text) == 1 && each[i] < usual.min(NUMBERS);
        // The names of an index.
        let keys = line.text.split_whitespace().all(gutters::is_key);
        if lone && Some(i) != heading && !keys {
            titles.push(*line);
        } else {
            table.push(*line);
        }
    }
    (titles, table)
}

/// Rows of one word a cell, where every line has as many; a name before the numbers may have several.
fn words(lines: &[Line<'_>]) -> Option<Vec<Row>> {
    let split =
        |l: &Line<'_>| -> Vec<String> { l.text.split_whitespace().map(str::to_string).collect() };
    let heading = split(lines.first()?);
    let values = heading.len().checked_sub(1).filter(|n| *n > 0)?;
    let mut rows = vec![(lines.first()?.number, heading)];
    for line in &lines[1..] {
        let mut words = split(line);
        if words.len() > values + 1 {
            // What is left of the numbers is one name; a number in it may be a cell.
            let rest = words.split_off(words.len() - values);
            let named = words.iter().all(|w| number::parse(w).is_err());
            if !named || !rest.iter().all(|w| is_value(w)) {
                return None;
            }
            words = std::iter::once(words.join(" ")).chain(rest).collect();
        }
        if words.len() != values + 1 {
            return None;
        }
        rows.push((line.number, words));
    }
    let numeric = |at: usize| rows[1..].iter().all(|(_, r)| is_value(&r[at]));
    let any = rows.len() > LINES && (0..=values).any(numeric);
    let row =
        |(line, cells): &(u64, Vec<String>)| Row::new(*line, cells.iter().map(String::as_str));
    any.then(|| rows.iter().map(row).collect())
}

/// Whether a word is a number, a pair of them, or states that there is none.
fn is_value(word: &str) -> bool {
    word.split('/').all(|part| number::parse(part).is_ok())
}

/// Refuses a frame that was printed shortened or wrapped.
fn shortened(name: &str, lines: &[Line<'_>]) -> Result<()> {
    let dots = |l: &&Line<'_>| {
        let mut words = l.text.split_whitespace().peekable();
        let is_gap = |w: &str| ["..", "...", "\u{2026}"].contains(&w);
        words.peek().is_some() && words.all(is_gap)
    };
    let heading = lines
        .first()
        .filter(|l| l.text.split_whitespace().any(|w| w == "..."));
    let wrapped = lines.iter().find(|l| l.text.ends_with(" \\"));
    let (line, what) = match (lines.iter().find(dots), heading, wrapped) {
        (Some(line), ..) => (line, "leaves lines out (`...`)"),
        (_, Some(line), _) => (line, "leaves columns out (`...`)"),
        (_, _, Some(line)) => (line, "goes on below in other columns (`\\`)"),
        _ => return Ok(()),
    };
    Err(Error::Csv {
        table: name.to_string(),
        reason: format!(
            "line {}: a data frame as it prints itself, which {what}: write all of it with df.to_csv('NEW.csv')",
            line.number
        ),
    })
}

/// What the text is, where it cannot be read, and what to do.
fn refused(name: &str, lines: &[Line<'_>]) -> Error {
    let count = |l: &Line<'_>| l.text.split_whitespace().count();
    let heading = lines.first().map_or(0, count);
    let line = lines.iter().skip(1).find(|l| count(l) != heading);
    let (at, found) = line.map_or((1, heading), |l| (l.number, count(l)));
    Error::Csv {
        table: name.to_string(),
        reason: format!(
            "line {at}: expected cells between commas, semicolons, tabs or bars, found text set apart by blanks \
             ({found} words below {heading} of the heading), in which it cannot be told which words are one cell and \
             which columns a wide heading covers: of a data frame write df.to_csv('NEW.csv'), of a paper take the \
             LaTeX source of the table"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        assert!(is_aligned(text), "{text}");
        let rows = split("t.txt", text).unwrap().rows.into_iter();
        rows.map(|r| r.cells.into_iter().map(|c| c.text).collect())
            .collect()
    }

    #[test]
    fn frames_are_read_as_they_print_themselves() {
        let wanted = [
            ["", "method", "mosi_acc7", "mosi_mae"],
            ["0", "LNLN", "44.56", "0.789"],
            ["1", "MISA (2020)", "41.56", "-0.799"],
        ];
        // With and without row numbers, by pandas and R, and as `column -t` prints.
        let pandas = "        method  mosi_acc7  mosi_mae\n\
                      0         LNLN      44.56     0.789\n\
                      1  MISA (2020)      41.56    -0.799\n";
        assert_eq!(cells(pandas), wanted);
        let r = "       method mosi_acc7 mosi_mae\n\
                 0        LNLN     44.56    0.789\n\
                 1 MISA (2020)     41.56   -0.799\n";
        assert_eq!(cells(r), wanted);
        let bare: Vec<&[&str]> = wanted.iter().map(|row| &row[1..]).collect();
        let index = "     method  mosi_acc7  mosi_mae\n       LNLN      44.56     0.789\nMISA (2020)      41.56    -0.799\n";
        assert_eq!(cells(index), bare);
        let left = "method       mosi_acc7  mosi_mae\n-----------  ---------  --------\n\
                    LNLN         44.56      0.789\nMISA (2020)  41.56      -0.799\n";
        assert_eq!(cells(left), bare);
    }

    #[test]
    fn rates_beside_the_name_of_an_index_are_headings() {
        let text = "rate            0.0   0.1\nmethod\nLNLN          44.56  42.1\nMISA (2020)   43.10  42.0\n";
        let rows = cells(text);
        assert_eq!(rows[0], ["method", "0.0", "0.1"]);
        assert_eq!(rows[2], ["MISA (2020)", "43.10", "42.0"]);
        // A section is no name of an index.
        let text = "method  mosi_acc7  mosi_mae\nMOSI\nLNLN        44.56     0.789\nMISA        43.10     0.800\n";
        assert_eq!(
            cells(text)[..2],
            [
                vec!["method", "mosi_acc7", "mosi_mae"],
                vec!["MOSI", "", ""]
            ]
        );
    }

    #[test]
    fn names_of_an_index_are_its_headings() {
        let text = "              mosi_acc7        mosi_mae\n\
                    \x20                  mean   std      mean\n\
                    method  rate\n\
                    LNLN    0.0       44.56  0.31     0.789\n\
                    \x20       0.1       42.10  0.40     0.812\n";
        let rows = cells(text);
        assert_eq!(rows[0], ["", "", "mosi_acc7", "", "mosi_mae"]);
        assert_eq!(rows[1], ["method", "rate", "mean", "std", "mean"]);
        assert_eq!(rows[3], ["", "0.1", "42.10", "0.40", "0.812"]);
    }

    #[test]
    fn words_of_a_page_are_cells_where_lines_have_as_many() {
        let text = "Table 2: Results on CMU-MOSI\nMethod Acc-7 Acc-2 MAE\nMISA 43.0 81.2/83.4 0.783\n\
                    TFN (Zadeh et al.) 32.2 76.4/77.6 0.953\n";
        let rows = cells(text);
        assert_eq!(rows[0], ["Table 2: Results on CMU-MOSI"]);
        assert_eq!(
            rows[3],
            ["TFN (Zadeh et al.)", "32.2", "76.4/77.6", "0.953"]
        );
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        let cases = [
            // Two words of a heading, a year that may be a number, a wide heading in the middle.
            "Method Acc-7 F1 score MAE\nMISA 43.0 81.2 0.783\nTFN 32.2 76.4 0.953\n",
            "Method Acc-7 MAE\nMISA 2020 43.0 0.783\nTFN 2017 32.2 0.953\n",
            "                  MOSI                       MOSEI\n\
             Method    Acc-7   Acc-2    MAE      Acc-7   Acc-2   MAE\n\
             MISA      43.0    81.2     0.783    52.1    84.5    0.550\n\
             Self-MM   44.2    82.1     0.713    53.0    85.0    0.530\n",
            "               MOSI                MOSEI\n\
             Method    Acc-7      MAE      Acc-7      MAE\n\
             MISA      43.0       0.783    52.1       0.550\n\
             Self-MM   44.2       0.713    53.0       0.530\n",
            "method  mosi_acc7\n0 LNLN  44.56\n..     ...\n9 MISA  41.20\n",
            "   method  mosi_acc7  \\\n0    LNLN      44.56   \n1    MISA      41.20   \n\n   mosi_mae\n0   0.789\n1   0.812\n",
        ];
        for text in cases {
            assert!(is_aligned(text), "{text}");
            let error = split("t.txt", text).unwrap_err().to_string();
            assert!(error.contains("df.to_csv('NEW.csv')"), "{error}");
        }
        for text in [
            "method,mae\nA,0.7\nB,0.8\n",
            "a;b\n1;2 3\n4;5\n",
            "No table here.\n",
        ] {
            assert!(!is_aligned(text), "{text}");
        }
    }
}
