//! Draws MAE, Acc-2 and the correlation over the conditions side by side, for one row of a paper.

use super::axes::Axes;
use super::choice::Choice;
use super::conditions::ConditionAxis;
use super::curves;
use super::drawing::{Drawing, Series};
use super::font;
use super::lines::{self, Curve};
use super::scene::{Anchor, Scene};
use crate::metric::Metric;
use crate::report::rows::section::Section;
use crate::report::table::build::{heading, synthetic};

/// Names of the metrics, each with those that take its place where a data set has another form.
const METRICS: [&[&str]; 3] = [&["mae"], &["acc2_non0", "acc2"], &["corr"]];

const PANEL: f64 = 330.0;
const LEFT: f64 = 74.0;
const TOP: f64 = 48.0;
const HEIGHT: f64 = 210.0;
const BOTTOM: f64 = 60.0;

/// Size of the letters, and height of a row, of the legend.
const FONT: f64 = 13.0;
const ROW: f64 = 20.0;

/// The figure of a section; `None` where fewer than two of the metrics are shown over two conditions.
pub fn draw(section: &Section, choice: &Choice) -> Option<Drawing> {
    let axis = ConditionAxis::new(&section.conditions)?;
    let metrics = METRICS.iter().filter_map(|names| metric(section, names));
    let panels: Vec<Panel> = metrics
        .map(|metric| Panel {
            metric,
            rows: rows(section, metric, choice, &axis),
        })
        .filter(|panel| panel.rows.iter().any(|(line, _)| line.marks().count() > 1))
        .collect();
    if panels.len() < 2 {
        return None;
    }
    // The legend is that of the panel with the most rows: a metric may be undefined for some.
    let most = panels.iter().max_by_key(|panel| panel.rows.len())?;
    let named = most.rows.iter().filter(|(line, _)| !line.style.is_faint());
    let named: Vec<(Curve, Series)> = named.cloned().collect();
    let width = PANEL * panels.len() as f64;
    let places = places(&named, width);
    let rows = places.last().map_or(0.0, |(_, y)| y / ROW + 1.0);
    let title = format!(
        "{}: metrics over missing data{}",
        section.title,
        synthetic(section)
    );
    let mut scene = Scene::new(width, TOP + HEIGHT + BOTTOM + ROW * rows + 6.0, &title);
    for (index, panel) in panels.iter().enumerate() {
        panel.draw(&mut scene, PANEL * index as f64, &axis, &named);
    }
    legend(&mut scene, &named, &places);
    Some(Drawing {
        scene,
        series: named.into_iter().map(|(_, series)| series).collect(),
        caption: caption(choice, &axis, &panels),
    })
}

/// Curves and series of a metric's rows.
fn rows(
    section: &Section,
    metric: &'static Metric,
    choice: &Choice,
    axis: &ConditionAxis,
) -> Vec<(Curve, Series)> {
    let rows = curves::rows(section, metric, choice, axis).into_iter();
    rows.map(|(_, line, series)| (line, series)).collect()
}

fn caption(choice: &Choice, axis: &ConditionAxis, panels: &[Panel]) -> String {
    let mut parts = vec![
        "Mean over seeds; the tables have the spreads.",
        axis.caption(),
        choice.caption(),
    ];
    let curves = panels.iter().map(Panel::curves);
    parts.extend(curves.map(|curves| lines::cut(&curves)).max());
    parts.retain(|sentence| !sentence.is_empty());
    parts.join(" ")
}

/// The first of these metrics that the section shows.
fn metric(section: &Section, names: &[&str]) -> Option<&'static Metric> {
    let shown = |name: &&str| section.metrics.iter().find(|m| m.name == *name).copied();
    names.iter().find_map(shown)
}

/// A metric with the curves of its rows.
struct Panel {
    metric: &'static Metric,
    rows: Vec<(Curve, Series)>,
}

impl Panel {
    fn curves(&self) -> Vec<Curve> {
        self.rows.iter().map(|(line, _)| line.clone()).collect()
    }

    /// Draws it at this distance from the left; rows have the places of those in the legend, gray ones lie below.
    fn draw(&self, scene: &mut Scene, left: f64, axis: &ConditionAxis, legend: &[(Curve, Series)]) {
        let curves = self.curves();
        let up = lines::range(&curves);
        let curves = lines::within(&curves, up);
        let axes = Axes {
            frame: [left + LEFT, TOP, left + PANEL - 14.0, TOP + HEIGHT],
            across: lines::extent(curves.iter().flat_map(Curve::marks).map(|m| m.x)),
            integers: false,
            up,
            names: axis.names.clone(),
        };
        axes.draw(scene, axis.label(), &heading(self.metric));
        let gray = curves.iter().filter(|line| line.style.is_faint());
        gray.for_each(|line| lines::trace(scene, &axes, line));
        for line in curves.iter().rev() {
            let same = |(other, _): &(Curve, Series)| other.label == line.label;
            if let Some(index) = legend.iter().position(same) {
                scene.group(index, |scene| lines::trace(scene, &axes, line));
            }
        }
    }
}

/// Place of each entry of the legend from its upper left corner.
fn places(rows: &[(Curve, Series)], width: f64) -> Vec<(f64, f64)> {
    let (mut x, mut y) = (LEFT, 0.0);
    let place = |(line, _): &(Curve, Series)| {
        let wide = 46.0 + font::width(&line.label) * FONT + 18.0;
        if x + wide > width && x > LEFT {
            (x, y) = (LEFT, y + ROW);
        }
        let at = (x, y);
        x += wide;
        at
    };
    rows.iter().map(place).collect()
}

fn legend(scene: &mut Scene, rows: &[(Curve, Series)], places: &[(f64, f64)]) {
    let top = TOP + HEIGHT + BOTTOM;
    for (index, ((line, _), (x, y))) in rows.iter().zip(places).enumerate() {
        let y = top + y;
        scene.group(index, |scene| {
            let style = line.style;
            style.draw(scene, &[(*x, y), (x + 18.0, y), (x + 36.0, y)]);
            scene.text((x + 44.0, y), &line.label, FONT, style.color, Anchor::Start);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::svg;
    use crate::report::fixture::{TOY, manifest, record};
    use crate::report::options::Curves;
    use crate::report::rows::scores::score_by;
    use crate::report::rows::sort::sections;

    #[test]
    fn three_metrics_are_in_one_row_with_one_legend() {
        let mosi = crate::metric::protocol("mosi").unwrap();
        let runs = ["lnln", "misa", "constant"].map(|model| {
            let run = record(manifest(model, 11, &[0.0, 0.5, 1.0]));
            score_by(mosi, run).unwrap().swap_remove(0)
        });
        let mut section = sections(runs.to_vec()).unwrap().swap_remove(0);
        let choice = Choice::new(&section, Some(Curves::All), mosi.metric("mae").unwrap());
        let drawing = draw(&section, &choice).unwrap();
        let svg = svg::render(&drawing.scene);
        for heading in ["MAE", "Acc-2", "Corr"] {
            assert!(svg.contains(&format!(">{heading}")), "{heading}: {svg}");
        }
        assert_eq!(svg.matches(">MISA<").count(), 1);
        assert_eq!(drawing.series.len(), 3);
        section.metrics = vec![mosi.metric("mae").unwrap()];
        assert!(draw(&section, &choice).is_none());
        let toy = crate::report::fixture::section(&[0.0, 0.5]);
        let choice = Choice::new(&toy, Some(Curves::All), &TOY.metrics[1]);
        assert!(draw(&toy, &choice).is_none(), "one of the metrics alone");
    }
}
