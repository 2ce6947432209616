//! What one reads off a curve over missing rates: a point, a mean, an area.

use std::collections::BTreeMap;

use crate::report::run::rate::Rate;
use crate::report::run::scores::{Value, average};
use crate::report::run::section::Row;
use crate::report::stats::{self, Summary};

/// A number taken from a curve.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// The score at one rate.
    At(Rate),
    /// The mean over these rates.
    Mean(Vec<Rate>),
    /// The area over this grid, divided by its width.
    Area(Vec<Rate>),
}

/// A reading of one row, over its seeds.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Known(Summary),
    /// Evaluated, but the metric is undefined there; the reason.
    Undefined(String),
    /// Not evaluated at all the rates that the reading needs.
    Missing,
}

impl Reading {
    /// One point per rate, and where there are several also their mean and area.
    pub fn all(rates: &[Rate]) -> Vec<Self> {
        let mut all: Vec<_> = rates.iter().copied().map(Self::At).collect();
        if rates.len() > 1 {
            all.push(Self::mean(rates));
            all.push(Self::Area(rates.to_vec()));
        }
        all
    }

    /// The mean over the paper's ten rates if all of them are there, else over those that are.
    pub fn mean(rates: &[Rate]) -> Self {
        let paper = Rate::paper();
        match paper.iter().all(|r| rates.contains(r)) {
            true => Self::Mean(paper.to_vec()),
            false => Self::Mean(rates.to_vec()),
        }
    }

    /// Title of the column.
    pub fn title(&self) -> String {
        let list = |rates: &[Rate]| {
            rates
                .iter()
                .map(|r| r.short())
                .collect::<Vec<_>>()
                .join(", ")
        };
        match self {
            Self::At(rate) => rate.to_string(),
            Self::Mean(rates) if **rates == Rate::paper() => "mean 0-0.9".to_string(),
            Self::Mean(rates) if rates.len() <= 4 => format!("mean of {}", list(rates)),
            Self::Mean(rates) => format!("mean of {} rates {}", rates.len(), span(rates)),
            Self::Area(rates) => format!("AUC {}", span(rates)),
        }
    }

    /// Name in CSV files.
    pub fn name(&self) -> String {
        match self {
            Self::At(rate) => rate.to_string(),
            Self::Mean(rates) if **rates == Rate::paper() => "mean_0_0.9".to_string(),
            Self::Mean(_) => "mean".to_string(),
            Self::Area(_) => "auc".to_string(),
        }
    }

    /// The reading of one curve; `None` where the curve lacks a rate.
    pub fn of(&self, curve: &BTreeMap<Rate, Value>) -> Option<Value> {
        let points = |rates: &[Rate]| -> Option<Vec<Value>> {
            rates.iter().map(|r| curve.get(r).cloned()).collect()
        };
        match self {
            Self::At(rate) => curve.get(rate).cloned(),
            Self::Mean(rates) => points(rates).map(average),
            Self::Area(rates) => points(rates).map(|values| area(rates, values)),
        }
    }

    /// The reading of one row by the metric of this name, over the row's seeds.
    pub fn outcome(&self, row: &Row, metric: &str) -> Outcome {
        let curves = row.runs.iter().map(|run| run.curves.get(metric));
        let values: Option<Vec<Value>> = curves.map(|c| c.and_then(|c| self.of(c))).collect();
        let Some(values) = values else {
            return Outcome::Missing;
        };
        let (known, reasons) = split(values);
        match (reasons.first(), stats::summarize(&known)) {
            (None, Some(summary)) => Outcome::Known(summary),
            (None, None) => Outcome::Missing,
            (Some(reason), None) => Outcome::Undefined(reason.clone()),
            (Some(reason), Some(_)) => Outcome::Undefined(format!(
                "for {} of {} seeds, {reason}",
                reasons.len(),
                row.runs.len()
            )),
        }
    }
}

fn split(values: Vec<Value>) -> (Vec<f64>, Vec<String>) {
    let (mut known, mut reasons) = (Vec::new(), Vec::new());
    for value in values {
        match value {
            Ok(value) => known.push(value),
            Err(reason) => reasons.push(reason),
        }
    }
    (known, reasons)
}

fn span(rates: &[Rate]) -> String {
    let end = |rate: Option<&Rate>| rate.map(|r| r.short()).unwrap_or_default();
    format!("{}-{}", end(rates.first()), end(rates.last()))
}

fn area(rates: &[Rate], values: Vec<Value>) -> Value {
    let values: Vec<f64> = values.into_iter().collect::<Result<_, _>>()?;
    let points: Vec<_> = rates.iter().copied().zip(values).collect();
    stats::area(&points).ok_or_else(|| "one rate spans no area".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(values: &[f64]) -> Vec<Rate> {
        values.iter().map(|r| Rate::new(*r).unwrap()).collect()
    }

    #[test]
    fn the_papers_mean_needs_all_ten_rates_and_leaves_out_the_eleventh() {
        let eleven: Vec<f64> = (0..=10).map(|i| f64::from(i) * 0.1).collect();
        let all = rates(&eleven);
        assert_eq!(Reading::mean(&all).title(), "mean 0-0.9");
        assert_eq!(Reading::mean(&all[..10]).title(), "mean 0-0.9");
        assert_eq!(Reading::mean(&all[1..]).title(), "mean of 10 rates 0.1-1");
        assert_eq!(Reading::mean(&rates(&[0.0, 0.5])).title(), "mean of 0, 0.5");
        assert_eq!(Reading::Area(all).title(), "AUC 0-1");
    }

    #[test]
    fn readings_of_a_line() {
        let eleven: Vec<f64> = (0..=10).map(|i| f64::from(i) * 0.1).collect();
        let grid = rates(&eleven);
        let curve: BTreeMap<_, _> = grid.iter().map(|r| (*r, Ok(1.0 - r.value()))).collect();
        let read = |reading: Reading| reading.of(&curve).unwrap().unwrap();
        assert!((read(Reading::mean(&grid)) - 0.55).abs() < 1e-12);
        assert!((read(Reading::Area(grid.clone())) - 0.5).abs() < 1e-12);
        assert_eq!(read(Reading::At(grid[3])), 0.7);
    }

    #[test]
    fn one_undefined_point_makes_the_mean_undefined_and_a_missing_one_missing() {
        let grid = rates(&[0.0, 0.5]);
        let curve = BTreeMap::from([(grid[0], Ok(1.0)), (grid[1], Err("flat".to_string()))]);
        assert_eq!(
            Reading::mean(&grid).of(&curve),
            Some(Err("flat".to_string()))
        );
        assert_eq!(
            Reading::Area(grid.clone()).of(&curve),
            Some(Err("flat".to_string()))
        );
        assert_eq!(Reading::mean(&rates(&[0.0, 1.0])).of(&curve), None);
    }
}
