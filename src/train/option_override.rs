//! Parses a trainer option: a number, the authors' (`published`), or `none`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Error;

/// The setting of one of a model's [trainer options](crate::model::TrainerOptions).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionOverride {
    /// As if the authors had none.
    None,
    /// The authors'.
    Published,
    /// This number, at least 1.
    Of(u32),
}

impl OptionOverride {
    /// The number, given the authors'.
    pub fn resolve(self, published: Option<u32>) -> Option<u32> {
        match self {
            Self::None => None,
            Self::Published => published,
            Self::Of(number) => Some(number),
        }
    }
}

impl fmt::Display for OptionOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Published => f.write_str("published"),
            Self::Of(number) => write!(f, "{number}"),
        }
    }
}

impl FromStr for OptionOverride {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match (text, text.parse()) {
            ("none", _) => Ok(Self::None),
            ("published", _) => Ok(Self::Published),
            (_, Ok(number)) if number > 0 => Ok(Self::Of(number)),
            _ => Err(Error::OptionName {
                found: text.to_owned(),
            }),
        }
    }
}

impl Serialize for OptionOverride {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Of(number) => to.serialize_u32(*number),
            word => to.collect_str(word),
        }
    }
}

impl JsonSchema for OptionOverride {
    fn schema_name() -> Cow<'static, str> {
        "OptionOverride".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": u32::MAX },
                { "enum": ["published", "none"] },
            ]
        })
    }
}

impl<'de> Deserialize<'de> for OptionOverride {
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
        for (text, option_override) in [
            ("\"none\"", OptionOverride::None),
            ("\"published\"", OptionOverride::Published),
            ("8", OptionOverride::Of(8)),
        ] {
            assert_eq!(
                serde_json::from_str::<OptionOverride>(text).unwrap(),
                option_override
            );
            assert_eq!(serde_json::to_string(&option_override).unwrap(), text);
            assert_eq!(
                option_override
                    .to_string()
                    .parse::<OptionOverride>()
                    .unwrap(),
                option_override
            );
        }
        for junk in ["0", "\"0\"", "\"often\"", "-1", "1.5", "true"] {
            let message = serde_json::from_str::<OptionOverride>(junk)
                .unwrap_err()
                .to_string();
            assert!(message.contains("published"), "{message}");
        }
    }
}
