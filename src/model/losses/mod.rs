//! Holds the loss terms and predictions of a training pass.

pub mod disparity;

use tch::{Device, Kind, Reduction, Tensor};

/// One term of the objective.
#[derive(Debug)]
pub struct Term {
    pub name: &'static str,
    /// Factor in the total.
    pub weight: f64,
    /// Scalar, before weighting.
    pub value: Tensor,
}

/// The objective of one batch, its terms, and the predictions made on the way.
#[derive(Debug)]
pub struct Losses {
    pub terms: Vec<Term>,
    /// Scalar: the weighted sum of the terms, to be differentiated.
    pub total: Tensor,
    /// (B, 1) prediction of the training pass.
    pub prediction: Tensor,
}

impl Losses {
    /// Sums `weight * value` in the order given; a weight of 1 multiplies nothing, and a term of
    /// weight 0 is left out, since NaN times 0 is NaN.
    pub fn weighted(terms: Vec<Term>, prediction: Tensor) -> Self {
        let weigh = |term: &Term| {
            if term.weight == 1.0 {
                term.value.shallow_clone()
            } else {
                &term.value * term.weight
            }
        };
        let counted = terms.iter().filter(|term| term.weight != 0.0);
        let total = counted.map(weigh).reduce(|sum, term| sum + term);
        let total = total.unwrap_or_else(|| prediction.sum(prediction.kind()) * 0.0);
        Self {
            terms,
            total,
            prediction,
        }
    }

    /// A single term with weight 1.
    pub fn single(name: &'static str, value: Tensor, prediction: Tensor) -> Self {
        Self::weighted(
            vec![Term {
                name,
                weight: 1.0,
                value,
            }],
            prediction,
        )
    }

    /// The terms' unweighted values and the total, last, in one read-back.
    pub fn values(&self) -> Vec<(&'static str, f64)> {
        let terms = self.terms.iter().map(|term| (term.name, &term.value));
        let (names, tensors): (Vec<_>, Vec<_>) = terms.chain([("total", &self.total)]).unzip();
        let double = |tensor: &Tensor| tensor.detach().to_kind(Kind::Double).reshape([1]);
        let tensors: Vec<Tensor> = tensors.into_iter().map(double).collect();
        let stacked = Tensor::cat(&tensors, 0).to_device(Device::Cpu);
        let value = |i: usize| stacked.double_value(&[i as i64]);
        names
            .into_iter()
            .enumerate()
            .map(|(i, name)| (name, value(i)))
            .collect()
    }

    /// The first of [`values`](Self::values) that is not finite, terms of weight 0 aside.
    pub fn broken(&self, values: &[(&'static str, f64)]) -> Option<(&'static str, f64)> {
        let off = |name: &str| {
            let mut terms = self.terms.iter();
            terms.any(|term| term.name == name && term.weight == 0.0)
        };
        let mut values = values.iter().copied();
        values.find(|(name, value)| !value.is_finite() && !off(name))
    }

    /// Mean absolute error of `prediction` (B, 1) alone.
    pub fn l1(prediction: Tensor, label: &Tensor) -> Self {
        let loss = prediction.l1_loss(label, Reduction::Mean);
        Self::single("l1", loss, prediction)
    }

    /// The unweighted value of one term.
    pub fn term(&self, name: &str) -> Option<&Tensor> {
        self.terms
            .iter()
            .find(|term| term.name == name)
            .map(|term| &term.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(weight: f64) -> Losses {
        let float = (Kind::Float, Device::Cpu);
        let term = |name, weight, value: f64| Term {
            name,
            weight,
            value: Tensor::full([1], value, float).squeeze(),
        };
        let terms = vec![term("task", 1.0, 2.0), term("side", weight, f64::NAN)];
        Losses::weighted(terms, Tensor::zeros([1, 1], float))
    }

    #[test]
    fn a_term_that_is_switched_off_cannot_break_the_total() {
        let off = losses(0.0);
        assert_eq!(off.total.double_value(&[]), 2.0);
        let values = off.values();
        assert_eq!(values.len(), 3, "it is reported all the same");
        assert_eq!(off.broken(&values), None);
        let on = losses(0.5);
        assert!(on.total.double_value(&[]).is_nan());
        assert_eq!(on.broken(&on.values()).map(|(name, _)| name), Some("side"));
    }
}
