//! Tests with a small file that has every irregularity.

use std::path::PathBuf;

use super::*;
use crate::data::pickle::Writer;

/// Two splits that share an id; audio is padded on the left and has a NaN.
fn irregular_file(folder: &Path) -> PathBuf {
    let mut w = Writer::new(Vec::new()).unwrap();
    w.begin_dict().unwrap();
    for split in ["train", "valid"] {
        w.str(split).unwrap();
        w.begin_dict().unwrap();
        w.str("id").unwrap();
        w.str_list(&["a$_$1", "b$_$2"]).unwrap();
        w.str("raw_text").unwrap();
        w.unicode_array(&["one", "two", "three"]).unwrap();
        w.str("audio").unwrap();
        let audio = [0.0, 0.0, 1.0, 0.0, f64::NAN, 70_000.0];
        w.f64_array(&[2, 3, 1], &audio).unwrap();
        w.str("audio_lengths").unwrap();
        w.int_list(&[0, 4]).unwrap();
        w.str("regression_labels").unwrap();
        w.f32_array(&[2], &[-1.0, 2.5]).unwrap();
        w.str("text_bert").unwrap();
        w.i64_array(&[2, 5, 3], &[1; 30]).unwrap();
        w.end_dict().unwrap();
    }
    w.end_dict().unwrap();
    let mut bytes = w.finish().unwrap();
    bytes.extend(b"\x80\x02N.");
    let path = folder.join("irregular.pkl");
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn every_irregularity_has_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let shown = describe(&irregular_file(folder.path())).unwrap();
    let warnings = shown.warnings.join("\n");
    for line in [
        "4 bytes of another pickle follow and are not shown",
        "no split test: not an MMSA file in this form",
        "train: 2 samples in audio, 3 in raw_text",
        "train: no column classification_labels",
        "train/audio: 1 values are not finite (first: b$_$2)",
        "train/audio: values beyond 65504",
        "train/audio: 2 samples padded on the left",
        "train/audio_lengths: 2 lengths outside 1 to 3",
        "train/text_bert: shape (samples, 5, 3)",
        "2 ids occur more than once (first: a$_$1)",
    ] {
        assert!(warnings.contains(line), "{line} is not in\n{warnings}");
    }
}

#[test]
fn the_table_holds_numbers_and_the_lines_below_it_details() {
    let folder = tempfile::tempdir().unwrap();
    let shown = describe(&irregular_file(folder.path())).unwrap();
    assert!(
        shown.head[0].ends_with("bytes, protocol 4"),
        "{:?}",
        shown.head
    );
    assert!(shown.head[1].ends_with("(not a published file)"));
    let row = |path: &str| {
        let row = shown.rows.iter().find(|row| row[0] == path).unwrap();
        row[1..].join(" ")
    };
    let audio = row("$['train']['audio']");
    assert_eq!(audio, "<f8 [2, 3, 1] C 0 70000 14000.2 1");
    assert_eq!(row("$['train']['audio_lengths']"), "a list [2]  0 4 2 0");
    assert_eq!(row("$['train']['id']"), "a list [2] ");
    let details = shown.details.join("\n");
    for line in [
        "train/raw_text: \"one\"",
        "train/audio_lengths: 2 from 0 to 4, median 4, 1 of the largest",
        "train/regression_labels: 2 from -1 to 2.5 █     █, 1 negative, 0 zero, 1 positive",
    ] {
        assert!(details.contains(line), "{line} is not in\n{details}");
    }
}

/// numpy's `dtype([('a', '<f4'), ('b', '<i8', (2, 3))])`, one element, under the keys numpy.int64(7) and
/// numpy.str_('x'), as protocol 2 writes them.
fn structured_file(folder: &Path) -> PathBuf {
    let mut bytes = b"\x80\x02}(".to_vec();
    let dtype = |code: &str, state: &[u8]| {
        let mut bytes = b"cnumpy\ndtype\nX".to_vec();
        bytes.extend((code.len() as u32).to_le_bytes());
        bytes.extend(code.as_bytes());
        bytes.extend(b"\x89\x88\x87R");
        bytes.extend(state);
        bytes
    };
    let plain = b"(K\x03X\x01\0\0\0<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb";
    let text = b"(K\x03X\x01\0\0\0<NNNK\x04K\x04K\x08tb";
    let scalar = |dtype: Vec<u8>, payload: &[u8]| {
        let mut bytes = b"cnumpy.core.multiarray\nscalar\n".to_vec();
        bytes.extend(dtype);
        bytes.push(b'U');
        bytes.push(payload.len() as u8);
        bytes.extend(payload);
        bytes.extend(b"\x86R");
        bytes
    };
    let pair = [dtype("i8", plain), b"K\x02K\x03\x86\x86".to_vec()].concat();
    let wide = [&b"(K\x03X\x01\0\0\0|"[..], &pair, b"NNK\x30K\x08K\0tb"].concat();
    let fields = [
        b"}(X\x01\0\0\0a".to_vec(),
        dtype("f4", plain),
        b"K\0\x86X\x01\0\0\0b".to_vec(),
        dtype("V48", &wide),
        b"K\x04\x86u".to_vec(),
    ]
    .concat();
    let names = b"X\x01\0\0\0aX\x01\0\0\0b\x86";
    let state = [
        &b"(K\x03X\x01\0\0\0|N"[..],
        names,
        &fields,
        b"K\x34K\x01K\x10tb",
    ]
    .concat();
    bytes.extend(scalar(dtype("i8", plain), &7i64.to_le_bytes()));
    bytes.extend(scalar(dtype("V52", &state), &[0; 52]));
    bytes.extend(scalar(dtype("U1", text), b"x\0\0\0"));
    bytes.extend(scalar(dtype("f4", plain), &1.5f32.to_le_bytes()));
    bytes.extend(b"u.");
    let path = folder.join("structured.pkl");
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn numpy_keys_show_their_value_and_structures_their_fields() {
    let folder = tempfile::tempdir().unwrap();
    let shown = describe(&structured_file(folder.path())).unwrap();
    let first: Vec<&str> = shown.rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(first, ["$[7]", "$['x']"]);
    assert_eq!(
        shown.rows[0][1],
        "scalar [('a', '<f4'), ('b', '<i8', (2, 3))]"
    );
}

/// Opening a pipe without a writer would wait.
#[test]
fn a_pipe_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe.pkl");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    let error = describe(&path).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("a pipe or device"), "{source}");
    assert!(objects_of(&path, &mut Vec::new()).is_err());
}

#[test]
fn files_of_no_known_format_are_errors_with_an_object() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.h5");
    std::fs::write(&path, b"\x89HDF\r\n\x1a\nnothing").unwrap();
    let mut objects = Vec::new();
    let read = objects_of(&path, &mut objects);
    assert!(
        read.is_err() && objects[0]["outcome"] == "ERROR",
        "{objects:?}"
    );
    assert!(describe(&folder.path().join("absent.pkl")).is_err());
}

fn objects_of(path: &Path, objects: &mut Vec<serde_json::Value>) -> Result<()> {
    super::objects(path, |object| {
        objects.push(serde_json::to_value(object).unwrap());
        Ok::<_, Error>(())
    })
}

/// An HDF5 file of arrays, closed: HDF5 opens no file again that has open handles.
fn write_arrays(path: &std::path::Path) {
    let file = hdf5::File::create(path).unwrap();
    let split = file.create_group("train").unwrap();
    let values = ndarray::arr3(&[[[0.0f32], [1.5]], [[2.0], [f32::NAN]]]);
    let audio = split.new_dataset_builder().with_data(&values);
    audio.create("audio").unwrap();
    let labels = split.new_dataset_builder().with_data(&[-1.0f64, 3.0]);
    labels.create("labels").unwrap();
}

#[test]
fn files_of_arrays_are_shown_as_pickles_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("arrays.h5");
    write_arrays(&path);
    let shown = describe(&path).unwrap();
    assert!(
        shown.head[0].contains("arrays.h5: HDF5 file of "),
        "{:?}",
        shown.head
    );
    assert!(!shown.head[0].contains("protocol"));
    let row = |path: &str| {
        let row = shown.rows.iter().find(|row| row[0] == path).unwrap();
        row[1..].join(" ")
    };
    assert_eq!(row("$['train']['audio']"), "<f4 [2, 2, 1] C 0 2 1.1667 1");
    assert_eq!(row("$['train']['regression_labels']"), "<f8 [2] C -1 3 1 0");
    let mut found = Vec::new();
    let emit = |object| -> Result<()> {
        found.push(serde_json::to_value(object).unwrap());
        Ok(())
    };
    objects(&path, emit).unwrap();
    assert_eq!(
        (&found[0]["outcome"], &found[0]["protocol"]),
        (&"OK".into(), &0.into())
    );
    assert_eq!(found[0]["arrays"].as_array().unwrap().len(), 2);
    // What is damaged is an object too, and an error.
    let broken = folder.path().join("broken.npz");
    std::fs::write(&broken, b"PK\x03\x04 no archive").unwrap();
    assert!(describe(&broken).is_err());
}
