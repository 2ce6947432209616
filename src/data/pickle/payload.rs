//! References of values: indices of other values, and ranges of bytes in the source.

use super::decode::Decoder;
use super::source::{Source, Span};
use super::text::Coding;

/// Index of a value in the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id(pub u32);

/// Bytes of a payload: their range in the source, never a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    Raw(Span),
    /// Characters that encode `len` bytes, checked.
    Coded {
        text: Span,
        coding: Coding,
        len: usize,
    },
}

impl Payload {
    /// No bytes.
    pub const EMPTY: Self = Self::Raw(Span { start: 0, len: 0 });

    /// Number of bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Raw(span) => span.len,
            Self::Coded { len, .. } => *len,
        }
    }

    /// A copy of the bytes; for scalars and other small payloads.
    pub fn to_vec(self, source: &Source) -> Vec<u8> {
        match self {
            Self::Raw(span) => source.slice(span).to_vec(),
            Self::Coded { text, coding, len } => {
                let mut out = vec![0; len];
                Decoder::new(coding, source.slice(text)).fill(&mut out);
                out
            }
        }
    }
}
