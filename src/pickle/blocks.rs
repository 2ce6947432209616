//! Payload bytes in row-major order, a block at a time.

use std::borrow::Cow;

use super::array::Data;
use super::array_ref::ArrayRef;
use super::error::{Error, Result};
use super::payload::{Payload, next_latin1};
use super::source::Span;

impl ArrayRef<'_> {
    /// Hands over the payload in row-major order, whole elements, at most `block` bytes at a time
    /// (but at least one element). Object arrays have no bytes.
    ///
    /// # Errors
    /// [`Error::Malformed`] for an object array; whatever `f` fails with.
    pub fn for_each_block_bytes<E: From<Error>>(
        &self,
        block: usize,
        f: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let payload = match &self.array.data {
            Data::Bytes(payload) => *payload,
            Data::Unbuilt => return Ok(()),
            Data::Objects(_) => return Err(self.malformed("plain elements", "objects").into()),
        };
        if payload.len() == 0 {
            return Ok(());
        }
        let size = self.array.dtype.size;
        let block = (block / size).max(1) * size;
        match payload {
            _ if self.is_gathered() => self.gather(payload, block, f),
            Payload::Raw(span) => self.raw(span, block, f),
            Payload::Latin1 { text, .. } => self.decode(text, block, f),
        }
    }

    /// Whether column order differs from row order.
    fn is_gathered(&self) -> bool {
        self.array.fortran && self.array.shape.iter().filter(|n| **n > 1).count() > 1
    }

    fn raw<E: From<Error>>(
        &self,
        span: Span,
        block: usize,
        mut f: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let source = &self.pickle.source;
        for start in (span.start..span.end()).step_by(block) {
            let part = Span {
                start,
                len: block.min(span.end() - start),
            };
            f(source.slice(part))?;
            source.release(part);
        }
        Ok(())
    }

    fn decode<E: From<Error>>(
        &self,
        text: Span,
        block: usize,
        mut f: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let source = &self.pickle.source;
        let mut rest = source.slice(text).iter();
        let mut released = text.start;
        let mut buffer = Vec::with_capacity(block.min(text.len));
        while !rest.as_slice().is_empty() {
            buffer.clear();
            while buffer.len() < block
                && let Some(byte) = next_latin1(&mut rest)
            {
                buffer.push(byte);
            }
            f(&buffer)?;
            let read = text.end() - rest.as_slice().len();
            source.release(Span {
                start: released,
                len: read - released,
            });
            released = read;
        }
        Ok(())
    }

    fn gather<E: From<Error>>(
        &self,
        payload: Payload,
        block: usize,
        mut f: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let source = &self.pickle.source;
        let (bytes, size) = match payload {
            Payload::Raw(span) => (Cow::Borrowed(source.slice(span)), self.array.dtype.size),
            Payload::Latin1 { .. } => (Cow::Owned(payload.to_vec(source)), self.array.dtype.size),
        };
        let offsets = RowMajor::new(&self.array.shape, size);
        let mut buffer = Vec::with_capacity(block.min(bytes.len()));
        for offset in offsets {
            buffer.extend_from_slice(&bytes[offset..offset + size]);
            if buffer.len() == block {
                f(&buffer)?;
                buffer.clear();
            }
        }
        match buffer.is_empty() {
            true => Ok(()),
            false => f(&buffer),
        }
    }
}

/// Byte offsets of a column-major array's elements, in row-major order.
struct RowMajor<'a> {
    shape: &'a [usize],
    strides: Vec<usize>,
    index: Vec<usize>,
    offset: usize,
    left: usize,
}

impl<'a> RowMajor<'a> {
    fn new(shape: &'a [usize], size: usize) -> Self {
        let mut strides = Vec::with_capacity(shape.len());
        let mut stride = size;
        for n in shape {
            strides.push(stride);
            stride *= n;
        }
        let left = shape.iter().product();
        Self {
            shape,
            strides,
            index: vec![0; shape.len()],
            offset: 0,
            left,
        }
    }

    /// Moves to the following element, the last axis fastest.
    fn advance(&mut self) {
        for axis in (0..self.shape.len()).rev() {
            self.index[axis] += 1;
            self.offset += self.strides[axis];
            if self.index[axis] < self.shape[axis] {
                return;
            }
            self.offset -= self.strides[axis] * self.shape[axis];
            self.index[axis] = 0;
        }
    }
}

impl Iterator for RowMajor<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let offset = self.offset;
        self.advance();
        Some(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_major_offsets_of_a_column_major_array() {
        let offsets: Vec<usize> = RowMajor::new(&[2, 3], 4).collect();
        assert_eq!(offsets, [0, 8, 16, 4, 12, 20]);
        assert_eq!(RowMajor::new(&[], 8).collect::<Vec<_>>(), [0]);
        assert_eq!(RowMajor::new(&[2, 0], 8).count(), 0);
    }
}
