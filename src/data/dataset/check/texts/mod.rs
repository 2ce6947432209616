//! Looks at transcripts, tokens and text features, each beside the others.

mod beside_tokens;
mod cut;
mod lost_words;
mod mojibake;
mod order;
mod random_tokens;
mod repeated;
mod same_words;
mod tokens;
mod transcripts;
mod word_leaks;

pub use beside_tokens::Texts;
pub use order::text_order;
pub use tokens::{padded, replaced, tokens};
pub use transcripts::transcripts;
