//! Evaluates the monitored split after every epoch.

use super::Error;
use super::evaluate::Evaluator;
use super::tensors::SplitTensors;
use super::view::View;
use crate::metric::{Metric, error};
use crate::model::Model;
use crate::model::trainer_options::MonitoredMetric;

/// A split under one mask per rate; what is read off it are means over them.
#[derive(Clone, Copy)]
pub struct Monitored<'a> {
    pub split: &'a SplitTensors,
    pub views: &'a [View],
    pub truth: &'a [f32],
    pub evaluator: &'a Evaluator<'a>,
}

/// Predictions for every sample, a list per view.
pub type Predictions = Vec<Vec<f32>>;

impl Monitored<'_> {
    /// Predictions under every mask.
    ///
    /// # Errors
    /// Those of [`Evaluator::predict`].
    pub fn predict(&self, model: &dyn Model) -> Result<Predictions, Error> {
        self.evaluator.predict(model, self.split, self.views)
    }

    /// Mean of a metric; `None` where it is undefined under one mask.
    pub fn score(&self, metric: &Metric, predictions: &Predictions) -> Option<f64> {
        self.mean(predictions, |p, t| (metric.compute)(p, t).ok())
    }

    /// The loss of the task, which trainer options go by as MMSA's do; NaN where it is undefined.
    pub fn loss(&self, predictions: &Predictions, loss: MonitoredMetric) -> f64 {
        let of = match loss {
            MonitoredMetric::Mae => error::mean_absolute,
            MonitoredMetric::Mse => error::mean_squared,
        };
        let mean = self.mean(predictions, |p, t| of(p, t).ok());
        mean.unwrap_or(f64::NAN)
    }

    fn mean(
        &self,
        predictions: &Predictions,
        score: impl Fn(&[f32], &[f32]) -> Option<f64>,
    ) -> Option<f64> {
        let values: Option<Vec<f64>> = predictions.iter().map(|p| score(p, self.truth)).collect();
        let values = values?;
        Some(values.iter().sum::<f64>() / values.len() as f64)
    }
}
