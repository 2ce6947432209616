//! Renders `index.html`: everything on one page that loads nothing.

use minijinja::value::Serde;
use minijinja::{Environment, Template};
use serde::Serialize;

use super::{Exporter, Report, json};
use crate::metric::fixed;
use crate::report::contents::SectionContents;
use crate::report::error::{Result, render};
use crate::report::figure::rendered::Figure;
use crate::report::numbering::Numbering;
use crate::report::rows::provenance::{self, Fact};
use crate::report::rows::section::Section;
use crate::report::table::phrases::{is_zero, sentence};
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
    let template = environment.get_template(FIGURE).map_err(render(NAME))?;
    let figures = Figures {
        template: &template,
        numbering,
        reference: "",
    };
    let sections: Result<Vec<_>> = parts.iter().map(|p| section(p, &figures)).collect();
    let synthetic = parts.iter().any(|p| p.section.synthetic());
    let view = PageView {
        title: provenance::report_title(parts.iter().map(|p| &p.section)),
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
    title: String,
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
    /// What was tested, in a line.
    tested: String,
    findings: Vec<String>,
    facts: Vec<Fact>,
    contents: ContentsView,
    tables: Vec<TableView<'a>>,
    pictures: Vec<String>,
    left_out: Option<&'a str>,
    runs: Vec<RunView<'a>>,
}

/// Anchors and short titles of a section's tables and figures.
#[derive(Serialize)]
struct ContentsView {
    tables: Vec<(String, String)>,
    figures: Vec<(String, String)>,
}

#[derive(Serialize)]
struct TableView<'a> {
    id: &'a str,
    title: &'a str,
    stub: &'a str,
    /// Titles with the number of columns each spans; empty where no group has a title.
    groups: Vec<(&'a str, usize)>,
    /// Titles, whether higher is better, and whether the cells are words.
    columns: Vec<(String, bool, bool)>,
    /// Whether all cells are words, which may wrap.
    prose: bool,
    rows: Vec<RowView>,
    /// Anchor of the section's legend, where it is of this table.
    legend: Option<String>,
    /// The legend, under the first table that it is of.
    phrases: Vec<String>,
    notes: &'a [String],
    footnotes: Vec<(String, &'a str)>,
    figure: Option<String>,
}

#[derive(Serialize)]
struct FigureView<'a> {
    id: String,
    svg: &'a str,
    caption: &'a str,
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
    let comparison = part.section.comparison();
    let figures = &Figures {
        reference: comparison.map_or("the reference", |c| &c.reference.label),
        ..*figures
    };
    let tables = part.shown.iter();
    let pictures = part.pictures.iter().map(|f| figures.show(f));
    Ok(SectionView {
        slug: &part.section.slug,
        title: &part.section.title,
        tested: provenance::tested_on(&part.section),
        findings: part.findings.sentences(),
        facts: provenance::facts(&part.section),
        contents: contents(part),
        tables: tables
            .map(|(t, f)| table(part, t, f.as_ref(), figures))
            .collect::<Result<_>>()?,
        pictures: pictures.collect::<Result<_>>()?,
        left_out: part.left_out.as_deref(),
        runs: runs(&part.section),
    })
}

fn contents(part: &SectionContents) -> ContentsView {
    let short = |title: &str| part.short(title);
    let tables = part.tables().map(|t| (t.id.clone(), short(&t.title)));
    let figures = part.figures().map(|f| (f.id(), short(&f.title)));
    ContentsView {
        tables: tables.collect(),
        figures: figures.collect(),
    }
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

/// What figures and cells of a section need.
#[derive(Clone, Copy)]
struct Figures<'a> {
    template: &'a Template<'a, 'a>,
    numbering: &'a Numbering,
    /// Label of the section's reference row.
    reference: &'a str,
}

impl Figures<'_> {
    fn show(&self, figure: &Figure) -> Result<String> {
        let series = figure.series.iter();
        let view = FigureView {
            id: figure.id(),
            svg: &figure.svg,
            caption: &figure.caption,
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
    part: &SectionContents,
    table: &'a Table,
    drawn: Option<&'a Figure>,
    figures: &Figures<'_>,
) -> Result<TableView<'a>> {
    let (rows, columns) = (table.rows.iter(), table.columns.iter().enumerate());
    let phrases = if part.legend_table() == Some(table.id.as_str()) {
        part.legend().into_iter().map(sentence).collect()
    } else {
        Vec::new()
    };
    Ok(TableView {
        legend: (!table.legend.is_empty()).then(|| part.legend_id()),
        phrases,
        id: &table.id,
        title: &table.title,
        stub: &table.stub,
        groups: if table.has_groups() {
            table.groups()
        } else {
            Vec::new()
        },
        columns: columns.map(|(i, c)| column(c, table.is_text(i))).collect(),
        prose: (0..table.columns.len()).all(|i| table.is_text(i)),
        rows: rows.map(|r| row(r, figures)).collect(),
        notes: &table.notes,
        footnotes: table.footnotes().collect(),
        figure: drawn.map(|f| figures.show(f)).transpose()?,
    })
}

/// Unit and arrow stay on one line.
fn column(of: &Column, text: bool) -> (String, bool, bool) {
    let title = of.title.replace("%) ", "%)\u{a0}");
    let title = title.replace(" ↓", "\u{a0}↓").replace(" ↑", "\u{a0}↑");
    (title, of.higher_is_better, text)
}

fn row(line: &TableRow, page: &Figures<'_>) -> RowView {
    RowView {
        label: line.full_label(),
        baseline: line.baseline,
        cells: line.cells.iter().map(|c| cell(c, page)).collect(),
    }
}

fn cell(cell: &Cell, page: &Figures<'_>) -> CellView {
    let parts = match &cell.content {
        Content::Several(cells) => cells.iter().map(part).collect(),
        _ => vec![part(cell)],
    };
    CellView {
        parts,
        origin: page.numbering.origin(&cell.origin),
        more: more(cell, page.reference),
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
fn more(cell: &Cell, reference: &str) -> String {
    if let Content::Several(cells) = &cell.content {
        let parts = cells.iter().map(|c| (c.content.text(), more(c, reference)));
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
    parts.extend(cell.range().map(|range| format!("95 % interval {range}")));
    parts.extend(cell.above_baseline.map(|points| {
        let size = fixed(points.abs(), decimals);
        match points {
            _ if is_zero(&size) => "equal to the baseline".to_string(),
            ..0.0 => format!("{size} worse than the baseline"),
            _ => format!("{size} better than the baseline"),
        }
    }));
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
            .map(|p| p_value("by permutation of samples,", p));
        let found = format!("{difference}{range} against {reference}");
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
