//! Draws the selection gap: a line per model with its score by every rule, and the differences beside.

use super::axes::{FONT, ticks};
use super::drawing::{Drawing, Series};
use super::font;
use super::scene::{Anchor, BLACK, GRAY, PALE, PALETTE, Scene};
use crate::report::rows::aggregate::SeedSummary;
use crate::report::rows::section::Section;
use crate::report::stats::selection_gap::{GapMetric, SelectionGap};
use crate::report::table::build::{heading, synthetic};

/// Height of a model's line.
const LINE: f64 = 34.0;

const TOP: f64 = 92.0;

/// Width of each of both panels.
const PANEL: f64 = 300.0;

/// Between the panels.
const BETWEEN: f64 = 44.0;

/// The figure of the primary metric; `None` where no model has a number.
pub fn draw(section: &Section, gap: &SelectionGap) -> Option<Drawing> {
    let scale = gap.primary.scale();
    let lines: Vec<Line> = gap
        .rows
        .iter()
        .map(|row| Line::new(&section.rows[row.index].label, &row.metrics[0], scale))
        .filter(|line| line.scores.iter().any(Option::is_some))
        .collect();
    if lines.is_empty() {
        return None;
    }
    let names = lines.iter().map(|line| font::width(&line.label) * FONT);
    let left = 30.0 + names.fold(0.0, f64::max);
    let bottom = TOP + LINE * lines.len() as f64;
    let title = format!(
        "{}: selection gap, {}, {}{}",
        section.title,
        gap.primary.title,
        gap.aggregate.title(),
        synthetic(section)
    );
    let width = (left + 2.0 * PANEL + BETWEEN + 24.0).max(28.0 + font::width(&title) * 15.0);
    let mut scene = Scene::new(width, bottom + 62.0, &title);
    legend(&mut scene, left, &gap.rules);
    let scores = lines.iter().flat_map(|line| line.scores.iter().flatten());
    let scores = Panel::over(left, bottom, scores.copied());
    scores.draw(&mut scene, &heading(gap.primary));
    let ends = lines.iter().flat_map(|line| &line.differences).flatten();
    let ends = ends.flat_map(|change| [change.value, change.low, change.high]);
    let changes = Panel::over(left + PANEL + BETWEEN, bottom, ends.chain([0.0]));
    changes.draw(&mut scene, &format!("minus {} (95 %)", gap.rules[0]));
    let zero = changes.at(0.0);
    scene.line(vec![(zero, TOP), (zero, bottom)], GRAY, 1.0, 3.0);
    for (index, line) in lines.iter().enumerate() {
        let y = TOP + LINE * (index as f64 + 0.5);
        scene.text((left - 12.0, y), &line.label, FONT, BLACK, Anchor::End);
        line.draw(&mut scene, y, &scores, &changes);
    }
    let series = gap.rows.iter().map(|row| {
        let model = &section.rows[row.index];
        Series::new(&model.label, model.origin(gap.aggregate.conditions()))
    });
    Some(Drawing {
        scene,
        series: series.collect(),
        caption:
            "Left: score by each rule; right: difference to the first rule with its 95 % interval."
                .to_string(),
    })
}

/// The rules with their colors, above the plots.
fn legend(scene: &mut Scene, left: f64, rules: &[String]) {
    let mut x = left;
    for (index, rule) in rules.iter().enumerate() {
        let color = color(index);
        scene.circle((x, 52.0), 4.5, color);
        scene.text((x + 10.0, 52.0), rule, FONT, color, Anchor::Start);
        x += 34.0 + font::width(rule) * FONT;
    }
}

fn color(rule: usize) -> super::scene::Color {
    PALETTE[rule % PALETTE.len()]
}

/// A model: its score by each rule, and the differences from the first, in display units.
struct Line {
    label: String,
    scores: Vec<Option<f64>>,
    differences: Vec<Option<Change>>,
}

/// A difference with its interval, which is the difference alone where there is none.
struct Change {
    value: f64,
    low: f64,
    high: f64,
}

impl Line {
    fn new(label: &str, metric: &GapMetric, scale: f64) -> Self {
        let score = |summary: &SeedSummary| match summary {
            SeedSummary::Known(summary) => Some(summary.mean * scale),
            _ => None,
        };
        let differences = metric.differences.iter().map(|difference| {
            let difference = difference.as_ref()?;
            let value = difference.summary.mean;
            let [low, high] = difference.interval.unwrap_or([value; 2]);
            Some(Change {
                value: value * scale,
                low: low * scale,
                high: high * scale,
            })
        });
        Self {
            label: label.to_string(),
            scores: metric.by_rule.iter().map(score).collect(),
            differences: differences.collect(),
        }
    }

    fn draw(&self, scene: &mut Scene, y: f64, scores: &Panel, changes: &Panel) {
        let known = || self.scores.iter().flatten().copied();
        let ends = [
            known().fold(f64::INFINITY, f64::min),
            known().fold(f64::NEG_INFINITY, f64::max),
        ];
        scene.line(ends.map(|v| (scores.at(v), y)).to_vec(), GRAY, 1.5, 0.0);
        // The first rule last, so that no other hides it.
        for (rule, score) in self.scores.iter().enumerate().rev() {
            if let Some(score) = score {
                scene.circle((scores.at(*score), y), 4.5, color(rule));
            }
        }
        let count = self.differences.len() as f64;
        for (index, change) in self.differences.iter().enumerate() {
            let Some(change) = change else { continue };
            // Side by side within the line.
            let y = y + 9.0 * (index as f64 - (count - 1.0) / 2.0);
            let color = color(index + 1);
            let whisker = [change.low, change.high].map(|v| (changes.at(v), y));
            scene.line(whisker.to_vec(), color, 1.5, 0.0);
            scene.circle((changes.at(change.value), y), 3.5, color);
        }
    }
}

/// A range of numbers across.
struct Panel {
    left: f64,
    bottom: f64,
    low: f64,
    high: f64,
}

impl Panel {
    /// Holds these numbers with a margin.
    fn over(left: f64, bottom: f64, values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        });
        let margin = ((high - low) * 0.08).max(high.abs() * 0.005).max(1e-3);
        Self {
            left,
            bottom,
            low: low - margin,
            high: high + margin,
        }
    }

    fn at(&self, value: f64) -> f64 {
        self.left + PANEL * (value - self.low) / (self.high - self.low)
    }

    fn draw(&self, scene: &mut Scene, label: &str) {
        for (value, text) in ticks([self.low, self.high], 5) {
            let x = self.at(value);
            scene.line(vec![(x, TOP), (x, self.bottom)], PALE, 1.0, 0.0);
            scene.text((x, self.bottom + 16.0), &text, FONT, BLACK, Anchor::Middle);
        }
        let right = self.left + PANEL;
        scene.line(
            vec![(self.left, self.bottom), (right, self.bottom)],
            GRAY,
            1.0,
            0.0,
        );
        let middle = (self.left + right) / 2.0;
        scene.text(
            (middle, self.bottom + 38.0),
            label,
            FONT,
            BLACK,
            Anchor::Middle,
        );
    }
}
