//! Builds tables with the columns of the LNLN paper's: Non0 and Has0 in one, next to the published
//! numbers.

use super::build::{self, MetricColumn, heading, synthetic};
use super::notes;
use super::paper_cells::{Printing, PublishedCells, together};
use super::{Cell, Column, Content, Table, TableRow, above, tested};
use crate::mask::Condition;
use crate::metric::{Direction, Metric};
use crate::published::Published;
use crate::published::parse::ParsedCondition;
use crate::report::origin::Origin;
use crate::report::rows::aggregate::Aggregate;
use crate::report::rows::condition;
use crate::report::rows::row::ModelRow;
use crate::report::rows::section::Section;

/// Overall numbers, how far they are above the baseline, those with their spread over seeds where there is
/// one, then those at every condition.
pub fn tables(section: &Section) -> Vec<Table> {
    let (overall, each) = (overall(section), each(section));
    let columns = columns(section);
    let [plain, spread] = [false, true].map(|spread| PaperTables {
        section,
        columns: &columns,
        spread,
    });
    let mut tables = vec![plain.table("overall", &overall)];
    tables.extend(plain.above_baseline(&tables[0], &overall));
    let several = |row: &ModelRow| !row.baseline && row.runs.len() > 1;
    if section.rows.iter().any(several) {
        tables.push(spread.table("stability", &overall));
    }
    if each.len() > 1 {
        tables.push(plain.table("conditions", &each));
    }
    tables
}

/// The published numbers that the tables show, each with what it is a number of.
pub fn published(section: &Section) -> Vec<(Published, Aggregate)> {
    let blocks = overall(section).into_iter().chain(each(section));
    let numbers = |block: Block| {
        let aggregate = match block.printed {
            Some(ParsedCondition::MeanOverRates) => Aggregate::Mean(condition::paper()),
            Some(ParsedCondition::MeanOverMissing) => Aggregate::Mean(Condition::SUBSETS.to_vec()),
            _ => block.aggregate,
        };
        let place = PublishedCells::new(section, &block.printed, false);
        let all: Vec<Published> = place.all().collect();
        all.into_iter()
            .map(move |number| (number, aggregate.clone()))
    };
    blocks.flat_map(numbers).collect()
}

/// Rows of a table that are numbers of one kind.
struct Block {
    title: String,
    aggregate: Aggregate,
    /// As papers print it; `None` where none does.
    printed: Option<ParsedCondition>,
}

/// The one block of tables of overall numbers.
fn overall(section: &Section) -> [Block; 1] {
    let mean = Aggregate::mean(&section.conditions);
    let rates = condition::rates(&section.conditions).len() == section.conditions.len();
    let printed = if rates {
        ParsedCondition::MeanOverRates
    } else {
        ParsedCondition::MeanOverMissing
    };
    [Block {
        title: mean.title(),
        aggregate: mean,
        printed: Some(printed),
    }]
}

/// A block per condition.
fn each(section: &Section) -> Vec<Block> {
    let block = |condition: &Condition| Block {
        title: condition::heading(*condition),
        aggregate: Aggregate::At(*condition),
        printed: match condition.rate() {
            Some(rate) => ParsedCondition::rate(rate),
            None => Some(ParsedCondition::Missing(condition.to_string())),
        },
    };
    section.conditions.iter().map(block).collect()
}

/// The note on two numbers in a cell.
const PAIRS: &str = "Acc-2 and F1 of MOSI and MOSEI: Non0 / Has0 (negative / positive, negative / \
                     non-negative).";

/// Metrics that share a printed column: `acc2_non0` and `acc2_has0`.
fn columns(section: &Section) -> Vec<Vec<&'static Metric>> {
    let groups = section.metrics.chunk_by(|a, b| a.stem() == b.stem());
    groups.map(<[_]>::to_vec).collect()
}

/// What the tables of a section share.
struct PaperTables<'a> {
    section: &'a Section,
    columns: &'a [Vec<&'static Metric>],
    /// Whether numbers have their standard deviation over seeds.
    spread: bool,
}

impl PaperTables<'_> {
    fn table(&self, name: &str, blocks: &[Block]) -> Table {
        let section = self.section;
        let mut flat = self.flat(blocks);
        let mut reasons = std::mem::take(&mut flat.reasons);
        let mut rows = Vec::new();
        for (i, block) in blocks.iter().enumerate() {
            rows.extend(self.block_rows(&flat, i, block, &mut reasons));
        }
        if let [_] = blocks {
            rows.iter_mut().for_each(|row| row.block.clear());
        }
        let ours = self.columns.iter().map(|c| column("this report", "", c));
        let theirs = self
            .columns
            .iter()
            .map(|c| column("published", "published_", c));
        let (title, synthetic) = (&section.title, synthetic(section));
        Table {
            id: format!("{}-paper-{name}", section.slug),
            title: format!("{title}: the paper's columns, {name}{synthetic}"),
            stub: "model".to_string(),
            columns: ours.chain(theirs).collect(),
            masks: section.masks(),
            reference: flat.reference.clone(),
            reasons,
            legend: notes::legend(section, &flat),
            notes: self.notes(blocks, &flat),
            rows,
        }
    }

    /// The distances of our numbers to the baseline. That of published ones is not known.
    fn above_baseline(&self, of: &Table, blocks: &[Block]) -> Option<Table> {
        let (mut ours, own) = (of.clone(), self.columns.len());
        ours.columns.truncate(own);
        ours.columns.iter_mut().for_each(|c| c.group.clear());
        ours.rows.iter_mut().for_each(|r| r.cells.truncate(own));
        let is_ours = |row: &TableRow| row.cells.iter().any(|c| c.origin != Origin::Nothing);
        ours.rows.retain(is_ours);
        let mut table = above::table(self.section, &ours)?;
        let titles: Vec<&str> = blocks.iter().map(|block| block.title.as_str()).collect();
        let what = format!("Numbers: {}. {PAIRS}", titles.join(", "));
        table.notes.insert(0, what);
        Some(table)
    }

    /// Our numbers, marked and tested as in any table: a column per block and metric.
    fn flat(&self, blocks: &[Block]) -> Table {
        let metrics = &self.section.metrics;
        let sources = blocks.iter().flat_map(|block| {
            let source = |m: &&'static Metric| {
                MetricColumn::new(
                    "",
                    heading(m),
                    m.name.to_string(),
                    m,
                    block.aggregate.clone(),
                )
            };
            metrics.iter().map(source).collect::<Vec<_>>()
        });
        let mut flat = build::whole(
            self.section,
            String::new(),
            String::new(),
            sources.collect(),
        );
        let cells = flat.rows.iter_mut().flat_map(|row| &mut row.cells);
        for cell in cells.filter(|_| !self.spread) {
            if let Content::Number { sd, .. } = &mut cell.content {
                *sd = None;
            }
        }
        flat
    }

    fn notes(&self, blocks: &[Block], flat: &Table) -> Vec<String> {
        let mut notes = vec![format!("{PAIRS} -: not evaluated or not published.")];
        if let [Block { title, .. }] = blocks {
            notes.push(format!(
                "This report: {title}; published: mean over the rates 0 to 0.9, or over the six \
                 sets of missing modalities."
            ));
        }
        if self.spread {
            notes.push("Published: standard deviation per rate, averaged over rates.".to_string());
        }
        notes.push(
            "Published numbers are as printed; letters mark known errors and sources.".to_string(),
        );
        notes.extend(self.other_data());
        notes.extend(self.other_masks(blocks));
        let rows: Vec<&ModelRow> = self.section.rows.iter().collect();
        notes.extend(tested::untested_metrics(self.section, flat, &rows));
        notes
    }

    /// A note on published numbers that are left out because they are of other features or samples.
    fn other_data(&self) -> Option<String> {
        let mut runs = self.section.runs();
        let difference = runs.find_map(|run| run.manifest.dataset.difference.clone())?;
        Some(format!("Published numbers are left out: {difference}."))
    }

    /// A note on published numbers that are left out because they were made with other masks.
    fn other_masks(&self, blocks: &[Block]) -> Option<String> {
        let mask_protocols = blocks.iter().find_map(|block| {
            PublishedCells::new(self.section, &block.printed, self.spread).other_masks()
        })?;
        Some(format!(
            "Published numbers of incomplete data were made with other masks ({mask_protocols}) than \
             these ({}) and are left out.",
            self.section.masks()
        ))
    }

    /// Models, methods that are only published, baselines.
    fn block_rows(
        &self,
        flat: &Table,
        block: usize,
        of: &Block,
        reasons: &mut Vec<String>,
    ) -> Vec<TableRow> {
        let (section, columns) = (self.section, self.columns);
        let place = PublishedCells::new(section, &of.printed, self.spread);
        let mut line = |label: &str, own: Option<&TableRow>, printing: Option<&Printing>| {
            let first = block * section.metrics.len();
            let mut own_cells = own.map(|line| line.cells[first..].iter());
            let mut cells = Vec::new();
            for column in columns {
                cells.push(match &mut own_cells {
                    Some(own) => together(own.by_ref().take(column.len()).cloned().collect()),
                    None => Cell::new(Content::Missing, Origin::Nothing),
                });
            }
            cells.extend(columns.iter().map(|c| match printing {
                Some(printing) => printing.cell(c, self.spread, reasons),
                None => Cell::new(Content::Missing, Origin::Nothing),
            }));
            TableRow {
                block: of.title.clone(),
                label: label.to_string(),
                baseline: own.is_some_and(|line| line.baseline),
                cells,
            }
        };
        let mut lines = Vec::new();
        // A line with the numbers of the first table that prints the model, and one for every table that
        // prints others.
        let mut model_lines = |label: &str, model: &str, own: Option<&TableRow>| {
            let printings = place.printings(model);
            lines.push(line(label, own, printings.first()));
            for printing in printings.iter().skip(1) {
                let label = format!("{label}, in {}", printing.citation());
                lines.push(line(&label, None, Some(printing)));
            }
        };
        let rows = || section.rows.iter().zip(&flat.rows);
        for (row, own) in rows().filter(|(row, _)| !row.baseline) {
            model_lines(&row.label, &row.model, Some(own));
        }
        for method in place.others() {
            model_lines(&method, &method, None);
        }
        for (row, own) in rows().filter(|(row, _)| row.baseline) {
            model_lines(&row.label, &row.model, Some(own));
        }
        lines
    }
}

fn column(group: &str, prefix: &str, metrics: &[&'static Metric]) -> Column {
    let title = match metrics {
        [only] => only.title,
        _ => metrics[0].title.split(" (").next().unwrap_or_default(),
    };
    Column {
        group: group.to_string(),
        title: title.to_string(),
        name: format!("{prefix}{}", metrics[0].name),
        metrics: metrics.iter().map(|m| m.name).collect(),
        higher_is_better: metrics[0].direction == Direction::HigherIsBetter,
    }
}
