//! Describes the masks of evaluation: protocol, seeds, conditions, and what each mask drops.

use serde::{Deserialize, Serialize};

use crate::mask::Condition;

/// The masks of evaluation of one mask protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaskMetadata {
    pub mask_protocol: String,
    /// 0 where this program does not know the protocol.
    pub version: u32,
    pub seeds: Vec<u64>,
    /// Conditions at which the test split was predicted, ascending.
    pub conditions: Vec<Condition>,
    /// One per mask seed and condition; empty for external predictions, whose masks are not known.
    pub variants: Vec<VariantMetadata>,
}

impl MaskMetadata {
    /// The variant under this seed and condition.
    pub fn variant(&self, mask_seed: u64, condition: Condition) -> Option<&VariantMetadata> {
        let mut variants = self.variants.iter();
        variants.find(|variant| variant.mask_seed == mask_seed && variant.condition == condition)
    }
}

/// The masks of the test split under one seed and condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariantMetadata {
    pub mask_seed: u64,
    pub condition: Condition,
    /// blake3 of the masks, hexadecimal.
    pub hash: String,
    pub realized: RealizedRates,
}

/// Share of the valid positions of a split that is dropped; `None` where no position is valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RealizedRates {
    pub text: Option<f64>,
    pub audio: Option<f64>,
    pub vision: Option<f64>,
}

impl RealizedRates {
    /// Text, audio, vision.
    pub fn to_array(self) -> [Option<f64>; 3] {
        [self.text, self.audio, self.vision]
    }
}

impl From<[Option<f64>; 3]> for RealizedRates {
    fn from([text, audio, vision]: [Option<f64>; 3]) -> Self {
        Self {
            text,
            audio,
            vision,
        }
    }
}
