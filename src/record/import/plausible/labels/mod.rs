//! Looks for predictions that know the labels of the test split.

pub mod fitted;
pub mod learned;
pub mod signs;
