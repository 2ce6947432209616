//! Tests of headers, archives and folders, sound and damaged.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use rawzip::{CompressionMethod, ZipArchiveWriter};

use super::npy::Header;
use super::*;
use crate::data::pickle::{Pickle, Result};

/// An npy file with this header.
fn npy(header: &str, elements: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    let text = format!("{header}\n");
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(elements);
    bytes
}

fn described(code: &str, shape: &str) -> String {
    format!("{{'descr': '{code}', 'fortran_order': False, 'shape': {shape}, }}")
}

fn floats(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// A zip archive of these members.
fn zip(folder: &Path, members: &[(&str, Vec<u8>)], deflated: bool) -> PathBuf {
    let path = folder.join("x.npz");
    let mut archive = ZipArchiveWriter::new(std::fs::File::create(&path).unwrap());
    let method = if deflated {
        CompressionMethod::DEFLATE
    } else {
        CompressionMethod::STORE
    };
    for (name, bytes) in members {
        let (mut entry, config) = archive
            .new_file(name)
            .compression_method(method)
            .start()
            .unwrap();
        let descriptor = if deflated {
            let encoder = DeflateEncoder::new(&mut entry, Compression::default());
            let mut writer = config.wrap(encoder);
            writer.write_all(bytes).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    path
}

fn audio(pickle: &Pickle, split: &str) -> Result<Vec<f32>> {
    let columns = pickle.root().get(split).unwrap();
    columns.get("audio").unwrap().array().unwrap().to_vec()
}

#[test]
fn headers_are_read_in_every_form_that_numpy_writes() {
    let read = |header: &str| Header::read("x", Cursor::new(npy(header, &[])));
    let header = read(&described("<f8", "(2, 3, 4)")).unwrap();
    assert_eq!(
        (header.dtype.to_string(), header.fortran),
        ("<f8".into(), false)
    );
    assert_eq!(
        (&header.shape[..], header.elements()),
        (&[2, 3, 4][..], Some(192))
    );
    let header = read("{'shape': (5L,), 'fortran_order': True, \"descr\": \">i4\"}").unwrap();
    assert_eq!((header.shape, header.fortran), (vec![5], true));
    assert_eq!(read(&described("<U7", "()")).unwrap().elements(), Some(28));
    assert_eq!(
        header_elements(&read(&described("<f8", "(4294967295, 4294967295, 99)"))),
        None
    );
    for (header, word) in [
        (described("|O", "(3,)"), "dtype=str"),
        (described("<q9", "(3,)"), "dtype"),
        (
            "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}".into(),
            "structures",
        ),
        (described("<f4", "(-1,)"), "header"),
        (described("<f4", "(3"), "header"),
        ("{'descr': '<f4', 'shape': (3,)}".into(), "header"),
        ("__import__('os')".into(), "header"),
    ] {
        let error = read(&header).unwrap_err().to_string();
        assert!(error.contains(word), "{header}: {error}");
    }
}

fn header_elements(header: &Result<Header>) -> Option<u64> {
    header.as_ref().unwrap().elements()
}

#[test]
fn members_are_read_stored_and_deflated() {
    let folder = tempfile::tempdir().unwrap();
    let values = [1.0, 2.0, 3.0, 4.0];
    let member = npy(&described("<f4", "(2, 2, 1)"), &floats(&values));
    for deflated in [false, true] {
        let path = zip(
            folder.path(),
            &[("train/audio.npy", member.clone())],
            deflated,
        );
        assert_eq!(audio(&open_npz(&path).unwrap(), "train").unwrap(), values);
    }
}

#[test]
fn samples_are_dealt_to_the_splits_that_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let split: Vec<u8> = ["train", "test", "train"]
        .iter()
        .flat_map(|name| {
            let padded = name.bytes().chain(std::iter::repeat(0)).take(5);
            padded
                .flat_map(|byte| u32::from(byte).to_le_bytes())
                .collect::<Vec<_>>()
        })
        .collect();
    let write =
        |name: &str, bytes: Vec<u8>| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("split.npy", npy(&described("<U5", "(3,)"), &split));
    write(
        "audio.npy",
        npy(
            &described("<f4", "(3, 1, 2)"),
            &floats(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        ),
    );
    // The attributes that macOS keeps of a file.
    write("._audio.npy", vec![0, 5, 22, 7]);
    assert!(is_folder(folder.path()));
    let pickle = open_folder(folder.path()).unwrap();
    assert_eq!(audio(&pickle, "train").unwrap(), [1.0, 2.0, 5.0, 6.0]);
    assert_eq!(audio(&pickle, "test").unwrap(), [3.0, 4.0]);
    write(
        "audio.npy",
        npy(&described("<f4", "(2, 1, 2)"), &floats(&[1.0; 4])),
    );
    let error = open_folder(folder.path()).err().unwrap().to_string();
    assert!(error.contains("audio: expected 3 samples"), "{error}");
}

#[test]
fn damaged_and_hostile_archives_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let message = |header: String, elements: Vec<u8>, deflated: bool| {
        let path = zip(
            folder.path(),
            &[("train/audio.npy", npy(&header, &elements))],
            deflated,
        );
        open_npz(&path)
            .and_then(|pickle| audio(&pickle, "train"))
            .unwrap_err()
            .to_string()
    };
    let short = message(described("<f4", "(2, 2, 1)"), vec![0; 15], false);
    assert!(short.contains("the bytes of shape [2, 2, 1]"), "{short}");
    let huge = message(
        described("<f8", "(4294967295, 4294967295, 99)"),
        vec![0; 8],
        true,
    );
    assert!(huge.contains("the bytes of shape"), "{huge}");

    // A flipped bit of the elements.
    let member = npy(&described("<f4", "(2, 2, 1)"), &floats(&[1.5; 4]));
    let path = zip(folder.path(), &[("train/audio.npy", member.clone())], false);
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes
        .windows(4)
        .position(|four| four == 1.5f32.to_le_bytes())
        .unwrap();
    bytes[at] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let flipped = audio(&open_npz(&path).unwrap(), "train")
        .unwrap_err()
        .to_string();
    assert!(flipped.contains("checksum"), "{flipped}");

    // Every truncation, and every changed byte of the directory, is an error or the same values.
    for deflated in [false, true] {
        let path = zip(
            folder.path(),
            &[("train/audio.npy", member.clone())],
            deflated,
        );
        let whole = std::fs::read(&path).unwrap();
        for end in 0..whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            let read = open_npz(&path).and_then(|pickle| audio(&pickle, "train"));
            assert!(read.is_err(), "cut at {end}");
            if end == whole.len() / 2 {
                let text = read.unwrap_err().to_string();
                assert!(text.contains("was it cut off"), "{text}");
            }
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x41;
            std::fs::write(&path, &bytes).unwrap();
            let read = open_npz(&path).ok().and_then(|pickle| {
                let columns = pickle.root().get("train")?;
                columns.get("audio")?.array()?.to_vec::<f32>().ok()
            });
            assert!(read.is_none_or(|values| values == [1.5; 4]), "byte {at}");
        }
    }
}
