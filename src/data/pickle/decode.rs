//! Decodes payload bytes from the characters that encode them, buffer by buffer.
//!
//! Protocol 2 keeps whole arrays in UTF-8 text, protocol 0 in escaped lines. The text was checked
//! by [`super::text`] when its opcode was run, so decoding cannot fail.

use super::text::{Coding, Token, escape};

/// Bytes per step.
const STRIDE: usize = 32;

/// A position in checked text.
pub struct Decoder<'a> {
    coding: Coding,
    rest: &'a [u8],
    /// The byte before `rest`, while it is the first half of a character.
    lead: u8,
    /// The second byte of an escape for two bytes.
    pending: Option<u8>,
}

impl<'a> Decoder<'a> {
    pub fn new(coding: Coding, text: &'a [u8]) -> Self {
        Self {
            coding,
            rest: text,
            lead: 0,
            pending: None,
        }
    }

    /// Bytes of text that are not decoded yet.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// Fills `out` as far as there is text; returns the number of bytes written.
    pub fn fill(&mut self, out: &mut [u8]) -> usize {
        match self.coding {
            Coding::Latin1 => self.latin1(out),
            Coding::StringEscape | Coding::RawUnicode => self.escaped(out),
        }
    }

    /// The only branch on the data is the one for ASCII, which includes zero padding.
    fn latin1(&mut self, out: &mut [u8]) -> usize {
        let (mut written, mut lead) = (0, self.lead);
        while let (Some((block, rest)), Some(room)) = (
            self.rest.split_first_chunk::<STRIDE>(),
            out[written..].first_chunk_mut::<STRIDE>(),
        ) {
            if block.is_ascii() {
                *room = *block;
                (written, lead) = (written + STRIDE, 0);
            } else {
                let mut at = 0;
                for &byte in block {
                    // At most one byte was written for each one read, so the mask changes nothing
                    // but the cost of a check.
                    room[at % STRIDE] = character(lead, byte);
                    at += usize::from(byte < 0xc0);
                    lead = byte;
                }
                written += at;
            }
            self.rest = rest;
        }
        while written < out.len()
            && let Some((&byte, rest)) = self.rest.split_first()
        {
            out[written] = character(lead, byte);
            written += usize::from(byte < 0xc0);
            (lead, self.rest) = (byte, rest);
        }
        self.lead = lead;
        written
    }

    fn escaped(&mut self, out: &mut [u8]) -> usize {
        let mut written = 0;
        while written < out.len() {
            if let Some(byte) = self.pending.take() {
                out[written] = byte;
                written += 1;
                continue;
            }
            let plain = self.rest.iter().position(|byte| *byte == b'\\');
            let run = plain.unwrap_or(self.rest.len()).min(out.len() - written);
            out[written..written + run].copy_from_slice(&self.rest[..run]);
            written += run;
            self.rest = &self.rest[run..];
            if self.rest.is_empty() {
                break;
            }
            if written < out.len() && plain == Some(run) {
                out[written] = self.escape();
                written += 1;
            }
        }
        written
    }

    /// Decodes the escape at the start of `rest`; a second byte goes to `pending`.
    fn escape(&mut self) -> u8 {
        let Some((token, len)) = escape(self.coding, &self.rest[1..]) else {
            // In checked text only a last backslash, which is a character.
            self.rest = &self.rest[1..];
            return b'\\';
        };
        self.rest = &self.rest[1 + len..];
        match token {
            Token::One(value) => value as u8,
            Token::Two(first, second) => {
                self.pending = Some(second);
                first
            }
        }
    }
}

/// The character that ends in `byte`; meaningless while `byte` is a first half.
fn character(lead: u8, byte: u8) -> u8 {
    let second = (lead << 6) | (byte & 0x3f);
    if lead >= 0xc0 { second } else { byte }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(coding: Coding, text: &[u8], block: usize) -> Vec<u8> {
        let mut decoder = Decoder::new(coding, text);
        let (mut all, mut buffer) = (Vec::new(), vec![0; block]);
        loop {
            let written = decoder.fill(&mut buffer);
            all.extend_from_slice(&buffer[..written]);
            if written < block {
                assert_eq!(decoder.left(), 0);
                return all;
            }
        }
    }

    #[test]
    fn latin1_text_is_bytes_whatever_the_blocks() {
        let mut bytes: Vec<u8> = (0..=255).collect();
        bytes.extend([0; 100]);
        bytes.extend((0..=255).rev());
        bytes.extend([0xff; 99]);
        let text: String = bytes.iter().copied().map(char::from).collect();
        for block in [1, 2, 7, 31, 32, 33, 64, 1000] {
            assert_eq!(decoded(Coding::Latin1, text.as_bytes(), block), bytes);
        }
    }

    #[test]
    fn escapes_are_bytes_whatever_the_blocks() {
        let text = br"a\x00\\\'\n\7\101\q\\".as_slice();
        for block in [1, 2, 3, 100] {
            let bytes = decoded(Coding::StringEscape, text, block);
            assert_eq!(bytes, b"a\0\\'\n\x07A\\q\\");
            let bytes = decoded(
                Coding::RawUnicode,
                b"a\\u0000\\\\u0041\xff\\U000000e9",
                block,
            );
            assert_eq!(bytes, b"a\0\\\\u0041\xff\xe9");
        }
    }
}
