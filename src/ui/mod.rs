//! What a person sees while something runs: progress on stderr, logs around it.

pub mod logging;
pub mod progress;
pub mod words;

pub use progress::{Bar, Progress};
