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
        let unread = self.unread();
        let values = read_back(&[unread.values.shallow_clone()]);
        let names = unread.names.iter().map(|(name, _)| *name);
        names.zip(values).collect()
    }

    /// The same, left on their device.
    pub fn unread(&self) -> Unread {
        let terms = self.terms.iter();
        let terms = terms.map(|term| (term.name, term.weight != 0.0, &term.value));
        let all: Vec<_> = terms.chain([("total", true, &self.total)]).collect();
        let scalar = |value: &Tensor| {
            if value.dim() == 0 {
                value.shallow_clone()
            } else {
                value.reshape([0i64; 0])
            }
        };
        let values = tch::no_grad(|| {
            let values: Vec<Tensor> = all.iter().map(|(.., value)| scalar(value)).collect();
            Tensor::stack(&values, 0).to_kind(Kind::Double)
        });
        Unread {
            names: all
                .iter()
                .map(|&(name, counts, _)| (name, counts))
                .collect(),
            values,
        }
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

/// The values of loss terms on their device.
#[derive(Debug)]
pub struct Unread {
    /// The terms and the total, last; whether each counts, as terms of weight 0 do not.
    names: Vec<(&'static str, bool)>,
    /// (terms + 1) float64.
    pub values: Tensor,
}

impl Unread {
    /// These values, read from the device, with their names.
    pub fn named(&self, values: impl Iterator<Item = f64>) -> Vec<(&'static str, f64)> {
        let names = self.names.iter().map(|(name, _)| *name);
        names.zip(values).collect()
    }

    /// The first of [`Self::named`] that is not finite, terms of weight 0 aside.
    pub fn broken(&self, named: &[(&'static str, f64)]) -> Option<(&'static str, f64)> {
        let mut counted = self
            .names
            .iter()
            .zip(named)
            .filter(|((_, counts), _)| *counts);
        let broken = counted.find(|(_, (_, value))| !value.is_finite());
        broken.map(|(_, named)| *named)
    }
}

/// The numbers of these float64 vectors, one after another, by one transfer from their device.
pub fn read_back(vectors: &[Tensor]) -> Vec<f64> {
    let all = Tensor::cat(vectors, 0).to_device(Device::Cpu);
    let mut values = vec![0.0; all.numel()];
    let count = values.len();
    all.copy_data(&mut values, count);
    values
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
        assert_eq!(off.unread().broken(&values), None);
        let on = losses(0.5);
        assert!(on.total.double_value(&[]).is_nan());
        assert_eq!(
            on.unread().broken(&on.values()).map(|(name, _)| name),
            Some("side")
        );
    }
}
