//! Looks at the numbers of steps that samples have.

pub mod batches;
mod cut;
mod extents;
pub mod first_frame;
mod maxima;
pub mod moved_rows;
pub mod offset;
mod one_byte;
mod order;
mod other_rows;
mod shifted;
pub mod steps;
mod windows;

pub use extents::extents;
pub use maxima::maxima;
pub use one_byte::in_one_byte;
pub use other_rows::of_other_rows;
pub use windows::windows;
