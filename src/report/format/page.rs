//! `report.md`: everything on one page.

use crate::metric::Metric;
use crate::report::error::Result;
use crate::report::figure::drawing::{Drawing, Series};
use crate::report::figure::{curves, gather, raster, svg};
use crate::report::format::markdown::{self, escape, line};
use crate::report::options::{Layout, Options};
use crate::report::rows::provenance;
use crate::report::rows::section::Section;
use crate::report::table::Table;
use crate::report::table::{ablation, above, build, efficiency, paper};
use rayon::prelude::*;

/// A section with what is shown of it.
#[derive(Clone, Debug)]
pub struct Part {
    pub section: Section,
    /// The first is the one a terminal shows; with the figure that belongs to a table.
    pub shown: Vec<(Table, Option<Figure>)>,
    /// Pictures that belong to no table.
    pub pictures: Vec<Figure>,
    /// What is not shown, and why.
    pub left_out: Option<String>,
}

/// A drawn figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Path within the report folder, without its extension.
    pub path: String,
    pub title: String,
    pub svg: String,
    pub png: Vec<u8>,
    /// What it shows, and where that comes from.
    pub series: Vec<Series>,
}

impl Figure {
    /// A drawing in both formats, under this name.
    pub fn new(name: &str, drawing: Drawing) -> Self {
        let Drawing { scene, series } = drawing;
        Self {
            path: format!("figures/{name}"),
            title: scene.title.clone(),
            svg: svg::render(&scene),
            png: raster::render(&scene),
            series,
        }
    }
}

impl Part {
    /// Builds the tables and draws the figures of a section.
    ///
    /// # Errors
    /// If predictions cannot be read again.
    pub fn new(section: Section, options: &Options) -> Result<Self> {
        let metric = |metric: &&'static Metric| {
            let table = build::by_rate(&section, metric);
            let drawing = curves::draw(&section, metric, &table.title);
            let figure = drawing.map(|drawing| Figure::new(&table.id, drawing));
            (table, figure)
        };
        let metrics: Vec<_> = section.metrics.par_iter().map(metric).collect();
        let others = gather::figures(&section, &options.matrix_conditions)?;
        let draw = |p: gather::Named| Figure::new(&p.name, p.drawing);
        let mut pictures: Vec<Figure> = others.into_par_iter().map(draw).collect();
        let mut shown = Vec::new();
        let mut alone = |tables: Vec<Table>| shown.extend(tables.into_iter().map(|t| (t, None)));
        match options.layout {
            Layout::Paper => {
                alone(paper::tables(&section));
                pictures.splice(0..0, metrics.into_iter().filter_map(|(_, figure)| figure));
            }
            Layout::Full => {
                let overview = build::overview(&section);
                let above = above::table(&section, &overview);
                alone(std::iter::once(overview).chain(above).collect());
                alone(ablation::tables(&section));
                alone(vec![efficiency::table(&section)]);
                shown.extend(metrics);
            }
        }
        Ok(Self {
            left_out: gather::left_out(&section),
            section,
            shown,
            pictures,
        })
    }

    /// Every table.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.shown.iter().map(|(table, _)| table)
    }

    /// Every figure.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        let of_tables = self.shown.iter().filter_map(|(_, f)| f.as_ref());
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
    for (table, figure) in &part.shown {
        out += &format!("\n{}", markdown::table(table, 3));
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
