//! Compiles the pickle reader alone, for the fuzz target.

#[path = "../../src/support/error_class.rs"]
mod error_class;
#[path = "../../src/support/file_kind/mod.rs"]
pub mod file_kind;
#[path = "../../src/data/pickle/mod.rs"]
pub mod pickle;

/// The part of `src/support` that the reader's errors name.
pub mod support {
    pub use crate::error_class::{Classify, ErrorClass};
    pub use crate::file_kind::{self, FileKind};
}
