//! Builds the tables and figures of a section.

use rayon::prelude::*;

use crate::metric::Metric;
use crate::report::block::{self, BlockErrors};
use crate::report::changed::{self, Changed};
use crate::report::contribution;
use crate::report::detail::DetailRow;
use crate::report::elsewhere;
use crate::report::error::Result;
use crate::report::figure::choice::Choice;
use crate::report::figure::rendered::Figure;
use crate::report::figure::{
    curves, differences, gather, selection_gap as gap_figure, train_rate as rates_figure,
};
use crate::report::findings::Findings;
use crate::report::options::{Layout, Options};
use crate::report::rows::section::Section;
use crate::report::stats::selection_gap::SelectionGap;
use crate::report::stats::train_rate::TrainRates;
use crate::report::table::Table;
use crate::report::table::{
    ablation, above, build, efficiency, headline, paper, primary, provenance, selection_gap,
    train_rate, versions,
};
use crate::report::test_plan;

/// A section with what is shown of it.
#[derive(Clone, Debug)]
pub struct SectionContents {
    pub section: Section,
    /// Tables, each with its figure if it has one; the first is printed in the terminal.
    pub shown: Vec<(Table, Option<Figure>)>,
    /// Figures that belong to no table.
    pub pictures: Vec<Figure>,
    /// A note on what is not shown.
    pub left_out: Option<String>,
    /// What the numbers say, for the top of the section.
    pub findings: Findings,
    /// Scores by several selection rules, where runs have some.
    pub selection_gap: Option<SelectionGap>,
    /// Numbers that rows have besides their scores.
    pub details: Vec<DetailRow>,
    /// Samples whose prediction changes most, where `--data` asks for them.
    pub changed: Option<Changed>,
}

impl SectionContents {
    /// Builds the tables and draws the figures of a section.
    ///
    /// # Errors
    /// If predictions cannot be read again, or a figure cannot be rendered.
    pub fn new(section: Section, options: &Options) -> Result<Self> {
        let main = test_plan::primary_metric(&section, options);
        let choice = Choice::new(&section, options.curves, main);
        let metric = |metric: &&'static Metric| {
            let table = build::by_rate(&section, metric);
            let drawing = curves::draw(&section, metric, &table.title, &choice);
            let figure = drawing.map(|drawing| Figure::new(&table.id, drawing, options));
            Ok((table, figure.transpose()?))
        };
        let metrics: Result<Vec<_>> = section.metrics.par_iter().map(metric).collect();
        let mut metrics = metrics?;
        let others = gather::figures(&section, &options.matrix_conditions, &choice)?;
        let pictures: Result<Vec<Figure>> = others
            .into_par_iter()
            .map(|p| Figure::new(&p.name, p.drawing, options))
            .collect();
        let mut pictures = pictures?;
        let findings = Findings::new(&section, main, &build::by_rate(&section, main));
        let differences = differences::draw(&section, main);
        let name = format!("{}-differences", section.slug);
        let differences = differences.map(|drawing| Figure::new(&name, drawing, options));
        let differences = differences.transpose()?;
        // The curve of the primary metric is the overview's.
        let curve = section.metrics.iter().position(|m| m.name == main.name);
        let curve = metrics
            .get_mut(curve.unwrap_or(0))
            .and_then(|(_, figure)| figure.take());
        let mut shown: Vec<(Table, Option<Figure>)> = Vec::new();
        match options.layout {
            Layout::Paper => {
                let mut tables = paper::tables(&section).into_iter();
                alone(&mut shown, tables.by_ref().take(1));
                alone(&mut shown, provenance::table(&section));
                alone(&mut shown, tables);
                alone(&mut shown, primary::table(&section));
                pictures.splice(0..0, metrics.into_iter().filter_map(|(_, figure)| figure));
            }
            Layout::Full => {
                let overview = build::overview(&section);
                let above = above::table(&section, &overview);
                alone(&mut shown, [headline::table(&section, main)]);
                alone(&mut shown, provenance::table(&section));
                alone(&mut shown, primary::table(&section));
                alone(&mut shown, std::iter::once(overview).chain(above));
                alone(&mut shown, versions::tables(&section));
                alone(&mut shown, ablation::tables(&section));
                // Costs are those of the training, in the section of its own data.
                if section.trained_on().is_none() {
                    alone(&mut shown, [efficiency::table(&section)]);
                }
                shown.extend(metrics);
            }
        }
        if let Some((_, figure)) = shown.first_mut() {
            *figure = curve;
        }
        let primary = format!("{}-primary", section.slug);
        match shown.iter_mut().find(|(table, _)| table.id == primary) {
            Some((_, figure)) => *figure = differences,
            None => pictures.extend(differences),
        }
        if let Some(rates) = TrainRates::of(&section)? {
            let table = train_rate::table(&section, &rates);
            let drawing = rates_figure::draw(&section, &rates);
            let figure = Figure::new(&table.id, drawing, options)?;
            shown.push((table, Some(figure)));
        }
        let gap = SelectionGap::of(&section)?;
        if let Some(gap) = &gap {
            let table = selection_gap::table(&section, gap);
            let figure = gap_figure::draw(&section, gap);
            let figure = figure.map(|drawing| Figure::new(&table.id, drawing, options));
            shown.push((table, figure.transpose()?));
        }
        let mut details = contribution::of(&section)?;
        shown.extend(contribution::shown(&section, &details, options)?);
        let changes = elsewhere::changes(&section)?;
        alone(&mut shown, elsewhere::tables(&section, &changes)?);
        shown
            .iter_mut()
            .for_each(|(table, _)| table.order_reasons());
        details.extend(changes);
        let blocks = BlockErrors::of(&section)?;
        shown.extend(block::shown(&section, &blocks, &choice, options)?);
        details.extend(blocks.rows);
        let changed = Changed::of(&section, options.data.as_deref(), &choice)?;
        let table = changed.as_ref().map(|one| changed::table(&section, one));
        alone(&mut shown, table);
        Ok(Self {
            findings,
            details,
            changed,
            left_out: gather::left_out(&section),
            selection_gap: gap,
            section,
            shown,
            pictures,
        })
    }

    /// A title of a table or figure without the section's own and what all of the section share.
    pub fn short(&self, title: &str) -> String {
        let section = title.strip_prefix(self.section.title.as_str());
        let rest = section.and_then(|rest| rest.strip_prefix(": "));
        rest.unwrap_or(title).replace(build::SYNTHETIC, "")
    }

    /// What marks and numbers mean in all tables of the section, each phrase once.
    pub fn legend(&self) -> Vec<&str> {
        // In the order of the longest, which mostly has them all.
        let longest = self.tables().max_by_key(|table| table.legend.len());
        let mut legend: Vec<&str> = Vec::new();
        for phrase in longest
            .into_iter()
            .chain(self.tables())
            .flat_map(|table| &table.legend)
        {
            if !legend.contains(&phrase.as_str()) {
                legend.push(phrase);
            }
        }
        legend
    }

    /// The anchor of the legend.
    pub fn legend_id(&self) -> String {
        format!("{}-legend", self.section.slug)
    }

    /// The table that the legend stands under; others refer to it.
    pub fn legend_table(&self) -> Option<&str> {
        let mut tables = self.tables();
        let first = tables.find(|table| !table.legend.is_empty())?;
        Some(&first.id)
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

/// Adds tables without figures.
fn alone(shown: &mut Vec<(Table, Option<Figure>)>, tables: impl IntoIterator<Item = Table>) {
    shown.extend(tables.into_iter().map(|table| (table, None)));
}
