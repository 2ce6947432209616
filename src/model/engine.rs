//! How a model's mathematics is carried out.

/// Choices that change cost and rounding, never a real number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Engine {
    /// The reference's computation to the letter: every row of every layer, whole matrices of
    /// attention scores, one pass each for masked and complete inputs, the unread pooler. For
    /// comparison and proof.
    pub reference: bool,
    /// The text encoder keeps no activations and computes them again, layer by layer, on the way
    /// back.
    pub recompute: bool,
}

impl Engine {
    /// The literal computation.
    pub const REFERENCE: Self = Self {
        reference: true,
        recompute: false,
    };

    /// The text encoder computed twice.
    pub const RECOMPUTE: Self = Self {
        reference: false,
        recompute: true,
    };
}
