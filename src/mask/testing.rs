//! Fixtures shared by the tests of this module.

use super::{Phase, Rows, Scope, SplitShape, Training};
use crate::data::dataset::{Modality, SplitName};

/// Text of the test split of MOSI under seed 1111, for evaluation.
pub const EVALUATION: Scope = Scope {
    dataset: "mosi",
    split: SplitName::Test,
    modality: Modality::Text,
    seed: 1111,
    phase: Phase::Evaluation,
};

/// Ids like MMSA's.
pub fn ids(n: usize) -> Vec<String> {
    (0..n)
        .map(|i| format!("video{}$_${}", i / 7, i % 7))
        .collect()
}

/// One modality of these samples.
pub fn rows<'a>(ids: &'a [String], lengths: &'a [u32], steps: usize) -> Rows<'a> {
    Rows {
        ids,
        lengths,
        steps,
    }
}

/// A training split of these samples, with a test split of three.
pub fn training(ids: &[String]) -> Training<'_> {
    Training {
        ids,
        vision_steps: 5,
        test: (3, 4),
        mask_seed: 1111,
    }
}

/// A test split.
pub fn shape<'a>(ids: &'a [String], lengths: [&'a [u32]; 3], steps: [usize; 3]) -> SplitShape<'a> {
    SplitShape {
        name: SplitName::Test,
        ids,
        steps,
        lengths,
    }
}
