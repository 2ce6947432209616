//! Draws a metric over missing rates: one curve per row, with gaps where the metric is undefined.

use super::drawing::{Drawing, Series};
use super::lines::{self, Curve, Mark};
use super::style::Style;
use crate::metric::Metric;
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::condition;
use crate::report::rows::section::{ModelRow, Section};
use crate::report::stats::Summary;
use crate::report::stats::comparison::Comparison;
use crate::report::table::build::heading;

/// The figure of one metric; `None` where no row has two rates to connect.
pub fn draw(section: &Section, metric: &'static Metric, title: &str) -> Option<Drawing> {
    let (lines, series): (Vec<Curve>, Vec<Series>) = lines(section, metric).into_iter().unzip();
    let several = |line: &Curve| line.segments.iter().map(Vec::len).sum::<usize>() > 1;
    let label = heading(metric);
    lines.iter().any(several).then(|| Drawing {
        scene: lines::draw(
            title,
            &format!("missing rate ({})", Bands::of(section, metric).label()),
            &label,
            &lines,
        ),
        series,
    })
}

/// The bands of a figure, all of one kind.
#[derive(Clone, Copy)]
enum Bands<'a> {
    /// Central 95 percent of resamples; rows without have no band.
    Intervals(&'a Comparison),
    Deviations,
}

impl<'a> Bands<'a> {
    fn of(section: &'a Section, metric: &Metric) -> Self {
        match section.comparison().filter(|_| metric.sums.is_some()) {
            Some(comparison) => Self::Intervals(comparison),
            None => Self::Deviations,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Intervals(_) => "bands: 95 % of bootstrap resamples over samples and seeds",
            Self::Deviations => "bands: one standard deviation over seeds",
        }
    }

    /// The band around a number of the row at this position.
    fn around(
        self,
        summary: &Summary,
        index: usize,
        metric: &'static Metric,
        aggregate: &Aggregate,
    ) -> [f64; 2] {
        let found = match self {
            Self::Intervals(all) => all
                .find(index, metric.name, aggregate)
                .and_then(|f| f.interval),
            Self::Deviations => summary.sd.map(|sd| [summary.mean - sd, summary.mean + sd]),
        };
        found.unwrap_or([summary.mean; 2])
    }
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
    let bands = Bands::of(section, metric);
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
                let band = bands.around(&summary, index, metric, &aggregate);
                segment.push(Mark {
                    x: rate,
                    y: summary.mean * metric.scale(),
                    low: band[0] * metric.scale(),
                    high: band[1] * metric.scale(),
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
