//! Data sets: their registry, import from pickles, prepared files, splits, synthetic corpora.

mod clip;
mod columns;
mod convert;
pub mod corpus;
mod detect;
pub mod digest;
mod error;
pub mod export;
pub mod import;
pub mod modality;
mod outline;
mod plan;
pub mod spec;
pub mod split;
pub mod synthetic;
mod tokens;
mod vocabulary;

pub use convert::Progress;
pub use corpus::Corpus;
pub use error::{Error, Result};
pub use import::{ImportOptions, Imported, prepare};
pub use modality::Modality;
pub use outline::Outline;
pub use spec::{Published, Spec, find, published, registry};
pub use split::{Block, Split, SplitName};
