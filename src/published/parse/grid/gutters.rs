//! Cuts lines of text into columns at positions that are blank in all of them.

use std::ops::Range;

use super::super::heading::{Word, word};
use super::super::number;
use super::Row;

/// A line of text.
#[derive(Clone, Copy, Debug)]
pub struct Line<'t> {
    /// In the file, counted from 1.
    pub number: u64,
    pub text: &'t str,
}

/// The lines as rows of cells; `None` where more than one reading is possible.
pub fn rows(lines: &[Line<'_>]) -> Option<Vec<Row>> {
    let chars: Vec<Vec<char>> = lines.iter().map(|l| l.text.chars().collect()).collect();
    let columns = columns(&chars);
    let mut table: Vec<Vec<String>> = chars
        .iter()
        .map(|line| columns.iter().map(|c| text(line, c)).collect())
        .collect();
    let mut numbers: Vec<u64> = lines.iter().map(|l| l.number).collect();
    join_names(&mut table, &mut numbers);
    let cells = || table.iter().flatten();
    // Two cells in one: a wide cell covers the blank between them.
    let whole = cells().all(|cell| pieces(cell) <= 1);
    let of_numbers = |at: usize| {
        let mut below = table
            .iter()
            .skip(1)
            .map(|row| &row[at])
            .filter(|t| !t.is_empty());
        below.any(|t| number::is_number(t))
    };
    let sound = whole
        && columns.len() > 1
        && table.len() > 1
        && (0..columns.len()).any(of_numbers)
        && headings_are_over_their_columns(&chars, &columns);
    let row =
        |(cells, line): (&Vec<String>, &u64)| Row::new(*line, cells.iter().map(String::as_str));
    sound.then(|| table.iter().zip(&numbers).map(row).collect())
}

/// Parts of a text between runs of two and more blanks.
pub fn pieces(text: &str) -> usize {
    text.trim()
        .split("  ")
        .filter(|p| !p.trim().is_empty())
        .count()
}

fn text(line: &[char], column: &Range<usize>) -> String {
    let end = column.end.min(line.len());
    let part: String = line
        .get(column.start..end)
        .unwrap_or_default()
        .iter()
        .collect();
    part.trim().to_string()
}

/// The parts between positions that are blank in all lines. One blank in the names of a column is no border: a border
/// of one position has a heading and cells on both sides, or the numbers of the rows on its left.
fn columns(lines: &[Vec<char>]) -> Vec<Range<usize>> {
    let width = lines.iter().map(Vec::len).max().unwrap_or(0);
    let blank = |at: usize| {
        let mut all = lines.iter().map(|l| l.get(at).copied().unwrap_or(' '));
        all.all(char::is_whitespace)
    };
    let mut parts: Vec<Range<usize>> = Vec::new();
    for at in (0..width).filter(|at| !blank(*at)) {
        match parts.last_mut() {
            Some(last) if last.end == at => last.end = at + 1,
            _ => parts.push(at..at + 1),
        }
    }
    let of_numbers = |l: &Vec<char>| {
        let line: String = l.iter().collect();
        line.split_whitespace().skip(1).any(number::is_number)
    };
    let heads = lines.iter().position(of_numbers).unwrap_or(0).max(1);
    let any =
        |lines: &[Vec<char>], part: &Range<usize>| lines.iter().any(|l| !text(l, part).is_empty());
    let headed = |part: &Range<usize>| any(&lines[..heads.min(lines.len())], part);
    let filled = |part: &Range<usize>| any(&lines[heads.min(lines.len())..], part);
    let counts = |part: &Range<usize>| {
        let number = |l: &Vec<char>| text(l, part).parse::<usize>().ok();
        let below: Option<Vec<usize>> = lines.iter().skip(1).map(number).collect();
        below.is_some_and(|n| n.windows(2).all(|w| w[1] == w[0] + 1))
    };
    let mut joined: Vec<Range<usize>> = Vec::new();
    for part in parts {
        let border = |left: &Range<usize>| {
            let both = headed(left) && headed(&part) && filled(left) && filled(&part);
            part.start > left.end + 1 || both || counts(left)
        };
        match joined.last_mut().filter(|left| !border(left)) {
            Some(left) => left.end = part.end,
            None => joined.push(part),
        }
    }
    joined
}

/// Lines among which that of an index's names is.
const HEADS: usize = 4;

/// Writes the names of an index, which pandas prints in a line of their own below the headings, into the line above.
fn join_names(table: &mut Vec<Vec<String>>, numbers: &mut Vec<u64>) {
    let named = |row: &[String]| row.iter().take_while(|t| is_key(t)).count();
    let is_names = |at: &usize| {
        let row = &table[*at];
        let named = named(row);
        let alone = named > 0 && named < row.len() && row[named..].iter().all(String::is_empty);
        let filled = |at: usize| {
            table
                .get(at)
                .is_some_and(|r| r[named..].iter().any(|t| !t.is_empty()))
        };
        // What stands above is the name of the columns, if anything.
        let free = table[*at - 1][..named].iter().skip(1).all(String::is_empty);
        alone && free && filled(*at - 1) && filled(*at + 1)
    };
    let Some(at) = (1..HEADS.min(table.len())).find(is_names) else {
        return;
    };
    let names = table.remove(at);
    numbers.remove(at);
    let named = named(&names);
    for (cell, name) in table[at - 1].iter_mut().zip(names).take(named) {
        *cell = name;
    }
}

/// Whether a heading is that of methods, rates and the like.
pub fn is_key(text: &str) -> bool {
    matches!(word(text, &[]), Word::Role(_))
}

/// Whether wide headings are printed as pandas does, at the right edge of the first column they cover: those of a page
/// are in the middle, and what they cover cannot be told.
fn headings_are_over_their_columns(lines: &[Vec<char>], columns: &[Range<usize>]) -> bool {
    let [top, next, ..] = lines else {
        return true;
    };
    let filled = |line: &[char]| -> Vec<usize> {
        let all = columns.iter().enumerate();
        let filled = all.filter(|(_, c)| !text(line, c).is_empty());
        filled.map(|(at, _)| at).collect()
    };
    let numbers = |line: &[char]| columns.iter().any(|c| number::is_number(&text(line, c)));
    let (wide, narrow) = (filled(top), filled(next));
    let covered = narrow.iter().any(|at| !wide.contains(at));
    let of_names = narrow.iter().max() < wide.iter().min();
    if numbers(next) || !covered || of_names {
        return true;
    }
    let at_edge = |at: &usize| {
        let end = columns[*at].end;
        top.get(end - 1).is_some_and(|c| !c.is_whitespace())
    };
    wide.iter().min() <= narrow.iter().min() && wide.iter().all(at_edge)
}
