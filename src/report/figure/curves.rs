//! Draws a metric over conditions: one curve per row, with gaps where the metric is undefined.

use super::choice::Choice;
use super::conditions::ConditionAxis;
use super::drawing::{Drawing, Series};
use super::lines::{self, Curve, Mark, Words};
use super::panels::{self, Panel};
use super::style::Style;
use crate::metric::Metric;
use crate::report::options::Curves;
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::row::ModelRow;
use crate::report::rows::section::Section;
use crate::report::table::build::heading;

/// The curves of all rows; `None` where no row has two conditions to connect.
pub fn draw(
    section: &Section,
    metric: &'static Metric,
    title: &str,
    choice: &Choice,
) -> Option<Drawing> {
    let axis = ConditionAxis::new(&section.conditions)?;
    let lines = rows(section, metric, choice, &axis);
    let several = |line: &Curve| line.marks().count() > 1;
    if !lines.iter().any(|(_, line, _)| several(line)) {
        return None;
    }
    let up = heading(metric);
    let words = Words {
        title,
        across: axis.label(),
        up: &up,
        names: &axis.names,
    };
    let mut caption = vec![
        "Mean over seeds; the table has the spreads.",
        axis.caption(),
    ];
    let (curves, series): (Vec<(bool, Curve)>, Vec<Series>) = lines
        .into_iter()
        .map(|(baseline, line, series)| ((baseline, line), series))
        .unzip();
    let scene = if choice.curves == Curves::Panels {
        caption.push("Gray: the other models; dashed: the baseline.");
        panels::draw(&words, &panels_of(&curves))
    } else {
        let curves: Vec<Curve> = curves.into_iter().map(|(_, line)| line).collect();
        caption.extend([choice.caption(), lines::cut(&curves)]);
        lines::draw_with(&words, &curves)
    };
    caption.retain(|sentence| !sentence.is_empty());
    Some(Drawing {
        scene,
        series,
        caption: caption.join(" "),
    })
}

/// The rows that have a point at all, each with whether it is a baseline.
pub(super) fn rows(
    section: &Section,
    metric: &'static Metric,
    choice: &Choice,
    axis: &ConditionAxis,
) -> Vec<(bool, Curve, Series)> {
    let rows = section.rows.iter().zip(&choice.styles);
    let lines = rows.filter_map(|(row, style)| {
        let line = line(row, *style, metric, axis);
        let series = Series::new(&row.label, row.origin(axis.conditions()));
        (!line.segments.is_empty()).then_some((row.baseline, line, series))
    });
    joined(lines.collect())
}

/// A panel per model, before the others in gray and the baselines.
fn panels_of(curves: &[(bool, Curve)]) -> Vec<Panel> {
    let models = curves
        .iter()
        .enumerate()
        .filter(|(_, (baseline, _))| !baseline);
    let panel = |(series, (_, line)): (usize, &(bool, Curve))| {
        let others = curves
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != series);
        let behind = others.map(|(_, (baseline, line))| {
            let style = if *baseline {
                line.style
            } else {
                Style::faint()
            };
            Curve {
                style,
                ..line.clone()
            }
        });
        Panel {
            series,
            behind: behind.collect(),
            line: Curve {
                style: Style::of(0, false),
                ..line.clone()
            },
        }
    };
    models.map(panel).collect()
}

/// Baselines whose curves are the same as one curve with both names.
fn joined(lines: Vec<(bool, Curve, Series)>) -> Vec<(bool, Curve, Series)> {
    let mut all: Vec<(bool, Curve, Series)> = Vec::new();
    for (baseline, line, series) in lines {
        let same = all
            .iter_mut()
            .find(|(known, other, _)| baseline && *known && equal(other, &line));
        let Some((_, known, known_series)) = same else {
            all.push((baseline, line, series));
            continue;
        };
        let names = [&known.label, &line.label].map(|name| name.trim_end_matches(BASELINE));
        known.label = format!("{} = {}", names[0], names[1]);
        known_series.label.clone_from(&known.label);
        known_series.origin = known_series.origin.clone().against(&series.origin);
    }
    all
}

/// The end of the labels of baselines.
const BASELINE: &str = " (baseline)";

/// Whether two curves go through the same points.
fn equal(a: &Curve, b: &Curve) -> bool {
    let near = |(a, b): (&Mark, &Mark)| a.x == b.x && (a.y - b.y).abs() < 1e-9;
    a.marks().count() == b.marks().count() && a.marks().zip(b.marks()).all(near)
}

fn line(row: &ModelRow, style: Style, metric: &'static Metric, axis: &ConditionAxis) -> Curve {
    let mut segments: Vec<Vec<Mark>> = vec![Vec::new()];
    for (condition, x) in &axis.places {
        let aggregate = Aggregate::At(*condition);
        let summary = aggregate.over_seeds(&row.runs, metric.name);
        match (summary, segments.last_mut()) {
            (SeedSummary::Known(summary), Some(segment)) => {
                segment.push(Mark::over(*x, &[summary.mean * metric.scale()]));
            }
            (SeedSummary::Undefined(_), _) => segments.push(Vec::new()),
            // A row on a coarser grid is still one line.
            _ => {}
        }
    }
    segments.retain(|s| !s.is_empty());
    Curve {
        label: row.label.clone(),
        style,
        segments,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Condition;
    use crate::report::figure::svg;
    use crate::report::fixture::{TOY, manifest, masks, scored, section};
    use crate::report::rows::baseline;
    use crate::report::rows::sort::sections;

    fn choice(section: &Section, curves: Curves) -> Choice {
        Choice::new(section, Some(curves), &TOY.metrics[1])
    }

    #[test]
    fn baselines_of_one_curve_have_one_entry() {
        let mut section = section(&[0.0, 0.5, 1.0]);
        baseline::add(&mut section).unwrap();
        let choice = choice(&section, Curves::All);
        let drawing = draw(&section, &TOY.metrics[1], "t", &choice).unwrap();
        let labels: Vec<&str> = drawing.series.iter().map(|s| s.label.as_str()).collect();
        let baselines = labels.iter().filter(|l| l.ends_with(BASELINE)).count();
        assert_eq!(baselines, drawing.series.len() - 2, "{labels:?}");
        assert_eq!(
            section.rows.len() > 3,
            labels.iter().any(|l| l.contains(" = "))
        );
    }

    #[test]
    fn panels_show_every_model_before_the_others() {
        let section = section(&[0.0, 0.5, 1.0]);
        let choice = choice(&section, Curves::Panels);
        let drawing = draw(&section, &TOY.metrics[1], "t", &choice).unwrap();
        let svg = svg::render(&drawing.scene);
        for series in 0..2 {
            assert!(svg.contains(&format!("<g data-row=\"{series}\">")));
        }
        assert!(svg.contains(">FLAT<") && svg.contains(">LNLN<"), "{svg}");
        assert!(drawing.caption.contains("Gray"));
    }

    #[test]
    fn sets_of_missing_modalities_have_curves_too() {
        let mut m = manifest("lnln", 11, &[]);
        m.masks = vec![masks("modality", Condition::SUBSETS.to_vec())];
        let section = sections(vec![scored(m)]).unwrap().swap_remove(0);
        let choice = choice(&section, Curves::All);
        let drawing = draw(&section, &TOY.metrics[1], "t", &choice).unwrap();
        assert!(svg::render(&drawing.scene).contains(">AV<"));
        assert!(drawing.caption.contains("no order"), "{}", drawing.caption);
    }
}
