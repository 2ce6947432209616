//! Recognizes what a file is by its content, and names the command that leads to a file this program reads.
//!
//! No name ending is trusted: downloads and hand-made files carry any. [`FileKind::of`] reads at most 64 KiB
//! from either end. Imports nothing of this crate, so that every reader can call it.

mod kinds;
mod remedy;
mod text;
mod zip;

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

pub use kinds::FileKind;
pub use remedy::Target;

/// Bytes looked at from either end of a file.
const WINDOW: usize = 64 << 10;

impl FileKind {
    /// What `path` is: by its content if it is a regular file, else by what the file system knows.
    ///
    /// # Errors
    /// If a file is there and cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return absent(path, error),
            Err(error) => return Err(error),
        };
        if metadata.is_dir() {
            return Ok(folder(path));
        }
        if !metadata.is_file() {
            return Ok(Self::Pipe);
        }
        let mut file = File::open(path)?;
        let mut head = Vec::new();
        file.by_ref().take(WINDOW as u64).read_to_end(&mut head)?;
        let mut tail = Vec::new();
        if metadata.len() > WINDOW as u64 {
            file.seek(SeekFrom::Start(metadata.len() - WINDOW as u64))?;
            file.take(WINDOW as u64).read_to_end(&mut tail)?;
        }
        let tail = if tail.is_empty() { &head } else { &tail };
        Ok(kinds::recognize(&head, tail))
    }

    /// What bytes are that hold a whole file.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let head = &bytes[..bytes.len().min(WINDOW)];
        let tail = &bytes[bytes.len() - head.len()..];
        kinds::recognize(head, tail)
    }

    /// What bytes are that could not be read: as [`Self::of_bytes`], and whether more of them show a copy as text.
    pub fn of_damaged(bytes: &[u8]) -> Self {
        kinds::copied_as_text(Self::of_bytes(bytes), bytes)
    }
}

/// What a folder is by the files that its writer puts beside the data.
fn folder(path: &Path) -> FileKind {
    let has = |name: &str| path.join(name).is_file();
    if [".zgroup", ".zarray", ".zmetadata", "zarr.json"]
        .into_iter()
        .any(has)
    {
        FileKind::Zarr
    } else if has("dataset_dict.json") || (has("dataset_info.json") && has("state.json")) {
        FileKind::Datasets
    } else {
        FileKind::Folder
    }
}

/// Standard input as `-`, or a link whose target is missing; git-annex links point into its own folder.
fn absent(path: &Path, error: io::Error) -> io::Result<FileKind> {
    if path == Path::new("-") {
        return Ok(FileKind::Pipe);
    }
    let target = fs::read_link(path).map_err(|_| error)?;
    if target.to_string_lossy().contains(".git/annex/objects") {
        Ok(FileKind::AnnexLink)
    } else {
        Ok(FileKind::DanglingLink)
    }
}

/// Whether some part of the bytes is this.
fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests;
