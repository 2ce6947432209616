//! Computes the learning rate of each epoch, as a share of the base rate.

use std::f64::consts::PI;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Error;

/// A rule for the learning rate; it changes once per epoch.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// Linear warm-up over a tenth of the epochs, from the first epoch on, then a half cosine that
    /// ends above 0.
    #[default]
    Cosine,
    /// LNLN's and ALMT's published schedule: warm-up from 0, so that the first epoch changes no
    /// weight, then a half cosine; the epoch after the warm-up repeats the full rate.
    Reference,
    /// The base rate throughout.
    Constant,
}

impl FromStr for Schedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "cosine" => Ok(Self::Cosine),
            "reference" => Ok(Self::Reference),
            "constant" => Ok(Self::Constant),
            _ => Err(Error::ScheduleName {
                found: text.to_owned(),
            }),
        }
    }
}

impl Schedule {
    /// Factor on the base rate in `epoch` of `epochs`, both counted from 1.
    ///
    /// Epochs beyond the last keep the last factor of [`Self::Cosine`]; [`Self::Reference`] follows
    /// its cosine, as the published code does.
    pub fn factor(self, epoch: u32, epochs: u32) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Cosine => cosine(epoch, epochs),
            Self::Reference => reference(epoch, epochs),
        }
    }
}

/// e / W for e <= W = ceil(n / 10), then (1 + cos(pi (e - W) / (n - W + 1))) / 2.
fn cosine(epoch: u32, epochs: u32) -> f64 {
    let (epoch, epochs) = (epoch.clamp(1, epochs.max(1)), epochs.max(1));
    let warmup = epochs.div_ceil(10);
    if epoch <= warmup {
        return f64::from(epoch) / f64::from(warmup);
    }
    let progress = f64::from(epoch - warmup) / f64::from(epochs - warmup + 1);
    (1.0 + (PI * progress).cos()) / 2.0
}

/// With W = 0.1 n, which need not be an integer, and k = e - 1 schedule steps taken before epoch e: k / W
/// while k <= W. The cosine of length 0.9 n counts its own steps, the first of which (the step that
/// passes W) leaves the full rate in place.
fn reference(epoch: u32, epochs: u32) -> f64 {
    let steps = f64::from(epoch.max(1) - 1);
    let warmup = 0.1 * f64::from(epochs);
    if steps <= warmup {
        return if warmup > 0.0 { steps / warmup } else { 1.0 };
    }
    let first = warmup.floor() + 1.0;
    let length = 0.9 * f64::from(epochs);
    (1.0 + (PI * (steps - first) / length).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_at_200_epochs() {
        let factor = |epoch| Schedule::Reference.factor(epoch, 200);
        assert_eq!(factor(1), 0.0);
        assert_eq!((factor(21), factor(22)), (1.0, 1.0));
        assert!((factor(112) - 0.5).abs() < 1e-12);
        assert!((factor(200) - 3.0459e-4).abs() < 1e-8);
    }

    #[test]
    fn default_starts_and_ends_above_zero() {
        for epochs in 1..=60 {
            let factors: Vec<f64> = (1..=epochs)
                .map(|e| Schedule::default().factor(e, epochs))
                .collect();
            assert!(
                factors.iter().all(|&f| f > 0.0 && f <= 1.0),
                "{epochs}: {factors:?}"
            );
            assert!(factors.contains(&1.0), "{epochs}: {factors:?}");
        }
    }
}
