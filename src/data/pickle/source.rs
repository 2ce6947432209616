//! Holds the bytes of a pickle: a read-only memory map, or memory in tests and for small streams.

use std::fs::File;
use std::ops::Deref;
use std::path::Path;

use memmap2::{Advice, Mmap, UncheckedAdvice};

use super::error::Result;
use super::other_format::not_a_pickle;
use crate::support::FileKind;

/// A range of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub len: usize,
}

impl Span {
    /// One past the last byte.
    pub fn end(self) -> usize {
        self.start + self.len
    }
}

/// Read-only bytes.
pub enum Source {
    Map(Mmap),
    Memory(Vec<u8>),
}

impl Source {
    /// Maps a file. Refuses folders, pipes, links without a target and empty files.
    pub fn open(path: &Path) -> Result<Self> {
        let kind = FileKind::of(path)?;
        let unreadable = matches!(
            kind,
            FileKind::Folder
                | FileKind::Zarr
                | FileKind::Datasets
                | FileKind::Pipe
                | FileKind::Empty
                | FileKind::DanglingLink
                | FileKind::AnnexLink
        );
        if unreadable {
            return Err(not_a_pickle(kind));
        }
        let file = File::open(path)?;
        Self::map(&file)
    }

    /// Maps an open file that is not empty.
    pub fn map(file: &File) -> Result<Self> {
        // SAFETY: the map is read-only and private. Another process that shortens the file while
        // it is read would stop this one with SIGBUS; nothing can be corrupted by that.
        let map = unsafe { Mmap::map(file)? };
        // Only a hint; a failure has no effect on the result.
        let _ = map.advise(Advice::Sequential);
        Ok(Self::Map(map))
    }

    /// Releases the physical pages of a range that has been read, so that memory stays bounded for any
    /// file size. Reading the range again loads it again.
    pub fn release(&self, span: Span) {
        if let Self::Map(map) = self
            && span.len > 0
        {
            // SAFETY: the map is read-only and backed by a file: dropped pages are read again
            // with the same content.
            let _ = unsafe {
                map.unchecked_advise_range(UncheckedAdvice::DontNeed, span.start, span.len)
            };
        }
    }

    /// The bytes of a range that was checked when it was made.
    pub fn slice(&self, span: Span) -> &[u8] {
        &self[span.start..span.end()]
    }
}

impl Deref for Source {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Map(map) => map,
            Self::Memory(bytes) => bytes,
        }
    }
}
