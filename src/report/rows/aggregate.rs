//! Reads numbers off a curve over missing rates: a point, a mean, an area.

use std::collections::BTreeMap;

use crate::mask::Condition;
use crate::report::rows::condition;
use crate::report::rows::config::join;
use crate::report::rows::scores::{ScoredRun, Value};
use crate::report::stats::{self, Summary};

/// A number taken from a curve.
#[derive(Clone, Debug, PartialEq)]
pub enum Aggregate {
    /// The score at one condition.
    At(Condition),
    /// The mean over these conditions.
    Mean(Vec<Condition>),
    /// The area over this grid of rates, divided by its width.
    Area(Vec<Condition>),
}

/// An aggregate of one row, summarized over its seeds.
#[derive(Clone, Debug, PartialEq)]
pub enum SeedSummary {
    Known(Summary),
    /// Evaluated, but the metric is undefined there; the reason.
    Undefined(String),
    /// Not evaluated at all the rates that the aggregate needs.
    Missing,
}

impl Aggregate {
    /// One point per condition, the mean where there are several, and the area where several are rates.
    pub fn all(conditions: &[Condition]) -> Vec<Self> {
        let mut all: Vec<_> = conditions.iter().copied().map(Self::At).collect();
        if conditions.len() > 1 {
            all.push(Self::mean(conditions));
        }
        let rates = condition::rates(conditions);
        if rates.len() > 1 {
            all.push(Self::Area(rates));
        }
        all
    }

    /// The mean over the paper's ten rates if all of them are there, else over all conditions.
    pub fn mean(conditions: &[Condition]) -> Self {
        let paper = condition::paper();
        if paper.iter().all(|l| conditions.contains(l)) {
            Self::Mean(paper)
        } else {
            Self::Mean(conditions.to_vec())
        }
    }

    /// The number that sums up a metric: the mean over the conditions, or the one condition there is.
    pub fn overall(conditions: &[Condition]) -> Self {
        match conditions {
            [only] => Self::At(*only),
            _ => Self::mean(conditions),
        }
    }

    /// Title of the column.
    pub fn title(&self) -> String {
        match self {
            Self::At(condition) => condition::title(*condition),
            Self::Mean(conditions) if *conditions == condition::paper() => "mean 0-0.9".to_string(),
            Self::Mean(conditions) if conditions[..] == Condition::SUBSETS => {
                "mean of six".to_string()
            }
            Self::Mean(conditions) if conditions.len() <= 4 => {
                format!("mean of {}", join(conditions, ", "))
            }
            Self::Mean(conditions) if condition::rates(conditions).len() < conditions.len() => {
                format!("mean of {} conditions", conditions.len())
            }
            Self::Mean(rates) => format!("mean of {} rates {}", rates.len(), span(rates)),
            Self::Area(rates) => match step(rates) {
                Some(step) => format!("AUC {} by {step}", span(rates)),
                None => format!("AUC {}, {} rates", span(rates), rates.len()),
            },
        }
    }

    /// A mean as part of a caption, `mean over missing rates 0-0.9`, in a table of missing rates alone or not.
    pub fn caption(&self, only_rates: bool) -> String {
        let over = if only_rates {
            "mean over missing rates"
        } else {
            "mean over"
        };
        match self {
            Self::Mean(conditions) if *conditions == condition::paper() => format!("{over} 0-0.9"),
            Self::Mean(conditions) if conditions[..] == Condition::SUBSETS => {
                "mean over the six sets of missing modalities".to_string()
            }
            Self::Mean(conditions) if conditions.len() <= 4 => {
                format!("{over} {}", join(conditions, ", "))
            }
            Self::Mean(conditions) if condition::rates(conditions).len() < conditions.len() => {
                format!("mean over {} conditions", conditions.len())
            }
            Self::Mean(rates) => {
                format!("mean over {} missing rates {}", rates.len(), span(rates))
            }
            Self::At(_) | Self::Area(_) => self.title(),
        }
    }

    /// Name in CSV files.
    pub fn name(&self) -> String {
        match self {
            Self::At(condition) => condition::title(*condition),
            Self::Mean(conditions) if *conditions == condition::paper() => "mean_0_0.9".to_string(),
            Self::Mean(_) => "mean".to_string(),
            Self::Area(_) => "auc".to_string(),
        }
    }

    /// The conditions it is made of.
    pub fn conditions(&self) -> Vec<Condition> {
        match self {
            Self::At(condition) => vec![*condition],
            Self::Mean(conditions) | Self::Area(conditions) => conditions.clone(),
        }
    }

    /// The conditions it is made of, each with its weight; weights sum to 1.
    pub fn weights(&self) -> Vec<(Condition, f64)> {
        match self {
            Self::At(condition) => vec![(*condition, 1.0)],
            Self::Mean(conditions) => {
                let weight = 1.0 / conditions.len() as f64;
                conditions.iter().map(|l| (*l, weight)).collect()
            }
            Self::Area(rates) => {
                let values: Vec<f64> = rates.iter().filter_map(Condition::rate).collect();
                let weights = stats::trapezoid(&values);
                rates.iter().copied().zip(weights).collect()
            }
        }
    }

    /// The aggregate of one curve; `None` where the curve lacks a condition.
    pub fn of(&self, curve: &BTreeMap<Condition, Value>) -> Option<Value> {
        self.weighted(&self.weights(), curve)
    }

    /// [`Aggregate::of`] by its own weights, for many curves.
    fn weighted(
        &self,
        weights: &[(Condition, f64)],
        curve: &BTreeMap<Condition, Value>,
    ) -> Option<Value> {
        if let Self::At(condition) = self {
            return curve.get(condition).cloned();
        }
        let values: Option<Vec<&Value>> = weights.iter().map(|(l, _)| curve.get(l)).collect();
        let values: std::result::Result<Vec<f64>, &String> =
            values?.into_iter().map(|v| v.as_ref().copied()).collect();
        let sum = |v: Vec<f64>| v.iter().zip(weights).map(|(v, (_, w))| v * w).sum();
        // A plain mean, whose last digit does not depend on the weights' rounding.
        let mean = |v: Vec<f64>| stats::mean(&v).ok_or_else(|| "there is no value".to_string());
        Some(values.map_err(String::clone).and_then(|v| match self {
            Self::Area(_) => Ok(sum(v)),
            _ => mean(v),
        }))
    }

    /// The aggregate of one row's runs by the metric of this name, over their seeds.
    pub fn over_seeds(&self, runs: &[ScoredRun], metric: &str) -> SeedSummary {
        let weights = self.weights();
        let curves = runs.iter().map(|run| run.conditions.get(metric));
        let values = curves.map(|curve| self.weighted(&weights, curve?));
        let values: Option<Vec<Value>> = values.collect();
        values.map_or(SeedSummary::Missing, SeedSummary::of)
    }
}

impl SeedSummary {
    /// The summary of a value per seed; undefined where one of them is.
    pub fn of(values: Vec<Value>) -> Self {
        let seeds = values.len();
        let (mut known, mut reasons) = (Vec::new(), Vec::new());
        for value in values {
            match value {
                Ok(value) => known.push(value),
                Err(reason) => reasons.push(reason),
            }
        }
        match (reasons.first(), stats::summarize(&known)) {
            (None, Some(summary)) => Self::Known(summary),
            (None, None) => Self::Missing,
            (Some(reason), None) => Self::Undefined(reason.clone()),
            (Some(reason), Some(_)) => {
                Self::Undefined(format!("for {} of {seeds} seeds, {reason}", reasons.len()))
            }
        }
    }
}

/// From each rate to the next; `None` where that differs.
fn step(rates: &[Condition]) -> Option<f64> {
    let all: Vec<f64> = rates.iter().filter_map(Condition::rate).collect();
    let step = all.get(1)? - all[0];
    let even = all.windows(2).all(|p| (p[1] - p[0] - step).abs() < 1e-9);
    even.then_some((step * 1e9).round() / 1e9)
}

fn span(rates: &[Condition]) -> String {
    let end = |rate: Option<&Condition>| rate.map(Condition::to_string).unwrap_or_default();
    format!("{}-{}", end(rates.first()), end(rates.last()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(values: &[f64]) -> Vec<Condition> {
        values
            .iter()
            .map(|r| Condition::of_number(*r).unwrap())
            .collect()
    }

    #[test]
    fn the_papers_mean_needs_all_ten_rates_and_leaves_out_the_eleventh() {
        let eleven: Vec<f64> = (0..=10).map(|i| f64::from(i) * 0.1).collect();
        let all = rates(&eleven);
        assert_eq!(Aggregate::mean(&all).title(), "mean 0-0.9");
        assert_eq!(Aggregate::mean(&all[..10]).title(), "mean 0-0.9");
        assert_eq!(Aggregate::mean(&all[1..]).title(), "mean of 10 rates 0.1-1");
        assert_eq!(
            Aggregate::mean(&rates(&[0.0, 0.5])).title(),
            "mean of 0, 0.5"
        );
        assert_eq!(Aggregate::Area(all).title(), "AUC 0-1 by 0.1");
        let uneven = rates(&[0.0, 0.3, 1.0]);
        assert_eq!(Aggregate::Area(uneven).title(), "AUC 0-1, 3 rates");
        assert_eq!(Aggregate::mean(&Condition::SUBSETS).title(), "mean of six");
        let caption =
            |conditions: &[Condition], only_rates| Aggregate::mean(conditions).caption(only_rates);
        assert_eq!(
            caption(&rates(&eleven), true),
            "mean over missing rates 0-0.9"
        );
        assert_eq!(caption(&rates(&eleven), false), "mean over 0-0.9");
        let ten = &rates(&eleven)[1..];
        assert_eq!(caption(ten, true), "mean over 10 missing rates 0.1-1");
        assert_eq!(caption(&ten[..2], true), "mean over missing rates 0.1, 0.2");
        let six = "mean over the six sets of missing modalities";
        assert_eq!(caption(&Condition::SUBSETS, false), six);
        let mixed = [&Condition::SUBSETS[..], &ten[..2]].concat();
        assert_eq!(caption(&mixed, false), "mean over 8 conditions");
        assert_eq!(Aggregate::all(&Condition::SUBSETS).len(), 7);
    }

    #[test]
    fn readings_of_a_line() {
        let eleven: Vec<f64> = (0..=10).map(|i| f64::from(i) * 0.1).collect();
        let grid = rates(&eleven);
        let curve: BTreeMap<_, _> = grid
            .iter()
            .map(|r| (*r, Ok(1.0 - r.rate().unwrap())))
            .collect();
        let read = |aggregate: Aggregate| aggregate.of(&curve).unwrap().unwrap();
        assert!((read(Aggregate::mean(&grid)) - 0.55).abs() < 1e-12);
        assert!((read(Aggregate::Area(grid.clone())) - 0.5).abs() < 1e-12);
        assert_eq!(read(Aggregate::At(grid[3])), 0.7);
    }

    #[test]
    fn one_undefined_point_makes_the_mean_undefined_and_a_missing_one_missing() {
        let grid = rates(&[0.0, 0.5]);
        let curve = BTreeMap::from([(grid[0], Ok(1.0)), (grid[1], Err("flat".to_string()))]);
        assert_eq!(
            Aggregate::mean(&grid).of(&curve),
            Some(Err("flat".to_string()))
        );
        assert_eq!(
            Aggregate::Area(grid.clone()).of(&curve),
            Some(Err("flat".to_string()))
        );
        assert_eq!(Aggregate::mean(&rates(&[0.0, 1.0])).of(&curve), None);
    }
}
