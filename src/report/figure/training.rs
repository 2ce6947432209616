//! Draws curves over epochs: the training loss, its terms, and the metric that selects the weights.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::Choice;
use super::drawing::{Drawing, Series};
use super::lines::{self, Curve, Mark};
use super::style::Style;
use crate::data::dataset::SplitName;
use crate::record::epochs::{self, Epoch};
use crate::report::origin::{File, Origin};
use crate::report::rows::row::ModelRow;
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::section::Section;
use crate::report::table::build::{heading, synthetic};

/// What bands are.
const CAPTION: &str = "Line: mean over the trainings of a model that reached the epoch; band: lowest to highest of them.";

/// The loss, relative to each run's first: the losses of two models have nothing in common.
pub fn loss(section: &Section, choice: &Choice) -> Option<Drawing> {
    let title = format!(
        "{}: training loss, relative to the first epoch{}",
        section.title,
        synthetic(section)
    );
    draw(section, choice, &title, "loss / first loss", |_, epochs| {
        let first = epochs.first()?.loss?;
        let relative = |e: &Epoch| Some((e.number, e.loss? / first));
        Some(epochs.iter().filter_map(relative).collect())
    })
}

/// The terms of a row's loss, unweighted, a line each; none where the loss has a single term.
pub fn terms(section: &Section, row: &ModelRow) -> Option<Drawing> {
    let epochs: Vec<Vec<Epoch>> = row.trainings().map(epochs_of).collect();
    let all = epochs.iter().flatten().flat_map(|epoch| &epoch.terms);
    let names: BTreeSet<&str> = all.map(|(name, _)| name.as_str()).collect();
    let line = |(index, name): (usize, &&str)| Curve {
        label: (*name).to_owned(),
        style: Style::of(index, false),
        segments: vec![marks_of(epochs.iter().map(|run| term(run, name)))],
    };
    let lines: Vec<Curve> = names.iter().enumerate().map(line).collect();
    let series = lines.iter().map(|line| {
        let origin = Origin::of(File::Log, &row.ids, Vec::new());
        Series::new(&line.label, origin)
    });
    let title = format!(
        "{}: {}, terms of the training loss{}",
        section.title,
        row.label,
        synthetic(section)
    );
    (lines.len() > 1).then(|| Drawing {
        scene: lines::draw(&title, "epoch", "mean over the epoch, unweighted", &lines),
        series: series.collect(),
        caption: format!("{CAPTION} Terms are named as in the authors' code."),
    })
}

/// A term in each epoch of a run.
fn term(epochs: &[Epoch], name: &str) -> Vec<(f64, f64)> {
    let value = |epoch: &Epoch| {
        let mut terms = epoch.terms.iter();
        let (_, value) = terms.find(|(known, _)| known == name)?;
        Some((epoch.number, *value))
    };
    epochs.iter().filter_map(value).collect()
}

/// The metric on the split that selects the weights, of all runs that are selected by the metric
/// of the first.
pub fn monitored(section: &Section, choice: &Choice) -> Option<Drawing> {
    let run = section.trainings().find(|r| !epochs_of(r).is_empty())?;
    let metric = section.protocol.metric(monitored_metric(run))?;
    let split = match run.manifest.selection.split {
        Some(SplitName::Test) => "test",
        _ => "validation",
    };
    let title = format!(
        "{}: {split} {} by epoch{}",
        section.title,
        metric.title,
        synthetic(section)
    );
    draw(section, choice, &title, &heading(metric), |run, epochs| {
        let value = |e: &Epoch| Some((e.number, e.monitored? * metric.scale()));
        let same = monitored_metric(run) == metric.name;
        same.then(|| epochs.iter().filter_map(value).collect())
    })
}

/// A line per row: the mean over its trainings, within their extremes.
fn draw(
    section: &Section,
    choice: &Choice,
    title: &str,
    label: &str,
    points: impl Fn(&ScoredRun, &[Epoch]) -> Option<Vec<(f64, f64)>>,
) -> Option<Drawing> {
    let (mut all, mut series) = (Vec::new(), Vec::new());
    for (index, row) in section.rows.iter().enumerate().filter(|(_, r)| !r.derived) {
        let marks = marks(row, &points);
        if marks.len() > 1 {
            all.push(Curve {
                label: row.label.clone(),
                style: choice.styles[index],
                segments: vec![if choice.styles[index].is_faint() {
                    marks.into_iter().map(Mark::line).collect()
                } else {
                    marks
                }],
            });
            let origin = Origin::of(File::Log, &row.ids, Vec::new());
            series.push(Series::new(&row.label, origin));
        }
    }
    let mut caption = vec![CAPTION, choice.caption(), lines::cut(&all)];
    caption.retain(|sentence| !sentence.is_empty());
    (!all.is_empty()).then(|| Drawing {
        scene: lines::draw(title, "epoch", label, &all),
        series,
        caption: caption.join(" "),
    })
}

fn marks(
    row: &ModelRow,
    points: &impl Fn(&ScoredRun, &[Epoch]) -> Option<Vec<(f64, f64)>>,
) -> Vec<Mark> {
    // All trainings of a curve over trainings under one condition each.
    let runs = row.trainings();
    marks_of(runs.map(|run| points(run, &epochs_of(run)).unwrap_or_default()))
}

/// Per epoch the mean over runs, within their extremes.
fn marks_of(runs: impl Iterator<Item = Vec<(f64, f64)>>) -> Vec<Mark> {
    let mut by: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (epoch, value) in runs.flatten() {
        by.entry(epoch as u64).or_default().push(value);
    }
    by.into_iter()
        .map(|(epoch, values)| Mark::over(epoch as f64, &values))
        .collect()
}

/// None where a run has no folder.
fn epochs_of(run: &ScoredRun) -> Vec<Epoch> {
    run.dir()
        .map_or(Vec::new(), |dir| epochs::read(dir, monitored_metric(run)))
}

/// The metric that selects the weights; empty where each metric selects its own.
fn monitored_metric(run: &ScoredRun) -> &str {
    run.manifest.selection.metric.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_the_mean_of_the_trainings_that_came_so_far() {
        let runs = [
            vec![(1.0, 1.0), (2.0, 0.5)],
            vec![(1.0, 1.0), (2.0, 0.75), (3.0, 0.25)],
        ];
        let marks = marks_of(runs.into_iter());
        let seen: Vec<_> = marks.iter().map(|m| [m.x, m.y, m.low, m.high]).collect();
        assert_eq!(
            seen,
            [
                [1.0, 1.0, 1.0, 1.0],
                [2.0, 0.625, 0.5, 0.75],
                [3.0, 0.25, 0.25, 0.25]
            ]
        );
    }
}
