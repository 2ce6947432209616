//! Looks for predictions in another scale, or with another zero, than the labels.

pub mod first;
pub mod own_scale;
pub mod scale;
pub mod seeds;
pub mod stretched;
