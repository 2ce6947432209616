//! The three modalities, in the order every tuple of this crate uses.

use serde::{Deserialize, Serialize};

/// A modality of a sample.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Modality {
    Text,
    Audio,
    Vision,
}

impl Modality {
    /// Text, audio, vision: the order of MMSA's tuples.
    pub const ALL: [Self; 3] = [Self::Text, Self::Audio, Self::Vision];

    /// Name as used in files and flags.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Audio => "audio",
            Self::Vision => "vision",
        }
    }
}

impl std::fmt::Display for Modality {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
