//! `report.md`: everything on one page.

use crate::metric::Metric;
use crate::report::error::Result;
use crate::report::figure::scene::Scene;
use crate::report::figure::{curves, gather, raster, svg};
use crate::report::format::markdown::{self, escape, line};
use crate::report::run::provenance;
use crate::report::run::section::Section;
use crate::report::table::Table;
use crate::report::table::{above, build};
use rayon::prelude::*;

/// A section with what is shown of it.
#[derive(Clone, Debug)]
pub struct Part {
    pub section: Section,
    pub overview: Table,
    /// The overview's distances to the floor.
    pub above: Option<Table>,
    /// One per metric, with its figure where there are several rates.
    pub metrics: Vec<(Table, Option<Figure>)>,
    /// Pictures that belong to no table.
    pub pictures: Vec<Figure>,
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
    ///
    /// # Errors
    /// If predictions cannot be read again.
    pub fn new(section: Section) -> Result<Self> {
        let metric = |metric: &&'static Metric| {
            let table = build::by_rate(&section, metric);
            let scene = curves::draw(&section, metric, &table.title);
            let figure = scene.map(|scene| Figure::new(&table.id, &scene));
            (table, figure)
        };
        let metrics = section.metrics.par_iter().map(metric).collect();
        let pictures = gather::figures(&section)?;
        let draw = |p: &gather::Named| Figure::new(&p.name, &p.scene);
        let pictures = pictures.par_iter().map(draw).collect();
        let overview = build::overview(&section);
        let above = above::table(&overview);
        Ok(Self {
            section,
            overview,
            above,
            metrics,
            pictures,
        })
    }

    /// The overview, then the table of each metric.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        let first = std::iter::once(&self.overview).chain(&self.above);
        first.chain(self.metrics.iter().map(|(t, _)| t))
    }

    /// The figures that were drawn.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        let of_tables = self.metrics.iter().filter_map(|(_, f)| f.as_ref());
        of_tables.chain(&self.pictures)
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
    for table in std::iter::once(&part.overview).chain(&part.above) {
        out += &format!("\n{}", markdown::table(table, 3));
    }
    for (table, figure) in &part.metrics {
        out += &format!("\n{}", markdown::table(table, 3));
        if let Some(figure) = figure {
            out += &format!("\n![{}]({}.svg)\n", escape(&table.title), figure.path);
        }
    }
    if !part.pictures.is_empty() {
        out += "\n### Pictures\n";
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
