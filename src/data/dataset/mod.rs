//! Data sets: registry, import from pickles, prepared files, splits, synthetic corpora.

mod carried;
mod check;
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
mod padding;
mod plan;
mod sample;
pub mod spec;
pub mod split;
mod splits;
mod standardize;
pub mod synthetic;
mod tokens;
mod vocabulary;
mod words;

pub use check::Check;
pub use convert::Progress;
pub use corpus::Corpus;
pub use error::{Error, Result};
pub use import::{ImportOptions, Imported, prepare};
pub use modality::Modality;
pub use padding::Padding;
pub use spec::{Published, Spec, find, published, registry};
pub use split::{Block, Outline, Split, SplitName};
pub use words::{VocabularyFile, separate};
