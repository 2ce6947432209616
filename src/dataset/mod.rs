//! Data sets: their registry, import from pickles, prepared files, splits, synthetic corpora.

mod clip;
mod columns;
mod convert;
pub mod corpus;
mod detect;
mod digest;
mod error;
pub mod import;
pub mod modality;
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
pub use spec::{Spec, find, registry};
pub use split::{Block, Split, SplitName};
