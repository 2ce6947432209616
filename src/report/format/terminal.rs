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

/// Tables one after the other with their notes. Spreads are left out where they do not fit.
pub fn tables(tables: &[Table], style: Style) -> String {
    let parts: Vec<_> = tables.iter().map(|t| table(t, style)).collect();
    parts.join("\n")
}

fn table(table: &Table, style: Style) -> String {
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
    let text = grid(table, style, spread && !cut, true);
    format!("{}\n{text}\n{}", table.title, notes(table, style, cut))
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
    let titles = table.columns.iter().map(|c| stack(&c.title));
    grid.set_header(std::iter::once(stack(&table.full_stub())).chain(titles));
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

/// One word per line, the arrow next to the last, so that columns are no wider than their numbers.
fn stack(title: &str) -> String {
    title
        .replace(' ', "\n")
        .replace("\n↑", " ↑")
        .replace("\n↓", " ↓")
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

/// Columns that a line of a note fills at most.
const NOTE_WIDTH: usize = 98;

/// A note, indented and wrapped.
fn wrapped(note: &str) -> String {
    let mut lines = vec![String::new()];
    for word in note.split_whitespace() {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > NOTE_WIDTH {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.iter().map(|line| format!("  {line}\n")).collect()
}

fn notes(table: &Table, style: Style, cut: bool) -> String {
    let mut out = String::new();
    for note in &table.notes {
        let note = if style.color {
            note.clone()
        } else {
            let note = note.replace("bold:", &format!("{BEST}:"));
            note.replace("underlined:", &format!("{SECOND}:"))
        };
        out += &wrapped(&note);
    }
    if cut {
        out += "  Spreads are in the report's files.\n";
    }
    for (letter, reason) in table.footnotes() {
        out += &wrapped(&format!("({letter}) {reason}"));
    }
    out
}
