//! The columns of the LNLN paper's tables: Non0 and Has0 in one, ours beside the published ones.

use super::notes::at_floor;
use super::{Cell, Column, Content, FLOOR_MARK, Line, Table, reason};
use crate::mask::Level;
use crate::metric::{Direction, Metric};
use crate::printed::names;
use crate::published::{self, Published};
use crate::report::origin::Origin;
use crate::report::run::level;
use crate::report::run::reading::{Outcome, Reading};
use crate::report::run::section::{Row, Section};

/// Overall numbers, then those at every level.
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
    let mut tables = vec![table(section, "overall", &overall)];
    if each.len() > 1 {
        tables.push(table(section, "levels", &each));
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

fn table(section: &Section, name: &str, blocks: &[Block]) -> Table {
    let columns = columns(section);
    let mut reasons = Vec::new();
    let mut rows = Vec::new();
    for block in blocks {
        rows.extend(block_rows(section, &columns, block, &mut reasons));
    }
    if let [_] = blocks {
        rows.iter_mut().for_each(|row| row.block.clear());
    }
    let column = |group: &str, prefix: &str, metrics: &Vec<&'static Metric>| Column {
        group: group.to_string(),
        title: metrics[0]
            .title
            .split(" (")
            .next()
            .unwrap_or_default()
            .to_string(),
        name: format!("{prefix}{}", metrics[0].name),
        metrics: metrics.iter().map(|m| m.name).collect(),
        higher_is_better: metrics[0].direction == Direction::HigherIsBetter,
    };
    let theirs = columns.iter().map(|c| column("published", "published_", c));
    Table {
        id: format!("{}-paper-{name}", section.slug),
        title: format!("{}: the paper's columns, {name}", section.title),
        stub: "model".to_string(),
        columns: columns
            .iter()
            .map(|c| column("this report", "", c))
            .chain(theirs)
            .collect(),
        rows,
        masks: section.masks(),
        reference: None,
        reasons,
        notes: vec![
            "Acc-2 and F1 of MOSI and MOSEI: Non0 / Has0 (negative / positive, negative / \
             non-negative). -: not evaluated or not published."
                .to_string(),
            "Published numbers stand as printed; letters mark known errors and sources."
                .to_string(),
            at_floor(),
        ],
    }
}

/// Models, methods that are only published, floors.
fn block_rows(
    section: &Section,
    columns: &[Vec<&'static Metric>],
    (title, reading, level): &Block,
    reasons: &mut Vec<String>,
) -> Vec<Line> {
    let floor = |metric: &&'static Metric| floor(section, metric, reading);
    let floors = columns.iter().map(|c| c.iter().map(floor).collect());
    let floors: Vec<Vec<Option<f64>>> = floors.collect();
    let mut line = |label: &str, model: &str, row: Option<&Row>| {
        let mut cells = Vec::new();
        for (column, floors) in columns.iter().zip(&floors) {
            cells.push(match row {
                Some(row) => ours(row, column, reading, floors, reasons),
                None => Cell::new(Content::Missing, Origin::Nothing),
            });
        }
        let theirs = columns
            .iter()
            .map(|c| theirs(section, model, c, level, reasons));
        cells.extend(theirs);
        Line {
            block: title.clone(),
            label: label.to_string(),
            floor: row.is_some_and(|r| r.floor),
            cells,
        }
    };
    let (floors, models): (Vec<&Row>, Vec<&Row>) = section.rows.iter().partition(|r| r.floor);
    let mut lines = Vec::new();
    lines.extend(models.iter().map(|r| line(&r.label, &r.model, Some(r))));
    lines.extend(others(section, level).iter().map(|m| line(m, m, None)));
    lines.extend(floors.iter().map(|r| line(&r.label, &r.model, Some(r))));
    lines
}

/// The best floor as printed; `None` where no constant has this score.
fn floor(section: &Section, metric: &Metric, reading: &Reading) -> Option<f64> {
    let rows = section.rows.iter().filter(|r| r.floor);
    let known = rows.filter_map(|row| match reading.outcome(&row.runs, metric.name) {
        Outcome::Known(summary) => metric.display(summary.mean).parse().ok(),
        _ => None,
    });
    known.reduce(|a, b| if metric.is_better(b, a) { b } else { a })
}

/// A row's numbers, each marked where it is no better than the floor.
fn ours(
    row: &Row,
    metrics: &[&'static Metric],
    reading: &Reading,
    floors: &[Option<f64>],
    reasons: &mut Vec<String>,
) -> Cell {
    let mut note = None;
    let mut text =
        |(m, floor): (&&'static Metric, &Option<f64>)| match reading.outcome(&row.runs, m.name) {
            Outcome::Known(summary) => {
                let text = m.display(summary.mean);
                let (value, floor) = (text.parse::<f64>().ok(), floor.filter(|_| !row.floor));
                let better = value.zip(floor).is_none_or(|(v, f)| m.is_better(v, f));
                if better {
                    text
                } else {
                    format!("{text}{FLOOR_MARK}")
                }
            }
            Outcome::Undefined(why) => {
                note = Some(reason(reasons, format!("Undefined: {why}.")));
                "n/a".to_string()
            }
            Outcome::Missing => "-".to_string(),
        };
    let text: Vec<String> = metrics.iter().zip(floors).map(&mut text).collect();
    let text = text.join(" / ");
    Cell::new(Content::Text { text, note }, row.origin(reading.levels()))
}

/// The model's printed numbers, with a footnote of their source and known errors.
fn theirs(
    section: &Section,
    model: &str,
    metrics: &[&'static Metric],
    level: &Option<published::Level>,
    reasons: &mut Vec<String>,
) -> Cell {
    let dataset = section
        .runs()
        .next()
        .map_or("", |r| &r.manifest.dataset.name);
    let find = |m: &&'static Metric| published::find(dataset, model, m.name, level.as_ref()?);
    let found: Vec<Option<Published>> = metrics.iter().map(find).collect();
    let Some(first) = found.iter().flatten().next() else {
        return Cell::new(Content::Missing, Origin::Nothing);
    };
    let texts: Vec<String> = found
        .iter()
        .map(|p| p.map_or("-".to_string(), |p| p.text()))
        .collect();
    let errors = found.iter().flatten().filter_map(|p| p.known_error);
    let mut sentence = format!("{}.", first.citation());
    let mut said: Vec<String> = Vec::new();
    for error in errors {
        let right = error
            .correct
            .as_ref()
            .map(|c| format!(", right: {c}"))
            .unwrap_or_default();
        let text = format!(" Known error: {}{right}.", error.note.trim_end_matches('.'));
        if !said.contains(&text) {
            sentence += &text;
            said.push(text);
        }
    }
    let place = reason(reasons, sentence);
    let content = Content::Text {
        text: texts.join(" / "),
        note: Some(place),
    };
    Cell::new(content, Origin::Published(first.citation()))
}

/// Methods with published numbers that are no model of this section.
fn others(section: &Section, level: &Option<published::Level>) -> Vec<String> {
    let dataset = section
        .runs()
        .next()
        .map_or("", |r| &r.manifest.dataset.name);
    let mut methods: Vec<String> = Vec::new();
    let here = |p: &Published| p.cell.dataset == dataset && Some(&p.cell.level) == level.as_ref();
    for p in published::all().filter(here) {
        let method = &p.cell.method;
        let own = section.rows.iter().any(|r| names::same(&r.model, method));
        if !own && !methods.contains(method) {
            methods.push(method.clone());
        }
    }
    methods
}
