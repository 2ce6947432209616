//! Fixtures shared by the tests of this module.

use super::{Phase, Protected, Rows, Scope, SplitShape, Training};
use crate::data::dataset::{Modality, SpecialTokens, SplitName};

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

/// One modality of these samples, without token ids.
pub fn rows<'a>(ids: &'a [String], lengths: &'a [u32], steps: usize) -> Rows<'a> {
    Rows {
        ids,
        lengths,
        steps,
        protected: Protected::Nothing,
    }
}

/// One modality of these samples, text with CLS and SEP.
pub fn rows_of<'a>(
    modality: Modality,
    ids: &'a [String],
    lengths: &'a [u32],
    steps: usize,
) -> Rows<'a> {
    let protected = match modality {
        Modality::Text => Protected::Special(&SPECIAL[..ids.len()]),
        Modality::Audio | Modality::Vision => Protected::Nothing,
    };
    Rows {
        protected,
        ..rows(ids, lengths, steps)
    }
}

/// Texts from CLS to SEP.
static SPECIAL: [SpecialTokens; 20_000] = [SpecialTokens {
    cls: true,
    sep: true,
}; 20_000];

/// A training split of these samples, with a test split of three.
pub fn training(ids: &[String]) -> Training<'_> {
    Training {
        ids,
        vision_steps: 5,
        test: (3, 4),
        mask_seed: 1111,
    }
}

/// A test split whose texts have CLS and SEP.
pub fn shape<'a>(ids: &'a [String], lengths: [&'a [u32]; 3], steps: [usize; 3]) -> SplitShape<'a> {
    SplitShape {
        name: SplitName::Test,
        ids,
        steps,
        lengths,
        special: Some(&SPECIAL[..ids.len()]),
    }
}

/// A test split without token ids.
pub fn features<'a>(
    ids: &'a [String],
    lengths: [&'a [u32]; 3],
    steps: [usize; 3],
) -> SplitShape<'a> {
    SplitShape {
        special: None,
        ..shape(ids, lengths, steps)
    }
}
