//! Draws a metric over missing rates: one curve per row, with gaps where the metric is undefined.

use super::drawing::{Drawing, Series};
use super::lines::{self, Curve, Mark};
use super::style::Style;
use crate::metric::Metric;
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::condition;
use crate::report::rows::section::{ModelRow, Section};
use crate::report::table::build::heading;

/// The figure of one metric; `None` where no row has two rates to connect.
pub fn draw(section: &Section, metric: &'static Metric, title: &str) -> Option<Drawing> {
    let (lines, series): (Vec<Curve>, Vec<Series>) = lines(section, metric).into_iter().unzip();
    let several = |line: &Curve| line.segments.iter().map(Vec::len).sum::<usize>() > 1;
    let label = heading(metric);
    lines.iter().any(several).then(|| Drawing {
        scene: lines::draw(
            title,
            "missing rate (bands: one standard deviation over seeds)",
            &label,
            &lines,
        ),
        series,
    })
}

/// The rows that have a point at all, the baseline last.
fn lines(section: &Section, metric: &'static Metric) -> Vec<(Curve, Series)> {
    let rates = condition::rates(&section.conditions);
    let rows = section.rows.iter().enumerate();
    let lines = rows.filter_map(|(index, row)| {
        let line = line(section, row, index, metric);
        let series = Series::new(&row.label, row.origin(rates.clone()));
        (!line.segments.is_empty()).then_some((line, series))
    });
    lines.collect()
}

fn line(section: &Section, row: &ModelRow, index: usize, metric: &'static Metric) -> Curve {
    let mut segments: Vec<Vec<Mark>> = vec![Vec::new()];
    for condition in &section.conditions {
        let Some(rate) = condition.rate() else {
            continue;
        };
        let aggregate = Aggregate::At(*condition);
        match (
            aggregate.over_seeds(&row.runs, metric.name),
            segments.last_mut(),
        ) {
            (SeedSummary::Known(summary), Some(segment)) => {
                let (mean, sd) = (summary.mean, summary.sd.unwrap_or(0.0));
                segment.push(Mark {
                    x: rate,
                    y: mean * metric.scale(),
                    low: (mean - sd) * metric.scale(),
                    high: (mean + sd) * metric.scale(),
                });
            }
            (SeedSummary::Undefined(_), _) => segments.push(Vec::new()),
            // A row on a coarser grid is still one line.
            _ => {}
        }
    }
    segments.retain(|s| !s.is_empty());
    Curve {
        label: row.label.clone(),
        style: Style::of(index, row.baseline),
        segments,
    }
}
