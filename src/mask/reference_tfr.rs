//! `reference-tfr`: the masks under which MMSA trains and tests TFR-Net, bit for bit.

use super::level::Kind;
use super::{Error, Family, Reference, Rows, Scope};

/// MMSA gives every modality a seed and a rate of its own. Its three seeds are equal by default
/// (1111), and a mask seed stands for all three; so positions are those of [`Reference`], and what
/// differs is the rest: a rate per modality is allowed, and training data lose positions under
/// the seed of evaluation, once, at one rate for all samples (`--noise fixed --noise-rate`).
#[derive(Clone, Copy, Debug)]
pub struct ReferenceTfr;

impl Family for ReferenceTfr {
    fn name(&self) -> &'static str {
        "reference-tfr"
    }

    fn version(&self) -> u32 {
        1
    }

    fn summary(&self) -> &'static str {
        "MMSA's masks for TFR-Net bit for bit: NumPy started from the seed in every modality, one \
         rate for all or one per modality; depends on the row order"
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::Rate, Kind::Mixed]
    }

    fn row_ordered(&self) -> bool {
        true
    }

    fn fill(&self, scope: &Scope, rows: Rows, field: &mut [f64]) -> Result<(), Error> {
        Reference.fill(scope, rows, field)
    }

    fn training_seed(&self, run: u64, evaluation: u64) -> u64 {
        Reference.training_seed(run, evaluation)
    }
}
