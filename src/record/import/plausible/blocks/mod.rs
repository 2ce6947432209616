//! Looks for parts of the test split whose predictions are from elsewhere.

pub mod parts;
pub mod shards;
pub mod uneven;
pub mod within;
