//! A habit as users ask for it: a number, the authors', or none.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Error;

/// What is asked for of one of a model's [habits](crate::model::Habits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// As if the authors had none.
    None,
    /// The authors'.
    Published,
    /// This number, at least 1.
    Of(u32),
}

impl Habit {
    /// The number, given the authors'.
    pub fn resolve(self, published: Option<u32>) -> Option<u32> {
        match self {
            Self::None => None,
            Self::Published => published,
            Self::Of(number) => Some(number),
        }
    }
}

impl fmt::Display for Habit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Published => f.write_str("published"),
            Self::Of(number) => write!(f, "{number}"),
        }
    }
}

impl FromStr for Habit {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match (text, text.parse()) {
            ("none", _) => Ok(Self::None),
            ("published", _) => Ok(Self::Published),
            (_, Ok(number)) if number > 0 => Ok(Self::Of(number)),
            _ => Err(Error::HabitName {
                found: text.to_owned(),
            }),
        }
    }
}

impl Serialize for Habit {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Of(number) => to.serialize_u32(*number),
            word => to.collect_str(word),
        }
    }
}

impl<'de> Deserialize<'de> for Habit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "expected a number from 1 on, \"published\" or \"none\""
        )]
        enum Form {
            Number(u32),
            Word(String),
        }
        let text = match Form::deserialize(from)? {
            Form::Number(number) => number.to_string(),
            Form::Word(word) => word,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_round_trip() {
        for (text, habit) in [
            ("\"none\"", Habit::None),
            ("\"published\"", Habit::Published),
            ("8", Habit::Of(8)),
        ] {
            assert_eq!(serde_json::from_str::<Habit>(text).unwrap(), habit);
            assert_eq!(serde_json::to_string(&habit).unwrap(), text);
            assert_eq!(habit.to_string().parse::<Habit>().unwrap(), habit);
        }
        for junk in ["0", "\"0\"", "\"often\"", "-1", "1.5", "true"] {
            let message = serde_json::from_str::<Habit>(junk).unwrap_err().to_string();
            assert!(message.contains("published"), "{message}");
        }
    }
}
