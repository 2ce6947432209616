//! Gathers the rows of models that were trained at several fixed missing rates, and what training on noise
//! costs on complete data.

use std::collections::BTreeMap;

use super::inference::Spread;
use super::predicted::PredictedRow;
use crate::mask::Condition;
use crate::metric::Metric;
use crate::report::error::Result;
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::condition;
use crate::report::rows::config::{RowSettings, TrainingNoise};
use crate::report::rows::row::ModelRow;
use crate::report::rows::section::Section;
use crate::report::rows::trained::Trained;

/// The models of a section that were trained at several rates.
#[derive(Clone, Debug)]
pub struct TrainRates {
    /// The metric that is shown.
    pub metric: &'static Metric,
    /// Missing rates of the test split, ascending.
    pub tested: Vec<Condition>,
    pub models: Vec<ModelRates>,
}

/// One model, trained alike but for the rate.
#[derive(Clone, Debug)]
pub struct ModelRates {
    pub title: String,
    /// By training rate, ascending.
    pub rows: Vec<RateRow>,
}

/// A model trained at one rate.
#[derive(Clone, Copy, Debug)]
pub struct RateRow {
    /// Its index in the section.
    pub index: usize,
    pub trained: Condition,
    /// On complete data, from the row of the lowest training rate; `None` for that row, and where one of both
    /// was not tested on complete data or the metric is undefined.
    pub change: Option<Change>,
}

/// A score on complete data less that of the lowest training rate, in the metric's own scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    pub difference: f64,
    /// 95 percent interval over other samples and seeds; none where one of both has one seed.
    pub interval: Option<[f64; 2]>,
}

/// What a change on complete data is, by its interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Worse,
    Better,
    /// The interval holds 0, or there is none.
    Open,
}

impl Change {
    /// For a metric of this direction.
    pub fn verdict(&self, metric: &Metric) -> Verdict {
        match self.interval {
            Some([low, high]) if low > 0.0 || high < 0.0 => {
                if metric.is_better(self.difference, 0.0) {
                    Verdict::Better
                } else {
                    Verdict::Worse
                }
            }
            _ => Verdict::Open,
        }
    }
}

impl TrainRates {
    /// Those of a section; `None` where no model was trained at two rates and tested at two.
    ///
    /// # Errors
    /// If predictions cannot be read again.
    pub fn of(section: &Section) -> Result<Option<Self>> {
        let tested = condition::rates(&section.conditions);
        let groups = groups(section);
        if groups.is_empty() || tested.len() < 2 {
            return Ok(None);
        }
        let metric = super::selection_gap::primary(section);
        let models = groups
            .into_iter()
            .map(|rows| model(section, rows, metric))
            .collect::<Result<_>>()?;
        Ok(Some(Self {
            metric,
            tested,
            models,
        }))
    }
}

/// The training rate that all runs of a row have in common.
fn trained_at(row: &ModelRow) -> Option<Condition> {
    let at = |run| match Trained::of(run) {
        Some(Trained::At(condition)) => condition.rate().map(|_| condition),
        _ => None,
    };
    let first = at(row.runs.first()?)?;
    let same = |run| at(run) == Some(first);
    (!row.baseline && !row.derived && row.runs.iter().all(same)).then_some(first)
}

/// Indices of rows that differ in their training rate alone, by rate; groups of at least two.
fn groups(section: &Section) -> Vec<BTreeMap<Condition, usize>> {
    let mut groups: BTreeMap<(String, RowSettings), BTreeMap<Condition, usize>> = BTreeMap::new();
    for (index, row) in section.rows.iter().enumerate() {
        let (Some(condition), Some(run)) = (trained_at(row), row.runs.first()) else {
            continue;
        };
        let mut settings = RowSettings::of(run);
        // The rates apart.
        settings.noise = settings.noise.map(TrainingNoise::at_tested_rate);
        let group = groups.entry((row.model.clone(), settings)).or_default();
        group.insert(condition, index);
    }
    let mut all: Vec<_> = groups.into_values().filter(|rows| rows.len() > 1).collect();
    all.sort_by_key(|rows| rows.values().min().copied());
    all
}

fn model(
    section: &Section,
    rows: BTreeMap<Condition, usize>,
    metric: &'static Metric,
) -> Result<ModelRates> {
    let complete = Condition::of_number(0.0).filter(|c| section.conditions.contains(c));
    let mut all = Vec::new();
    let mut base: Option<Complete> = None;
    let mut title = String::new();
    for (trained, index) in rows {
        let row = &section.rows[index];
        let own = match complete {
            Some(complete) => Complete::of(section, row, metric, complete)?,
            None => None,
        };
        let change = base.as_ref().zip(own.as_ref());
        let change = change.map(|(base, own)| own.less(base));
        if all.is_empty() {
            let run = row.runs.first();
            title = run.map_or(String::new(), |run| run.manifest.model.title.clone());
            base = own;
        }
        all.push(RateRow {
            index,
            trained,
            change,
        });
    }
    Ok(ModelRates { title, rows: all })
}

/// A row's number on complete data, with its pseudo-values where the metric has some.
struct Complete {
    summary: super::Summary,
    pseudo_values: Option<Vec<f64>>,
}

impl Complete {
    fn of(
        section: &Section,
        row: &ModelRow,
        metric: &Metric,
        complete: Condition,
    ) -> Result<Option<Self>> {
        let aggregate = Aggregate::At(complete);
        let SeedSummary::Known(summary) = aggregate.over_seeds(&row.runs, metric.name) else {
            return Ok(None);
        };
        let predicted = PredictedRow::new(section, row)?;
        let values = metric
            .sums
            .map(|sums| predicted.pseudo_values(metric.name, sums));
        Ok(Some(Self {
            summary,
            pseudo_values: values.and_then(|values| values.of(&aggregate)),
        }))
    }

    /// Samples are paired; each training has seeds of its own.
    fn less(&self, base: &Self) -> Change {
        let pairs = self.pseudo_values.as_ref().zip(base.pseudo_values.as_ref());
        let spread = pairs.and_then(|(own, theirs)| {
            let gaps: Vec<f64> = own.iter().zip(theirs).map(|(a, b)| a - b).collect();
            Spread::of_difference(&self.summary, &base.summary, &gaps)
        });
        let difference = self.summary.mean - base.summary.mean;
        Change {
            difference,
            interval: spread.map(|spread| spread.interval(difference)),
        }
    }
}
