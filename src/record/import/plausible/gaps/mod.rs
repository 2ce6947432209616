//! Looks for predictions that stand for missing ones.

pub mod averaged;
pub mod borrowed;
pub mod filled;
pub mod values;
