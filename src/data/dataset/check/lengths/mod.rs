//! Looks at the numbers of steps that samples have.

pub mod batches;
mod cut;
mod extents;
pub mod moved_rows;
pub mod offset;
mod order;
mod shifted;
pub mod steps;
mod windows;

pub use extents::extents;
pub use windows::windows;
