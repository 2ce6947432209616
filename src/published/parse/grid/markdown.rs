//! Splits tables drawn with vertical bars: Markdown, org mode, psql, tabulate.

use super::super::context::Context;
use super::super::markup;
use super::comments::HIDDEN;
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
    let mut higher = Headings::default();
    // The paragraph behind a table, where that may be its caption.
    let mut behind: Vec<(usize, String)> = Vec::new();
    let mut after = None;
    let mut fenced = false;
    for (i, line) in text.lines().enumerate() {
        let line = line.trim();
        if line == HIDDEN {
            continue;
        }
        if line.starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if is_row(line)
            && (!open.rows.is_empty() || line.starts_with(['|', '+']) || line.contains('|'))
        {
            if open.rows.is_empty() {
                open.captions = higher.with(&heading);
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
            after = Some(grids.len() - 1);
        }
        if !line.is_empty() && !fenced {
            // The nearest heading, and a paragraph after it, which may be a caption.
            let text = markup::strip(line.trim_start_matches('#'));
            if line.starts_with('#') {
                heading.clear();
                higher.enter(line, &text);
                after = None;
            }
            behind.extend(after.take().map(|table| (table, text.clone())));
            heading.push(text);
        }
    }
    grids.push(open);
    captions_below(&mut grids, &behind);
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

/// The headings that are open, highest level first.
#[derive(Default)]
struct Headings {
    open: Vec<(usize, String)>,
}

impl Headings {
    fn enter(&mut self, line: &str, text: &str) {
        let level = line.chars().take_while(|c| *c == '#').count();
        self.open.retain(|(above, _)| *above < level);
        self.open.push((level, text.to_string()));
    }

    /// The nearest captions, below the heading that names a data set where they name none.
    fn with(&self, nearest: &[String]) -> Vec<String> {
        let names = |texts: &[String]| Context::of_captions(texts).dataset.is_some();
        let mut above = self.open.iter().rev().map(|(_, text)| text);
        let higher = above.find(|text| names(std::slice::from_ref(text)));
        let higher = higher.filter(|text| !names(nearest) && !nearest.contains(text));
        higher.into_iter().chain(nearest).cloned().collect()
    }
}

/// Whether a paragraph is by its first word the caption of a table.
fn is_caption(text: &str) -> bool {
    let lower = text.to_lowercase();
    let lower = lower.trim_start_matches(['*', '_', ':', ' ']);
    let begins = |word: &&str| {
        lower.strip_prefix(*word).is_some_and(|rest| {
            let rest = rest.trim_start_matches(['.', ' ']);
            rest.starts_with(|c: char| c.is_ascii_digit() || "ivx:".contains(c))
        })
    };
    ["table", "tab", "caption"].iter().any(begins) || text.starts_with(": ")
}

/// Gives tables the captions that are below them, where those of the first one are.
fn captions_below(grids: &mut [Grid], behind: &[(usize, String)]) {
    let above = grids
        .first()
        .is_some_and(|g| g.captions.iter().any(|c| is_caption(c)));
    let first = behind
        .first()
        .is_some_and(|(at, text)| *at == 0 && is_caption(text));
    if above || !first {
        return;
    }
    for (at, text) in behind.iter().filter(|(_, text)| is_caption(text)) {
        if let Some(next) = grids.get_mut(at + 1) {
            next.captions.retain(|caption| caption != text);
        }
        if let Some(grid) = grids.get_mut(*at) {
            grid.captions.push(text.clone());
        }
    }
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
    fn a_data_set_is_named_by_a_higher_heading_or_below() {
        let table = "| model | MAE |\n|---|---|\n| A | 0.7 |\n";
        let captions = |text: &str| -> Vec<Vec<String>> {
            split(text).into_iter().map(|g| g.captions).collect()
        };
        let page = format!(
            "# CMU-MOSI\n\n## Main\n\n{table}\n## CH-SIMS\n\n{table}\n# Other\n\n## Main\n\n{table}"
        );
        let wanted = [vec!["CMU-MOSI", "Main"], vec!["CH-SIMS"], vec!["Main"]];
        assert_eq!(captions(&page), wanted);
        let below = format!("{table}\nTable 1: MOSI\n\n{table}\n*Table 2: SIMS*\n");
        assert_eq!(captions(&below), [["Table 1: MOSI"], ["Table 2: SIMS"]]);
        let above = format!("Table 1: MOSI\n\n{table}\nTable 2: SIMS\n\n{table}");
        assert_eq!(captions(&above)[0], ["Table 1: MOSI"]);
        assert_eq!(
            captions(&above)[1].last().map(String::as_str),
            Some("Table 2: SIMS")
        );
    }

    #[test]
    fn a_line_that_is_hidden_ends_no_table() {
        let text = format!("| model | MAE |\n|---|---|\n| A | 0.7 |\n{HIDDEN}\n| B | 0.8 |\n");
        let grids = split(&text);
        assert_eq!((grids.len(), grids[0].rows.len()), (1, 3));
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
