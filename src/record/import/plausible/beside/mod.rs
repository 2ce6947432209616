//! Looks for predictions that depend on the samples beside: of a batch, of a video, of the padding.

pub mod batched;
pub mod centered;
pub mod lengths;
pub mod smooth;
pub mod state;
pub mod traces;
