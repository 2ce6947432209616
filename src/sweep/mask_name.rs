//! Names a mask protocol in flags and suites; an unknown name is refused where it is parsed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text;
use crate::mask::{self, MaskProtocol};

/// A mask protocol of this build.
#[derive(Clone, Copy, schemars::JsonSchema)]
pub struct MaskName(#[schemars(with = "String")] pub &'static dyn MaskProtocol);

impl AsRef<str> for MaskName {
    fn as_ref(&self) -> &str {
        self.0.name()
    }
}

impl PartialEq for MaskName {
    fn eq(&self, other: &Self) -> bool {
        self.0.name() == other.0.name()
    }
}

impl Eq for MaskName {}

impl fmt::Debug for MaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MaskName({})", self.0.name())
    }
}

impl fmt::Display for MaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl FromStr for MaskName {
    type Err = mask::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        mask::find(text).map(Self)
    }
}

impl Serialize for MaskName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        text::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for MaskName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}
