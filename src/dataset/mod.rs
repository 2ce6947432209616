//! Data sets: their registry, import from pickles, prepared files, splits, synthetic corpora.

pub mod modality;
pub mod split;

pub use modality::Modality;
pub use split::{Block, Split, SplitName};
