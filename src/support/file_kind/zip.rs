//! Recognizes zip archives by the names of their entries.

use super::{FileKind as K, contains};

/// Whether the bytes start with an entry, or with the end of an archive without any.
pub(super) fn is_archive(head: &[u8]) -> bool {
    [&b"PK\x03\x04"[..], b"PK\x05\x06", b"PK\x07\x08"]
        .iter()
        .any(|mark| head.starts_with(mark))
}

/// The kind of a zip archive: who made it shows in the names of its entries, which come in front of each
/// entry and once more at the end.
pub(super) fn kind(head: &[u8], tail: &[u8]) -> K {
    let mut names = names(head, b"PK\x03\x04", 26, 30);
    names.extend(self::names(tail, b"PK\x01\x02", 28, 46));
    let any = |test: &dyn Fn(&str) -> bool| names.iter().any(|name| test(name));
    if any(&|name| name == "data.pkl" || name.ends_with("/data.pkl")) {
        K::Torch
    } else if any(&|name| name.starts_with("xl/")) {
        K::Xlsx
    } else if any(&|name| name.starts_with("word/") || name.starts_with("ppt/")) {
        K::Docx
    } else if any(&|name| name.starts_with("Index/") && name.ends_with(".iwa")) {
        K::Numbers
    } else if any(&|name| name == "mimetype") && contains(head, b"opendocument") {
        K::OpenDocument
    } else if !names.is_empty() && names.iter().all(|name| name.ends_with(".npy")) {
        K::Npz
    } else {
        K::Zip
    }
}

/// The names that follow each mark: their length is two bytes at `size`, their text is at `text`.
fn names(bytes: &[u8], mark: &[u8; 4], size: usize, text: usize) -> Vec<String> {
    let starts = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, window)| *window == mark);
    let name = |start: usize| {
        let length = bytes.get(start + size..start + size + 2)?;
        let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
        let name = bytes.get(start + text..start + text + length)?;
        Some(String::from_utf8_lossy(name).into_owned())
    };
    starts.filter_map(|(start, _)| name(start)).collect()
}
