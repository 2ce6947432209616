//! Opens npz archives: zip files of npy members, stored or deflated.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use memmap2::Mmap;
use rawzip::{CompressionMethod, ErrorKind, ZipArchive};

use super::entry::{AfterHeader, Entry, Member};
use super::npy::Header;
use super::{folder, tree};
use crate::data::pickle::{Error, External, Pickle, Result, not_a_pickle};
use crate::support::FileKind;

/// More members than splits have columns.
const MOST_MEMBERS: usize = 10_000;

/// Bytes of one sample: it is read whole.
const LARGEST_SAMPLE: u64 = 1 << 30;

/// The arrays of an archive, as splits and columns.
///
/// # Errors
/// [`Error::Entry`] for a damaged archive and for members that are no arrays of numbers or texts.
pub fn open(path: &Path) -> Result<Pickle> {
    let members = members(path)?;
    let entries = members.into_iter().map(|(name, member)| {
        let name = name.strip_suffix(".npy").unwrap_or(&name).to_owned();
        Ok((name.clone(), array(&name, member)?))
    });
    tree::build(entries.collect::<Result<_>>()?)
}

/// The shapes of the arrays of an archive, by name.
///
/// # Errors
/// [`Error::Entry`], [`Error::Io`].
pub fn shapes(path: &Path) -> Result<BTreeMap<String, Vec<usize>>> {
    let shape = |(name, member): (String, Member)| {
        let name = name.strip_suffix(".npy").unwrap_or(&name).to_owned();
        let shape = Header::read(&name, member.open()?)?.shape;
        Ok((name, shape))
    };
    members(path)?.into_iter().map(shape).collect()
}

/// An npy file or member as an array, its elements unread.
///
/// # Errors
/// [`Error::Entry`], [`Error::Io`].
pub fn array(name: &str, member: Member) -> Result<Entry> {
    let header = Header::read(name, member.open()?)?;
    let rows = header.shape.first().copied().unwrap_or(1).max(1) as u64;
    match header.elements() {
        Some(bytes) if header.len.checked_add(bytes) == Some(member.len) => {
            if bytes / rows > LARGEST_SAMPLE {
                let found = format!("{} MiB per sample", (bytes / rows) >> 20);
                return Err(Error::entry(name, "at most 1024 MiB per sample", found));
            }
        }
        _ => {
            let expected = format!("the bytes of shape {:?}", header.shape);
            let found = format!("{}", member.len.saturating_sub(header.len));
            return Err(Error::entry(name, expected, found));
        }
    }
    Ok(Entry::Array(External {
        dtype: header.dtype,
        shape: header.shape,
        fortran: header.fortran,
        elements: Box::new(AfterHeader {
            member,
            header: header.len,
        }),
    }))
}

/// The members of a zip archive by name.
fn members(path: &Path) -> Result<BTreeMap<String, Member>> {
    let file = File::open(path)?;
    // SAFETY: the map is read-only and private. Another process that shortens the file while it is read
    // would stop this one with SIGBUS; nothing can be corrupted by that.
    let map = unsafe { Mmap::map(&file)? };
    let whole = |found: String| Error::entry("the archive", "a zip directory", found);
    let damaged = |error: rawzip::Error| {
        let kind = FileKind::of_damaged(&map);
        if kind == FileKind::ZipCrLf {
            return not_a_pickle(kind);
        }
        match error.kind() {
        ErrorKind::MissingEndOfCentralDirectory => whole(
            "none at the end of the file: was it cut off, as by a download that stopped? Compare its size with the source's"
                .to_owned(),
        ),
        _ => whole(error.to_string()),
    }
    };
    let archive = ZipArchive::from_slice(&map[..]).map_err(damaged)?;
    let mut members = BTreeMap::new();
    for record in archive.entries() {
        let record = record.map_err(damaged)?;
        let name = String::from_utf8_lossy(record.file_path().as_bytes()).into_owned();
        if name.ends_with('/') || folder::is_attributes(&name) {
            continue;
        }
        let compressed = match record.compression_method() {
            CompressionMethod::STORE => false,
            CompressionMethod::DEFLATE => true,
            other => {
                let found = format!("method {other:?}");
                return Err(Error::entry(name, "bytes stored or deflated", found));
            }
        };
        let local = archive.get_entry(record.wayfinder()).map_err(damaged)?;
        let (start, end) = local.compressed_data_range();
        if start > end || end > map.len() as u64 {
            return Err(Error::entry(
                name,
                "bytes inside the file",
                format!("{start} to {end}"),
            ));
        }
        let member = Member {
            path: path.to_owned(),
            start,
            stored: end - start,
            len: record.uncompressed_size_hint(),
            compressed,
            checksum: Some(record.crc32()),
        };
        if members.len() >= MOST_MEMBERS || members.insert(name.clone(), member).is_some() {
            return Err(whole(format!("{name} twice, or too many members")));
        }
    }
    Ok(members)
}
