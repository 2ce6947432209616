//! Draws contributions: a panel per metric, a group of three bars per model, with their intervals.

use std::collections::BTreeSet;

use super::shapley::Part;
use super::values::aggregate;
use crate::data::dataset::Modality;
use crate::metric::Metric;
use crate::report::detail::DetailRow;
use crate::report::figure::axes::ticks;
use crate::report::figure::drawing::{Drawing, Series};
use crate::report::figure::font;
use crate::report::figure::scene::{Anchor, BLACK, GRAY, PALE, PALETTE, Scene};
use crate::report::rows::aggregate::SeedSummary;
use crate::report::rows::section::Section;
use crate::report::table::build::{heading, synthetic};

/// Width of a panel, and from one to the next.
const PANEL: f64 = 190.0;
const BETWEEN: f64 = 26.0;
/// Panels side by side.
const ACROSS: usize = 4;
/// Height of a bar, and of the gap between models.
const BAR: f64 = 9.0;
const GAP: f64 = 10.0;
const TOP: f64 = 76.0;
/// Below a row of panels: numbers of the axis.
const FOOT: f64 = 62.0;
const SMALL: f64 = 11.0;

/// The figure; `None` where no row has contributions.
pub fn draw(section: &Section, found: &[DetailRow]) -> Option<Drawing> {
    let metrics: Vec<&Metric> = (section.metrics.iter().copied())
        .filter(|metric| panel(metric, found).is_some())
        .collect();
    if metrics.is_empty() {
        return None;
    }
    let rows = rows(found);
    let labels: Vec<&str> = rows.iter().map(|i| &*section.rows[*i].label).collect();
    let names = labels.iter().map(|label| font::width(label) * 12.0);
    let left = 28.0 + names.fold(0.0, f64::max).min(260.0);
    let height = (3.0 * BAR + GAP) * labels.len() as f64;
    let lines = metrics.len().div_ceil(ACROSS);
    let title = format!(
        "{}: contribution of each modality{}",
        section.title,
        synthetic(section)
    );
    let across = metrics.len().min(ACROSS) as f64;
    let width = (left + (PANEL + BETWEEN) * across).max(font::width(&title) * 15.0 + 28.0);
    let mut scene = Scene::new(width, TOP + (height + FOOT) * lines as f64 + 8.0, &title);
    legend(&mut scene);
    for (number, metric) in metrics.iter().enumerate() {
        let x = left + (PANEL + BETWEEN) * (number % ACROSS) as f64;
        let y = TOP + (height + FOOT) * (number / ACROSS) as f64;
        if number % ACROSS == 0 {
            for (i, label) in labels.iter().enumerate() {
                let middle = y + (3.0 * BAR + GAP) * (i as f64 + 0.5);
                scene.text((14.0, middle), label, 12.0, BLACK, Anchor::Start);
            }
        }
        if let Some(panel) = panel(metric, found) {
            scene.text((x, y - 12.0), &heading(metric), 12.0, BLACK, Anchor::Start);
            panel.draw(&mut scene, (x, y), height);
        }
    }
    let series = rows.iter().filter_map(|index| {
        let origin = &found.iter().find(|detail| detail.row == *index)?.origin;
        Some(Series::new(&section.rows[*index].label, origin.clone()))
    });
    Some(Drawing {
        series: series.collect(),
        scene,
    })
}

/// Positions of the rows that have contributions.
fn rows(found: &[DetailRow]) -> BTreeSet<usize> {
    found.iter().map(|detail| detail.row).collect()
}

fn legend(scene: &mut Scene) {
    let mut x = 14.0;
    for modality in Modality::ALL {
        scene.rectangle((x, 37.0), 14.0, BAR, PALETTE[modality as usize]);
        let name = modality.as_str();
        scene.text((x + 19.0, 42.0), name, SMALL, BLACK, Anchor::Start);
        x += 34.0 + font::width(name) * SMALL;
    }
    let note = "bars: Shapley value; lines: 95 % interval";
    scene.text((x + 6.0, 42.0), note, SMALL, GRAY, Anchor::Start);
}

/// The numbers of a metric: by row, then modality.
struct Panel {
    bars: Vec<[Option<Bar>; 3]>,
    range: [f64; 2],
}

#[derive(Clone, Copy)]
struct Bar {
    value: f64,
    interval: Option<[f64; 2]>,
}

/// `None` where the metric has no number at all.
fn panel(metric: &Metric, found: &[DetailRow]) -> Option<Panel> {
    let scale = metric.scale();
    let bar = |row: usize, modality| {
        let name = aggregate(Part::Of(modality));
        let mut own = found.iter().filter(|detail| detail.row == row);
        let number = own
            .find(|d| d.aggregate == name)?
            .numbers
            .get(metric.name)?;
        match &number.over_seeds {
            SeedSummary::Known(summary) => Some(Bar {
                value: summary.mean * scale,
                interval: number.interval.map(|range| range.map(|v| v * scale)),
            }),
            _ => None,
        }
    };
    let bars: Vec<[Option<Bar>; 3]> = (rows(found).into_iter())
        .map(|row| Modality::ALL.map(|modality| bar(row, modality)))
        .collect();
    let known = bars.iter().flatten().flatten();
    let ends = known.flat_map(|bar| {
        let [low, high] = bar.interval.unwrap_or([bar.value; 2]);
        [bar.value, low, high]
    });
    let ends: Vec<f64> = ends.collect();
    if ends.is_empty() {
        return None;
    }
    // Zero is always in sight: bars begin there.
    let low = ends.iter().copied().fold(0.0, f64::min);
    let high = ends.iter().copied().fold(0.0, f64::max);
    let margin = ((high - low) * 0.04).max(1e-6);
    Some(Panel {
        bars,
        range: [low - margin, high + margin],
    })
}

impl Panel {
    fn draw(&self, scene: &mut Scene, (left, top): (f64, f64), height: f64) {
        let [low, high] = self.range;
        let at = |value: f64| left + (value - low) / (high - low) * PANEL;
        for (value, text) in ticks(self.range, 4) {
            let x = at(value);
            scene.line(vec![(x, top), (x, top + height)], PALE, 1.0, 0.0);
            let below = (x, top + height + 10.0);
            scene.text(below, &text, 10.0, GRAY, Anchor::Middle);
        }
        for (row, bars) in self.bars.iter().enumerate() {
            for (which, bar) in bars.iter().enumerate() {
                let Some(bar) = bar else { continue };
                let y = top + (3.0 * BAR + GAP) * row as f64 + GAP / 2.0 + BAR * which as f64;
                let (from, to) = (at(bar.value.min(0.0)), at(bar.value.max(0.0)));
                scene.rectangle((from, y), to - from, BAR - 1.0, PALETTE[which]);
                if let Some([low, high]) = bar.interval {
                    let middle = y + (BAR - 1.0) / 2.0;
                    scene.line(vec![(at(low), middle), (at(high), middle)], BLACK, 1.2, 0.0);
                }
            }
        }
        scene.line(
            vec![(at(0.0), top), (at(0.0), top + height)],
            GRAY,
            1.0,
            0.0,
        );
    }
}
