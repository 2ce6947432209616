//! Selects samples of an array as it is read, where splits are named sample by sample.

use std::io::{self, Read};
use std::sync::Arc;

use super::entry::Entry;
use crate::data::pickle::{Builder, Elements, Error, External, Result};

/// A column of all samples, whose splits are selections.
pub enum Shared {
    Array(Arc<External>),
    Texts(Vec<String>),
}

/// The texts of the entry that names the splits.
///
/// # Errors
/// [`Error::Entry`].
pub fn texts(mut split: Vec<(String, Entry)>) -> Result<Vec<String>> {
    let wrong = |found: String| Error::entry("split", "the name of a split per sample", found);
    match split.pop() {
        Some((_, Entry::Texts(texts))) => Ok(texts),
        Some((_, Entry::Array(array))) if array.shape.len() == 1 && array.dtype.is_number() => Err(
            wrong("numbers; write train, valid or test for each sample".to_owned()),
        ),
        Some((_, Entry::Array(array))) if array.shape.len() == 1 => {
            let mut builder = Builder::default();
            let array = builder.array(array);
            let root = builder.dict(vec![("split".to_owned(), array)]);
            let built = builder.finish(root);
            let array = built.root().get("split").and_then(|value| value.array());
            let texts = array.map(|array| array.to_strings());
            texts
                .unwrap_or_else(|| Ok(Vec::new()))
                .map_err(|error| wrong(error.to_string()))
        }
        Some((_, Entry::Array(array))) => Err(wrong(format!("shape {:?}", array.shape))),
        None => Err(wrong("nothing".to_owned())),
    }
}

/// A column to select from.
///
/// # Errors
/// [`Error::Entry`] where it does not have one entry per sample, or has the samples on its last axis.
pub fn share(entry: Entry, samples: usize, name: &str) -> Result<Shared> {
    let wrong = |found: String| {
        Err(Error::entry(
            name,
            format!("{samples} samples, as in split"),
            found,
        ))
    };
    match entry {
        Entry::Texts(texts) if texts.len() == samples => Ok(Shared::Texts(texts)),
        Entry::Texts(texts) => wrong(format!("{}", texts.len())),
        Entry::Array(array) if array.shape.first() != Some(&samples) => {
            wrong(format!("shape {:?}", array.shape))
        }
        Entry::Array(array) if array.fortran && array.shape.len() > 1 => {
            wrong("an array in Fortran order; write numpy.ascontiguousarray(array)".to_owned())
        }
        Entry::Array(array) => Ok(Shared::Array(Arc::new(array))),
    }
}

impl Shared {
    /// The samples that are marked.
    pub fn rows(&self, kept: &[bool]) -> Entry {
        match self {
            Self::Texts(texts) => {
                let marked = texts.iter().zip(kept).filter(|(_, kept)| **kept);
                Entry::Texts(marked.map(|(text, _)| text.clone()).collect())
            }
            Self::Array(whole) => {
                let size = whole.shape[1..].iter().product::<usize>() * whole.dtype.size;
                let rows = Rows {
                    whole: Arc::clone(whole),
                    kept: kept.to_vec(),
                    size,
                };
                let count = kept.iter().filter(|kept| **kept).count();
                Entry::Array(selected(whole, count, rows))
            }
        }
    }
}

/// Elements of the rows that are kept.
pub struct Rows {
    whole: Arc<External>,
    kept: Vec<bool>,
    /// Bytes of a row.
    size: usize,
}

impl Elements for Rows {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(Selection {
            inner: self.whole.elements.open()?,
            rows: self,
            row: 0,
            left: 0,
        }))
    }
}

struct Selection<'a> {
    inner: Box<dyn Read + 'a>,
    rows: &'a Rows,
    /// The row after the one being read.
    row: usize,
    /// Bytes of the row being read.
    left: usize,
}

impl Read for Selection<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 {
            let Some(kept) = self.rows.kept.get(self.row) else {
                // Nothing may follow; a reader compares its checksum here.
                return self.inner.read(buffer);
            };
            self.row += 1;
            if *kept {
                self.left = self.rows.size;
                if self.left == 0 {
                    continue;
                }
            } else {
                let skipped = io::copy(
                    &mut self.inner.by_ref().take(self.rows.size as u64),
                    &mut io::sink(),
                )?;
                if skipped < self.rows.size as u64 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
        let n = buffer.len().min(self.left);
        let read = self.inner.read(&mut buffer[..n])?;
        self.left -= read;
        Ok(read)
    }
}

/// Rows of an array as an array of their own.
fn selected(whole: &External, kept: usize, rows: Rows) -> External {
    let mut shape = whole.shape.clone();
    shape[0] = kept;
    External {
        dtype: whole.dtype,
        shape,
        fortran: false,
        elements: Box::new(rows) as Box<dyn Elements>,
    }
}
