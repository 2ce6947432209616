//! Reads the zip archive that holds the pickle and the storages.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;

use memmap2::Mmap;
use rawzip::{CompressionMethod, ZipArchive, ZipSliceArchive};

use super::error::{Error, Result};
use crate::support::file_kind::{FileKind, Target};

/// More entries than any state dict has.
const MOST_ENTRIES: usize = 1_000_000;

/// The pickle of names: a BERT's takes 20 KiB.
const LARGEST_PICKLE: usize = 256 << 20;

/// Entries by name, without the folder that holds them all.
#[derive(Debug)]
pub struct Archive {
    map: Mmap,
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug)]
struct Entry {
    range: Range<usize>,
    checksum: u32,
}

impl Archive {
    /// Maps a file and reads its directory.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.len() == 0 {
            return Err(not_an_archive(FileKind::Empty));
        }
        // SAFETY: the map is read-only and private. Another process that shortens the file while it
        // is read would stop this one with SIGBUS; nothing can be corrupted by that.
        let map = unsafe { Mmap::map(&file)? };
        let entries = entries(&map)?;
        let archive = Self { map, entries };
        archive.check_byte_order()?;
        Ok(archive)
    }

    /// The pickle of names and tensors.
    pub fn pickle(&self) -> Result<&[u8]> {
        let bytes = self.checked("data.pkl")?;
        if bytes.len() <= LARGEST_PICKLE {
            Ok(bytes)
        } else {
            Err(Error::Entry {
                entry: "data.pkl".to_owned(),
                expected: "at most 256 MiB of names",
                found: format!("{} bytes", bytes.len()),
            })
        }
    }

    /// Size of a storage; `None` where there is no such entry.
    pub fn storage_size(&self, key: &str) -> Option<usize> {
        let entry = self.entries.get(&format!("data/{key}"));
        entry.map(|entry| entry.range.len())
    }

    /// The bytes of a storage, their checksum compared.
    pub fn storage(&self, key: &str) -> Result<&[u8]> {
        self.checked(&format!("data/{key}"))
    }

    fn checked(&self, name: &str) -> Result<&[u8]> {
        let entry = self.entries.get(name).ok_or_else(|| Error::Damaged {
            what: format!("no entry {name}"),
        })?;
        let bytes = &self.map[entry.range.clone()];
        if crc32fast::hash(bytes) == entry.checksum {
            Ok(bytes)
        } else {
            Err(Error::Checksum {
                entry: name.to_owned(),
            })
        }
    }

    /// Files of PyTorch before 2.1 do not record it; they were all little-endian.
    fn check_byte_order(&self) -> Result<()> {
        const NAME: &str = "byteorder";
        if !self.entries.contains_key(NAME) {
            return Ok(());
        }
        match self.checked(NAME)? {
            b"little" => Ok(()),
            other => Err(Error::Entry {
                entry: NAME.to_owned(),
                expected: "little",
                found: String::from_utf8_lossy(&other[..other.len().min(16)]).into_owned(),
            }),
        }
    }
}

/// All entries of the folder that holds `data.pkl`.
fn entries(bytes: &[u8]) -> Result<BTreeMap<String, Entry>> {
    if let Some(error) = recognized(bytes) {
        return Err(error);
    }
    let archive = ZipArchive::from_slice(bytes).map_err(damaged)?;
    let mut all = BTreeMap::new();
    for record in archive.entries() {
        let (name, entry) = entry(&archive, &record.map_err(damaged)?)?;
        if all.len() >= MOST_ENTRIES || all.insert(name.clone(), entry).is_some() {
            let what = format!("entry {name} is there twice, or one of too many");
            return Err(Error::Damaged { what });
        }
    }
    check_apart(&all)?;
    let mut pickles = all.keys().filter_map(|name| name.strip_suffix("data.pkl"));
    let (Some(folder), None) = (pickles.next().map(str::to_owned), pickles.next()) else {
        return Err(Error::NotAnArchive {
            found: "a zip archive without one data.pkl",
            hint: "name a file that torch.save(model.state_dict(), ...) wrote".to_owned(),
        });
    };
    let inside = all.into_iter();
    Ok(inside
        .filter_map(|(name, entry)| Some((name.strip_prefix(&folder)?.to_owned(), entry)))
        .collect())
}

/// The error for a file that is no zip archive.
fn recognized(bytes: &[u8]) -> Option<Error> {
    match FileKind::of_bytes(bytes) {
        FileKind::Torch | FileKind::Zip | FileKind::Npz => None,
        FileKind::TorchLegacy => Some(Error::Legacy),
        kind => Some(not_an_archive(kind)),
    }
}

fn not_an_archive(kind: FileKind) -> Error {
    Error::NotAnArchive {
        found: kind.name(),
        hint: kind.remedy(Target::Weights),
    }
}

/// Name and range of an uncompressed entry.
fn entry(
    archive: &ZipSliceArchive<&[u8]>,
    record: &rawzip::ZipFileHeaderRecord<'_>,
) -> Result<(String, Entry)> {
    let name = std::str::from_utf8(record.file_path().as_bytes())
        .map_err(|_| Error::Damaged {
            what: "an entry's name is not UTF-8".to_owned(),
        })?
        .to_owned();
    if record.compression_method() != CompressionMethod::STORE
        || record.compressed_size_hint() != record.uncompressed_size_hint()
    {
        return Err(Error::Entry {
            entry: name,
            expected: "bytes stored as they are, as torch.save writes them",
            found: "compressed ones".to_owned(),
        });
    }
    let local = archive.get_entry(record.wayfinder()).map_err(damaged)?;
    let (start, end) = local.compressed_data_range();
    let outside = || Error::Damaged {
        what: format!("entry {name} is outside the file"),
    };
    let range = usize::try_from(start).map_err(|_| outside())?
        ..usize::try_from(end).map_err(|_| outside())?;
    if range.start > range.end || range.end > archive.get_ref().len() {
        return Err(outside());
    }
    let checksum = record.crc32();
    Ok((name, Entry { range, checksum }))
}

/// No byte belongs to two entries.
fn check_apart(entries: &BTreeMap<String, Entry>) -> Result<()> {
    let mut ranges: Vec<_> = entries
        .iter()
        .filter(|(_, e)| !e.range.is_empty())
        .collect();
    ranges.sort_by_key(|(_, entry)| entry.range.start);
    let overlap = ranges
        .windows(2)
        .find(|pair| pair[1].1.range.start < pair[0].1.range.end);
    match overlap {
        None => Ok(()),
        Some(pair) => Err(Error::Damaged {
            what: format!("entries {} and {} overlap", pair[0].0, pair[1].0),
        }),
    }
}

fn damaged(error: rawzip::Error) -> Error {
    Error::Damaged {
        what: error.to_string(),
    }
}
