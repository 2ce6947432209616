//! Draws all figures of a section but the curves over missing rates.

use super::choice::Choice;
use super::confusion::{self, Confusion};
use super::drawing::{Drawing, Series};
use super::style::Style;
use super::{histogram, overview, realized, training};
use crate::mask::Condition;
use crate::report::error::Result;
use crate::report::rows::condition;
use crate::report::rows::row::ModelRow;
use crate::report::rows::samples::Samples;
use crate::report::rows::section::Section;
use crate::report::table::build::synthetic;

/// Sections with more models than this have no figures per model: there would be too many.
const MODELS: usize = 16;

/// A note on the figures that a section of many rows lacks.
pub fn left_out(section: &Section) -> Option<String> {
    let models = section.own_rows().filter(|row| !row.baseline).count();
    (models > MODELS).then(|| {
        format!(
            "Histograms, confusion matrices and training curves are drawn for up to {MODELS} models, and left out \
             here, of {models}; `report --models` chooses some."
        )
    })
}

/// A drawing and its name within the report.
pub struct NamedDrawing {
    pub name: String,
    pub drawing: Drawing,
}

/// Training curves, realized missing rates, histograms and confusion matrices.
///
/// `asked` are the conditions that figures of predictions show, where a section has some of them.
///
/// # Errors
/// If predictions cannot be read again.
pub fn figures(
    section: &Section,
    asked: &[Condition],
    choice: &Choice,
) -> Result<Vec<NamedDrawing>> {
    let named = |name: &str, drawing| NamedDrawing {
        name: format!("{}-{name}", section.slug),
        drawing,
    };
    let mut figures = Vec::new();
    figures.extend(overview::draw(section, choice).map(|d| named("overview", d)));
    if left_out(section).is_none() {
        figures.extend(predictions(section, &shown(&section.conditions, asked))?);
        figures.extend(training::loss(section, choice).map(|d| named("training-loss", d)));
        let rows = section.rows.iter().zip(section.row_names());
        for (row, name) in rows.filter(|(row, _)| !row.derived) {
            let name = format!("training-terms-{name}");
            figures.extend(training::terms(section, row).map(|d| named(&name, d)));
        }
        figures
            .extend(training::monitored(section, choice).map(|d| named("training-monitored", d)));
    }
    figures.extend(realized::draw(section).map(|d| named("realized-rates", d)));
    Ok(figures)
}

/// Those asked for that are there; where none is, the usual ones.
fn shown(conditions: &[Condition], asked: &[Condition]) -> Vec<Condition> {
    let there = conditions.iter().filter(|l| asked.contains(l));
    let there: Vec<Condition> = there.copied().collect();
    if there.is_empty() {
        chosen(conditions)
    } else {
        there
    }
}

/// The conditions that pictures of predictions show: the paper's 0, 0.1, 0.5 and 0.9 where they are
/// there, else up to four spread over those that are.
fn chosen(conditions: &[Condition]) -> Vec<Condition> {
    let paper = [0.0, 0.1, 0.5, 0.9]
        .into_iter()
        .filter_map(Condition::of_number);
    let paper: Vec<Condition> = paper.filter(|l| conditions.contains(l)).collect();
    if paper.len() > 1 || conditions.len() < 2 {
        return if paper.is_empty() {
            conditions.to_vec()
        } else {
            paper
        };
    }
    let count = conditions.len().min(4);
    let index = |i: usize| conditions[i * (conditions.len() - 1) / (count - 1)];
    (0..count).map(index).collect()
}

fn predictions(section: &Section, conditions: &[Condition]) -> Result<Vec<NamedDrawing>> {
    let titles: Vec<String> = conditions.iter().map(|l| condition::heading(*l)).collect();
    let (mut figures, mut series) = (Vec::new(), Vec::new());
    let (mut rows, mut truth, mut range) = (Vec::new(), None, [-1.0, 1.0]);
    let names = section.row_names();
    for (index, row) in section.rows.iter().enumerate().filter(|(_, r)| !r.derived) {
        let samples: Result<Vec<Samples>> = row.runs.iter().map(|r| r.samples()).collect();
        let samples = samples?;
        let Some((first, run)) = samples.first().zip(row.runs.first()) else {
            continue;
        };
        range = run.manifest.dataset.label_range;
        truth.get_or_insert_with(|| histogram::shares(&first.truth, range));
        let all = |condition: &Condition| -> Vec<f32> {
            let passes = samples.iter().flat_map(|s| s.at(*condition));
            passes.flatten().copied().collect()
        };
        let origin = row.origin(conditions.to_vec());
        series.push(Series::new(&row.label, origin));
        rows.push(histogram::Histograms {
            label: row.label.clone(),
            style: Style::of(index, row.baseline),
            shares: conditions
                .iter()
                .map(|l| histogram::shares(&all(l), range))
                .collect(),
        });
        if !row.baseline {
            let name = format!("{}-confusion-{}", section.slug, names[index]);
            figures.push(NamedDrawing {
                name,
                drawing: matrices(section, row, &samples, conditions),
            });
        }
    }
    if let Some(truth) = truth {
        let title = format!("{}: predictions{}", section.title, synthetic(section));
        figures.insert(
            0,
            NamedDrawing {
                name: format!("{}-histograms", section.slug),
                drawing: Drawing {
                    scene: histogram::draw(&title, range, &titles, &truth, &rows),
                    series,
                    caption: histogram::CAPTION.to_string(),
                },
            },
        );
    }
    Ok(figures)
}

fn matrices(
    section: &Section,
    row: &ModelRow,
    samples: &[Samples],
    conditions: &[Condition],
) -> Drawing {
    let (class, n) = (section.protocol.class, section.protocol.classes.len());
    let matrix = |condition: &Condition| {
        let mut counts = vec![vec![0; n]; n];
        for sample in samples {
            for pass in sample.at(*condition) {
                let pairs = sample.truth.iter().zip(pass).filter(|(_, p)| p.is_finite());
                pairs.for_each(|(t, p)| counts[class(*t)][class(*p)] += 1);
            }
        }
        Confusion {
            condition: condition::heading(*condition),
            counts,
        }
    };
    let matrices: Vec<Confusion> = conditions.iter().map(matrix).collect();
    let series = conditions.iter().map(|condition| {
        let origin = row.origin(vec![*condition]);
        Series::new(condition::heading(*condition), origin)
    });
    let (name, label) = (&section.title, &row.label);
    let title = format!(
        "{name}: {label}, confusion over all seeds{}",
        synthetic(section)
    );
    Drawing {
        series: series.collect(),
        scene: confusion::draw(&title, section.protocol.classes, &matrices),
        caption:
            "Rows: true class; numbers and shades: percent of it, over all seeds and mask seeds."
                .to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{TOY, eleven, section};

    fn drawn(section: &Section, asked: &[Condition]) -> Result<Vec<NamedDrawing>> {
        let choice = Choice::new(section, None, &TOY.metrics[1]);
        figures(section, asked, &choice)
    }

    #[test]
    fn the_papers_rates_are_shown_or_four_that_span_the_rest() {
        let conditions = |rates: &[f64]| -> Vec<Condition> {
            rates
                .iter()
                .filter_map(|r| Condition::of_number(*r))
                .collect()
        };
        assert_eq!(
            chosen(&conditions(&eleven())),
            conditions(&[0.0, 0.1, 0.5, 0.9])
        );
        assert_eq!(
            chosen(&conditions(&[0.2, 0.4, 0.6, 0.8, 1.0])),
            conditions(&[0.2, 0.4, 0.6, 1.0])
        );
        assert_eq!(chosen(&Condition::SUBSETS).len(), 4);
        assert_eq!(chosen(&conditions(&[0.3])), conditions(&[0.3]));
    }

    #[test]
    fn conditions_that_are_asked_for_are_shown_where_a_section_has_them() {
        let conditions = |rates: &[f64]| -> Vec<Condition> {
            rates
                .iter()
                .filter_map(|r| Condition::of_number(*r))
                .collect()
        };
        let all = conditions(&eleven());
        assert_eq!(
            shown(&all, &conditions(&[1.0, 0.3])),
            conditions(&[0.3, 1.0])
        );
        assert_eq!(shown(&all, &conditions(&[0.35])), chosen(&all));
        let figures = drawn(&section(&[0.0, 0.5, 1.0]), &conditions(&[0.5])).unwrap();
        let matrices = figures.iter().filter(|f| f.name.contains("confusion"));
        let shown: Vec<usize> = matrices.map(|f| f.drawing.series.len()).collect();
        assert_eq!(shown, [1, 1]);
    }

    #[test]
    fn a_section_of_many_rows_says_what_it_does_not_show() {
        let mut section = section(&[0.0, 0.5]);
        assert_eq!(left_out(&section), None);
        let row = section.rows[0].clone();
        section.rows.extend(std::iter::repeat_n(row, MODELS));
        assert!(left_out(&section).unwrap().contains("here, of 18;"));
        let figures = drawn(&section, &[]).unwrap();
        assert!(figures.iter().all(|f| !f.name.contains("confusion")));
    }

    #[test]
    fn every_model_has_a_confusion_and_all_predictions_are_counted() {
        let figures = drawn(&section(&[0.0, 0.5, 1.0]), &[]).unwrap();
        let names: Vec<&str> = figures.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(
            names,
            ["toy-histograms", "toy-confusion-flat", "toy-confusion-lnln"]
        );
    }
}
