//! Counts epochs without improvement, for the learning-rate plateau and the early stop.

use serde::{Deserialize, Serialize};

use super::exact_float;

/// `torch.optim.lr_scheduler.ReduceLROnPlateau` with its defaults: the smaller the better, by more
/// than a ten-thousandth of the best.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plateau {
    #[serde(with = "exact_float::one")]
    best: f64,
    /// Epochs since the best, or since the last reduction.
    bad: u32,
    /// Reductions so far, as a factor on the rate.
    #[serde(with = "exact_float::one")]
    factor: f64,
}

impl Default for Plateau {
    fn default() -> Self {
        Self {
            best: f64::INFINITY,
            bad: 0,
            factor: 1.0,
        }
    }
}

impl Plateau {
    const THRESHOLD: f64 = 1e-4;
    /// A smaller change of the rate is not made.
    const EPS: f64 = 1e-8;

    /// The factor on the rate in the next epoch.
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// Takes in the value of an epoch; NaN is no improvement. `rate` is what the factor multiplies, and
    /// `reduction` what is left of it after a reduction.
    pub fn observe(&mut self, value: f64, patience: u32, rate: f64, reduction: f64) {
        if value < self.best * (1.0 - Self::THRESHOLD) {
            (self.best, self.bad) = (value, 0);
        } else {
            self.bad += 1;
        }
        if self.bad > patience {
            let next = self.factor * reduction;
            if rate * self.factor - rate * next > Self::EPS {
                self.factor = next;
            }
            self.bad = 0;
        }
    }
}

/// MMSA's early stop: counts epochs since the best, which is one that is smaller by more than 1e-6.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyStop {
    #[serde(with = "exact_float::one")]
    best: f64,
    /// Of the best, counted from 1; 0 before any.
    epoch: u32,
}

impl Default for EarlyStop {
    fn default() -> Self {
        Self {
            best: f64::INFINITY,
            epoch: 0,
        }
    }
}

impl EarlyStop {
    const MARGIN: f64 = 1e-6;

    /// Takes in the value of an epoch counted from 1; NaN is no improvement.
    pub fn observe(&mut self, value: f64, epoch: u32) {
        if value < self.best - Self::MARGIN {
            (self.best, self.epoch) = (value, epoch);
        }
    }

    /// Whether training is over after `epoch`.
    pub fn is_over(&self, epoch: u32, patience: u32) -> bool {
        epoch - self.epoch >= patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same values through a stop after every epoch.
    #[test]
    fn a_stopped_plateau_goes_on() {
        let (mut unbroken, mut stopped) = (Plateau::default(), Plateau::default());
        for value in [1.0, 0.9, f64::NAN, 0.9, 0.95, 0.1 + 0.2, 0.3, 0.3, 0.3, 0.3] {
            unbroken.observe(value, 1, 1e-3, 0.1);
            stopped.observe(value, 1, 1e-3, 0.1);
            let stored = serde_json::to_string(&stopped).unwrap();
            stopped = serde_json::from_str(&stored).unwrap();
            assert_eq!(unbroken, stopped);
        }
        assert!((unbroken.factor() - 1e-3).abs() < 1e-12, "{unbroken:?}");
    }

    #[test]
    fn training_ends_when_the_best_is_long_ago() {
        let mut stop = EarlyStop::default();
        let over = |stop: &mut EarlyStop, epoch, value| {
            stop.observe(value, epoch);
            stop.is_over(epoch, 2)
        };
        assert!(!over(&mut stop, 1, 1.0));
        assert!(!over(&mut stop, 2, 1.0 - 1e-7));
        assert!(!over(&mut stop, 3, 0.9));
        assert!(!over(&mut stop, 4, f64::NAN));
        assert!(over(&mut stop, 5, 0.9));
    }
}
