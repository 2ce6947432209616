//! Tables in Markdown.

use crate::report::table::{BASELINE_MARK, BETWEEN, Cell, Content, Line, Table};

/// One table with its title as a heading of this level, and its notes.
pub fn table(table: &Table, level: usize) -> String {
    let mut out = format!("{} {}\n\n", "#".repeat(level), escape(&table.title));
    out += &header(table);
    let mut before: Option<&Line> = None;
    for row in &table.rows {
        let block = before.is_none_or(|b| b.block != row.block);
        // Markdown has no rule within a table; an empty row stands for it.
        if row.baseline && before.is_none_or(|b| !b.baseline) {
            out += &line(std::iter::repeat_n(String::new(), table.columns.len() + 1));
        }
        if block && !row.block.is_empty() {
            let empty = std::iter::repeat_n(String::new(), table.columns.len());
            out += &line(std::iter::once(format!("**{}**", escape(&row.block))).chain(empty));
        }
        before = Some(row);
        out += &body(row);
    }
    out + &notes(table)
}

fn header(table: &Table) -> String {
    let titles = table.columns.iter().map(|c| escape(&c.title));
    let head = line(std::iter::once(escape(&table.full_stub())).chain(titles));
    format!("{head}|:--{}|\n", "|--:".repeat(table.columns.len()))
}

fn body(row: &Line) -> String {
    let label = escape(&row.label);
    let label = if row.baseline {
        format!("*{label}*")
    } else {
        label
    };
    line(std::iter::once(label).chain(row.cells.iter().map(cell)))
}

fn cell(of: &Cell) -> String {
    if let Content::Several(cells) = &of.content {
        return cells.iter().map(cell).collect::<Vec<_>>().join(BETWEEN);
    }
    single(of)
}

fn single(cell: &Cell) -> String {
    let mut text = cell.content.text();
    text = match (cell.best, cell.significant) {
        (_, true) => format!("**{text}**"),
        (true, false) => format!("<u>{text}</u>"),
        _ => text,
    };
    if let Some(sd) = cell.content.sd() {
        text += &format!(" ± {sd}");
    }
    if cell.at_baseline {
        text.push(BASELINE_MARK);
    }
    if let Some(letter) = cell.content.letter() {
        text += &format!("<sup>{letter}</sup>");
    }
    text
}

/// A row of cells that are escaped already.
pub(super) fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cells = cells.into_iter().map(|c| format!(" {c} |"));
    format!("|{}\n", cells.collect::<String>())
}

fn notes(table: &Table) -> String {
    let mut out = String::from("\n");
    for note in &table.notes {
        out += &format!("{}  \n", escape(note));
    }
    for (letter, reason) in table.footnotes() {
        out += &format!("<sup>{letter}</sup> {}  \n", escape(reason));
    }
    out
}

/// Keeps text from being taken for markup.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => out.extend(['\\', c]),
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
