//! Looks at which samples are where: columns, ids, videos, sizes of splits, folds, samples that are there twice.

mod columns;
mod copies;
mod fold_tests;
mod id_forms;
pub mod id_order;
pub mod id_videos;
mod names;
mod samples;
mod sizes;
mod videos;

pub use columns::{columns, lengths};
pub use copies::copies;
pub use fold_tests::fold_tests;
pub use names::{misspelt, names};
pub use samples::samples;
pub use sizes::{ids, sizes, widths};
pub use videos::videos;
