//! Splits tables drawn with vertical bars: Markdown, org mode, psql, tabulate.

use super::super::markup;
use super::{Grid, Row};

/// Whether a text holds such a table: two lines in a row with bars, or a line drawn of dashes and bars.
pub fn is_markdown(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.windows(2).any(|w| {
        let both = w.iter().all(|l| is_row(l));
        both && (w.iter().any(|l| is_ruler(l)) || w.iter().all(|l| l.starts_with('|')))
    })
}

/// The tables of a text, each with the nearest heading above it.
pub fn split(text: &str) -> Vec<Grid> {
    let mut grids = Vec::new();
    let mut open = Grid::default();
    let mut heading: Vec<String> = Vec::new();
    let mut fenced = false;
    for (i, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if is_row(line)
            && (!open.rows.is_empty() || line.starts_with(['|', '+']) || line.contains('|'))
        {
            if open.rows.is_empty() {
                open.captions.clone_from(&heading);
            }
            if !is_ruler(line) {
                open.rows.push(Row::new(
                    i as u64 + 1,
                    cells(line).iter().map(String::as_str),
                ));
            }
            continue;
        }
        if !open.rows.is_empty() {
            grids.push(std::mem::take(&mut open));
        }
        if !line.is_empty() && !fenced {
            // The nearest heading, and a paragraph after it, which may be a caption.
            if line.starts_with('#') {
                heading.clear();
            }
            heading.push(markup::strip(line.trim_start_matches('#')));
        }
    }
    grids.push(open);
    grids.retain(|g| g.rows.len() > 1);
    for grid in &mut grids {
        let width = grid.rows.iter().map(|r| r.cells.len()).max().unwrap_or(0);
        for row in &mut grid.rows {
            // A line may end early.
            while row.cells.len() < width {
                let column = row.cells.len() + 1;
                row.cells.push(super::Field {
                    column,
                    ..super::Field::default()
                });
            }
        }
    }
    grids
}

fn is_row(line: &str) -> bool {
    line.contains('|') || (line.starts_with('+') && is_ruler(line))
}

/// A line that separates: `|---|---:|`, `+----+----+`.
fn is_ruler(line: &str) -> bool {
    line.contains(['-', '=']) && line.chars().all(|c| "+-=|: ".contains(c))
}

/// The cells of a line with their marks; `\|` is a bar in a cell.
fn cells(line: &str) -> Vec<String> {
    let inner = line.strip_prefix('|').unwrap_or(line);
    let inner = inner
        .strip_suffix('|')
        .filter(|t| !t.ends_with('\\'))
        .unwrap_or(inner);
    let mut cells = vec![String::new()];
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '|' {
            cells.push(String::new());
            continue;
        }
        let text = cells.last_mut();
        if c == '\\' && chars.peek() == Some(&'|') {
            chars.next();
            text.into_iter().for_each(|t| t.push('|'));
        } else {
            text.into_iter().for_each(|t| t.push(c));
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_of_a_page_is_found_with_its_heading() {
        let text = "# Report\n\n## MOSI\n\n| model | MAE |\n|:--|--:|\n| A | **0.7** |\n\nText | not a table\n\n\
                    ### SIMS\n\n| model | MAE |\n|---|---|\n| A | 0.4\n";
        assert!(is_markdown(text));
        let grids = split(text);
        assert_eq!(grids.len(), 2);
        assert_eq!(
            (grids[0].rows[1].line, grids[0].rows[1].text(1)),
            (7, "0.7")
        );
        assert_eq!(grids[0].captions, ["MOSI"]);
        assert_eq!(grids[1].captions, ["SIMS"]);
        assert_eq!(grids[1].rows[1].text(1), "0.4");
    }

    #[test]
    fn other_drawings_with_bars_are_read() {
        let grid =
            "+-----+------+\n| a   |  mae |\n+=====+======+\n| A   |  0.7 |\n+-----+------+\n";
        assert!(is_markdown(grid));
        assert_eq!(split(grid)[0].rows.len(), 2);
        let org = "| a | mae |\n|---+-----|\n| A | 0.7 |\n";
        assert_eq!(split(org)[0].rows.len(), 2);
        let bare = "method | mae\n--- | ---\nA | 0.7\n";
        assert!(is_markdown(bare));
        assert_eq!(split(bare)[0].rows[1].text(0), "A");
        assert!(!is_markdown("method,mae\n\"A|B\",0.7\n\"A|C\",0.8\n"));
    }
}
