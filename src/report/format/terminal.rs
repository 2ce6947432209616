//! Renders tables for the terminal, as `report` and `demo` print them.

use comfy_table::{
    Attribute, Cell as View, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle,
    Table as Grid, TableStyle, Width,
};

use crate::report::table::{BASELINE_MARK, BETWEEN, Cell, Content, STAR, Table, TableRow};

/// A rule above, below and under the header, as in print.
const RULES: TableStyle = TableStyle::new()
    .top_border(LineStyle::none().fill('─').junction('─'))
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// Marks a rule between rows, which comfy-table has only between all rows or none.
const SEPARATOR: &str = "\u{1}";

/// Labels do not shrink below this; a table too wide even so is wider than the terminal.
const LABEL: u16 = 14;

/// Width and colors.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns of the terminal.
    pub width: u16,
    /// Whether escape codes may be used; without them bold cells carry an asterisk.
    pub color: bool,
}

/// Columns of the terminal that stdout is; 100 where it is none.
pub fn columns() -> u16 {
    Grid::new().width().unwrap_or(100)
}

/// Tables one after the other with their notes. Spreads, then columns from the right, are left out where they
/// do not fit. A legend that several tables share is under the last of them.
pub fn tables(tables: &[Table], style: Style) -> String {
    let parts = tables.iter().enumerate().map(|(index, one)| {
        let next = tables.get(index + 1);
        let shared = next.is_some_and(|next| next.legend == one.legend);
        table(one, style, !shared)
    });
    parts.collect::<Vec<_>>().join("\n")
}

fn table(table: &Table, style: Style, legend: bool) -> String {
    let spread = table
        .rows
        .iter()
        .flat_map(|r| &r.cells)
        .any(|c| c.content.has_spread());
    // Attributes belong to whole cells, marks of numbers that share one to each.
    let mut cells = table.rows.iter().flat_map(|r| &r.cells);
    let shared = cells.any(|c| matches!(c.content, Content::Several(_)));
    let style = Style {
        color: style.color && !shared,
        ..style
    };
    let plain = Style {
        color: false,
        ..style
    };
    let fits = width(&grid(table, plain, spread, false)) <= usize::from(style.width);
    let cut = spread && !fits;
    let spread = spread && !cut;
    let mut shown = table.clone();
    while shown.columns.len() > 1
        && width(&grid(&shown, plain, spread, true)) > usize::from(style.width)
    {
        shown.columns.pop();
        shown.rows.iter_mut().for_each(|row| drop(row.cells.pop()));
    }
    let text = grid(&shown, style, spread, true);
    let mut out = format!("{}\n{text}\n", table.title);
    if legend {
        out += &wrapped(&marked(&table.legend_sentences(), style), style);
    }
    for note in &table.notes {
        out += &wrapped(&marked(note, style), style);
    }
    let hidden = &table.columns[shown.columns.len()..];
    if cut || !hidden.is_empty() {
        let spreads = cut.then(|| "standard deviations".to_string());
        let hidden = hidden.iter().map(|column| column.title.clone());
        let what: Vec<String> = spreads.into_iter().chain(hidden).collect();
        let what = format!(
            "Left out for their width (they are in the report's files): {}.",
            what.join(", ")
        );
        out += &wrapped(&what, style);
    }
    // A footnote needs no column that is not shown.
    shown.order_reasons();
    for (letter, reason) in table.footnotes().take(shown.reasons.len()) {
        out += &wrapped(&format!("({letter}) {reason}"), style);
    }
    out
}

/// A text about marks, with what stands for bold and underlined here.
fn marked(text: &str, style: Style) -> String {
    if style.color {
        text.to_string()
    } else {
        let text = text.replace("Bold:", &format!("{BEST}:"));
        text.replace("Underlined:", &format!("{SECOND}:"))
    }
}

fn width(text: &str) -> usize {
    text.lines().map(|l| l.chars().count()).max().unwrap_or(0)
}

/// The table's lines; where it is `bound` to the width, long labels wrap, numbers never.
fn grid(table: &Table, style: Style, spread: bool, bound: bool) -> String {
    let mut grid = Grid::new();
    grid.load_style(RULES)
        .set_content_arrangement(ContentArrangement::Disabled);
    if bound {
        grid.set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(style.width);
    }
    if style.color {
        grid.enforce_styling()
    } else {
        grid.force_no_tty()
    };
    let titles = table.columns.iter().enumerate().map(|(index, column)| {
        let cells = table
            .rows
            .iter()
            .map(|row| text(&row.cells[index], style, spread));
        let widest = cells.map(|cell| cell.chars().count()).max();
        stack(&column.title, widest.unwrap_or(0))
    });
    grid.set_header(std::iter::once(stack(&table.full_stub(), 0)).chain(titles));
    let mut baseline = false;
    for row in &table.rows {
        if row.baseline && !baseline {
            grid.add_row([SEPARATOR]);
        }
        baseline = row.baseline;
        grid.add_row(line(row, style, spread));
    }
    if let Some(labels) = grid.column_mut(0) {
        labels.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(LABEL)));
    }
    for column in grid.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    rule_off(&grid.to_string())
}

/// A title in lines of up to `room` letters, the arrow next to the last word, so that columns are no wider
/// than their numbers or the longest word.
fn stack(title: &str, room: usize) -> String {
    let glued = title.replace(" ↑", "\u{a0}↑").replace(" ↓", "\u{a0}↓");
    let letters = |text: &str| text.chars().count();
    let longest = glued.split(' ').map(letters).max().unwrap_or(0);
    let lines = fill(&glued, room.max(longest));
    lines.join("\n").replace('\u{a0}', " ")
}

/// Words in lines of up to `room` letters.
fn fill(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > room {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// Puts a rule in place of the separator row.
fn rule_off(text: &str) -> String {
    let rule = text.lines().next().unwrap_or_default();
    let line = |l: &str| {
        if l.contains(SEPARATOR) {
            rule.to_string()
        } else {
            l.trim_end().into()
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn line(row: &TableRow, style: Style, spread: bool) -> Vec<View> {
    let cells = row.cells.iter().map(|c| view(c, style, spread));
    std::iter::once(View::new(&row.label))
        .chain(cells)
        .collect()
}

fn view(cell: &Cell, style: Style, spread: bool) -> View {
    let text = text(cell, style, spread);
    match (cell.best, cell.second, style.color) {
        (true, _, true) => View::new(text).add_attribute(Attribute::Bold),
        (false, true, true) => View::new(text).add_attribute(Attribute::Underlined),
        _ => View::new(text),
    }
}

fn text(cell: &Cell, style: Style, spread: bool) -> String {
    if let Content::Several(cells) = &cell.content {
        let each = cells.iter().map(|c| text(c, style, spread));
        return each.collect::<Vec<_>>().join(BETWEEN);
    }
    let mut text = match (cell.best, cell.second, style.color) {
        (true, _, false) => format!("{BEST}{}", cell.content.text()),
        (false, true, false) => format!("{SECOND}{}", cell.content.text()),
        _ => cell.content.text(),
    };
    if cell.significant {
        text.push(STAR);
    }
    if let (Some(sd), true) = (cell.content.sd(), spread) {
        text += &format!(" ±{sd}");
    }
    text += &cell
        .content
        .letter()
        .map(|l| format!(" ({l})"))
        .unwrap_or_default();
    if cell.at_baseline {
        text.push(BASELINE_MARK);
    }
    text
}

/// Marks of the best and the second best where there is neither bold nor underlined text.
const BEST: char = '>';
const SECOND: char = '_';

/// Letters of a line of a note at most.
const NOTE_WIDTH: usize = 98;

/// A note, indented and wrapped; nothing for an empty one.
fn wrapped(note: &str, style: Style) -> String {
    let room = NOTE_WIDTH.min(usize::from(style.width).saturating_sub(2));
    let lines = fill(note, room).into_iter().filter(|line| !line.is_empty());
    lines.map(|line| format!("  {line}\n")).collect()
}

/// Findings of a section under its title, wrapped to this width.
pub fn findings(title: &str, sentences: &[String], width: u16) -> String {
    let room = NOTE_WIDTH.min(usize::from(width).saturating_sub(2));
    let mut out = format!("{title}\n");
    for sentence in sentences {
        for (index, line) in fill(sentence, room).iter().enumerate() {
            let start = if index == 0 { "- " } else { "  " };
            out += &format!("{start}{line}\n");
        }
    }
    out
}
