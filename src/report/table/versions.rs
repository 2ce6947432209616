//! Builds the tables of differences between versions of a data set.

use super::build::{heading, synthetic};
use super::primary::{ONE_SEED, p};
use super::{Cell, Column, Content, Table, TableRow, reason};
use crate::report::origin::Origin;
use crate::report::rows::aggregate::Aggregate;
use crate::report::rows::condition;
use crate::report::rows::section::Section;
use crate::report::stats::comparison::{VersionComparison, VersionLine};

/// A table per other version: models on this one less the same models on the other.
pub fn tables(section: &Section) -> Vec<Table> {
    let versions = section.versions.iter();
    versions.map(|versions| table(section, versions)).collect()
}

fn table(section: &Section, versions: &VersionComparison) -> Table {
    let metric = versions.metric;
    let (slug, other) = &versions.other;
    let column = |title: &str, name: &str| Column {
        group: String::new(),
        title: title.to_string(),
        name: name.to_string(),
        metrics: Vec::new(),
        higher_is_better: metric.is_better(1.0, 0.0),
    };
    let columns = [
        (section.title.as_str(), "own"),
        (other.as_str(), "other"),
        ("seeds", "seeds"),
        ("difference", "difference"),
        ("95 % from", "low"),
        ("to", "high"),
        ("p", "p"),
    ];
    let mut reasons = Vec::new();
    let shown = |line: &&VersionLine| {
        let mut rows = section.own_rows();
        rows.any(|row| row.model == line.row.0 && row.configuration == line.row.1)
    };
    let mut lines: Vec<&VersionLine> = versions.lines.iter().filter(shown).collect();
    // Block by block: the mean first, then the conditions.
    let place = |line: &VersionLine| match line.aggregate {
        Aggregate::At(condition) => Some(condition),
        _ => None,
    };
    lines.sort_by_key(|line| place(line));
    let rows = lines.iter().map(|line| row(versions, line, &mut reasons));
    let rows = rows.collect();
    let synthetic = synthetic(section);
    Table {
        id: format!("{}-less-{slug}", section.slug),
        title: format!(
            "{}: {}, less that on {other}{synthetic}",
            section.title,
            heading(metric)
        ),
        stub: "model".to_string(),
        columns: columns.map(|(title, name)| column(title, name)).to_vec(),
        rows,
        masks: section.masks(),
        reference: None,
        reasons,
        legend: Vec::new(),
        notes: notes(versions),
    }
}

fn notes(versions: &VersionComparison) -> Vec<String> {
    let mut notes = vec![
        "The same model trained and tested on each version, by the seeds that both have, on samples with the \
         same ids and labels. p and the 95 % interval of the difference hold for other samples and other seeds; \
         p is not corrected."
            .to_string(),
    ];
    if !versions.unpaired.is_empty() {
        notes.push(format!(
            "Not compared, because test samples, their labels or all seeds differ: {}.",
            versions.unpaired.join(", ")
        ));
    }
    notes
}

fn row(versions: &VersionComparison, line: &VersionLine, reasons: &mut Vec<String>) -> TableRow {
    let metric = versions.metric;
    let number = |value: f64, sd: Option<f64>, decimals: usize| Content::Number {
        value,
        sd,
        decimals,
    };
    let scaled = |value: f64, sd: Option<f64>| {
        let scale = metric.scale();
        number(value * scale, sd.map(|sd| sd * scale), metric.decimals)
    };
    let conditions = line.aggregate.conditions();
    let [own, theirs] = line
        .runs
        .each_ref()
        .map(|runs| Origin::predictions(runs, conditions.clone()));
    let both = own.clone().against(&theirs);
    let [low, high, p] = match line.test.models {
        Some(models) => {
            let [low, high] = models.interval.map(|end| scaled(end, None));
            [low, high, p(models.p)]
        }
        None => {
            let reason = reason(reasons, ONE_SEED.to_string());
            std::array::from_fn(|_| Content::Undefined { reason })
        }
    };
    let cells = [
        (scaled(line.own.mean, line.own.sd), own.clone()),
        (scaled(line.theirs.mean, line.theirs.sd), theirs),
        (number(line.own.n as f64, None, 0), own),
        (scaled(line.test.difference, None), both.clone()),
        (low, both.clone()),
        (high, both.clone()),
        (p, both),
    ];
    TableRow {
        block: match line.aggregate {
            Aggregate::At(condition) => condition::heading(condition),
            _ => line.aggregate.title(),
        },
        label: line.label.clone(),
        baseline: false,
        cells: cells
            .into_iter()
            .map(|(content, origin)| Cell::new(content, origin))
            .collect(),
    }
}
