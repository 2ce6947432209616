//! What a figure shows: one curve per row, with gaps where the metric is undefined.

use crate::metric::Metric;

use crate::report::run::reading::{Outcome, Reading};
use crate::report::run::section::{Row, Section};

/// A point in display units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub rate: f64,
    pub mean: f64,
    /// 0 for a single seed.
    pub sd: f64,
}

/// One row of a section over missing rates.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    pub label: String,
    /// Position of the row, so that a model keeps its colour in every figure of a section.
    pub place: usize,
    pub floor: bool,
    /// Runs of neighbouring points; none of them is empty.
    pub segments: Vec<Vec<Point>>,
}

impl Curve {
    /// All points, by rate.
    pub fn points(&self) -> impl Iterator<Item = Point> + '_ {
        self.segments.iter().flatten().copied()
    }
}

/// The curves of a section that have a point at all, the floor last.
pub fn curves(section: &Section, metric: &Metric) -> Vec<Curve> {
    let rows = section.rows.iter().enumerate();
    let curves = rows.map(|(place, row)| curve(section, row, place, metric));
    curves.filter(|c| !c.segments.is_empty()).collect()
}

fn curve(section: &Section, row: &Row, place: usize, metric: &Metric) -> Curve {
    let mut segments: Vec<Vec<Point>> = vec![Vec::new()];
    for rate in &section.rates {
        match (
            Reading::At(*rate).outcome(row, metric.name),
            segments.last_mut(),
        ) {
            (Outcome::Known(summary), Some(segment)) => segment.push(Point {
                rate: rate.value(),
                mean: summary.mean * metric.scale(),
                sd: summary.sd.unwrap_or(0.0) * metric.scale(),
            }),
            (Outcome::Undefined(_), _) => segments.push(Vec::new()),
            // A row on a coarser grid is still one line.
            _ => {}
        }
    }
    segments.retain(|s| !s.is_empty());
    Curve {
        label: row.label.clone(),
        place,
        floor: row.floor,
        segments,
    }
}

/// Lowest and highest value to show, with a margin.
pub fn bounds(curves: &[Curve]) -> (f64, f64) {
    let points = || curves.iter().flat_map(Curve::points);
    let low = points()
        .map(|p| p.mean - p.sd)
        .fold(f64::INFINITY, f64::min);
    let high = points()
        .map(|p| p.mean + p.sd)
        .fold(f64::NEG_INFINITY, f64::max);
    // A flat curve needs some height around it.
    let margin = ((high - low) * 0.06).max(high.abs() * 0.005).max(1e-3);
    (low - margin, high + margin)
}
