//! Data sets: their registry, import from pickles, prepared files, splits, synthetic corpora.

mod carried;
mod check;
mod clip;
mod columns;
mod convert;
pub mod corpus;
mod detect;
pub mod digest;
mod error;
mod existing;
pub mod export;
mod frames;
pub mod import;
mod labels;
mod lengths;
pub mod modality;
mod outline;
mod padding;
mod plan;
pub mod spec;
pub mod split;
mod splits;
mod standardize;
pub mod synthetic;
mod tokens;
mod vocabulary;

pub use check::Check;
pub use convert::Progress;
pub use corpus::Corpus;
pub use error::{Error, Result};
pub use import::{ImportOptions, Imported, prepare};
pub use modality::Modality;
pub use outline::Outline;
pub use padding::Padding;
pub use spec::{Published, Spec, find, published, registry};
pub use split::{Block, Split, SplitName};
