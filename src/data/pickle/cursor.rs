//! Reads forward through the source, checking every length against the bytes left.

use super::error::{Error, Result};
use super::source::Span;

/// Position in a byte string.
pub struct Cursor<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8], pos: usize) -> Self {
        Self { bytes, pos }
    }

    pub fn position(&self) -> usize {
        self.pos
    }

    pub fn offset(&self) -> u64 {
        self.pos as u64
    }

    fn left(&self) -> u64 {
        (self.bytes.len() - self.pos) as u64
    }

    /// The next `len` bytes as a range; a length beyond the end is an error at this position.
    pub fn take(&mut self, len: u64, what: &'static str) -> Result<Span> {
        if len > self.left() {
            let (offset, left) = (self.offset(), self.left());
            return Err(Error::Truncated {
                offset,
                what,
                needed: len,
                left,
            });
        }
        // `len` fits: it is at most the length of a slice.
        let span = Span {
            start: self.pos,
            len: len as usize,
        };
        self.pos += span.len;
        Ok(span)
    }

    pub fn bytes(&self, span: Span) -> &'a [u8] {
        &self.bytes[span.start..span.end()]
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N]> {
        let span = self.take(N as u64, what)?;
        let mut out = [0; N];
        out.copy_from_slice(self.bytes(span));
        Ok(out)
    }

    pub fn u8(&mut self, what: &'static str) -> Result<u8> {
        Ok(self.array::<1>(what)?[0])
    }

    pub fn u16(&mut self, what: &'static str) -> Result<u16> {
        self.array(what).map(u16::from_le_bytes)
    }

    pub fn u32(&mut self, what: &'static str) -> Result<u32> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub fn i32(&mut self, what: &'static str) -> Result<i32> {
        self.array(what).map(i32::from_le_bytes)
    }

    pub fn u64(&mut self, what: &'static str) -> Result<u64> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// The only big-endian number of the format.
    pub fn f64_big_endian(&mut self, what: &'static str) -> Result<f64> {
        self.array(what).map(f64::from_be_bytes)
    }

    /// Fails unless a declared frame fits; frames have no other meaning for a mapped file.
    pub fn check_frame(&self, len: u64) -> Result<()> {
        if len <= self.left() {
            return Ok(());
        }
        let (offset, left) = (self.offset(), self.left());
        Err(Error::Truncated {
            offset,
            what: "a frame",
            needed: len,
            left,
        })
    }

    /// The bytes up to the next line feed, which is consumed.
    pub fn line(&mut self, what: &'static str) -> Result<&'a [u8]> {
        self.line_span(what).map(|span| self.bytes(span))
    }

    /// As [`Self::line`], as a range.
    pub fn line_span(&mut self, what: &'static str) -> Result<Span> {
        let (start, left) = (self.pos, self.left());
        match self.bytes[start..].iter().position(|&b| b == b'\n') {
            Some(len) => {
                self.pos += len + 1;
                Ok(Span { start, len })
            }
            None => Err(Error::Truncated {
                offset: start as u64,
                what,
                needed: left + 1,
                left,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_checked_before_use() {
        let mut cursor = Cursor::new(b"abc", 0);
        assert_eq!(cursor.u8("x").unwrap(), b'a');
        let error = cursor.take(u64::MAX, "a string").unwrap_err();
        let Error::Truncated {
            offset: 1,
            needed: u64::MAX,
            left: 2,
            ..
        } = error
        else {
            panic!("{error}");
        };
        assert!(cursor.check_frame(3).is_err());
        assert!(cursor.check_frame(2).is_ok());
        assert!(cursor.line("a name").is_err());
    }
}
