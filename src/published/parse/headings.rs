//! Finds the lines of headings of a table, and cuts apart tables that share a grid.

use super::grid::{Grid, Row};
use super::header::{self, Column, Kind};
use super::heading::{self, Role, Word};
use super::{correlation, marks, number};

/// A table with one set of columns.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Lines above the headings, and captions.
    pub captions: Vec<String>,
    pub columns: Vec<Column>,
    /// The lines below the headings.
    pub rows: Vec<Row>,
    /// What was assumed about the headings.
    pub notes: Vec<String>,
}

/// The tables of a grid: one below another with headings of its own, or side by side.
pub(super) fn blocks(grid: &Grid, keys: &[String]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (captions, rows) in stacked(grid, keys) {
        let Some((columns, lines)) = headings(&rows, keys) else {
            continue;
        };
        let below = &rows[lines..];
        for places in side_by_side(&columns) {
            let mut columns: Vec<Column> = places.iter().map(|at| columns[*at].clone()).collect();
            let mut rows: Vec<Row> = below.iter().map(|row| only(row, &places)).collect();
            let mut notes: Vec<String> = Vec::new();
            notes.extend(marks::join(&mut columns, &mut rows));
            notes.extend(correlation::settle(&mut columns, &rows));
            let numbers = |at: usize| rows.iter().any(|r| number::is_number(r.text(at)));
            let methods = header::methods_in_columns(&mut columns, numbers);
            if !methods.is_empty() {
                notes.push(format!(
                    "columns are taken for methods: {}",
                    methods.join(", ")
                ));
            }
            blocks.push(Block {
                captions: captions.clone(),
                columns,
                rows,
                notes,
            });
        }
    }
    blocks
}

/// Some cells of a line.
fn only(row: &Row, places: &[usize]) -> Row {
    let cells = places.iter().filter_map(|at| row.cells.get(*at).cloned());
    Row {
        line: row.line,
        cells: cells.collect(),
    }
}

/// Parts of a grid that begin with headings, each with the captions and titles above it.
fn stacked(grid: &Grid, keys: &[String]) -> Vec<(Vec<String>, Vec<Row>)> {
    let mut parts: Vec<(Vec<String>, Vec<Row>)> = Vec::new();
    let mut captions = grid.captions.clone();
    let mut rows: Vec<Row> = Vec::new();
    for row in &grid.rows {
        let numbers = |r: &Row| r.filled().any(|c| number::is_number(&c.text));
        let started = rows
            .iter()
            .skip(1)
            .any(|r| numbers(r) && !is_rates_heading(r, keys));
        if started && is_heading_again(row, keys) {
            let titles = trailing_titles(&mut rows);
            parts.push((std::mem::take(&mut captions), std::mem::take(&mut rows)));
            captions.clone_from(&grid.captions);
            captions.extend(titles);
        }
        rows.push(row.clone());
    }
    parts.push((captions, rows));
    for (captions, rows) in &mut parts {
        // A title has one cell where the headings have more.
        let wide = rows.iter().any(|r| r.filled().count() > 1);
        let titles = rows
            .iter()
            .take_while(|r| wide && r.filled().count() == 1)
            .count();
        captions.extend(
            rows.drain(..titles)
                .flat_map(|r| r.filled().map(|c| c.text.clone()).collect::<Vec<_>>()),
        );
    }
    parts
}

/// Takes the lines of one cell off the end: titles of what comes next.
fn trailing_titles(rows: &mut Vec<Row>) -> Vec<String> {
    let titles = rows
        .iter()
        .rev()
        .take_while(|r| r.filled().count() == 1)
        .count();
    let titles = rows.split_off(rows.len() - titles);
    titles
        .iter()
        .flat_map(|r| r.filled().map(|c| c.text.clone()).collect::<Vec<_>>())
        .collect()
}

/// Whether a line below numbers is one of headings: it names the column of methods, and holds no number.
fn is_heading_again(row: &Row, keys: &[String]) -> bool {
    // Most lines begin with a name or a number: nothing else of them needs to be read.
    let first = row
        .filled()
        .next()
        .is_some_and(|c| matches!(heading::word(&c.text, keys), Word::Role(_)));
    if !first {
        return false;
    }
    let words: Vec<Word> = row.filled().map(|c| heading::word(&c.text, keys)).collect();
    let role = words.iter().any(|w| {
        matches!(
            w,
            Word::Role(Role::Method | Role::Dataset | Role::Rate { .. } | Role::Metric)
        )
    });
    let scores = words
        .iter()
        .any(|w| matches!(w, Word::Scores(_) | Word::Dataset(_) | Word::Condition(_)));
    let numbers = row
        .filled()
        .any(|c| number::is_number(&c.text) || number::is_absent(&c.text));
    role && words.len() > 1
        && (scores || numbers_are_rates(row, keys))
        && (!numbers || numbers_are_rates(row, keys))
}

/// Whether a line names a key column and rates beside it.
fn is_rates_heading(row: &Row, keys: &[String]) -> bool {
    let first = row.filled().next();
    let role = first.is_some_and(|c| matches!(heading::word(&c.text, keys), Word::Role(_)));
    role && numbers_are_rates(row, keys)
}

/// Whether a line's numbers are conditions under a word for the column of methods.
fn numbers_are_rates(row: &Row, keys: &[String]) -> bool {
    let mut numbers = row
        .filled()
        .filter(|c| number::is_number(&c.text))
        .peekable();
    numbers.peek().is_some()
        && numbers.all(|c| matches!(heading::word(&c.text, keys), Word::Condition(_)))
}

/// The columns and the number of lines of headings; `None` for a table without lines.
fn headings(rows: &[Row], keys: &[String]) -> Option<(Vec<Column>, usize)> {
    let first = rows.first()?;
    let mut lines = 1;
    let mut complete = is_complete(first, keys);
    while let Some(row) = rows.get(lines) {
        if !continues(row, complete, keys) {
            break;
        }
        complete |= is_complete(row, keys);
        lines += 1;
    }
    let width = rows.iter().map(|r| r.cells.len()).max().unwrap_or(0);
    let mut pieces: Vec<Vec<String>> = vec![Vec::new(); width];
    for (at, row) in rows[..lines].iter().enumerate() {
        let below = &rows[at + 1..lines];
        for (column, text) in filled_right(row, below, width, keys)
            .into_iter()
            .enumerate()
        {
            pieces[column].push(text);
        }
    }
    Some((header::columns(&pieces, keys), lines))
}

/// Whether a line names every column by itself, scores among them.
fn is_complete(row: &Row, keys: &[String]) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    let mut scores = false;
    for (at, cell) in row.cells.iter().enumerate() {
        if (cell.text.is_empty() && at > 0) || seen.contains(&&*cell.text) {
            return false;
        }
        seen.push(&cell.text);
        scores |= matches!(
            heading::word(&cell.text, keys),
            Word::Scores(_) | Word::Condition(_) | Word::Role(Role::Value)
        );
    }
    scores
}

/// Whether a line below headings is one of headings, too.
fn continues(row: &Row, complete: bool, keys: &[String]) -> bool {
    let words: Vec<(&str, Word)> = row
        .filled()
        .map(|c| (&*c.text, heading::word(&c.text, keys)))
        .collect();
    if words
        .iter()
        .all(|(_, w)| matches!(w, Word::Unit(_) | Word::Nothing | Word::Statistic { .. }))
    {
        return true;
    }
    let role = words.iter().any(|(_, w)| matches!(w, Word::Role(_)));
    if words.iter().any(|(t, _)| number::is_absent(t)) || (complete && !role) {
        return false;
    }
    if words.iter().any(|(t, _)| number::is_number(t)) {
        // Rates below the name of a metric or data set.
        let first = row.cells.first().is_some_and(|c| c.text.is_empty()) || role;
        return !complete && first && numbers_are_rates(row, keys);
    }
    if words.len() == 1 {
        // pandas writes the name of the index on a line of its own.
        return role;
    }
    let known = words.iter().filter(|(_, w)| !matches!(w, Word::Unknown(_)));
    2 * known.count() >= words.len()
}

/// The texts of a line of headings; a wide cell counts for the columns that it covers.
fn filled_right(row: &Row, below: &[Row], width: usize, keys: &[String]) -> Vec<String> {
    let spans = row.cells.iter().any(|c| c.merged);
    let mut open = String::new();
    let mut texts = Vec::new();
    for at in 0..width {
        let text = row.text(at);
        if !text.is_empty() {
            open = match heading::word(text, keys) {
                // The name of a key column covers that column alone, unless it names an axis.
                Word::Role(Role::Method | Role::Configuration(_) | Role::Value) => String::new(),
                _ => text.to_string(),
            };
            texts.push(text.to_string());
            continue;
        }
        let covered = if spans {
            row.cells.get(at).is_some_and(|c| c.merged)
        } else {
            below.iter().any(|r| !r.text(at).is_empty())
        };
        if !covered {
            open.clear();
        }
        texts.push(open.clone());
    }
    texts
}

/// Columns of tables side by side: each begins with a column of methods of its own.
fn side_by_side(columns: &[Column]) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..columns.len()).collect();
    let methods: Vec<usize> = all
        .iter()
        .copied()
        .filter(|at| columns[*at].kind.is_role(&Role::Method))
        .collect();
    let scores = |from: usize, to: usize| {
        columns[from..to]
            .iter()
            .any(|c| matches!(c.kind, Kind::Scores { .. }))
    };
    let mut starts: Vec<usize> = Vec::new();
    for at in methods {
        if starts.last().is_none_or(|start| scores(*start, at)) {
            starts.push(at);
        }
    }
    if starts.len() < 2 {
        return vec![all];
    }
    let shared = 0..starts[0];
    let ends = starts.iter().skip(1).copied().chain([columns.len()]);
    let each = starts.iter().zip(ends);
    each.map(|(start, end)| shared.clone().chain(*start..end).collect())
        .collect()
}
