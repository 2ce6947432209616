//! Reads the elements of an array that are in another file.

use std::io::{self, Read};

/// Elements of an array in the order of their storage.
pub trait Elements: Send + Sync {
    /// Reads all bytes from the first on. What is wrong with them is an [`io::ErrorKind::InvalidData`].
    ///
    /// # Errors
    /// As [`io::Read`].
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;
}
