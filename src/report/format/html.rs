//! `index.html`: one page with everything in it, that loads nothing.

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use crate::report::error::{Result, render};
use crate::report::format::page::Part;
use crate::report::run::provenance::{self, Fact};
use crate::report::table::{Cell, Content, FLOOR_MARK, Line, Table, fixed};

const NAME: &str = "index.html";

/// The page.
///
/// # Errors
/// If the template is wrong.
pub fn page(parts: &[Part]) -> Result<String> {
    let mut environment = Environment::new();
    environment
        .add_template(NAME, include_str!("page.html"))
        .map_err(render(NAME))?;
    let page = environment.get_template(NAME).map_err(render(NAME))?;
    let synthetic = parts.iter().any(|p| p.section.synthetic());
    let view = PageView {
        banner: synthetic.then_some(provenance::SYNTHETIC),
        sections: parts.iter().map(section).collect(),
        run_columns: provenance::RUN_COLUMNS,
        grades: provenance::GRADES,
        version: env!("CARGO_PKG_VERSION"),
    };
    page.render(Serde(view)).map_err(render(NAME))
}

#[derive(Serialize)]
struct PageView<'a> {
    banner: Option<&'static str>,
    sections: Vec<SectionView<'a>>,
    run_columns: [&'static str; 6],
    grades: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct SectionView<'a> {
    slug: &'a str,
    title: &'a str,
    facts: Vec<Fact>,
    tables: Vec<TableView<'a>>,
    pictures: Vec<&'a str>,
    runs: Vec<[String; 6]>,
}

#[derive(Serialize)]
struct TableView<'a> {
    id: &'a str,
    title: &'a str,
    stub: &'a str,
    /// Titles with the number of columns each spans; empty where no group has a title.
    groups: Vec<(&'a str, usize)>,
    columns: Vec<&'a str>,
    rows: Vec<RowView<'a>>,
    notes: &'a [String],
    footnotes: Vec<(String, &'a str)>,
    figure: Option<&'a str>,
}

#[derive(Serialize)]
struct RowView<'a> {
    label: &'a str,
    floor: bool,
    /// The runs behind the row's numbers, where a cell does not name its own.
    runs: String,
    cells: Vec<CellView>,
}

#[derive(Serialize)]
struct CellView {
    text: String,
    sd: Option<String>,
    mark: Option<String>,
    letter: Option<String>,
    best: bool,
    significant: bool,
    /// The runs behind the number, where they are not the row's.
    runs: Option<String>,
    /// What else is known of it, as a sentence.
    more: String,
}

fn section(part: &Part) -> SectionView<'_> {
    SectionView {
        slug: &part.section.slug,
        title: &part.section.title,
        facts: provenance::facts(&part.section),
        tables: part
            .shown
            .iter()
            .map(|(t, f)| table(t, f.as_ref().map(|f| &*f.svg)))
            .collect(),
        pictures: part.pictures.iter().map(|f| &*f.svg).collect(),
        runs: provenance::runs(&part.section),
    }
}

fn table<'a>(table: &'a Table, figure: Option<&'a str>) -> TableView<'a> {
    TableView {
        id: &table.id,
        title: &table.title,
        stub: &table.stub,
        groups: if table.has_groups() {
            table.groups()
        } else {
            Vec::new()
        },
        columns: table.columns.iter().map(|c| &*c.title).collect(),
        rows: table.rows.iter().map(row).collect(),
        notes: &table.notes,
        footnotes: table.footnotes().collect(),
        figure,
    }
}

fn row(line: &Line) -> RowView<'_> {
    let runs = line.cells.first().map_or(&[][..], |c| &c.runs);
    RowView {
        label: &line.label,
        floor: line.floor,
        runs: runs.join(" "),
        cells: line.cells.iter().map(|c| cell(c, runs)).collect(),
    }
}

fn cell(cell: &Cell, row: &[String]) -> CellView {
    CellView {
        text: cell.content.text(),
        sd: cell.content.sd(),
        mark: cell.at_floor.then(|| FLOOR_MARK.to_string()),
        letter: cell.content.letter(),
        best: cell.best,
        significant: cell.significant,
        runs: (cell.runs != row).then(|| cell.runs.join(" ")),
        more: more(cell),
    }
}

/// Interval, distance to the floor and test of a cell.
fn more(cell: &Cell) -> String {
    let Content::Number { decimals, .. } = cell.content else {
        return String::new();
    };
    let mut parts = Vec::new();
    parts.extend(cell.range().map(|range| format!("95 % {range}")));
    let above = cell.above_floor.map(|v| fixed(v, decimals));
    parts.extend(above.map(|v| format!("{v} above the floor")));
    parts.extend(cell.versus.map(|versus| {
        let range = versus.interval.map(|[low, high]| {
            format!(
                " (95 % {} to {})",
                fixed(low, decimals),
                fixed(high, decimals)
            )
        });
        let difference = fixed(versus.difference, decimals);
        let range = range.unwrap_or_default();
        format!(
            "{difference}{range} against the reference, corrected p = {:.4}",
            versus.p
        )
    }));
    parts.join("; ")
}
