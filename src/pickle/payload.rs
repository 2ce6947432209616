//! What values are made of: numbers of other values, and bytes that stay in the source.

use super::source::{Source, Span};

/// Number of a value in the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id(pub u32);

/// Bytes of a payload: where they lie in the source, never a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    Raw(Span),
    /// UTF-8 text whose characters, all up to U+00FF, are the bytes; `len` counts them.
    Latin1 {
        text: Span,
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
            Self::Latin1 { len, .. } => *len,
        }
    }

    /// A copy of the bytes; for scalars and other small payloads.
    pub fn to_vec(self, source: &Source) -> Vec<u8> {
        match self {
            Self::Raw(span) => source.slice(span).to_vec(),
            Self::Latin1 { text, .. } => latin1_chars(source.slice(text)).collect(),
        }
    }
}

/// The bytes that UTF-8 text with characters up to U+00FF stands for.
fn latin1_chars(text: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let mut rest = text.iter();
    std::iter::from_fn(move || next_latin1(&mut rest))
}

/// One character. The text was checked: a first byte above 0x7f is 0xc2 or 0xc3.
pub fn next_latin1(rest: &mut std::slice::Iter<'_, u8>) -> Option<u8> {
    let first = *rest.next()?;
    if first < 0x80 {
        return Some(first);
    }
    rest.next().map(|second| (first << 6) | (second & 0x3f))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin1_text_is_bytes() {
        let text: String = (0..=255u8).map(char::from).collect();
        let bytes: Vec<u8> = latin1_chars(text.as_bytes()).collect();
        assert_eq!(bytes, (0..=255).collect::<Vec<u8>>());
    }
}
