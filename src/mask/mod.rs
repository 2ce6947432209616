//! Masks: which positions of a sample are missing, as pure functions of (mask protocol, version, seed,
//! data set, split, sample, modality, phase).
//!
//! A [`MaskProtocol`] gives every position of a sample a uniform number, its *draw*. At missing rate r
//! the position is kept if its draw is above r ([`keep`]), so masks nest: raising r only masks more.
//! CLS and SEP are kept at every rate where token ids show them; padding is never kept. A
//! [`Condition`] is what is removed: one rate, missing modalities, or a rate per modality. [`apply`]
//! makes model inputs from a [`Keep`]. [`Noise`] and [`RateDistribution`] define the masks of training.
//! [`Variants`] holds the masks of a corpus at all conditions, as [`DropIndices`]; [`MaskSource`] reads
//! them from a [`MaskFile`] or draws them; [`digest`] identifies a mask.
//!
//! To add a mask protocol, write one file; add its `mod` and `pub use` here and a line to
//! [`MASK_PROTOCOLS`]. CONTRIBUTING.md lists its tests and documentation.

pub mod apply;
mod block;
mod condition;
mod digest;
mod drop_index;
mod error;
mod evaluation;
mod export;
mod export_several;
mod file;
mod half_complete;
mod keep;
mod key;
mod loader_processes;
mod mask_protocol;
mod masked_copy;
mod mixed;
mod modality;
mod modality_random;
mod noise;
mod npz;
mod numpy_rng;
mod packing;
mod python_random;
mod random;
pub mod rates;
mod reference;
mod reference_loader;
mod reference_tfr;
mod rows;
mod stats;
mod temporal;
mod timeline;
mod variants;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod testing;

pub use block::Block;
pub use condition::{Condition, ConditionKind, parse_list};
pub use digest::{MaskName, digest};
pub use drop_index::DropIndices;
pub use error::Error;
pub use evaluation::{EvaluationMasks, describe};
pub use export::{ExportMasks, Ids, to_hdf5, to_npz};
pub use export_several::{Column, Values, write_columns};
pub use file::{MaskFile, MaskManifest, MaskSource, Stored};
pub use keep::{Keep, keep};
pub use key::{Phase, Scope};
pub use mask_protocol::{MaskProtocol, Training, find};
pub use masked_copy::{MaskedCopy, NoiseDraw, NoiseSpec, TrainingSplit};
pub use mixed::Mixed;
pub use modality::WholeModality;
pub use modality_random::ModalityRandom;
pub use noise::{Noise, ParseNoiseError, RateDistribution};
pub use random::Random;
pub use reference::{Reference, ReferenceRates, reference_rates};
pub use reference_loader::Loader;
pub use reference_tfr::ReferenceTfr;
pub use rows::{Protected, Rows};
pub use stats::{Realized, Spread, realized};
pub use temporal::Temporal;
pub use variants::{SplitShape, SplitVariants, Variants};

/// Every mask protocol, in the order help texts list them.
pub const MASK_PROTOCOLS: &[&dyn MaskProtocol] = &[
    &Random,
    &Temporal,
    &Block,
    &WholeModality,
    &ModalityRandom,
    &Mixed,
    &Reference,
    &ReferenceTfr,
];
