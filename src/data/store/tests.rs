//! Writing, reading, damage.

use std::io::{Read, Seek, SeekFrom, Write};

use super::*;

fn provenance() -> Provenance {
    Provenance {
        table: "{}".into(),
        note: "audio is synthetic".into(),
        dataset: "mosi".into(),
        layout: "unaligned".into(),
        source_name: "a.pkl".into(),
        source_bytes: 12,
        source_sha256: "ab".into(),
        tool_version: "0".into(),
        options: "{}".into(),
        label_range: [-3.0, 3.0],
        samples: [("train".to_owned(), 3)].into(),
        non_finite: [("train/audio".to_owned(), 3)].into(),
        overflow: [("train/audio".to_owned(), 1)].into(),
        warnings: vec!["a sample".into()],
    }
}

/// 700 rows of 500 x 2 values are three chunks.
fn values() -> Vec<f32> {
    (0..700 * 1000).map(|i| i as f32 * 0.5).collect()
}

fn write(path: &std::path::Path, block: usize) -> String {
    let mut writer = Writer::create(path).unwrap();
    let mut column = writer.column::<f32>("train/audio", &[700, 500, 2]).unwrap();
    for part in values().chunks(block) {
        column.push(part).unwrap();
    }
    column.finish().unwrap();
    writer
        .numbers("train/audio_lengths", &[3], &[1i32, 2, 3])
        .unwrap();
    writer
        .texts(
            "train/raw_text",
            &["".into(), "good".into(), "非常好".into()],
        )
        .unwrap();
    writer.finish(&provenance()).unwrap()
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn what_is_written_is_read_back_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/mosi.h5");
    let hash = write(&path, 12_345);
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.provenance().unwrap(), provenance());
    assert_eq!(reader.content_hash().unwrap(), hash);
    assert_eq!(reader.shape("train/audio").unwrap(), [700, 500, 2]);
    assert_eq!(reader.numbers::<f32>("train/audio").unwrap(), values());
    assert_eq!(
        reader.numbers::<i32>("train/audio_lengths").unwrap(),
        [1, 2, 3]
    );
    assert_eq!(
        reader.texts("train/raw_text").unwrap(),
        ["", "good", "非常好"]
    );
    assert!(!reader.has("test/audio"));
    let error = reader.shape("test/audio").unwrap_err().to_string();
    assert!(
        error.contains("no column test/audio") && error.contains("train/audio"),
        "{error}"
    );
    let verified = verify(&path, |_| ()).unwrap();
    assert_eq!((verified.columns, verified.content_hash), (3, hash));
}

#[test]
fn block_size_does_not_change_the_content_hash() {
    let folder = tempfile::tempdir().unwrap();
    let one = write(&folder.path().join("one.h5"), 1);
    assert_eq!(one, write(&folder.path().join("two.h5"), 700_000));
}

#[test]
fn an_unfinished_writer_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mosi.h5");
    let mut writer = Writer::create(&path).unwrap();
    writer.numbers("train/audio", &[2], &[1f32, 2.0]).unwrap();
    assert_eq!(names(folder.path()).len(), 1);
    drop(writer);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn wrong_counts_and_nul_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(&folder.path().join("mosi.h5")).unwrap();
    let error = writer
        .numbers("train/a", &[2, 2], &[1f32, 2.0, 3.0])
        .unwrap_err();
    assert!(matches!(error, Error::Count { .. }), "{error}");
    let error = writer.numbers("train/b", &[1], &[1f32, 2.0]).unwrap_err();
    assert!(matches!(error, Error::Count { .. }), "{error}");
    let error = writer.texts("train/c", &["a\0b".into()]).unwrap_err();
    assert!(matches!(error, Error::Nul { index: 0, .. }), "{error}");
}

#[test]
fn a_flipped_byte_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mosi.h5");
    write(&path, 1000);
    let needle: Vec<u8> = values()[5000..5004]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(16).position(|w| w == needle).unwrap() as u64;
    let mut file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&[byte[0] ^ 1]).unwrap();
    let error = verify(&path, |_| ()).unwrap_err();
    let Error::Damaged { damaged, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(damaged.len(), 1);
    assert!(damaged[0].starts_with("train/audio does not match its checksum (stored "));
}

#[test]
fn files_that_are_not_ours_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.h5");
    std::fs::write(&text, "hello").unwrap();
    let plain = folder.path().join("plain.h5");
    hdf5::File::create(&plain).unwrap().close().unwrap();
    let masks = folder.path().join("mosi.masks.h5");
    let file = hdf5::File::create(&masks).unwrap();
    for name in ["dataset", "content_hash"] {
        let text: hdf5::types::VarLenUnicode = "mosi".parse().unwrap();
        let attr = file.new_attr::<hdf5::types::VarLenUnicode>().create(name);
        attr.unwrap().write_scalar(&text).unwrap();
    }
    file.new_attr::<u32>()
        .create("format")
        .unwrap()
        .write_scalar(&1u32)
        .unwrap();
    file.close().unwrap();
    let unfinished = folder.path().join("unfinished.h5");
    let file = hdf5::File::create(&unfinished).unwrap();
    file.new_attr::<u32>()
        .create("format_version")
        .unwrap()
        .write_scalar(&1u32)
        .unwrap();
    file.close().unwrap();
    let newer = folder.path().join("newer.h5");
    let file = hdf5::File::create(&newer).unwrap();
    file.new_attr::<u32>()
        .create("format_version")
        .unwrap()
        .write_scalar(&2u32)
        .unwrap();
    file.close().unwrap();
    for (path, expected) in [
        (folder.path().to_owned(), "a folder"),
        (folder.path().join("none.h5"), "cannot open it"),
        (text, "not HDF5"),
        (plain, "another program"),
        (masks.clone(), "found the masks of mosi"),
        (masks, "mosi.h5"),
        (unfinished, "not finished"),
        (newer, "format version 2"),
    ] {
        let error = Reader::open(&path).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_file_whose_end_is_zeros_is_called_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mosi.h5");
    write(&path, 1000);
    let mut bytes = std::fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0);
    std::fs::write(&path, bytes).unwrap();
    let message = Reader::open(&path).err().unwrap().to_string();
    assert!(
        message.contains("is damaged: its attributes cannot be read"),
        "{message}"
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_a_link_to_nothing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::os::unix::fs::symlink("/nonexistent/disk", &data).unwrap();
    let message = Writer::create(&data.join("mosi.h5"))
        .err()
        .unwrap()
        .to_string();
    assert!(
        message.contains("it is a link to /nonexistent/disk, which is not there"),
        "{message}"
    );
}
