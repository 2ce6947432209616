//! What is missing: masks as pure functions of (family, version, seed, data set, split, sample,
//! modality, moment).
//!
//! A [`Family`] gives every position of a sample a uniform number, its FIELD. At missing rate r
//! the position is kept where the field lies strictly above r ([`keep`]), so masks nest: raising
//! r only erases more. Text always keeps its first and last valid token (CLS and SEP); padding is
//! never kept. [`apply`] turns a [`Keep`] into model inputs, [`Noise`] and [`Family::rates`] say
//! how damaged a training sample is, [`Variants`] stores all rates of a corpus in one byte per
//! position.
//!
//! Adding a family: one file and one line in [`FAMILIES`].

pub mod apply;
mod erasure;
mod error;
mod family;
mod file;
mod keep;
mod key;
mod levels;
mod noise;
mod numpy_rng;
mod python_random;
mod random;
pub mod rates;
mod reference;
mod reference_loader;
mod variants;

pub use erasure::Erasure;
pub use error::Error;
pub use family::{Family, find};
pub use file::{read, read_hashes, write};
pub use keep::{Keep, keep};
pub use key::{Moment, Scope};
pub use levels::Levels;
pub use noise::{Noise, ParseNoiseError};
pub use random::Random;
pub use reference::{Reference, ReferenceRates, reference_rates};
pub use reference_loader::Loader;
pub use variants::{SplitShape, SplitVariants, Variants};

/// Every mask family, in the order help texts list them.
pub const FAMILIES: &[&dyn Family] = &[&Random, &Reference];
