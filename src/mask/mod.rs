//! What is missing: masks as pure functions of (mask protocol, version, seed, data set, split, sample,
//! modality, phase).
//!
//! A [`MaskProtocol`] gives every position of a sample a uniform number, its FIELD. At missing rate r
//! the position is kept where the field lies strictly above r ([`keep`]), so masks nest: raising
//! r only erases more. Text always keeps its first and last valid token (CLS and SEP); padding is
//! never kept. A [`Condition`] says how much is missing: one rate, missing modalities, or a rate per
//! modality. [`apply`] turns a [`Keep`] into model inputs, [`Noise`] and [`RateDistribution`] say how
//! damaged a training sample is, [`Variants`] holds the masks of a corpus at all conditions, and
//! [`digest`] the hash by which a mask is known.
//!
//! Adding a mask protocol: one file and one line in [`MASK_PROTOCOLS`].

pub mod apply;
mod block;
mod compare;
mod condition;
mod digest;
mod erasure;
mod error;
mod evaluation;
mod export;
mod file;
mod keep;
mod key;
mod mask_protocol;
mod mixed;
mod modality;
mod noise;
mod npz;
mod numpy_rng;
mod packing;
mod picture;
mod planes;
mod python_random;
mod random;
mod ranks;
pub mod rates;
mod reference;
mod reference_loader;
mod reference_tfr;
mod rows;
mod scale;
mod source;
mod stats;
mod temporal;
mod timeline;
mod variants;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod testing;

pub use block::Block;
pub use condition::{Condition, Kind, parse_list};
pub use digest::{MaskName, digest};
pub use erasure::Erasure;
pub use error::Error;
pub use evaluation::{EvaluationMasks, describe};
pub use export::{Ids, to_hdf5, to_npz};
pub use file::{MaskFile, MaskManifest, Stored};
pub use keep::{Keep, keep};
pub use key::{Phase, Scope};
pub use mask_protocol::{MaskProtocol, Training, find};
pub use mixed::Mixed;
pub use modality::WholeModality;
pub use noise::{Noise, ParseNoiseError, RateDistribution};
pub use picture::picture;
pub use planes::Planes;
pub use random::Random;
pub use ranks::Ranks;
pub use reference::{Reference, ReferenceRates, reference_rates};
pub use reference_loader::Loader;
pub use reference_tfr::ReferenceTfr;
pub use rows::Rows;
pub use source::MaskSource;
pub use stats::{Realised, Spread, realised};
pub use temporal::Temporal;
pub use variants::{SplitShape, SplitVariants, Variants};

/// Every mask protocol, in the order help texts list them.
pub const MASK_PROTOCOLS: &[&dyn MaskProtocol] = &[
    &Random,
    &Temporal,
    &Block,
    &WholeModality,
    &Mixed,
    &Reference,
    &ReferenceTfr,
];
