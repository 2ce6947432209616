//! Looks at labels: by themselves, beside those of other splits, words and videos, and told by features.

mod between_splits;
mod blocks;
mod classes;
mod equal_neighbors;
mod filled;
mod frequent;
mod keys;
mod leaks;
mod means;
mod official;
mod orders;
pub mod parts;
mod processed;
mod range;
mod raters;
mod rows;
mod runs;
mod stretches;
mod told;
mod videos;
mod words;
mod written_over;

pub use leaks::label_leaks;
pub use range::{labels, unusual_labels};
pub use told::told_labels;
