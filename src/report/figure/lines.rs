//! Draws curves over a common axis with bands around them and labels at their right ends.

use super::axes::{Axes, FONT};
use super::dodge::dodge;
use super::font;
use super::scene::{Anchor, Point, Scene};
use super::style::Style;

const WIDTH: f64 = 760.0;

/// Distance between names.
const GAP: f64 = 18.0;

/// Names longer than this are cut; the table above the figure has them in full.
const NAME: usize = 34;

/// A place on a line with the band around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    pub x: f64,
    pub y: f64,
    pub low: f64,
    pub high: f64,
}

impl Mark {
    /// The mean of values within their extremes; of at least one.
    pub fn over(x: f64, values: &[f64]) -> Self {
        Self {
            x,
            y: values.iter().sum::<f64>() / values.len() as f64,
            low: values.iter().copied().fold(f64::INFINITY, f64::min),
            high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

/// A line, with gaps between its segments.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    pub label: String,
    pub style: Style,
    pub segments: Vec<Vec<Mark>>,
}

impl Curve {
    fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.segments.iter().flatten()
    }
}

/// Draws lines; the last come first, so that they never hide earlier ones.
pub fn draw(title: &str, across: &str, up: &str, lines: &[Curve]) -> Scene {
    let names = lines.iter().map(|l| font::width(&name(l)) * FONT);
    let room = 74.0 + names.fold(0.0, f64::max);
    let height = 420f64.max(90.0 + GAP * lines.len() as f64);
    let xs = || lines.iter().flat_map(Curve::marks).map(|m| m.x);
    let axes = Axes {
        frame: [84.0, 48.0, WIDTH - room, height - 56.0],
        across: [
            xs().fold(f64::INFINITY, f64::min),
            xs().fold(f64::NEG_INFINITY, f64::max),
        ],
        integers: xs().all(|x| x.fract() == 0.0),
        up: bounds(lines),
    };
    let mut scene = Scene::new(WIDTH, height, title);
    axes.draw(&mut scene, across, up);
    for line in lines.iter().rev() {
        for segment in &line.segments {
            band(&mut scene, &axes, line, segment);
            let points: Vec<Point> = segment.iter().map(|m| axes.at(m.x, m.y)).collect();
            line.style.draw(&mut scene, &points);
        }
    }
    label(&mut scene, &axes, lines);
    scene
}

/// Along the upper edge of the band and back along the lower.
fn band(scene: &mut Scene, axes: &Axes, line: &Curve, segment: &[Mark]) {
    if segment.iter().all(|m| m.low == m.high) {
        return;
    }
    let upper = segment.iter().map(|m| axes.at(m.x, m.high));
    let lower = segment.iter().rev().map(|m| axes.at(m.x, m.low));
    scene.polygon(upper.chain(lower).collect(), line.style.color, 0.14);
}

/// Lowest and highest number to show, with a margin.
fn bounds(lines: &[Curve]) -> [f64; 2] {
    let marks = || lines.iter().flat_map(Curve::marks);
    let low = marks()
        .map(|m| m.low.min(m.y))
        .fold(f64::INFINITY, f64::min);
    let high = marks()
        .map(|m| m.high.max(m.y))
        .fold(f64::NEG_INFINITY, f64::max);
    // A flat line needs some height around it.
    let margin = ((high - low) * 0.06).max(high.abs() * 0.005).max(1e-3);
    [low - margin, high + margin]
}

/// The names right of the plot, each tied to the end of its line.
fn label(scene: &mut Scene, axes: &Axes, lines: &[Curve]) {
    let [_, top, right, bottom] = axes.frame;
    let end = |line: &Curve| line.marks().last().map(|m| axes.at(m.x, m.y));
    let mut ends: Vec<_> = lines.iter().filter_map(|l| Some((end(l)?, l))).collect();
    ends.sort_by(|a, b| a.0.1.total_cmp(&b.0.1));
    let wanted: Vec<f64> = ends.iter().map(|(at, _)| at.1).collect();
    for ((at, line), y) in ends.into_iter().zip(dodge(&wanted, GAP, top, bottom)) {
        let edge = right + 6.0;
        let pale = line.style.color.tint(0.45);
        // A line that ends early is led to the edge by dots, lest it seem to go on.
        if at.0 + 12.0 < edge {
            scene.line(vec![(at.0 + 6.0, at.1), (edge, at.1)], pale, 1.0, 2.0);
        }
        scene.line(vec![(edge, at.1), (edge + 14.0, y)], pale, 1.0, 0.0);
        line.style.draw(
            scene,
            &[(edge + 17.0, y), (edge + 34.0, y), (edge + 52.0, y)],
        );
        let place = (edge + 60.0, y);
        scene.text(place, &name(line), FONT, line.style.color, Anchor::Start);
    }
}

fn name(line: &Curve) -> String {
    if line.label.chars().count() > NAME {
        line.label.chars().take(NAME - 1).chain(['…']).collect()
    } else {
        line.label.clone()
    }
}
