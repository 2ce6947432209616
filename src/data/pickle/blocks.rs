//! Reads payload bytes in row-major order, block by block.

use super::array::Data;
use super::array_ref::ArrayRef;
use super::decode::Decoder;
use super::error::{Error, Result};
use super::external;
use super::gather::Gather;
use super::payload::Payload;
use super::source::{Source, Span};
use super::text::Coding;

impl ArrayRef<'_> {
    /// Calls `f` with the payload in row-major order, in complete elements, at most `block` bytes at a time
    /// (but at least one element). Object arrays have no bytes.
    ///
    /// # Errors
    /// [`Error::Malformed`] for an object array; [`Error::Io`] where an array whose order has to be
    /// changed needs a temporary file and none can be made; the errors of `f`.
    pub fn for_each_block_bytes<E: From<Error>>(
        &self,
        block: usize,
        mut f: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let payload = match &self.array.data {
            Data::Bytes(payload) => *payload,
            Data::External(index) => return self.external(*index, block, f),
            Data::Unbuilt => return Ok(()),
            Data::Objects(_) => return Err(self.malformed("plain elements", "objects").into()),
        };
        if payload.len() == 0 {
            return Ok(());
        }
        let size = self.array.dtype.size;
        let block = (block / size).max(1) * size;
        let source = &self.pickle.source;
        match payload {
            Payload::Raw(span) if self.array.is_row_major() => raw(source, span, block, f),
            Payload::Raw(span) => Gather::new(self.array).run(source, span, block, f),
            Payload::Coded { text, coding, len } if self.array.is_row_major() => {
                decode(source, (text, coding, len), block, f)
            }
            Payload::Coded { text, coding, len } => {
                let (plain, span) = unpacked(source, (text, coding, len))?;
                Gather::new(self.array).run(&plain, span, block, &mut f)
            }
        }
    }
}

impl ArrayRef<'_> {
    /// The same for elements outside of the pickle.
    fn external<E: From<Error>>(
        &self,
        index: usize,
        block: usize,
        mut f: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let elements = &*self.pickle.elements[index];
        let size = self.array.dtype.size;
        let total = self.len() * size;
        if total == 0 {
            return Ok(());
        }
        let block = (block / size).max(1) * size;
        if self.array.is_row_major() {
            return external::blocks(elements, total, block, f);
        }
        // With random access: in an unnamed file.
        let mut file = tempfile::tempfile().map_err(Error::Io)?;
        external::blocks(elements, total, 1 << 20, |bytes| {
            std::io::Write::write_all(&mut file, bytes).map_err(Error::Io)
        })?;
        let plain = Source::map(&file)?;
        let span = Span {
            start: 0,
            len: total,
        };
        Gather::new(self.array).run(&plain, span, block, &mut f)
    }
}

fn raw<E: From<Error>>(
    source: &Source,
    span: Span,
    block: usize,
    mut f: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
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
    source: &Source,
    (text, coding, len): (Span, Coding, usize),
    block: usize,
    mut f: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut decoder = Decoder::new(coding, source.slice(text));
    let mut released = text.start;
    let mut buffer = vec![0; block.min(len)];
    loop {
        let written = decoder.fill(&mut buffer);
        if written > 0 {
            f(&buffer[..written])?;
        }
        let read = text.end() - decoder.left();
        source.release(Span {
            start: released,
            len: read - released,
        });
        released = read;
        if written < buffer.len() {
            return Ok(());
        }
    }
}

/// Decoded bytes with random access: in an unnamed file, or in memory if they are few.
fn unpacked(source: &Source, coded: (Span, Coding, usize)) -> Result<(Source, Span)> {
    const BLOCK: usize = 1 << 20;
    let span = Span {
        start: 0,
        len: coded.2,
    };
    if span.len <= BLOCK {
        let (text, coding, len) = coded;
        let bytes = Payload::Coded { text, coding, len }.to_vec(source);
        return Ok((Source::Memory(bytes), span));
    }
    let mut file = tempfile::tempfile()?;
    decode(source, coded, BLOCK, |bytes| {
        std::io::Write::write_all(&mut file, bytes).map_err(Error::Io)
    })?;
    Ok((Source::map(&file)?, span))
}
