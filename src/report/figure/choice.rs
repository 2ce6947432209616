//! Chooses which rows of a section stand out in its figures of curves.

use std::cmp::Ordering;

use super::style::Style;
use crate::metric::{Direction, Metric};
use crate::report::options::Curves;
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::row::ModelRow;
use crate::report::rows::section::Section;

/// Sections of more models than this show some of them in gray.
const MANY: usize = 7;

/// Models in color beside the reference.
const BEST: usize = 5;

/// How curves are told apart, with the style of each row.
#[derive(Clone, Debug)]
pub struct Choice {
    pub curves: Curves,
    /// One per row of the section.
    pub styles: Vec<Style>,
}

impl Choice {
    /// Of a section whose models are ranked by this metric.
    pub fn new(section: &Section, asked: Option<Curves>, metric: &'static Metric) -> Self {
        let models = section.own_rows().filter(|row| !row.baseline).count();
        let usual = if models > MANY {
            Curves::Focus
        } else {
            Curves::All
        };
        let curves = asked.unwrap_or(usual);
        let styles = match curves {
            Curves::All | Curves::Panels => {
                let rows = section.rows.iter().enumerate();
                let styles = rows.map(|(index, row)| Style::of(index, row.baseline));
                baselines(section, styles.collect())
            }
            Curves::Focus => focus(section, metric),
        };
        Self { curves, styles }
    }

    /// Words on gray lines, for captions.
    pub fn caption(&self) -> &'static str {
        match self.curves {
            Curves::Focus if self.styles.iter().any(Style::is_faint) => {
                "In color: the reference and the best of the others by the primary metric; gray: the other models."
            }
            _ => "",
        }
    }
}

/// Positions of a section's models, the best by this metric first; those without a number last.
pub fn ranked(section: &Section, metric: &'static Metric) -> Vec<usize> {
    let aggregate = Aggregate::overall(&section.conditions);
    let number = |row: &ModelRow| match aggregate.over_seeds(&row.runs, metric.name) {
        SeedSummary::Known(summary) => Some(summary.mean),
        _ => None,
    };
    let rows = section.rows.iter().enumerate();
    let models = rows.filter(|(_, row)| !row.baseline && !row.derived);
    let mut models: Vec<_> = models.map(|(index, row)| (index, number(row))).collect();
    models.sort_by(|a, b| match (a.1, b.1) {
        (Some(a), Some(b)) => match metric.direction {
            Direction::HigherIsBetter => b.total_cmp(&a),
            Direction::LowerIsBetter => a.total_cmp(&b),
        },
        (a, b) => {
            if a.is_some() == b.is_some() {
                Ordering::Equal
            } else {
                b.is_some().cmp(&a.is_some())
            }
        }
    });
    models.into_iter().map(|(index, _)| index).collect()
}

/// The reference first, then the best.
fn focus(section: &Section, metric: &'static Metric) -> Vec<Style> {
    let reference = section.comparison().and_then(|c| c.reference.row);
    let others = ranked(section, metric).into_iter();
    let best = others.filter(|row| Some(*row) != reference).take(BEST);
    let mut styles = vec![Style::faint(); section.rows.len()];
    for (color, row) in reference.into_iter().chain(best).enumerate() {
        styles[row] = Style::of(color, false);
    }
    baselines(section, styles)
}

/// The style of baselines: gray, each with dashes of its own.
fn baselines(section: &Section, mut styles: Vec<Style>) -> Vec<Style> {
    let rows = section
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.baseline);
    for ((index, _), dash) in rows.zip([5.0, 2.0].into_iter().cycle()) {
        styles[index] = Style {
            dash,
            ..Style::of(index, true)
        };
    }
    styles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{TOY, section, test_against, test_plan};

    /// The toy section with its model `flat` so many times.
    fn many(copies: usize) -> Section {
        let mut section = section(&[0.0, 0.5, 1.0]);
        test_against(&mut section, "lnln", test_plan("acc_2", 9));
        let row = section.rows[0].clone();
        let at = section.rows.len() - 1;
        section
            .rows
            .splice(at..at, std::iter::repeat_n(row, copies));
        section
    }

    #[test]
    fn up_to_seven_models_all_have_a_color() {
        let mae = &TOY.metrics[1];
        let few = Choice::new(&many(5), None, mae);
        assert_eq!(few.curves, Curves::All);
        assert!(few.styles.iter().all(|style| !style.is_faint()));
        assert_eq!(Choice::new(&many(6), None, mae).curves, Curves::Focus);
        assert_eq!(
            Choice::new(&many(6), Some(Curves::All), mae).curves,
            Curves::All
        );
    }

    #[test]
    fn of_many_the_reference_the_best_five_and_the_baseline_stand_out() {
        let section = many(8);
        let choice = Choice::new(&section, None, &TOY.metrics[1]);
        let shown: Vec<bool> = choice
            .styles
            .iter()
            .map(|style| !style.is_faint())
            .collect();
        assert_eq!(shown.iter().filter(|shown| **shown).count(), 7);
        let reference = section.comparison().unwrap().reference.row.unwrap();
        assert!(shown[reference] && shown[shown.len() - 1]);
        assert_eq!(choice.styles[reference], Style::of(0, false));
        assert!(choice.caption().contains("best of the others"));
    }

    #[test]
    fn models_are_ranked_to_the_metrics_better_side() {
        let section = many(0);
        let labels = |metric: usize| -> Vec<&str> {
            let ranked = ranked(&section, &TOY.metrics[metric]);
            ranked
                .into_iter()
                .map(|row| &*section.rows[row].label)
                .collect()
        };
        assert_eq!(labels(0), ["LNLN", "FLAT"]);
        assert_eq!(labels(1), ["LNLN", "FLAT"]);
        // FLAT has no slope.
        assert_eq!(labels(2), ["LNLN", "FLAT"]);
    }
}
