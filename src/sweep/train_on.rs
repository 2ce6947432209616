//! Defines the training protocols of the literature: mixed rates, complete samples, or the tested rate.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Error;

/// A training protocol.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum TrainOn {
    /// One training on samples of many rates (`noise` of the suite), tested at every rate: LNLN's.
    Mixed,
    /// One training on complete samples, tested at every rate.
    Clean,
    /// A training per tested rate, each on samples of that rate alone: TFR-Net's.
    TestedRate,
}

impl TrainOn {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mixed, Self::Clean, Self::TestedRate];

    /// Its name in suites and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::Clean => "clean",
            Self::TestedRate => "tested-rate",
        }
    }
}

impl fmt::Display for TrainOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for TrainOn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.name() == text)
            .ok_or_else(|| Error::TrainOnName {
                found: text.to_owned(),
            })
    }
}

/// A model as suites and flags write it, `lnln:no-rec` or `lnln@clean`: its name, and its own training
/// protocol if it has one.
///
/// # Errors
/// [`Error::TrainOnName`].
pub fn split(model: &str) -> Result<(&str, Option<TrainOn>), Error> {
    match model.split_once('@') {
        None => Ok((model, None)),
        Some((name, word)) => Ok((name, Some(word.parse()?))),
    }
}

/// The name of a model without its training protocol.
pub fn name(model: &str) -> &str {
    model.split_once('@').map_or(model, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_junk_is_refused() {
        for one in TrainOn::ALL {
            assert_eq!(one.to_string().parse::<TrainOn>().unwrap(), one);
            let json = serde_json::to_string(&one).unwrap();
            assert_eq!(json, format!("\"{one}\""));
        }
        let message = "dirty".parse::<TrainOn>().unwrap_err().to_string();
        assert!(message.contains("tested-rate") && message.contains("`dirty`"));
    }

    #[test]
    fn a_model_may_have_its_own_training_protocol() {
        assert_eq!(split("lnln:no-rec").unwrap(), ("lnln:no-rec", None));
        let own = split("lnln:alpha=0.5@clean").unwrap();
        assert_eq!(own, ("lnln:alpha=0.5", Some(TrainOn::Clean)));
        assert_eq!(name("lnln@tested-rate"), "lnln");
        assert!(split("lnln@").is_err());
    }
}
