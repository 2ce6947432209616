//! Holds an array of an archive, with its elements in a part of a file, stored or compressed.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

use flate2::read::DeflateDecoder;

use crate::data::pickle::{Elements, External};

/// What an archive has under a name.
pub enum Entry {
    Array(External),
    Texts(Vec<String>),
}

/// Bytes of a member of an archive, or of a whole file.
#[derive(Clone, Debug)]
pub struct Member {
    pub path: PathBuf,
    /// First byte in the file, and bytes there.
    pub start: u64,
    pub stored: u64,
    /// Bytes once decompressed.
    pub len: u64,
    pub compressed: bool,
    /// CRC-32 of the bytes, where the archive has one.
    pub checksum: Option<u32>,
}

impl Member {
    /// Reads the member from its first byte on.
    ///
    /// # Errors
    /// [`io::Error`] where the file cannot be opened.
    pub fn open(&self) -> io::Result<Checked<Box<dyn Read + Send>>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.start))?;
        let part = io::BufReader::with_capacity(1 << 18, file.take(self.stored));
        let bytes: Box<dyn Read + Send> = if self.compressed {
            Box::new(DeflateDecoder::new(part).take(self.len.saturating_add(1)))
        } else {
            Box::new(part)
        };
        Ok(Checked {
            inner: bytes,
            hasher: crc32fast::Hasher::new(),
            expected: self.checksum,
        })
    }
}

/// Compares the checksum of all bytes when the last one was read.
pub struct Checked<R> {
    inner: R,
    hasher: crc32fast::Hasher,
    expected: Option<u32>,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read > 0 || buffer.is_empty() {
            self.hasher.update(&buffer[..read]);
            return Ok(read);
        }
        match self.expected {
            Some(expected) if expected != self.hasher.clone().finalize() => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "bytes that do not match the archive's checksum; copy or download it again",
            )),
            _ => Ok(0),
        }
    }
}

/// The elements of an npy member: what follows its header.
pub struct AfterHeader {
    pub member: Member,
    pub header: u64,
}

impl Elements for AfterHeader {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        let mut reader = self.member.open()?;
        io::copy(&mut reader.by_ref().take(self.header), &mut io::sink())?;
        Ok(Box::new(reader))
    }
}
