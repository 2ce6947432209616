//! `report.md`: everything on one page.

use crate::report::figure::scene::Scene;
use crate::report::figure::{curves, raster, svg};
use crate::report::format::markdown::{self, escape, line};
use crate::report::run::provenance;
use crate::report::run::section::Section;
use crate::report::table::Table;
use crate::report::table::build;

/// A section with what is shown of it.
#[derive(Clone, Debug)]
pub struct Part {
    pub section: Section,
    pub overview: Table,
    /// One per metric, with its figure where there are several rates.
    pub metrics: Vec<(Table, Option<Figure>)>,
}

/// A drawn figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Path within the report folder, without its extension.
    pub path: String,
    pub title: String,
    pub svg: String,
    pub png: Vec<u8>,
}

impl Figure {
    /// A drawing in both formats, under this name.
    pub fn new(name: &str, scene: &Scene) -> Self {
        Self {
            path: format!("figures/{name}"),
            title: scene.title.clone(),
            svg: svg::render(scene),
            png: raster::render(scene),
        }
    }
}

impl Part {
    /// Builds the tables and draws the figures of a section.
    pub fn new(section: Section) -> Self {
        let mut metrics = Vec::new();
        for metric in &section.metrics {
            let table = build::by_rate(&section, metric);
            let scene = curves::draw(&section, metric, &table.title);
            let figure = scene.map(|scene| Figure::new(&table.id, &scene));
            metrics.push((table, figure));
        }
        let overview = build::overview(&section);
        Self {
            section,
            overview,
            metrics,
        }
    }

    /// The overview, then the table of each metric.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        std::iter::once(&self.overview).chain(self.metrics.iter().map(|(t, _)| t))
    }

    /// The figures that were drawn.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.metrics.iter().filter_map(|(_, f)| f.as_ref())
    }
}

/// The Markdown page.
pub fn markdown(parts: &[Part]) -> String {
    let mut out = String::from("# Report\n\n");
    if parts.iter().any(|p| p.section.synthetic()) {
        out += &format!("> **{}**\n\n", provenance::SYNTHETIC);
    }
    out += "Every cell comes from stored per-sample predictions; `manifest.json` names the runs \
            behind each. Numbers at full precision are in `scores.csv` and `summary.csv`.\n";
    for part in parts {
        out += &part_text(part);
    }
    out + &format!("\n---\n\n{}\n", provenance::GRADES)
}

fn part_text(part: &Part) -> String {
    let mut out = format!("\n## {}\n\n", escape(&part.section.title));
    for fact in provenance::facts(&part.section) {
        out += &format!("- {}: {}\n", fact.name, escape(&fact.text));
    }
    out += &format!("\n{}", markdown::table(&part.overview, 3));
    for (table, figure) in &part.metrics {
        out += &format!("\n{}", markdown::table(table, 3));
        if let Some(figure) = figure {
            out += &format!("\n![{}]({}.svg)\n", escape(&table.title), figure.path);
        }
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
