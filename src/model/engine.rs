//! Selects how a model is computed: as published or with less work.

/// Choices that change cost and rounding, but no result in exact arithmetic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Engine {
    /// As published, step by step: every row of every layer, whole matrices of attention scores, one
    /// pass each for masked and complete inputs, the unused pooler. For comparison and proof.
    pub reference: bool,
    /// The text encoder saves no activations and recomputes them, layer by layer, in the backward
    /// pass.
    pub recompute: bool,
}

impl Engine {
    /// As published, step by step.
    pub const REFERENCE: Self = Self {
        reference: true,
        recompute: false,
    };

    /// The text encoder recomputed.
    pub const RECOMPUTE: Self = Self {
        reference: false,
        recompute: true,
    };
}
