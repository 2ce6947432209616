//! The columns of the LNLN paper's tables: Non0 and Has0 in one, ours beside the published ones.

use super::{Cell, Column, Content, Line, Table};
use crate::mask::Level;
use crate::metric::Metric;
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
        .map(|l| (level::title(*l), Reading::At(*l), printed(*l)));
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
    for (title, reading, level) in blocks {
        let named = |label: &str| match blocks.len() {
            1 => label.to_string(),
            _ => format!("{title}  {label}"),
        };
        for row in section.rows.iter() {
            let ours = columns.iter().map(|c| ours(row, c, reading));
            let theirs = columns
                .iter()
                .map(|c| theirs(section, &row.model, c, level, &mut reasons));
            rows.push(Line {
                label: named(&row.label),
                floor: false,
                cells: ours.chain(theirs).collect(),
            });
        }
        for method in others(section, level) {
            let none = columns
                .iter()
                .map(|_| Cell::new(Content::Missing, Origin::Nothing));
            let theirs = columns
                .iter()
                .map(|c| theirs(section, &method, c, level, &mut reasons));
            rows.push(Line {
                label: named(&method),
                floor: false,
                cells: none.chain(theirs).collect(),
            });
        }
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
        higher_is_better: true,
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
        ],
    }
}

fn ours(row: &Row, metrics: &[&'static Metric], reading: &Reading) -> Cell {
    let text = |m: &&'static Metric| match reading.outcome(&row.runs, m.name) {
        Outcome::Known(summary) => m.display(summary.mean),
        Outcome::Undefined(_) => "n/a".to_string(),
        Outcome::Missing => "-".to_string(),
    };
    let text: Vec<String> = metrics.iter().map(text).collect();
    let note = None;
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
    let known = reasons.iter().position(|r| *r == sentence);
    let place = known.unwrap_or_else(|| {
        reasons.push(sentence);
        reasons.len() - 1
    });
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
