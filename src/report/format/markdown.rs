//! Renders `report.md`: everything on one page.

use super::{Exporter, Report};
use crate::report::contents::SectionContents;
use crate::report::figure::rendered::Figure;
use crate::report::rows::provenance;
use crate::report::rows::section::Section;
use crate::report::table::phrases::sentence;
use crate::report::table::{BASELINE_MARK, BETWEEN, Cell, Content, STAR, Table, TableRow};

pub const EXPORTER: Exporter = Exporter {
    name: "Markdown",
    file: "report.md",
    render: |report: &Report<'_>| Ok(page(report.parts).into_bytes()),
};

/// The page.
pub fn page(parts: &[SectionContents]) -> String {
    let title = provenance::report_title(parts.iter().map(|p| &p.section));
    let mut out = format!("# {}\n\n", escape(&title));
    if parts.iter().any(|p| p.section.synthetic()) {
        out += &format!("> **{}**\n\n", provenance::SYNTHETIC);
    }
    for caution in provenance::cautions(parts.iter().map(|p| &p.section)) {
        out += &format!("> {}\n\n", escape(&caution));
    }
    out += "Every score comes from stored per-sample predictions; `manifest.json` names the runs \
            behind each. Numbers at full precision are in `scores.csv` and `summary.csv`.\n";
    out += &format!("\n{}", parts.iter().map(contents).collect::<String>());
    for part in parts {
        out += &part_text(part);
    }
    out + &format!("\n---\n\n{}\n", provenance::GRADES)
}

/// Links to the tables and figures of a section.
fn contents(part: &SectionContents) -> String {
    let link = |id: &str, title: &str| format!("[{}](#{id})", escape(&part.short(title)));
    let tables: Vec<String> = part.tables().map(|t| link(&t.id, &t.title)).collect();
    let figures: Vec<String> = part.figures().map(|f| link(&f.id(), &f.title)).collect();
    let mut out = format!(
        "- [{}](#{})\n",
        escape(&part.section.title),
        part.section.slug
    );
    for (name, links) in [("tables", tables), ("figures", figures)] {
        if !links.is_empty() {
            out += &format!("  - {name}: {}\n", links.join(", "));
        }
    }
    out
}

fn anchor(id: &str) -> String {
    format!("<a id=\"{id}\"></a>\n\n")
}

fn figure(figure: &Figure) -> String {
    let mut out = format!(
        "\n{}![{}]({}.svg)\n",
        anchor(&figure.id()),
        escape(&figure.title),
        figure.path
    );
    if !figure.caption.is_empty() {
        out += &format!("\n{}\n", escape(&figure.caption));
    }
    out
}

fn part_text(part: &SectionContents) -> String {
    let section = &part.section;
    let mut out = format!(
        "\n{}## {}\n\n",
        anchor(&section.slug),
        escape(&section.title)
    );
    out += &format!("{}\n\n", escape(&provenance::tested_on(section)));
    for sentence in part.findings.sentences() {
        out += &format!("- {}\n", escape(&sentence));
    }
    for (index, (table, drawn)) in part.shown.iter().enumerate() {
        let drawn = drawn.as_ref().map(figure).unwrap_or_default();
        let (text, notes, legend) = (rows(table, 3), notes(table), legend(part, table));
        let table = format!("\n{}{text}\n{notes}{legend}", anchor(&table.id));
        // The overview begins with its figure.
        out += &if index == 0 {
            drawn + &table
        } else {
            table + &drawn
        };
    }
    if !part.pictures.is_empty() || part.left_out.is_some() {
        out += "\n### Figures\n";
    }
    if let Some(left_out) = &part.left_out {
        out += &format!("\n{}\n", escape(left_out));
    }
    out.extend(part.pictures.iter().map(figure));
    out += "\n### Data, masks and build\n\n";
    for fact in provenance::facts(section) {
        out += &format!("- {}:", fact.name);
        let before = if fact.lines.len() > 1 { "\n  - " } else { " " };
        for line in &fact.lines {
            out += &format!("{before}{}", escape(line));
        }
        out += "\n";
    }
    out + "\n### Runs\n\n" + &runs(section)
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

/// The legend under the first table that it is of, and a link to it under the others.
fn legend(part: &SectionContents, table: &Table) -> String {
    let id = part.legend_id();
    if table.legend.is_empty() {
        String::new()
    } else if part.legend_table() == Some(table.id.as_str()) {
        let phrases = part.legend().into_iter();
        let lines = phrases.map(|phrase| format!("- {}\n", escape(&sentence(phrase))));
        format!(
            "\n{}In the tables of scores of this section:\n\n{}",
            anchor(&id),
            lines.collect::<String>()
        )
    } else {
        format!("[Legend](#{id}).  \n")
    }
}

/// One table by itself, with its title as a heading of this level, legend and notes.
pub fn table(table: &Table, level: usize) -> String {
    let legend = table.legend_sentences();
    let legend = if legend.is_empty() {
        legend
    } else {
        format!("{}  \n", escape(&legend))
    };
    format!("{}\n{legend}{}", rows(table, level), notes(table))
}

/// A table with its title as a heading of this level.
fn rows(table: &Table, level: usize) -> String {
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
    out
}

fn header(table: &Table) -> String {
    let titles = table.columns.iter().map(|c| escape(&c.title));
    let head = line(std::iter::once(escape(&table.full_stub())).chain(titles));
    let sides = (0..table.columns.len()).map(|i| if table.is_text(i) { "|:--" } else { "|--:" });
    format!("{head}|:--{}|\n", sides.collect::<String>())
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
    let mut out = String::new();
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
