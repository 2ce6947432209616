//! Builds the data frame behind `summary.csv` and `summary.parquet`.

use std::borrow::Cow;

use polars::prelude::*;

use super::columns::SUMMARY;
use crate::mask::Condition;
use crate::metric::{Direction, Metric, Unit};
use crate::published::parse::names;
use crate::report::contents::SectionContents;
use crate::report::error::{Result, render};
use crate::report::numbering::Numbering;
use crate::report::options::Layout;
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::folds;
use crate::report::rows::row::ModelRow;
use crate::report::rows::section::Section;
use crate::report::stats::comparison::Family;
use crate::report::stats::selection_gap::GapMetric;
use crate::report::table::{efficiency, paper};

/// A line for each number that the tables show: every metric of every model at every condition and
/// over all, costs, and in the paper's layout the published numbers. Values are in the metric's own
/// scale, accuracies and F1 as fractions, at full precision.
///
/// polars groups the lines of one metric at one condition, for the distance to the best baseline. Call it
/// outside of rayon's threads: polars waits for a pool of its own.
///
/// # Errors
/// If polars refuses the columns, which is a bug.
pub fn frame(
    parts: &[SectionContents],
    numbering: &Numbering,
    layout: Layout,
) -> Result<DataFrame> {
    debug_assert!(rayon::current_thread_index().is_none());
    let lines: Vec<SummaryLine<'_>> = parts
        .iter()
        .flat_map(|part| {
            let lines = section_lines(&part.section, numbering, layout);
            lines
                .into_iter()
                .chain(details(part, numbering))
                .chain(gap_lines(part, numbering))
        })
        .collect();
    arrange(&lines).map_err(render("summary.csv"))
}

/// A line, before lines are compared.
#[derive(Default)]
struct SummaryLine<'a> {
    section: &'a str,
    dataset: &'a str,
    version: Option<&'a str>,
    fold: Option<String>,
    /// Hash of the prepared data.
    data: String,
    model: Cow<'a, str>,
    title: &'a str,
    configuration: Cow<'a, str>,
    baseline: Option<bool>,
    mask_protocol: &'a str,
    condition: Option<Condition>,
    aggregate: Option<String>,
    metric: &'static str,
    unit: Option<&'static str>,
    direction: Option<Direction>,
    published: Option<String>,
    n: Option<usize>,
    mean: Option<f64>,
    sd: Option<f64>,
    undefined: Option<String>,
    interval: Option<[f64; 2]>,
    reference: Option<&'a str>,
    reference_title: Option<Cow<'a, str>>,
    difference: Option<f64>,
    difference_interval: Option<[f64; 2]>,
    primary: Option<bool>,
    p_raw: Option<f64>,
    p_corrected: Option<f64>,
    p_permutation: Option<f64>,
    permutations: Option<usize>,
    runs: Option<usize>,
}

fn section_lines<'a>(
    section: &'a Section,
    numbering: &Numbering,
    layout: Layout,
) -> Vec<SummaryLine<'a>> {
    let mut lines = Vec::new();
    for metric in &section.metrics {
        for aggregate in Aggregate::all(&section.conditions) {
            let rows = 0..section.rows.len();
            lines.extend(rows.filter_map(|row| score(section, row, metric, &aggregate, numbering)));
        }
    }
    if section.trained_on().is_none() {
        let rows = section.own_rows();
        lines.extend(rows.flat_map(|row| costs(section, row, numbering)));
    }
    if layout == Layout::Paper {
        lines.extend(published(section));
    }
    lines
}

/// The part that all lines of a model share.
fn model_line<'a>(section: &'a Section, row: &'a ModelRow) -> Option<SummaryLine<'a>> {
    let run = row.runs.first()?;
    Some(SummaryLine {
        section: &section.slug,
        dataset: &run.manifest.dataset.name,
        version: run.manifest.dataset.version.as_deref(),
        fold: folds::numbers(run),
        data: short(&run.manifest.dataset.content_hash),
        model: Cow::from(&*row.model),
        title: &row.label,
        configuration: Cow::from(&row.configuration),
        baseline: Some(row.baseline),
        mask_protocol: &run.mask.mask_protocol,
        ..SummaryLine::default()
    })
}

/// A metric of the row at this index; `None` where it was not evaluated.
fn score<'a>(
    section: &'a Section,
    index: usize,
    metric: &'static Metric,
    aggregate: &Aggregate,
    numbering: &Numbering,
) -> Option<SummaryLine<'a>> {
    let row = &section.rows[index];
    let mut line = SummaryLine {
        metric: metric.name,
        unit: unit(metric),
        direction: Some(metric.direction),
        n: Some(row.runs.len()),
        runs: numbering.set(&row.ids_at(&aggregate.conditions())),
        ..model_line(section, row)?
    };
    match aggregate {
        Aggregate::At(condition) => line.condition = Some(*condition),
        _ => line.aggregate = Some(aggregate.name()),
    }
    match aggregate.over_seeds(&row.runs, metric.name) {
        SeedSummary::Missing => return None,
        SeedSummary::Undefined(reason) => line.undefined = Some(reason),
        SeedSummary::Known(summary) => (line.mean, line.sd) = (Some(summary.mean), summary.sd),
    }
    let Some(comparison) = section.comparison() else {
        return Some(line);
    };
    let found = comparison.find(index, metric.name, aggregate);
    line.interval = found.and_then(|found| found.interval);
    if let Some(test) = found.and_then(|found| found.test) {
        line.reference = Some(&comparison.reference.model);
        line.reference_title = Some(Cow::from(&comparison.reference.label));
        line.difference = Some(test.difference);
        line.difference_interval = test.models.map(|models| models.interval);
        line.primary = Some(test.family == Family::Primary);
        line.p_raw = test.models.map(|models| models.p);
        line.p_corrected = test.p_corrected;
        line.p_permutation = test.p_permutation;
        line.permutations = Some(comparison.plan.permutations);
    }
    Some(line)
}

/// Numbers that rows have besides their scores.
fn details<'a>(part: &'a SectionContents, numbering: &Numbering) -> Vec<SummaryLine<'a>> {
    let section = &part.section;
    let mut lines = Vec::new();
    for detail in &part.details {
        let row = &section.rows[detail.row];
        for (name, number) in &detail.numbers {
            let (Some(metric), Some(line)) =
                (section.protocol.metric(name), model_line(section, row))
            else {
                continue;
            };
            let (known, undefined) = match &number.over_seeds {
                SeedSummary::Known(summary) => (Some(summary), None),
                SeedSummary::Undefined(reason) => (None, Some(reason.clone())),
                SeedSummary::Missing => continue,
            };
            lines.push(SummaryLine {
                aggregate: Some(detail.aggregate.clone()),
                metric: metric.name,
                unit: unit(metric),
                direction: Some(metric.direction),
                n: Some(row.runs.len()),
                mean: known.map(|summary| summary.mean),
                sd: known.and_then(|summary| summary.sd),
                undefined,
                interval: number.interval,
                runs: numbering.set(&row.ids),
                ..line
            });
        }
    }
    lines
}

/// First digits of the hash of prepared data, of pooled folds joined by `+`.
pub fn short(content_hash: &str) -> String {
    let each = content_hash.split('+');
    let each = each.map(|hash| hash.get(..12).unwrap_or(hash));
    each.collect::<Vec<_>>().join("+")
}

/// The key of a model that a paper names.
fn key(method: &str) -> String {
    let letters = method
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' });
    letters.collect::<String>().to_lowercase()
}

/// Unit of a metric's values in tidy tables.
pub fn unit(metric: &Metric) -> Option<&'static str> {
    match metric.unit {
        Unit::Percent => Some("fraction"),
        Unit::None => None,
    }
}

/// The numbers of the selection gap, a line for each rule.
fn gap_lines<'a>(part: &'a SectionContents, numbering: &Numbering) -> Vec<SummaryLine<'a>> {
    let mut lines = Vec::new();
    let Some(gap) = &part.selection_gap else {
        return lines;
    };
    for row in &gap.rows {
        let model = &part.section.rows[row.index];
        for of in &row.metrics {
            for (rule, name) in gap.rules.iter().enumerate() {
                let Some(mut line) = model_line(&part.section, model) else {
                    continue;
                };
                line.selected_by(name, of, rule, &gap.rules[0]);
                line.reference = line.difference.map(|_| &*model.model);
                match &gap.aggregate {
                    Aggregate::At(condition) => line.condition = Some(*condition),
                    other => line.aggregate = Some(other.name()),
                }
                line.runs = numbering.set(&model.ids_at(&gap.aggregate.conditions()));
                lines.push(line);
            }
        }
    }
    lines
}

impl SummaryLine<'_> {
    /// Fills in a metric by the rule at this index, against that by the first.
    fn selected_by(&mut self, name: &str, of: &GapMetric, rule: usize, first: &str) {
        let comma = if self.configuration.is_empty() {
            ""
        } else {
            ", "
        };
        self.configuration = format!("{}{comma}selected by {name}", self.configuration).into();
        (self.metric, self.unit) = (of.metric.name, unit(of.metric));
        self.direction = Some(of.metric.direction);
        match &of.by_rule[rule] {
            SeedSummary::Missing => (),
            SeedSummary::Undefined(reason) => self.undefined = Some(reason.clone()),
            SeedSummary::Known(summary) => {
                self.n = Some(summary.n);
                (self.mean, self.sd) = (Some(summary.mean), summary.sd);
            }
        }
        let difference = rule.checked_sub(1).and_then(|i| of.differences[i].as_ref());
        if let Some(difference) = difference {
            self.reference_title = Some(format!("{}, selected by {first}", self.title).into());
            self.difference = Some(difference.summary.mean);
            self.difference_interval = difference.interval;
        }
    }
}

/// Costs of a model, as far as they were recorded.
fn costs<'a>(
    section: &'a Section,
    row: &'a ModelRow,
    numbering: &Numbering,
) -> Vec<SummaryLine<'a>> {
    let known = efficiency::COSTS.iter().filter_map(|cost| {
        let summary = cost.summary(row)?;
        Some(SummaryLine {
            metric: cost.name,
            unit: cost.unit,
            n: Some(summary.n),
            mean: Some(summary.mean),
            sd: summary.sd,
            runs: numbering.set(&row.ids),
            ..model_line(section, row)?
        })
    });
    known.collect()
}

/// The numbers of papers that the tables show next to those of this report.
fn published(section: &Section) -> Vec<SummaryLine<'_>> {
    let Some(run) = section.runs().next() else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for (number, block) in paper::published(section) {
        let Some(metric) = section.protocol.metric(number.cell.metric.name) else {
            continue;
        };
        let row = section
            .rows
            .iter()
            .find(|row| names::same(&row.model, &number.cell.method));
        let method = number.cell.method.as_str();
        let mut line = SummaryLine {
            section: &section.slug,
            dataset: &run.manifest.dataset.name,
            version: run.manifest.dataset.version.as_deref(),
            data: short(&run.manifest.dataset.content_hash),
            model: row.map_or_else(|| key(method).into(), |row| (&*row.model).into()),
            title: method,
            mask_protocol: &run.mask.mask_protocol,
            metric: metric.name,
            unit: unit(metric),
            direction: Some(metric.direction),
            published: Some(number.citation()),
            mean: Some(number.score()),
            sd: number.cell.number.sd.map(|sd| sd / metric.scale()),
            ..SummaryLine::default()
        };
        match block {
            Aggregate::At(condition) => line.condition = Some(condition),
            other => line.aggregate = Some(other.name()),
        }
        lines.push(line);
    }
    lines
}

/// The lines as a data frame with the columns of [`SUMMARY`], in its order.
fn arrange(lines: &[SummaryLine<'_>]) -> PolarsResult<DataFrame> {
    let columns = Columns(lines);
    let rate = |modality: usize| {
        move |l: &SummaryLine<'_>| l.condition.map(|condition| condition.rates()[modality])
    };
    let mut frame = DataFrame::new(
        lines.len(),
        vec![
            columns.text("section", |l| Some(l.section.into())),
            columns.text("dataset", |l| Some(l.dataset.into())),
            columns.text("version", |l| l.version.map(String::from)),
            columns.text("fold", |l| l.fold.clone()),
            columns.text("data", |l| Some(l.data.clone())),
            columns.text("model", |l| Some(l.model.to_string())),
            columns.text("title", |l| Some(l.title.into())),
            columns.text("configuration", |l| {
                (!l.configuration.is_empty()).then(|| l.configuration.to_string())
            }),
            columns.flag("baseline", |l| l.baseline),
            columns.text("mask_protocol", |l| Some(l.mask_protocol.into())),
            columns.text("condition", |l| l.condition.map(|c| c.to_string())),
            columns.number("rate_text", rate(0)),
            columns.number("rate_audio", rate(1)),
            columns.number("rate_vision", rate(2)),
            columns.text("aggregate", |l| l.aggregate.clone()),
            columns.text("metric", |l| Some(l.metric.into())),
            columns.text("unit", |l| l.unit.map(String::from)),
            columns.text("direction", |l| l.direction.map(|d| direction(d).into())),
            columns.text("published", |l| l.published.clone()),
            columns.count("n", |l| l.n),
            columns.number("mean", |l| l.mean),
            columns.number("sd", |l| l.sd),
            columns.text("undefined", |l| l.undefined.clone()),
            columns.number("low", |l| l.interval.map(|range| range[0])),
            columns.number("high", |l| l.interval.map(|range| range[1])),
            columns.text("reference", |l| l.reference.map(String::from)),
            columns.text("reference_title", |l| {
                l.reference_title.as_ref().map(Cow::to_string)
            }),
            columns.number("difference", |l| l.difference),
            columns.number("difference_low", |l| l.difference_interval.map(|r| r[0])),
            columns.number("difference_high", |l| l.difference_interval.map(|r| r[1])),
            columns.flag("primary", |l| l.primary),
            columns.number("p_raw", |l| l.p_raw),
            columns.number("p_corrected", |l| l.p_corrected),
            columns.number("p_permutation", |l| l.p_permutation),
            columns.count("permutations", |l| l.permutations),
            columns.count("runs", |l| l.runs),
        ],
    )?;
    let number = ["section", "metric", "condition", "aggregate"];
    let above = per_group(&frame, &number, "above_baseline", |rows| {
        above_baseline(lines, rows)
    })?;
    frame.with_column(above)?;
    frame.select(SUMMARY.map(|column| column.name))
}

const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::HigherIsBetter => "higher",
        Direction::LowerIsBetter => "lower",
    }
}

/// Makes columns of lines.
struct Columns<'a>(&'a [SummaryLine<'a>]);

impl Columns<'_> {
    fn text(&self, name: &str, value: impl Fn(&SummaryLine<'_>) -> Option<String>) -> Column {
        let values: StringChunked = self.0.iter().map(value).collect();
        values.with_name(name.into()).into_column()
    }

    fn number(&self, name: &str, value: impl Fn(&SummaryLine<'_>) -> Option<f64>) -> Column {
        Column::new(name.into(), self.0.iter().map(value).collect::<Vec<_>>())
    }

    fn count(&self, name: &str, value: impl Fn(&SummaryLine<'_>) -> Option<usize>) -> Column {
        let values = self.0.iter().map(|line| value(line).map(|n| n as u32));
        Column::new(name.into(), values.collect::<Vec<_>>())
    }

    fn flag(&self, name: &str, value: impl Fn(&SummaryLine<'_>) -> Option<bool>) -> Column {
        Column::new(name.into(), self.0.iter().map(value).collect::<Vec<_>>())
    }
}

/// A column that `values` computes group by group, from the indices of a group's lines: one value
/// for each of them.
fn per_group(
    frame: &DataFrame,
    keys: &[&str],
    name: &str,
    values: impl Fn(&[usize]) -> Vec<Option<f64>>,
) -> PolarsResult<Column> {
    let mut column: Vec<Option<f64>> = vec![None; frame.height()];
    let grouped = frame.group_by_stable(keys.iter().copied())?;
    for group in grouped.get_groups().iter() {
        let rows: Vec<usize> = match group {
            GroupsIndicator::Idx((_, rows)) => rows.iter().map(|row| *row as usize).collect(),
            GroupsIndicator::Slice([first, count]) => {
                (first as usize..(first + count) as usize).collect()
            }
        };
        for (row, value) in rows.iter().zip(values(&rows)) {
            column[*row] = value;
        }
    }
    Ok(Column::new(name.into(), column))
}

/// By how much the models of a group are better than the best of its baselines.
fn above_baseline(lines: &[SummaryLine<'_>], rows: &[usize]) -> Vec<Option<f64>> {
    // Larger is better.
    let quality = |row: &usize| match lines[*row].direction? {
        Direction::HigherIsBetter => lines[*row].mean,
        Direction::LowerIsBetter => lines[*row].mean.map(|mean| -mean),
    };
    let baselines = rows
        .iter()
        .filter(|row| lines[**row].baseline == Some(true));
    let baseline = baselines.filter_map(quality).reduce(f64::max);
    let distance = |row: &usize| {
        let model = lines[*row].baseline == Some(false);
        model.then(|| Some(quality(row)? - baseline?)).flatten()
    };
    rows.iter().map(distance).collect()
}
