//! Recomputes every checksum of a prepared file.

use std::path::Path;

use super::checksum::{ColumnDigest, ColumnHasher, content_hash};
use super::error::{Error, Result};
use super::reader::Reader;
use super::schema::Number;

/// Counts of a file that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub columns: usize,
    /// Bytes of values that were read and hashed.
    pub bytes: u64,
    pub content_hash: String,
    /// Whether the attributes have hashes, which are compared as well. Files of earlier programs have none.
    pub attributes: bool,
}

/// Reads every column and compares its hash with the stored one, then the content hash.
/// `progress` gets the name of each column before it is read.
///
/// # Errors
/// As [`Reader::open`] and [`Reader::check_attributes`]; [`Error::Damaged`] naming every column that differs or cannot be read.
pub fn verify(path: &Path, mut progress: impl FnMut(&str)) -> Result<Verified> {
    let reader = Reader::open(path)?;
    let (mut digests, mut damaged, mut bytes) = (Vec::new(), Vec::new(), 0);
    for column in reader.columns()? {
        progress(&column);
        match digest(&reader, &column) {
            Err(error) => damaged.push(format!("{column} cannot be read ({error})")),
            Ok((digest, size)) => {
                let (found, stored) = (digest.hash.to_hex(), reader.stored_hash(&column));
                match stored {
                    None => damaged.push(format!("{column} has no checksum")),
                    Some(stored) if stored != *found => damaged.push(format!(
                        "{column} does not match its checksum (stored {stored}, found {found})"
                    )),
                    Some(_) => {
                        bytes += size;
                        digests.push(digest);
                    }
                }
            }
        }
    }
    let (computed, stored) = (content_hash(&digests), reader.content_hash()?);
    if damaged.is_empty() && computed != stored {
        damaged.push(format!(
            "its columns do not match the content hash (stored {stored}, found {computed})"
        ));
    }
    if damaged.is_empty() {
        Ok(Verified {
            columns: digests.len(),
            bytes,
            content_hash: computed,
            attributes: reader.check_attributes()?,
        })
    } else {
        Err(Error::Damaged {
            path: path.to_owned(),
            damaged,
        })
    }
}

/// A column's digest and the number of bytes hashed.
fn digest(reader: &Reader, column: &str) -> Result<(ColumnDigest, u64)> {
    match reader.kind(column)? {
        "float32" => number_digest::<f32>(reader, column),
        "int32" => number_digest::<i32>(reader, column),
        _ => text_digest(reader, column),
    }
}

fn number_digest<T: Number>(reader: &Reader, column: &str) -> Result<(ColumnDigest, u64)> {
    let (mut hasher, mut bytes) = (ColumnHasher::default(), 0);
    reader.read_blocks(column, |block: &[T]| -> Result<()> {
        hasher.numbers(block);
        bytes += 4 * block.len() as u64;
        Ok(())
    })?;
    let (name, shape) = (column.to_owned(), reader.shape(column)?);
    Ok((
        ColumnDigest {
            name,
            kind: T::NAME,
            shape,
            hash: hasher.finish(),
        },
        bytes,
    ))
}

fn text_digest(reader: &Reader, column: &str) -> Result<(ColumnDigest, u64)> {
    let (mut hasher, mut bytes) = (ColumnHasher::default(), 0);
    for text in reader.read_texts(column)? {
        hasher.text(text.as_str());
        bytes += text.len() as u64;
    }
    let (name, shape) = (column.to_owned(), reader.shape(column)?);
    Ok((
        ColumnDigest {
            name,
            kind: "text",
            shape,
            hash: hasher.finish(),
        },
        bytes,
    ))
}
