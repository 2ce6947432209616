//! A protocol: the named list of metrics a data set is scored by.

use super::{Metric, PROTOCOLS, Undefined};
use crate::support::nearest::hint;
use crate::support::{Classify, ErrorClass};

/// The metrics of the data sets that are scored alike.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// Key in `datasets.toml` and files.
    pub name: &'static str,
    /// Heading in tables.
    pub title: &'static str,
    /// Columns, in table order.
    pub metrics: &'static [Metric],
    /// Further metrics, shown where they are asked for by name.
    pub extras: &'static [Metric],
    /// The finest classes that labels are cut into, lowest first, and the class of a value.
    pub classes: &'static [&'static str],
    pub class: fn(f32) -> usize,
    /// Name of the metric that selects the epoch.
    pub selection: &'static str,
    /// Decimals the published evaluation rounds each seed's fraction to before it averages over
    /// seeds; `None` where it does not round.
    pub seed_decimals: Option<u8>,
}

/// A protocol was asked for that does not exist.
#[derive(Debug, thiserror::Error)]
#[error(
    "unknown metric protocol `{asked}`{}: expected one of {known}",
    hint(asked, known)
)]
pub struct UnknownProtocol {
    asked: String,
    known: String,
}

impl Classify for UnknownProtocol {
    fn class(&self) -> ErrorClass {
        ErrorClass::Usage
    }
}

impl Protocol {
    /// The metric called `name`, if the protocol has it.
    pub fn metric(&self, name: &str) -> Option<&'static Metric> {
        self.all().find(|metric| metric.name == name)
    }

    /// The columns of tables, then the extras.
    pub fn all(&self) -> impl Iterator<Item = &'static Metric> + use<> {
        self.metrics.iter().chain(self.extras)
    }

    /// One seed's value as the published evaluation takes it into its mean: by NumPy's `round`, which
    /// scales, rounds half to even and scales back. Unlike [`fixed`](super::fixed) it takes a half that
    /// binary noise moved for what it became, and so must this.
    pub fn published_seed_value(&self, value: f64) -> f64 {
        let Some(decimals) = self.seed_decimals else {
            return value;
        };
        let scale = 10f64.powi(i32::from(decimals));
        (value * scale).round_ties_even() / scale
    }

    /// The metric that selects the epoch.
    pub fn selection_metric(&self) -> &'static Metric {
        // A test holds every protocol's selection to be one of its metrics.
        self.metric(self.selection).unwrap_or(&self.metrics[0])
    }

    /// Every metric on (predictions, truths), in the order of [`Protocol::metrics`].
    pub fn score(&self, predictions: &[f32], truths: &[f32]) -> Vec<Result<f64, Undefined>> {
        self.metrics
            .iter()
            .map(|metric| (metric.compute)(predictions, truths))
            .collect()
    }
}

/// The protocol called `name`.
///
/// # Errors
/// [`UnknownProtocol`], which lists the known ones.
pub fn protocol(name: &str) -> Result<&'static Protocol, UnknownProtocol> {
    PROTOCOLS
        .iter()
        .copied()
        .find(|protocol| protocol.name == name)
        .ok_or_else(|| {
            let known: Vec<_> = PROTOCOLS.iter().map(|protocol| protocol.name).collect();
            UnknownProtocol {
                asked: name.to_owned(),
                known: known.join(", "),
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_is_found_and_selects_by_its_own_metric() {
        for known in PROTOCOLS {
            let found = protocol(known.name).unwrap();
            assert!(found.metric(found.selection).is_some(), "{}", known.name);
            assert_eq!(found.selection_metric().name, found.selection);
            let ends = [-9.0, 9.0].map(found.class);
            assert_eq!(ends, [0, found.classes.len() - 1], "{}", known.name);
            let mut names: Vec<_> = found.all().map(|metric| metric.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(
                names.len(),
                found.all().count(),
                "names within a protocol are unique"
            );
        }
    }

    #[test]
    fn seeds_are_rounded_as_published() {
        let value = |name| protocol(name).unwrap().published_seed_value(0.712_345);
        assert_eq!((value("mosi"), value("sims")), (0.7123, 0.712_345));
    }

    #[test]
    fn an_unknown_protocol_lists_the_known_ones() {
        let message = protocol("iemocap").unwrap_err().to_string();
        assert_eq!(
            message,
            "unknown metric protocol `iemocap`: expected one of mosi, sims"
        );
    }

    #[test]
    fn a_score_is_a_number_or_a_reason_for_every_metric() {
        for protocol in PROTOCOLS {
            let diverged = protocol.score(&[f32::NAN, 0.0], &[1.0, -1.0]);
            assert!(diverged.iter().all(Result::is_err), "{}", protocol.name);
            let constant = protocol.score(&[0.3, 0.3], &[1.0, -1.0]);
            assert!(constant.iter().flatten().all(|value| value.is_finite()));
            assert_eq!(constant.iter().filter(|value| value.is_err()).count(), 1);
        }
    }
}
