//! Renders `index.html`: everything on one page that loads nothing.

use minijinja::value::Serde;
use minijinja::{Environment, Template};
use serde::Serialize;

use super::{Exporter, Report, json};
use crate::metric::fixed;
use crate::report::contents::{Figure, SectionContents};
use crate::report::error::{Result, render};
use crate::report::numbering::Numbering;
use crate::report::rows::provenance::{self, Fact};
use crate::report::rows::section::Section;
use crate::report::table::{BASELINE_MARK, Cell, Column, Content, STAR, Table, TableRow};

const NAME: &str = "index.html";
const FIGURE: &str = "figure.html";

pub const EXPORTER: Exporter = Exporter {
    name: "HTML",
    file: NAME,
    render: |report: &Report<'_>| Ok(page(report.parts, report.numbering)?.into_bytes()),
};

/// The page.
///
/// # Errors
/// If the template is wrong.
pub fn page(parts: &[SectionContents], numbering: &Numbering) -> Result<String> {
    let mut environment = Environment::new();
    environment
        .add_template(NAME, include_str!("page.html"))
        .map_err(render(NAME))?;
    environment
        .add_template(FIGURE, include_str!("figure.html"))
        .map_err(render(NAME))?;
    let page = environment.get_template(NAME).map_err(render(NAME))?;
    let figures = Figures {
        template: environment.get_template(FIGURE).map_err(render(NAME))?,
        numbering,
    };
    let sections: Result<Vec<_>> = parts.iter().map(|p| section(p, &figures)).collect();
    let synthetic = parts.iter().any(|p| p.section.synthetic());
    let view = PageView {
        banner: synthetic.then_some(provenance::SYNTHETIC),
        cautions: provenance::cautions(parts.iter().map(|p| &p.section)),
        sections: sections?,
        origins: script(numbering)?,
        run_columns: provenance::RUN_COLUMNS,
        grades: provenance::GRADES,
        version: env!("CARGO_PKG_VERSION"),
    };
    page.render(Serde(view)).map_err(render(NAME))
}

#[derive(Serialize)]
struct PageView<'a> {
    banner: Option<&'static str>,
    /// What the data are not.
    cautions: Vec<String>,
    sections: Vec<SectionView<'a>>,
    /// Sets and origins by number, as JSON.
    origins: String,
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
    pictures: Vec<String>,
    left_out: Option<&'a str>,
    runs: Vec<RunView<'a>>,
}

#[derive(Serialize)]
struct TableView<'a> {
    id: &'a str,
    title: &'a str,
    stub: &'a str,
    /// Titles with the number of columns each spans; empty where no group has a title.
    groups: Vec<(&'a str, usize)>,
    /// Titles, and whether higher is better.
    columns: Vec<(String, bool)>,
    rows: Vec<RowView>,
    notes: &'a [String],
    footnotes: Vec<(String, &'a str)>,
    figure: Option<String>,
}

#[derive(Serialize)]
struct FigureView<'a> {
    svg: &'a str,
    /// Labels of the series, each with the number of its origin.
    series: Vec<(&'a str, Option<usize>)>,
}

#[derive(Serialize)]
struct RunView<'a> {
    cells: [String; 6],
    manifest: &'a str,
    log: Option<&'a str>,
}

#[derive(Serialize)]
struct RowView {
    label: String,
    baseline: bool,
    cells: Vec<CellView>,
}

#[derive(Serialize)]
struct CellView {
    /// Its numbers: one, or several that share the cell.
    parts: Vec<PartView>,
    /// The number of its origin.
    origin: Option<usize>,
    /// Interval, distance to the baseline and test, as a sentence.
    more: String,
}

#[derive(Serialize)]
struct PartView {
    text: String,
    sd: Option<String>,
    mark: Option<String>,
    letter: Option<String>,
    best: bool,
    second: bool,
    star: Option<String>,
}

fn section<'a>(part: &'a SectionContents, figures: &Figures<'_>) -> Result<SectionView<'a>> {
    let tables = part.shown.iter();
    let pictures = part.pictures.iter().map(|f| figures.show(f));
    Ok(SectionView {
        slug: &part.section.slug,
        title: &part.section.title,
        facts: provenance::facts(&part.section),
        tables: tables
            .map(|(t, f)| table(t, f.as_ref(), figures))
            .collect::<Result<_>>()?,
        pictures: pictures.collect::<Result<_>>()?,
        left_out: part.left_out.as_deref(),
        runs: runs(&part.section),
    })
}

fn runs(section: &Section) -> Vec<RunView<'_>> {
    let cells = provenance::runs(section).into_iter();
    cells
        .zip(section.trainings())
        .map(|(cells, run)| RunView {
            cells,
            manifest: &run.manifest_hash,
            log: run.log_hash.as_deref(),
        })
        .collect()
}

/// Draws figures into the page.
struct Figures<'a> {
    template: Template<'a, 'a>,
    numbering: &'a Numbering,
}

impl Figures<'_> {
    fn show(&self, figure: &Figure) -> Result<String> {
        let series = figure.series.iter();
        let view = FigureView {
            svg: &figure.svg,
            series: series
                .map(|s| (&*s.label, self.numbering.origin(&s.origin)))
                .collect(),
        };
        self.template.render(Serde(view)).map_err(render(NAME))
    }
}

/// Sets and origins for the page's script; `<` would end it.
fn script(numbering: &Numbering) -> Result<String> {
    let json = json::lines(numbering.numbered(), 0, 0).map_err(render(NAME))?;
    Ok(json.replace('<', "\\u003c"))
}

fn table<'a>(
    table: &'a Table,
    drawn: Option<&'a Figure>,
    figures: &Figures<'_>,
) -> Result<TableView<'a>> {
    let rows = table.rows.iter();
    Ok(TableView {
        id: &table.id,
        title: &table.title,
        stub: &table.stub,
        groups: if table.has_groups() {
            table.groups()
        } else {
            Vec::new()
        },
        columns: table.columns.iter().map(column).collect(),
        rows: rows.map(|r| row(r, figures.numbering)).collect(),
        notes: &table.notes,
        footnotes: table.footnotes().collect(),
        figure: drawn.map(|f| figures.show(f)).transpose()?,
    })
}

/// Unit and arrow stay on one line.
fn column(of: &Column) -> (String, bool) {
    let title = of.title.replace("%) ", "%)\u{a0}");
    let title = title.replace(" ↓", "\u{a0}↓").replace(" ↑", "\u{a0}↑");
    (title, of.higher_is_better)
}

fn row(line: &TableRow, numbering: &Numbering) -> RowView {
    RowView {
        label: line.full_label(),
        baseline: line.baseline,
        cells: line.cells.iter().map(|c| cell(c, numbering)).collect(),
    }
}

fn cell(cell: &Cell, numbering: &Numbering) -> CellView {
    let parts = match &cell.content {
        Content::Several(cells) => cells.iter().map(part).collect(),
        _ => vec![part(cell)],
    };
    CellView {
        parts,
        origin: numbering.origin(&cell.origin),
        more: more(cell),
    }
}

fn part(cell: &Cell) -> PartView {
    PartView {
        text: cell.content.text(),
        sd: cell.content.sd(),
        mark: cell.at_baseline.then(|| BASELINE_MARK.to_string()),
        letter: cell.content.letter(),
        best: cell.best,
        second: cell.second,
        star: cell.significant.then(|| STAR.to_string()),
    }
}

/// Interval, distance to the baseline and test of a cell.
fn more(cell: &Cell) -> String {
    if let Content::Several(cells) = &cell.content {
        let parts = cells.iter().map(|c| (c.content.text(), more(c)));
        let parts = parts.filter(|(_, more)| !more.is_empty());
        let parts: Vec<String> = parts
            .map(|(text, more)| format!("{text}: {more}"))
            .collect();
        return parts.join(". ");
    }
    let Content::Number { decimals, .. } = cell.content else {
        return String::new();
    };
    let mut parts = Vec::new();
    parts.extend(cell.range().map(|range| format!("95 % {range}")));
    let above = cell.above_baseline.map(|v| fixed(v, decimals));
    parts.extend(above.map(|v| format!("{v} above the baseline")));
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
        let kind = if versus.primary {
            "primary test"
        } else {
            "corrected"
        };
        let models = versus.p.map(|p| p_value(kind, p));
        let trainings = versus
            .p_permutation
            .map(|p| p_value("these trainings alone", p));
        let found = format!("{difference}{range} against the reference");
        let parts = std::iter::once(found).chain(models).chain(trainings);
        parts.collect::<Vec<_>>().join(", ")
    }));
    parts.join("; ")
}

/// A p-value of this kind, which is never 0.
fn p_value(kind: &str, p: f64) -> String {
    if p < 0.0001 {
        format!("{kind} p < 0.0001")
    } else {
        format!("{kind} p = {}", fixed(p, 4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_p_value_is_printed_as_zero() {
        let corrected = |p| p_value("corrected", p);
        assert_eq!(corrected(0.000_04), "corrected p < 0.0001");
        assert_eq!(corrected(0.0001), "corrected p = 0.0001");
        assert_eq!(corrected(0.02), "corrected p = 0.0200");
    }
}
