//! Defines the training protocols of the literature: mixed rates, complete samples, the tested rate, or
//! one fixed rate.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Error;
use crate::mask::{self, Condition};

/// A training protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, schemars::JsonSchema)]
#[schemars(with = "String")]
pub enum TrainOn {
    /// One training on samples of many rates (`noise` of the suite), tested at every rate: LNLN's.
    Mixed,
    /// One training on complete samples, tested at every rate.
    Clean,
    /// A training per tested rate, each on samples of that rate alone: TFR-Net's.
    TestedRate,
    /// One training on samples of this rate, tested at every rate.
    Rate(Condition),
}

/// Begins the name of a fixed training rate.
const RATE: &str = "rate:";

impl TrainOn {
    /// Those without a rate.
    pub const NAMED: [Self; 3] = [Self::Mixed, Self::Clean, Self::TestedRate];
}

impl fmt::Display for TrainOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mixed => f.write_str("mixed"),
            Self::Clean => f.write_str("clean"),
            Self::TestedRate => f.write_str("tested-rate"),
            Self::Rate(condition) => write!(f, "{RATE}{condition}"),
        }
    }
}

impl FromStr for TrainOn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.parse::<TrainOnList>()?.0[..] {
            [one] => Ok(one),
            _ => Err(Error::TrainOnName {
                found: text.to_owned(),
            }),
        }
    }
}

/// Training protocols as flags and suites write them: `mixed,rate:0,0.3,0.6`, where a list of rates, or
/// `rate:0:0.9:0.3`, is a training per rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainOnList(pub Vec<TrainOn>);

impl FromStr for TrainOnList {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut all = Vec::new();
        let mut after_rate = false;
        for word in text.split(',').map(str::trim) {
            let wrong = || Error::TrainOnName {
                found: word.to_owned(),
            };
            let mut named = TrainOn::NAMED.into_iter();
            if let Some(one) = named.find(|one| one.to_string() == word) {
                all.push(one);
                after_rate = false;
                continue;
            }
            let rates = match word.strip_prefix(RATE) {
                Some(rates) => rates,
                // Further rates of a list.
                None if after_rate => word,
                None => return Err(wrong()),
            };
            let rates = mask::parse_list(rates).map_err(|_| wrong())?;
            if rates.is_empty() || rates.iter().any(|rate| rate.rate().is_none()) {
                return Err(wrong());
            }
            all.extend(rates.into_iter().map(TrainOn::Rate));
            after_rate = true;
        }
        Ok(Self(all))
    }
}

impl Serialize for TrainOn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads a list whose texts may be lists of rates, for `#[serde(deserialize_with)]`.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<TrainOn>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let lists = texts.iter().map(|text| text.parse::<TrainOnList>());
    let lists = lists.map(|list| list.map(|list| list.0).map_err(serde::de::Error::custom));
    Ok(lists.collect::<Result<Vec<_>, _>>()?.concat())
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
        for one in TrainOn::NAMED {
            assert_eq!(one.to_string().parse::<TrainOn>().unwrap(), one);
            let json = serde_json::to_string(&one).unwrap();
            assert_eq!(json, format!("\"{one}\""));
        }
        let message = "dirty".parse::<TrainOn>().unwrap_err().to_string();
        assert!(message.contains("tested-rate") && message.contains("`dirty`"));
    }

    #[test]
    fn a_list_of_rates_is_a_training_each() {
        let names = |text: &str| {
            let list = text.parse::<TrainOnList>().unwrap().0;
            let names = list.iter().map(TrainOn::to_string);
            names.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names("rate:0,0.3,0.6"), "rate:0 rate:0.3 rate:0.6");
        assert_eq!(
            names("rate:0:0.9:0.3,clean"),
            "rate:0 rate:0.3 rate:0.6 rate:0.9 clean"
        );
        assert_eq!(
            names("mixed,rate:0.5,tested-rate"),
            "mixed rate:0.5 tested-rate"
        );
        for wrong in [
            "0.3",
            "rate:",
            "rate:LA",
            "rate:2",
            "mixed,0.3",
            "rate:0.1,dirty",
        ] {
            assert!(
                wrong.parse::<TrainOnList>().is_err(),
                "{wrong} was accepted"
            );
        }
        assert!("rate:0,0.3".parse::<TrainOn>().is_err(), "a model has one");
    }

    #[test]
    fn a_model_may_have_its_own_training_protocol() {
        assert_eq!(split("lnln:no-rec").unwrap(), ("lnln:no-rec", None));
        let own = split("lnln:alpha=0.5@clean").unwrap();
        assert_eq!(own, ("lnln:alpha=0.5", Some(TrainOn::Clean)));
        let (name_alone, own) = split("lnln@rate:0.3").unwrap();
        assert_eq!(
            (name_alone, own.unwrap().to_string()),
            ("lnln", "rate:0.3".to_owned())
        );
        assert_eq!(name("lnln@tested-rate"), "lnln");
        assert!(split("lnln@").is_err());
    }
}
