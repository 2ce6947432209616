//! Splits the text of a file into tables of cells: delimited text, Markdown, LaTeX or aligned text.

mod aligned;
mod comments;
mod definitions;
mod delimited;
mod drawn;
mod gutters;
mod latex;
mod markdown;
mod other_files;
mod page_breaks;
mod row_ends;
mod unclear;

use super::cell::LeftOut;
use super::error::{Error, Result};
use super::markup;

/// One table of a file before anything is known of its columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Grid {
    /// Lines of text that belong to the table: its caption, or the heading above it.
    pub captions: Vec<String>,
    pub rows: Vec<Row>,
    /// What was assumed about the text.
    pub notes: Vec<String>,
    /// Cells of which it is not known what they print, and what is in other files.
    pub left_out: LeftOut,
}

/// One line of a table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Line in the file, counted from 1.
    pub line: u64,
    pub cells: Vec<Field>,
}

/// The text of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Field {
    /// Without marks; see [`super::markup`].
    pub text: String,
    /// Column in the file, counted from 1.
    pub column: usize,
    /// Covered by the wide cell to its left.
    pub merged: bool,
    /// In bold, as papers print the best number of a column.
    pub bold: bool,
    /// A name as the file has it, where a raised mark or a reference was taken off it.
    pub marked: Option<String>,
}

impl Row {
    /// A line of cells from left to right, with the marks around their texts.
    fn new<'t>(line: u64, cells: impl IntoIterator<Item = &'t str>) -> Self {
        let cells = cells.into_iter().enumerate().map(|(i, text)| {
            let plain = markup::strip(text);
            Field {
                marked: markup::marked(text, &plain),
                text: plain,
                column: i + 1,
                merged: false,
                bold: markup::is_bold(text),
            }
        });
        Self {
            line,
            cells: cells.collect(),
        }
    }

    /// Text of a cell; nothing where the line is shorter.
    pub fn text(&self, at: usize) -> &str {
        self.cells.get(at).map_or("", |c| &c.text)
    }

    /// Cells that hold something.
    pub fn filled(&self) -> impl Iterator<Item = &Field> {
        self.cells.iter().filter(|c| !c.text.is_empty())
    }
}

/// The tables of a text, first one first.
///
/// # Errors
/// [`Error::Csv`] for lines of unequal width; [`Error::Kind`] for LaTeX whose numbers are in another file.
pub(super) fn split(name: &str, text: &str) -> Result<Vec<Grid>> {
    let text = &*drawn::with_bars(text);
    let shown = comments::of_markdown(text);
    let mut grids = if latex::is_latex(text) {
        latex::split(name, text)?
    } else if let Some(file) = latex::file_of_numbers(text) {
        return Err(elsewhere(name, &file));
    } else if markdown::is_markdown(&shown) {
        markdown::split(&shown)
    } else if aligned::is_aligned(text) {
        vec![aligned::split(name, text)?]
    } else {
        vec![delimited::split(name, text)?]
    };
    for grid in &mut grids {
        grid.rows.retain(|row| row.filled().next().is_some());
        drop_empty_columns(grid);
    }
    grids.retain(|grid| !grid.rows.is_empty());
    Ok(grids)
}

/// The first of some commands, and where it is.
fn first_of<'n>(text: &str, names: &[&'n str]) -> Option<(usize, &'n str)> {
    let found = names
        .iter()
        .filter_map(|name| Some((text.find(name)?, *name)));
    found.min_by_key(|(at, _)| *at)
}

/// LaTeX whose numbers are in another file.
fn elsewhere(name: &str, file: &str) -> Error {
    Error::Kind {
        table: name.to_string(),
        kind: format!("LaTeX that reads its numbers from `{file}`"),
        help: format!("audit that file: lnln-bench audit {file}"),
    }
}

/// Takes out columns without any text, which spreadsheets leave at the right of a table.
fn drop_empty_columns(grid: &mut Grid) {
    let width = grid.rows.iter().map(|r| r.cells.len()).max().unwrap_or(0);
    let empty = |at: usize| grid.rows.iter().all(|r| r.text(at).is_empty());
    let mut kept = width;
    while kept > 0 && empty(kept - 1) {
        kept -= 1;
    }
    for row in &mut grid.rows {
        row.cells.truncate(kept);
    }
}
