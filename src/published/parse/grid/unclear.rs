//! Names what cells of a LaTeX table hold besides text: commands that the file does not define.

use super::super::layout::lines;
use super::super::unknown_macros::{self, Guess};
use super::super::{cell_numbers::short, number};
use super::{Field, Row};

/// Before the name of a command that is all of a cell, until the rows tell what the cell is.
const COMMAND: char = '\u{1}';

/// A cell of which it is not known what it prints: it holds no number for the reader.
const OPEN: &str = "\u{2026}";

/// Names of commands for a cell without a number.
const NONE: &[&str] = &[
    "na",
    "NA",
    "nan",
    "none",
    "no",
    "No",
    "dash",
    "tdash",
    "blank",
    "empty",
    "missing",
    "nodata",
    "textendash",
    "textemdash",
    "minus",
    "notavailable",
    "oom",
    "OOM",
    "x",
    "X",
    "cross",
    "cellempty",
];

/// What is not clear in one table.
#[derive(Debug, Default)]
pub struct Unclear {
    /// Commands of which one argument was read, or none behind a number, as printed.
    one: Vec<String>,
    marks: Vec<String>,
    /// Cells that are left out: line and command.
    pub left_out: Vec<(u64, String)>,
}

impl Unclear {
    /// Keeps what was guessed of a cell, and marks one that is a command alone.
    pub fn add(&mut self, line: u64, part: &str, guesses: &[Guess], text: &mut String) {
        for guess in guesses {
            match guess {
                Guess::One(whole) => self.one.push(whole.clone()),
                Guess::Mark(whole) => self.marks.push(whole.clone()),
                Guess::Open(whole) => {
                    self.left_out.push((line, whole.clone()));
                    *text = OPEN.to_string();
                }
            }
        }
        if text.is_empty()
            && let Some(name) = unknown_macros::alone(part)
        {
            *text = format!("{COMMAND}{name}");
        }
    }

    /// Gives cells that are a command alone the command's name where they name something; elsewhere they are left out.
    pub fn settle(&mut self, rows: &mut [Row]) {
        let mut numbers = false;
        for (place, row) in rows.iter_mut().enumerate() {
            let is_command = |cell: &Field| cell.text.starts_with(COMMAND);
            numbers |= row.filled().any(|c| number::is_number(&c.text));
            let behind = row.cells.iter().skip(1).filter(|c| !c.text.is_empty());
            let commands = behind.clone().count() > 1 && behind.clone().all(is_command);
            let is_scores = numbers || (place > 0 && commands);
            let line = row.line;
            for (at, cell) in row.cells.iter_mut().enumerate() {
                let Some(name) = cell.text.strip_prefix(COMMAND).map(str::to_string) else {
                    continue;
                };
                if at == 0 || !is_scores {
                    cell.text = name;
                } else if NONE.contains(&&*name) {
                    cell.text = "-".to_string();
                } else {
                    cell.text = OPEN.to_string();
                    self.left_out.push((line, format!("\\{name}")));
                }
            }
        }
    }

    /// What the reader assumed and left out.
    pub fn notes(&self) -> Vec<String> {
        let more = |all: &[String]| match all.len() {
            0 | 1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        let mut notes = Vec::new();
        if let Some(first) = self.one.first() {
            notes.push(format!(
                "nothing in the file says what is printed of `{}`{}: one argument is read",
                short(first),
                more(&self.one)
            ));
        }
        if let Some(first) = self.marks.first() {
            notes.push(format!(
                "`{}`{} behind numbers, which the file does not define, is taken for a mark",
                short(first),
                more(&self.marks)
            ));
        }
        if let Some((_, first)) = self.left_out.first() {
            let places: Vec<u64> = self.left_out.iter().map(|(line, _)| *line).collect();
            notes.push(format!(
                "{} left out in {}: nothing in the file says what `{}` prints (\\newcommand above the table)",
                match places.len() {
                    1 => "1 cell".to_string(),
                    n => format!("{n} cells"),
                },
                lines(&places),
                short(first)
            ));
        }
        notes
    }
}
