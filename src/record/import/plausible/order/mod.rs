//! Looks for predictions that stand at other samples.

pub mod batches;
pub mod orders;
pub mod scrambled;
pub mod shifted;
pub mod video_shifts;
