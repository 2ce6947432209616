//! Parses a list of conditions as flags and suites write it: `0:1:0.1`, `0,0.5,LA`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text;
use crate::mask::{self, Condition, rates};

/// Conditions, ascending and without duplicates.
#[derive(Clone, Debug, PartialEq, Eq, schemars::JsonSchema)]
pub struct ConditionList(#[schemars(with = "String")] pub Vec<Condition>);

impl FromStr for ConditionList {
    type Err = rates::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        mask::parse_list(text).map(Self)
    }
}

impl fmt::Display for ConditionList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(Condition::to_string).collect();
        f.write_str(&names.join(","))
    }
}

impl Serialize for ConditionList {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        text::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for ConditionList {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_written_as_it_can_be_read() {
        for (text, expected) in [
            ("0:1:0.5", "0,0.5,1"),
            ("LA, 0.3", "0.3,LA"),
            ("l=0.2,a=0.7,v=0.7,0.1", "0.1,l=0.2,a=0.7,v=0.7"),
        ] {
            let list: ConditionList = text.parse().unwrap();
            assert_eq!(list.to_string(), expected);
            assert_eq!(expected.parse::<ConditionList>().unwrap(), list);
        }
        assert!("0:2:1".parse::<ConditionList>().is_err());
    }
}
