//! Reads and checks the columns and splits of a source, features by reference to it.

pub mod carried;
pub mod columns;
pub mod detect;
pub mod features;
pub mod frames;
mod given_lengths;
pub mod known_columns;
pub mod labels;
pub mod layouts;
pub mod lengths;
pub mod padding;
pub mod plan;
pub mod splits;
mod step_mask;
mod token_ids;
mod token_rows;
pub mod tokens;
pub mod word_piece;
