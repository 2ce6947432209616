//! Renders `report.md`: everything on one page.

use super::{Exporter, Report};
use crate::report::contents::SectionContents;
use crate::report::rows::provenance;
use crate::report::rows::section::Section;
use crate::report::table::{BASELINE_MARK, BETWEEN, Cell, Content, STAR, Table, TableRow};

pub const EXPORTER: Exporter = Exporter {
    name: "Markdown",
    file: "report.md",
    render: |report: &Report<'_>| Ok(page(report.parts).into_bytes()),
};

/// The page.
pub fn page(parts: &[SectionContents]) -> String {
    let mut out = String::from("# Report\n\n");
    if parts.iter().any(|p| p.section.synthetic()) {
        out += &format!("> **{}**\n\n", provenance::SYNTHETIC);
    }
    for caution in provenance::cautions(parts.iter().map(|p| &p.section)) {
        out += &format!("> {}\n\n", escape(&caution));
    }
    out += "Every cell comes from stored per-sample predictions; `manifest.json` names the runs \
            behind each. Numbers at full precision are in `scores.csv` and `summary.csv`.\n";
    for part in parts {
        out += &part_text(part);
    }
    out + &format!("\n---\n\n{}\n", provenance::GRADES)
}

fn part_text(part: &SectionContents) -> String {
    let mut out = format!("\n## {}\n\n", escape(&part.section.title));
    for fact in provenance::facts(&part.section) {
        out += &format!("- {}: {}\n", fact.name, escape(&fact.text));
    }
    for (table, figure) in &part.shown {
        out += &format!("\n{}", self::table(table, 3));
        if let Some(figure) = figure {
            out += &format!("\n![{}]({}.svg)\n", escape(&table.title), figure.path);
        }
    }
    if !part.pictures.is_empty() || part.left_out.is_some() {
        out += "\n### Pictures\n";
    }
    if let Some(left_out) = &part.left_out {
        out += &format!("\n{}\n", escape(left_out));
    }
    for figure in &part.pictures {
        out += &format!("\n![{}]({}.svg)\n", escape(&figure.title), figure.path);
    }
    out + "\n### Runs\n\n" + &runs(&part.section)
}

fn runs(section: &Section) -> String {
    let columns = provenance::RUN_COLUMNS;
    let mut out = line(columns.map(String::from));
    out += &format!("|{}\n", ":--|".repeat(columns.len()));
    for run in provenance::runs(section) {
        out += &line(run.map(|cell| escape(&cell)));
    }
    out
}

/// One table with its title as a heading of this level, and its notes.
pub fn table(table: &Table, level: usize) -> String {
    let mut out = format!("{} {}\n\n", "#".repeat(level), escape(&table.title));
    out += &header(table);
    let mut before: Option<&TableRow> = None;
    for row in &table.rows {
        let block = before.is_none_or(|b| b.block != row.block);
        // Markdown has no rule within a table; an empty row takes its place.
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

fn body(row: &TableRow) -> String {
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
    if cell.best {
        text = format!("**{text}**");
    } else if cell.second {
        text = format!("<u>{text}</u>");
    }
    if cell.significant {
        text.extend(['\\', STAR]);
    }
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
pub(in crate::report) fn escape(text: &str) -> String {
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
