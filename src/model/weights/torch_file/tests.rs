use std::fs;
use std::io::Write;

use rawzip::{CompressionMethod, ZipArchiveWriter};

use super::*;

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/torch")
        .join(name)
}

fn little<const N: usize, T>(values: &[T], bytes: impl Fn(&T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(bytes).collect()
}

#[test]
fn every_type_and_layout_of_torch_save_is_read() {
    let file = TorchFile::open(&fixture("state.bin")).unwrap();
    let floats = |values: &[f32]| little(values, |v| v.to_le_bytes());
    let counted = [0i8, 1, 2, 3];
    let expected: Vec<(&str, DType, Vec<usize>, Vec<u8>)> = vec![
        (
            "rows",
            DType::F32,
            vec![2, 3],
            floats(&[0.0, 0.125, 0.25, 0.375, 0.5, 0.625]),
        ),
        (
            "columns",
            DType::F32,
            vec![3, 2],
            floats(&[0.0, 0.375, 0.125, 0.5, 0.25, 0.625]),
        ),
        ("tail", DType::F32, vec![3], floats(&[0.375, 0.5, 0.625])),
        (
            "double",
            DType::F64,
            vec![4],
            little(&counted, |v| (f64::from(*v) / 8.0).to_le_bytes()),
        ),
        (
            "half",
            DType::F16,
            vec![4],
            little(&[0u16, 0x3000, 0x3400, 0x3600], |v| v.to_le_bytes()),
        ),
        (
            "bfloat",
            DType::BF16,
            vec![4],
            little(&[0u16, 0x3e00, 0x3e80, 0x3ec0], |v| v.to_le_bytes()),
        ),
        (
            "long",
            DType::I64,
            vec![4],
            little(&counted, |v| i64::from(*v).to_le_bytes()),
        ),
        (
            "int",
            DType::I32,
            vec![4],
            little(&counted, |v| i32::from(*v).to_le_bytes()),
        ),
        (
            "short",
            DType::I16,
            vec![4],
            little(&counted, |v| i16::from(*v).to_le_bytes()),
        ),
        ("char", DType::I8, vec![4], vec![0, 255, 254, 253]),
        ("byte", DType::U8, vec![4], vec![0, 1, 2, 3]),
        ("bool", DType::Bool, vec![4], vec![0, 1, 1, 1]),
        ("empty", DType::F32, vec![0, 3], vec![]),
        ("scalar", DType::F32, vec![], floats(&[2.5])),
        ("parameter", DType::F32, vec![2], floats(&[1.0, 1.0])),
    ];
    assert_eq!(file.names().count(), expected.len());
    for (name, dtype, shape, bytes) in expected {
        assert_eq!(file.shape(name), Some(&shape[..]), "{name}");
        let array = file.read(name).unwrap().unwrap();
        assert_eq!((array.dtype, array.shape), (dtype, &shape[..]), "{name}");
        assert_eq!(*array.bytes, bytes, "{name}");
    }
    assert!(file.read("epoch").unwrap().is_none());
}

#[test]
fn the_old_format_says_how_to_convert_it() {
    let error = TorchFile::open(&fixture("legacy.bin")).unwrap_err();
    assert!(matches!(error, Error::Legacy));
    let error = error.to_string();
    assert!(
        error.contains("weights_only=True") && error.contains("model.safetensors"),
        "{error}"
    );
}

/// A tensor as a hostile writer may describe it.
struct Tensor<'a> {
    class: &'a str,
    key: &'a str,
    elements: i64,
    offset: i64,
    shape: &'a [i64],
    strides: &'a [i64],
}

const GOOD: Tensor<'static> = Tensor {
    class: "torch\nFloatStorage",
    key: "0",
    elements: 6,
    offset: 0,
    shape: &[2, 3],
    strides: &[3, 1],
};

/// `{'w': tensor}` in protocol 2.
fn pickled(tensor: &Tensor<'_>) -> Vec<u8> {
    let mut out = b"\x80\x02}".to_vec();
    let text = |out: &mut Vec<u8>, text: &str| {
        out.push(b'X');
        out.extend((text.len() as u32).to_le_bytes());
        out.extend(text.as_bytes());
    };
    let number = |out: &mut Vec<u8>, value: i64| {
        out.extend(b"\x8a\x08");
        out.extend(value.to_le_bytes());
    };
    let tuple = |out: &mut Vec<u8>, values: &[i64]| {
        out.push(b'(');
        values.iter().for_each(|value| number(out, *value));
        out.push(b't');
    };
    text(&mut out, "w");
    out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
    text(&mut out, "storage");
    out.extend(format!("c{}\n", tensor.class).as_bytes());
    text(&mut out, tensor.key);
    text(&mut out, "cpu");
    number(&mut out, tensor.elements);
    out.extend(b"tQ");
    number(&mut out, tensor.offset);
    tuple(&mut out, tensor.shape);
    tuple(&mut out, tensor.strides);
    out.extend(b"\x89ccollections\nOrderedDict\n)RtRs.");
    out
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, data) in entries {
        let file = archive.new_file(name);
        let (mut entry, config) = file
            .compression_method(CompressionMethod::STORE)
            .start()
            .unwrap();
        let mut writer = config.wrap(&mut entry);
        writer.write_all(data).unwrap();
        let (_, descriptor) = writer.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

const STORAGE: [u8; 24] = [7; 24];

fn file_of(tensor: &Tensor<'_>) -> Vec<u8> {
    zip(&[("w/data.pkl", &pickled(tensor)), ("w/data/0", &STORAGE)])
}

fn open(bytes: &[u8]) -> Result<TorchFile> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pytorch_model.bin");
    fs::write(&path, bytes).unwrap();
    TorchFile::open(&path)
}

fn refusal(bytes: &[u8]) -> String {
    open(bytes).unwrap_err().to_string()
}

#[test]
fn tensors_that_their_storage_does_not_hold_are_refused() {
    assert!(open(&file_of(&GOOD)).is_ok());
    let part = "a part of its storage";
    let cases = [
        (Tensor { offset: 1, ..GOOD }, part),
        (
            Tensor {
                offset: i64::MAX,
                ..GOOD
            },
            part,
        ),
        (Tensor { offset: -1, ..GOOD }, "from 0 on, found -1"),
        (
            Tensor {
                shape: &[3, 3],
                ..GOOD
            },
            part,
        ),
        (
            Tensor {
                shape: &[i64::MAX, i64::MAX],
                ..GOOD
            },
            part,
        ),
        (
            Tensor {
                shape: &[2, -3],
                ..GOOD
            },
            "from 0 on, found -3",
        ),
        (
            Tensor {
                strides: &[4, 1],
                ..GOOD
            },
            part,
        ),
        (
            Tensor {
                strides: &[i64::MAX, 1],
                ..GOOD
            },
            part,
        ),
        (
            Tensor {
                strides: &[-3, 1],
                ..GOOD
            },
            "from 0 on, found -3",
        ),
        (
            Tensor {
                strides: &[1],
                ..GOOD
            },
            "a stride for each axis",
        ),
        // One element read a million times.
        (
            Tensor {
                shape: &[1_000_000],
                strides: &[0],
                ..GOOD
            },
            part,
        ),
        (
            Tensor {
                elements: 5,
                ..GOOD
            },
            "of 5 elements, found 24 bytes",
        ),
        (
            Tensor {
                elements: i64::MAX,
                ..GOOD
            },
            "found 24 bytes",
        ),
        (
            Tensor {
                class: "torch\nDoubleStorage",
                ..GOOD
            },
            "of 6 elements, found 24 bytes",
        ),
        (
            Tensor { key: "1", ..GOOD },
            "entry data/1 of 6 elements, found none",
        ),
        (
            Tensor {
                key: "../data/0",
                ..GOOD
            },
            "found none",
        ),
        (
            Tensor {
                class: "torch._utils\n_rebuild_tensor_v2",
                ..GOOD
            },
            "a storage",
        ),
    ];
    for (tensor, expected) in cases {
        let error = refusal(&file_of(&tensor));
        assert!(error.contains(expected), "{error}");
        assert!(error.contains("tensor w:"), "{error}");
    }
}

#[test]
fn names_beyond_tensors_are_refused_by_name() {
    for name in [
        "posix\nsystem",
        "torch\nQInt8Storage",
        "numpy\ndtype",
        "builtins\neval",
    ] {
        let error = refusal(&file_of(&Tensor {
            class: name,
            ..GOOD
        }));
        let full = name.replace('\n', ".");
        assert!(error.contains(&format!("refused to use {full}")), "{error}");
    }
    let error = refusal(&zip(&[
        ("w/data.pkl", b"\x80\x02]."),
        ("w/data/0", &STORAGE),
    ]));
    assert!(
        error.contains("found a list") && error.contains("state_dict"),
        "{error}"
    );
}

#[test]
fn an_ordinary_pickle_may_not_name_tensors() {
    let error = Pickle::from_bytes(pickled(&GOOD), Limits::default())
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .contains("torch._utils._rebuild_tensor_v2"),
        "{error}"
    );
}

#[test]
fn a_cut_file_is_an_error() {
    let good = fs::read(fixture("state.bin")).unwrap();
    for end in (0..good.len()).step_by(5) {
        assert!(open(&good[..end]).is_err(), "{end}");
    }
}

#[test]
fn a_flipped_byte_is_an_error_or_changes_nothing_that_is_read() {
    let good = fs::read(fixture("state.bin")).unwrap();
    let read = |file: &TorchFile| -> Result<Vec<Vec<u8>>> {
        let names: Vec<String> = file.names().map(str::to_owned).collect();
        let array = |name: &String| Ok(file.read(name)?.unwrap().bytes.into_owned());
        names.iter().map(array).collect()
    };
    let expected = read(&open(&good).unwrap()).unwrap();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        if let Ok(found) = open(&bytes).and_then(|file| read(&file)) {
            assert!(found == expected, "byte {at}");
        }
    }
}

#[test]
fn archives_of_another_kind_are_told_apart() {
    let compressed = {
        let mut bytes = file_of(&GOOD);
        // The method of the first entry in the central directory: 8 is deflate.
        let directory = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        bytes[directory + 10] = 8;
        bytes
    };
    let pickle = pickled(&GOOD);
    let twice = zip(&[
        ("w/data.pkl", &pickle),
        ("w/data/0", &STORAGE),
        ("w/data/0", &STORAGE),
    ]);
    let big = zip(&[
        ("w/data.pkl", &pickle),
        ("w/data/0", &STORAGE),
        ("w/byteorder", b"big"),
    ]);
    for (bytes, expected) in [
        (compressed, "stored as they are"),
        (twice, "w/data/0 is there twice"),
        (big, "expected little, found big"),
        (
            zip(&[("a/data.pkl", b""), ("b/data.pkl", b"")]),
            "without one data.pkl",
        ),
        (zip(&[("model.onnx", b"")]), "without one data.pkl"),
        (
            b"version https://git-lfs.github.com/spec/v1".to_vec(),
            "git lfs pull",
        ),
        (b"<html>".to_vec(), "web page"),
        (b"\x80\x02}.".to_vec(), "a pickle"),
        (Vec::new(), "an empty file"),
    ] {
        let error = refusal(&bytes);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn entries_that_share_bytes_are_refused() {
    let mut bytes = zip(&[
        ("w/data.pkl", &pickled(&GOOD)),
        ("w/data/0", &STORAGE),
        ("w/data/1", &STORAGE),
    ]);
    // The last entry of the directory is made to start where the one before does.
    let starts: Vec<usize> = (0..bytes.len() - 4)
        .filter(|&at| bytes[at..].starts_with(b"PK\x01\x02"))
        .collect();
    let offset = |at: usize| at + 42..at + 46;
    let before = bytes[offset(starts[1])].to_vec();
    bytes[offset(starts[2])].copy_from_slice(&before);
    let error = refusal(&bytes);
    assert!(error.contains("overlap"), "{error}");
}

#[test]
fn a_damaged_storage_is_named() {
    let mut bytes = file_of(&GOOD);
    let at = bytes.windows(24).position(|w| w == STORAGE).unwrap();
    bytes[at] ^= 1;
    let file = open(&bytes).unwrap();
    let error = file.read("w").unwrap_err().to_string();
    assert!(
        error.contains("data/0") && error.contains("checksum"),
        "{error}"
    );
}
