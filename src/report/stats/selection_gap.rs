//! Compares what several selection rules chose from the same trainings.
//!
//! By each rule a model has a score per training. Their differences from the first rule's are paired by
//! training and by sample: the variance over seeds is that of the differences, and the jackknife's
//! pseudo-values are those of the differences (`super::inference`).

use super::inference::Spread;
use super::predicted::PredictedRow;
use super::{Summary, summarize};
use crate::metric::Metric;
use crate::report::error::Result;
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::by_rule;
use crate::report::rows::kept::Kept;
use crate::report::rows::row::ModelRow;
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::section::Section;

/// The rows of a section whose trainings kept weights by several rules.
#[derive(Clone, Debug)]
pub struct SelectionGap {
    /// As on the command line, the one that reports show first.
    pub rules: Vec<String>,
    /// What sums up a metric.
    pub aggregate: Aggregate,
    /// The metric that orders the models.
    pub primary: &'static Metric,
    pub rows: Vec<GapRow>,
    /// By rule the labels of the rows, the best by the primary metric first; without rows that have no
    /// number by some rule.
    pub orders: Vec<Vec<String>>,
    /// Labels of models whose weights were not kept by these rules.
    pub left_out: Vec<String>,
}

/// A row by every rule.
#[derive(Clone, Debug)]
pub struct GapRow {
    /// Its index in the section.
    pub index: usize,
    /// By metric, the primary one first.
    pub metrics: Vec<GapMetric>,
}

/// A metric of a row by every rule.
#[derive(Clone, Debug)]
pub struct GapMetric {
    pub metric: &'static Metric,
    /// In the order of the rules.
    pub by_rule: Vec<SeedSummary>,
    /// Of the second and each further rule from the first; `None` where a number is undefined.
    pub differences: Vec<Option<Difference>>,
}

/// The score by a rule less that by the first, in the metric's own scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Over trainings.
    pub summary: Summary,
    /// 95 percent interval over other samples and seeds; none for one seed.
    pub interval: Option<[f64; 2]>,
}

impl SelectionGap {
    /// That of a section; `None` where no row was kept by several rules.
    ///
    /// # Errors
    /// If predictions cannot be read again.
    pub fn of(section: &Section) -> Result<Option<Self>> {
        let own = || {
            section
                .rows
                .iter()
                .enumerate()
                .filter(|(_, row)| has_rules(row))
        };
        let Some(rules) = own()
            .map(|(_, row)| by_rule::rules(row))
            .find(|rules| rules.len() > 1)
        else {
            return Ok(None);
        };
        let (rows, left_out): (Vec<_>, Vec<_>) =
            own().partition(|(_, row)| by_rule::rules(row) == rules);
        let primary = primary(section);
        let metrics = metrics(section, primary);
        let aggregate = Aggregate::overall(&section.conditions);
        let of = |(index, row): &(usize, &ModelRow)| {
            let by_metric = compared(section, row, rules.len(), &metrics, &aggregate);
            Ok(GapRow {
                index: *index,
                metrics: by_metric?,
            })
        };
        let rows = rows.iter().map(of).collect::<Result<Vec<_>>>()?;
        let orders = (0..rules.len()).map(|rule| order(section, &rows, rule));
        Ok(Some(Self {
            orders: orders.collect(),
            rules,
            aggregate,
            primary,
            rows,
            left_out: left_out.iter().map(|(_, row)| row.label.clone()).collect(),
        }))
    }

    /// Whether some rule puts the models in another order than the first.
    pub fn changes_order(&self) -> bool {
        self.orders.windows(2).any(|pair| pair[0] != pair[1])
    }
}

/// Whether a row's weights were chosen by a rule of this program.
fn has_rules(row: &ModelRow) -> bool {
    let known = |run: &ScoredRun| run.manifest.selection.rule.is_some();
    !row.baseline && !row.derived && row.runs.iter().all(known)
}

/// The metric of the primary tests, else the one that selects weights by default.
pub(super) fn primary(section: &Section) -> &'static Metric {
    let tested = section.comparison().and_then(|c| c.plan.primary);
    let tested = tested.and_then(|name| section.protocol.metric(name));
    tested.unwrap_or_else(|| section.protocol.selection_metric())
}

/// The primary metric and the others that the section shows.
fn metrics(section: &Section, primary: &'static Metric) -> Vec<&'static Metric> {
    let others = section.metrics.iter().filter(|m| m.name != primary.name);
    std::iter::once(primary).chain(others.copied()).collect()
}

fn compared(
    section: &Section,
    row: &ModelRow,
    rules: usize,
    metrics: &[&'static Metric],
    aggregate: &Aggregate,
) -> Result<Vec<GapMetric>> {
    let kept = by_rule::kept(row)?;
    let by_rule: Vec<ByRule> = (0..rules)
        .map(|rule| ByRule::new(section, row, &kept, rule, metrics))
        .collect::<Result<_>>()?;
    let of = |metric: &&'static Metric| {
        let first = &by_rule[0];
        let others = by_rule[1..].iter();
        let summary = |rule: &ByRule| aggregate.over_seeds(&rule.runs, metric.name);
        GapMetric {
            metric,
            by_rule: by_rule.iter().map(summary).collect(),
            differences: others
                .map(|other| difference(first, other, metric, aggregate))
                .collect(),
        }
    };
    Ok(metrics.iter().map(of).collect())
}

/// A row by one rule.
struct ByRule {
    runs: Vec<ScoredRun>,
    predicted: PredictedRow,
}

impl ByRule {
    fn new(
        section: &Section,
        row: &ModelRow,
        kept: &[Kept],
        rule: usize,
        metrics: &[&'static Metric],
    ) -> Result<Self> {
        Ok(Self {
            runs: by_rule::under(row, kept, rule, metrics)?,
            predicted: PredictedRow::by_rule(section, row, kept, rule)?,
        })
    }

    /// The number of each training.
    fn values(&self, metric: &Metric, aggregate: &Aggregate) -> Option<Vec<f64>> {
        let value = |run: &ScoredRun| aggregate.of(run.conditions.get(metric.name)?)?.ok();
        self.runs.iter().map(value).collect()
    }

    fn pseudo_values(&self, metric: &Metric, aggregate: &Aggregate) -> Option<Vec<f64>> {
        let sums = metric.sums?;
        self.predicted
            .pseudo_values(metric.name, sums)
            .of(aggregate)
    }
}

/// Training by training, and sample by sample for the interval.
fn difference(
    first: &ByRule,
    other: &ByRule,
    metric: &Metric,
    aggregate: &Aggregate,
) -> Option<Difference> {
    let less = |a: Vec<f64>, b: Vec<f64>| a.iter().zip(&b).map(|(a, b)| a - b).collect::<Vec<_>>();
    let values = less(
        other.values(metric, aggregate)?,
        first.values(metric, aggregate)?,
    );
    let summary = summarize(&values)?;
    let pairs = other
        .pseudo_values(metric, aggregate)
        .zip(first.pseudo_values(metric, aggregate));
    let spread = pairs.and_then(|(own, theirs)| Spread::of_mean(&summary, &less(own, theirs)));
    Some(Difference {
        summary,
        interval: spread.map(|spread| spread.interval(summary.mean)),
    })
}

/// Labels of the rows by the primary metric under a rule, the best first.
fn order(section: &Section, rows: &[GapRow], rule: usize) -> Vec<String> {
    let known = |row: &&GapRow| {
        let mut all = row.metrics[0].by_rule.iter();
        all.all(|summary| matches!(summary, SeedSummary::Known(_)))
    };
    let number = |row: &GapRow| match &row.metrics[0].by_rule[rule] {
        SeedSummary::Known(summary) => Some((row.index, summary.mean)),
        _ => None,
    };
    let mut all: Vec<(usize, f64)> = rows.iter().filter(known).filter_map(number).collect();
    let Some(metric) = rows.first().map(|row| row.metrics[0].metric) else {
        return Vec::new();
    };
    all.sort_by(|(_, a), (_, b)| {
        let ascending = a.total_cmp(b);
        if metric.is_better(1.0, 0.0) {
            ascending.reverse()
        } else {
            ascending
        }
    });
    all.iter()
        .map(|(index, _)| section.rows[*index].label.clone())
        .collect()
}
