//! The columns of the LNLN paper's tables: Non0 and Has0 in one, ours beside the published ones.

use super::notes::at_floor;
use super::paper_cells::{floor, others, ours, theirs};
use super::{Cell, Column, Content, FLOOR_MARK, Line, Table};
use crate::mask::Level;
use crate::metric::{Direction, Metric};
use crate::published;
use crate::report::origin::Origin;
use crate::report::run::level;
use crate::report::run::reading::Reading;
use crate::report::run::section::{Row, Section};

/// Overall numbers, those with their spread over seeds where there is one, then those at every level.
pub fn tables(section: &Section) -> Vec<Table> {
    let mean = Reading::mean(&section.levels);
    let rates = level::rates(&section.levels).len() == section.levels.len();
    let whole = match rates {
        true => published::Level::MeanOverRates,
        false => published::Level::MeanOverMissing,
    };
    let overall = [(mean.title(), mean, Some(whole))];
    let each = section
        .levels
        .iter()
        .map(|l| (level::heading(*l), Reading::At(*l), printed(*l)));
    let each: Vec<_> = each.collect();
    let columns = columns(section);
    let [plain, spread] = [false, true].map(|spread| Show {
        section,
        columns: &columns,
        spread,
    });
    let mut tables = vec![plain.table("overall", &overall)];
    let several = |row: &Row| !row.floor && row.runs.len() > 1;
    if section.rows.iter().any(several) {
        tables.push(spread.table("stability", &overall));
    }
    if each.len() > 1 {
        tables.push(plain.table("levels", &each));
    }
    tables
}

/// The level as papers print it.
fn printed(level: Level) -> Option<published::Level> {
    match level.rate() {
        Some(rate) => published::Level::rate(rate),
        None => Some(published::Level::Missing(level.to_string())),
    }
}

/// Metrics that share a printed column: `acc2_non0` and `acc2_has0`.
fn columns(section: &Section) -> Vec<Vec<&'static Metric>> {
    let stem = |m: &&Metric| m.name.split('_').next();
    let groups = section.metrics.chunk_by(|a, b| stem(a) == stem(b));
    groups.map(<[_]>::to_vec).collect()
}

/// (title, reading, level as printed) of a block of rows.
type Block = (String, Reading, Option<published::Level>);

/// What a table shows.
struct Show<'a> {
    section: &'a Section,
    columns: &'a [Vec<&'static Metric>],
    /// Standard deviations over seeds beside the numbers.
    spread: bool,
}

impl Show<'_> {
    fn table(&self, name: &str, blocks: &[Block]) -> Table {
        let section = self.section;
        let mut reasons = Vec::new();
        let mut rows = Vec::new();
        for block in blocks {
            rows.extend(self.block_rows(block, &mut reasons));
        }
        if let [_] = blocks {
            rows.iter_mut().for_each(|row| row.block.clear());
        }
        let ours = self.columns.iter().map(|c| column("this report", "", c));
        let theirs = self
            .columns
            .iter()
            .map(|c| column("published", "published_", c));
        Table {
            id: format!("{}-paper-{name}", section.slug),
            title: format!("{}: the paper's columns, {name}", section.title),
            stub: "model".to_string(),
            columns: ours.chain(theirs).collect(),
            masks: section.masks(),
            reference: None,
            reasons,
            notes: self.notes(blocks, &rows),
            rows,
        }
    }

    fn notes(&self, blocks: &[Block], rows: &[Line]) -> Vec<String> {
        let mut notes = vec![
            "Acc-2 and F1 of MOSI and MOSEI: Non0 / Has0 (negative / positive, negative / \
             non-negative). -: not evaluated or not published."
                .to_string(),
        ];
        if let [(title, ..)] = blocks {
            notes.push(format!(
                "This report: {title}; published: mean over the rates 0 to 0.9, or over the six \
                 sets of missing modalities."
            ));
        }
        if self.spread {
            notes.push("± standard deviation over seeds (n-1), of the number shown.".to_string());
            notes.push("Published: standard deviation per rate, averaged over rates.".to_string());
        }
        notes.push(
            "Published numbers stand as printed; letters mark known errors and sources."
                .to_string(),
        );
        let mut texts = rows.iter().flat_map(|r| &r.cells).map(|c| c.content.text());
        if texts.any(|text| text.contains(FLOOR_MARK)) {
            notes.push(at_floor());
        }
        notes
    }

    /// Models, methods that are only published, floors.
    fn block_rows(&self, (title, reading, level): &Block, reasons: &mut Vec<String>) -> Vec<Line> {
        let (section, columns) = (self.section, self.columns);
        let floor = |metric: &&'static Metric| floor(section, metric, reading);
        let floors = columns.iter().map(|c| c.iter().map(floor).collect());
        let floors: Vec<Vec<Option<f64>>> = floors.collect();
        let mut line = |label: &str, model: &str, row: Option<&Row>| {
            let mut cells = Vec::new();
            for (column, floors) in columns.iter().zip(&floors) {
                cells.push(match row {
                    Some(row) => ours(row, column, reading, floors, self.spread, reasons),
                    None => Cell::new(Content::Missing, Origin::Nothing),
                });
            }
            let theirs = columns
                .iter()
                .map(|c| theirs(section, model, c, level, self.spread, reasons));
            cells.extend(theirs);
            Line {
                block: title.clone(),
                label: label.to_string(),
                floor: row.is_some_and(|r| r.floor),
                cells,
            }
        };
        let (floors, models): (Vec<&Row>, Vec<&Row>) = section.rows.iter().partition(|r| r.floor);
        let others = others(section, level, self.spread);
        let mut lines = Vec::new();
        lines.extend(models.iter().map(|r| line(&r.label, &r.model, Some(r))));
        lines.extend(others.iter().map(|m| line(m, m, None)));
        lines.extend(floors.iter().map(|r| line(&r.label, &r.model, Some(r))));
        lines
    }
}

fn column(group: &str, prefix: &str, metrics: &Vec<&'static Metric>) -> Column {
    let title = metrics[0].title.split(" (").next().unwrap_or_default();
    Column {
        group: group.to_string(),
        title: title.to_string(),
        name: format!("{prefix}{}", metrics[0].name),
        metrics: metrics.iter().map(|m| m.name).collect(),
        higher_is_better: metrics[0].direction == Direction::HigherIsBetter,
    }
}
