//! Draws differences to the reference over conditions: a panel per model with the interval of each difference.

use super::choice::ranked;
use super::conditions::ConditionAxis;
use super::drawing::{Drawing, Series};
use super::lines::{Curve, Mark, Words, extent};
use super::panels::{self, Panel};
use super::scene::GRAY;
use super::style::Style;
use crate::metric::{Direction, Metric};
use crate::report::origin::Origin;
use crate::report::rows::aggregate::Aggregate;
use crate::report::rows::section::Section;
use crate::report::stats::comparison::Comparison;
use crate::report::table::build::synthetic;

/// More panels than this are too small to read; the best models are shown.
const MOST: usize = 24;

/// The panels; `None` where nothing was tested under two conditions.
pub fn draw(section: &Section, metric: &'static Metric) -> Option<Drawing> {
    let comparison = section.comparison()?;
    let axis = ConditionAxis::new(&section.conditions)?;
    let rows = ranked(section, metric).into_iter();
    let rows = rows.filter(|row| comparison.reference.row != Some(*row));
    let lines = rows.map(|row| (row, line(section, comparison, row, metric, &axis)));
    let all: Vec<(usize, Curve)> = lines.filter(|(_, l)| l.marks().count() > 1).collect();
    if all.is_empty() {
        return None;
    }
    let theirs = Origin::predictions(&comparison.reference.runs, axis.conditions());
    let shown = &all[..all.len().min(MOST)];
    let up = range(shown.iter().map(|(_, line)| line));
    let zero = zero(&axis);
    let panels = shown.iter().enumerate().map(|(series, (_, line))| Panel {
        series,
        behind: vec![zero.clone()],
        line: line.clone(),
    });
    let series = shown.iter().map(|(row, line)| {
        let origin = section.rows[*row].origin(axis.conditions());
        Series::new(&line.label, origin.against(&theirs))
    });
    let reference = &comparison.reference.label;
    let title = format!(
        "{}: {}, difference to {reference}{}",
        section.title,
        metric.title,
        synthetic(section)
    );
    let side = match metric.direction {
        Direction::HigherIsBetter => "above",
        Direction::LowerIsBetter => "below",
    };
    let label = format!("difference in {}", metric.title);
    let words = Words {
        title: &title,
        across: axis.label(),
        up: &label,
        names: &axis.names,
    };
    Some(Drawing {
        scene: panels::draw_within(&words, &panels.collect::<Vec<_>>(), up),
        series: series.collect(),
        caption: caption(comparison, side, &all),
    })
}

fn caption(comparison: &Comparison, side: &str, all: &[(usize, Curve)]) -> String {
    let label = &comparison.reference.label;
    let has_bands = all
        .iter()
        .any(|(_, line)| line.marks().any(|m| m.low < m.high));
    let bands = if has_bands {
        "Bands: 95 % interval of the difference over samples and seeds; a model with one seed has none. A line that leaves the frame is cut there, and its band with it.".to_string()
    } else {
        format!(
            "No bands: they take two seeds of {label} and of a model. A line that leaves the frame is cut there."
        )
    };
    let mut text = format!(
        "Each model minus {label} on the same samples and masks; {side} 0 is better. {bands}"
    );
    if all.len() > MOST {
        text += &format!(" The best {MOST} of {} models.", all.len());
    }
    text
}

fn line(
    section: &Section,
    comparison: &Comparison,
    row: usize,
    metric: &'static Metric,
    axis: &ConditionAxis,
) -> Curve {
    let mark = |(condition, x): &(_, f64)| {
        let found = comparison.find(row, metric.name, &Aggregate::At(*condition))?;
        let test = found.test?;
        let y = test.difference * metric.scale();
        let interval = test
            .models
            .map(|models| models.interval.map(|v| v * metric.scale()));
        let [low, high] = interval.unwrap_or([y, y]);
        Some(Mark {
            x: *x,
            y,
            low,
            high,
        })
    };
    let marks: Vec<Mark> = axis.places.iter().filter_map(mark).collect();
    Curve {
        label: section.rows[row].label.clone(),
        style: Style::of(0, false),
        segments: vec![marks],
    }
}

/// No difference, over the whole width.
fn zero(axis: &ConditionAxis) -> Curve {
    let [low, high] = extent(axis.places.iter().map(|(_, x)| *x));
    Curve {
        label: String::new(),
        style: Style {
            color: GRAY,
            dash: 4.0,
            width: 1.0,
            dots: false,
        },
        segments: vec![vec![Mark::over(low, &[0.0]), Mark::over(high, &[0.0])]],
    }
}

/// Room for 0 and for the differences, but for those beyond three times their usual size; and for bands up to
/// the same again on either side: intervals of two seeds can be a hundred times wider.
fn range<'a>(lines: impl Iterator<Item = &'a Curve> + Clone) -> [f64; 2] {
    let far = |line: &Curve| line.marks().map(|m| m.y.abs()).fold(0.0, f64::max);
    let mut sizes: Vec<f64> = lines.clone().map(far).collect();
    sizes.sort_by(f64::total_cmp);
    let most = sizes.get(sizes.len() / 2).map_or(0.0, |usual| 3.0 * usual);
    let marks = || {
        lines
            .clone()
            .filter(|line| far(line) <= most)
            .flat_map(Curve::marks)
    };
    let [low, high] = extent(marks().map(|m| m.y).chain([0.0]));
    let span = (high - low).max(1e-6);
    let [lowest, highest] = extent(marks().flat_map(|m| [m.low, m.high]).chain([low, high]));
    let margin = 0.05 * span;
    [
        lowest.max(low - span) - margin,
        highest.min(high + span) + margin,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{TOY, section, test_against, test_plan};

    #[test]
    fn a_panel_shows_the_difference_of_the_tests() {
        let mut section = section(&[0.0, 0.5, 1.0]);
        let accuracy = &TOY.metrics[0];
        assert!(draw(&section, accuracy).is_none());
        test_against(&mut section, "lnln", test_plan("acc_2", 9));
        let drawing = draw(&section, accuracy).unwrap();
        assert_eq!(drawing.series.len(), 1);
        assert!(
            drawing.caption.contains("above 0 is better"),
            "{}",
            drawing.caption
        );
        let comparison = section.comparison().unwrap();
        let axis = ConditionAxis::new(&section.conditions).unwrap();
        let line = line(&section, comparison, 0, accuracy, &axis);
        let ys: Vec<f64> = line.marks().map(|m| m.y).collect();
        let expected = [-5.0, -2.5, 2.5];
        assert!(
            ys.iter().zip(expected).all(|(y, e)| (y - e).abs() < 1e-9),
            "{ys:?}"
        );
        assert!(line.marks().all(|m| m.low <= m.y && m.y <= m.high));
    }

    #[test]
    fn wide_bands_do_not_flatten_the_differences() {
        let mark = |y: f64, half: f64| Mark {
            x: 0.0,
            y,
            low: y - half,
            high: y + half,
        };
        let line = |half| Curve {
            label: String::new(),
            style: Style::of(0, false),
            segments: vec![vec![mark(-1.0, half), mark(1.0, half)]],
        };
        let [low, high] = range([line(100.0)].iter());
        assert!((low + 3.1).abs() < 1e-9 && (high - 3.1).abs() < 1e-9);
        let far = Curve {
            segments: vec![vec![mark(50.0, 1.0)]],
            ..line(0.1)
        };
        assert_eq!(
            range([line(0.1), line(0.1), far].iter()),
            range([line(0.1)].iter())
        );
        let [low, high] = range([line(0.1)].iter());
        assert!((low + 1.2).abs() < 1e-9 && (high - 1.2).abs() < 1e-9);
    }
}
