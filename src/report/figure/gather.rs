//! The figures of a section: which there are, and the numbers behind them.

use std::collections::BTreeMap;

use super::confusion::{self, Confusion};
use super::histogram;
use super::lines::{self, Line, Mark};
use super::scene::Scene;
use super::style::Style;
use crate::mask::Level;
use crate::record::epochs::{self, Epoch};
use crate::report::error::Result;
use crate::report::run::level;
use crate::report::run::samples::Samples;
use crate::report::run::scores::ScoredRun;
use crate::report::run::section::{Row, Section, slug};
use crate::report::table::build::heading;

/// Sections with more rows than this show no pictures per model: nobody would look at them.
const ROWS: usize = 16;

/// A drawing and its name within the report.
pub struct Named {
    pub name: String,
    pub scene: Scene,
}

/// Training curves, realised missing rates, histograms and confusion matrices.
///
/// # Errors
/// If predictions cannot be read again.
pub fn figures(section: &Section) -> Result<Vec<Named>> {
    let named = |name: &str, scene| Named {
        name: format!("{}-{name}", section.slug),
        scene,
    };
    let mut figures = Vec::new();
    if section.own_rows().count() <= ROWS {
        figures.extend(predictions(section)?);
        figures.extend(loss(section).map(|scene| named("training-loss", scene)));
        figures.extend(watched(section).map(|scene| named("training-watched", scene)));
    }
    figures.extend(realised(section).map(|scene| named("realised-rates", scene)));
    Ok(figures)
}

/// The levels that pictures of predictions show: the paper's 0, 0.1, 0.5 and 0.9 where they are
/// there, else up to four spread over those that are.
fn chosen(levels: &[Level]) -> Vec<Level> {
    let paper = [0.0, 0.1, 0.5, 0.9]
        .into_iter()
        .filter_map(Level::of_number);
    let paper: Vec<Level> = paper.filter(|l| levels.contains(l)).collect();
    if paper.len() > 1 || levels.len() < 2 {
        return if paper.is_empty() {
            levels.to_vec()
        } else {
            paper
        };
    }
    let count = levels.len().min(4);
    let place = |i: usize| levels[i * (levels.len() - 1) / (count - 1)];
    (0..count).map(place).collect()
}

fn predictions(section: &Section) -> Result<Vec<Named>> {
    let levels = chosen(&section.levels);
    let titles: Vec<String> = levels.iter().map(|l| level::title(*l)).collect();
    let mut figures = Vec::new();
    let (mut rows, mut truth, mut range) = (Vec::new(), None, [-1.0, 1.0]);
    for (place, row) in section.rows.iter().enumerate().filter(|(_, r)| !r.derived) {
        let samples: Result<Vec<Samples>> = row.runs.iter().map(|r| r.samples()).collect();
        let samples = samples?;
        let Some((first, run)) = samples.first().zip(row.runs.first()) else {
            continue;
        };
        range = run.manifest.dataset.label_range;
        truth.get_or_insert_with(|| histogram::shares(&first.truth, range));
        let all = |level: &Level| -> Vec<f32> {
            let passes = samples.iter().flat_map(|s| s.at(*level));
            passes.flatten().copied().collect()
        };
        rows.push(histogram::Row {
            label: row.label.clone(),
            style: Style::of(place, row.floor),
            shares: levels
                .iter()
                .map(|l| histogram::shares(&all(l), range))
                .collect(),
        });
        if !row.floor {
            figures.push(matrices(section, row, &samples, &levels));
        }
    }
    if let Some(truth) = truth {
        let title = format!("{}: predictions", section.title);
        figures.insert(
            0,
            Named {
                name: format!("{}-histograms", section.slug),
                scene: histogram::draw(&title, range, &titles, &truth, &rows),
            },
        );
    }
    Ok(figures)
}

fn matrices(section: &Section, row: &Row, samples: &[Samples], levels: &[Level]) -> Named {
    let (class, n) = (section.protocol.class, section.protocol.classes.len());
    let matrix = |level: &Level| {
        let mut counts = vec![vec![0; n]; n];
        for sample in samples {
            for pass in sample.at(*level) {
                let pairs = sample.truth.iter().zip(pass).filter(|(_, p)| p.is_finite());
                pairs.for_each(|(t, p)| counts[class(*t)][class(*p)] += 1);
            }
        }
        Confusion {
            level: level::title(*level),
            counts,
        }
    };
    let matrices: Vec<Confusion> = levels.iter().map(matrix).collect();
    let title = format!("{}: {}, confusion over all seeds", section.title, row.label);
    Named {
        name: format!("{}-confusion-{}", section.slug, slug(&row.label)),
        scene: confusion::draw(&title, section.protocol.classes, &matrices),
    }
}

fn loss(section: &Section) -> Option<Scene> {
    let title = format!(
        "{}: training loss, relative to the first epoch",
        section.title
    );
    training(section, &title, "loss / first loss", |epochs| {
        let first = epochs.first()?.loss?;
        let relative = |e: &Epoch| Some((e.number, e.loss? / first));
        Some(epochs.iter().filter_map(relative).collect())
    })
}

fn watched(section: &Section) -> Option<Scene> {
    let run = section.runs().next()?;
    let metric = section.protocol.metric(&run.manifest.selection.metric)?;
    let title = format!("{}: {} on the selecting split", section.title, metric.title);
    training(section, &title, &heading(metric), |epochs| {
        let value = |e: &Epoch| Some((e.number, e.watched? * metric.scale()));
        Some(epochs.iter().filter_map(value).collect())
    })
}

/// A line per row over epochs: the mean over seeds, within their extremes.
fn training(
    section: &Section,
    title: &str,
    label: &str,
    points: impl Fn(&[Epoch]) -> Option<Vec<(f64, f64)>>,
) -> Option<Scene> {
    let mut all = Vec::new();
    for (place, row) in section.rows.iter().enumerate().filter(|(_, r)| !r.derived) {
        let mut by: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
        for run in &row.runs {
            for (epoch, value) in points(&epochs_of(run)).unwrap_or_default() {
                by.entry(epoch as u64).or_default().push(value);
            }
        }
        let mark = |(epoch, values): (u64, Vec<f64>)| Mark {
            x: epoch as f64,
            y: values.iter().sum::<f64>() / values.len() as f64,
            low: values.iter().copied().fold(f64::INFINITY, f64::min),
            high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        };
        let marks: Vec<Mark> = by.into_iter().map(mark).collect();
        if marks.len() > 1 {
            all.push(Line {
                label: row.label.clone(),
                style: Style::of(place, false),
                segments: vec![marks],
            });
        }
    }
    let across = "epoch (bands: smallest to largest seed)";
    (!all.is_empty()).then(|| lines::draw(title, across, label, &all))
}

/// None where a run has no folder.
fn epochs_of(run: &ScoredRun) -> Vec<Epoch> {
    let metric = &run.manifest.selection.metric;
    run.dir()
        .map_or(Vec::new(), |dir| epochs::read(dir, metric))
}

/// Realised over nominal rates per modality: mean over mask seeds, within their extremes.
fn realised(section: &Section) -> Option<Scene> {
    let run = section.runs().find(|r| !r.mask.realised.is_empty())?;
    let line = |(modality, label): (usize, &str)| {
        let marks = section.levels.iter().filter_map(|level| {
            let of = |seed: &u64| {
                *run.mask
                    .realised
                    .get(&format!("{seed}/{level}"))?
                    .get(modality)?
            };
            let values: Vec<f64> = run.mask.seeds.iter().filter_map(of).collect();
            let x = level.rate().filter(|_| !values.is_empty())?;
            Some(Mark {
                x,
                y: values.iter().sum::<f64>() / values.len() as f64,
                low: values.iter().copied().fold(f64::INFINITY, f64::min),
                high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            })
        });
        Line {
            label: label.to_string(),
            style: Style::of(modality, false),
            segments: vec![marks.collect()],
        }
    };
    let names = ["text", "audio", "vision"];
    let all: Vec<Line> = names.into_iter().enumerate().map(line).collect();
    let title = format!(
        "{}: realised missing rates of the test split",
        section.title
    );
    let several = all.iter().any(|l| l.segments[0].len() > 1);
    several.then(|| {
        lines::draw(
            &title,
            "nominal missing rate",
            "realised missing rate",
            &all,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{eleven, section};

    #[test]
    fn the_papers_rates_are_shown_or_four_that_span_the_rest() {
        let levels = |rates: &[f64]| -> Vec<Level> {
            rates.iter().filter_map(|r| Level::of_number(*r)).collect()
        };
        assert_eq!(chosen(&levels(&eleven())), levels(&[0.0, 0.1, 0.5, 0.9]));
        assert_eq!(
            chosen(&levels(&[0.2, 0.4, 0.6, 0.8, 1.0])),
            levels(&[0.2, 0.4, 0.6, 1.0])
        );
        assert_eq!(chosen(&Level::SUBSETS).len(), 4);
        assert_eq!(chosen(&levels(&[0.3])), levels(&[0.3]));
    }

    #[test]
    fn every_model_has_a_confusion_and_all_predictions_are_counted() {
        let figures = figures(&section(&[0.0, 0.5, 1.0])).unwrap();
        let names: Vec<&str> = figures.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(
            names,
            ["toy-histograms", "toy-confusion-flat", "toy-confusion-lnln"]
        );
    }
}
