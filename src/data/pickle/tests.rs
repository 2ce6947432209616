//! The reader against streams written by hand and by [`Writer`].

use super::*;

fn parse(bytes: &[u8]) -> Result<Pickle> {
    Pickle::from_bytes(bytes.to_vec(), Limits::default())
}

/// A pickle written by `fill`.
fn written(fill: impl FnOnce(&mut Writer<Vec<u8>>)) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    fill(&mut writer);
    writer.finish().unwrap()
}

#[test]
fn what_the_writer_writes_is_read_back() {
    let bytes = written(|w| {
        w.begin_dict().unwrap();
        w.str("ints").unwrap();
        w.int_list(&[0, -1, 70_000, i64::MIN]).unwrap();
        w.str("texts").unwrap();
        w.unicode_array(&["a", "", "好的"]).unwrap();
        w.str("half").unwrap();
        w.float(0.5).unwrap();
        w.str("numbers").unwrap();
        w.f64_array(&[2, 2], &[1.0, f64::NEG_INFINITY, -0.0, 1e300])
            .unwrap();
        w.end_dict().unwrap();
    });
    let pickle = parse(&bytes).unwrap();
    let root = pickle.root();
    let ints: Vec<_> = root
        .get("ints")
        .unwrap()
        .items()
        .unwrap()
        .map(Value::as_i64)
        .collect();
    assert_eq!(ints, [Some(0), Some(-1), Some(70_000), Some(i64::MIN)]);
    assert_eq!(root.get("half").unwrap().as_f64(), Some(0.5));
    let texts = root.get("texts").unwrap().array().unwrap();
    assert_eq!(texts.dtype().to_string(), "<U2");
    assert_eq!(texts.to_strings().unwrap(), ["a", "", "好的"]);
    let numbers = root.get("numbers").unwrap().array().unwrap();
    assert_eq!(numbers.shape(), [2, 2]);
    assert_eq!(
        numbers.to_vec::<f32>().unwrap(),
        [1.0, f32::NEG_INFINITY, 0.0, f32::INFINITY]
    );
}

#[test]
fn blocks_are_bounded_and_ordered() {
    let values: Vec<i64> = (0..1000).collect();
    let bytes = written(|w| w.i64_array(&[10, 100], &values).unwrap());
    let pickle = parse(&bytes).unwrap();
    let mut seen = Vec::new();
    let array = pickle.root().array().unwrap();
    array
        .for_each_block(7, |block: &[i64]| {
            assert!(block.len() <= 7);
            seen.extend_from_slice(block);
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(seen, values);
}

/// `_reconstruct` spelled in protocol 2: the payload as Latin-1 text, column order.
fn protocol_2_fortran() -> Vec<u8> {
    let mut bytes = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n".to_vec();
    bytes.extend(b"K\x00\x85U\x01b\x87R(K\x01K\x02K\x03\x86cnumpy\ndtype\n");
    bytes.extend(b"X\x02\x00\x00\x00u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xff");
    bytes.extend(b"J\xff\xff\xff\xffK\x00tb\x88c_codecs\nencode\n");
    let text = "\u{1}\u{ff}\u{2}\u{fe}\u{3}\u{80}";
    bytes.push(b'X');
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(b"X\x06\x00\x00\x00latin1\x86Rtb.");
    bytes
}

#[test]
fn protocol_2_text_payloads_and_column_order() {
    let pickle = parse(&protocol_2_fortran()).unwrap();
    let array = pickle.root().array().unwrap();
    assert!(array.is_fortran());
    assert_eq!(array.shape(), [2, 3]);
    assert_eq!(array.to_vec::<i64>().unwrap(), [1, 2, 3, 255, 254, 128]);
}

#[test]
fn forbidden_names_are_refused_with_their_offset() {
    for bytes in [
        &b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R."[..],
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85R.",
        b"cos\nsystem\n(S'ls'\ntR.",
    ] {
        match parse(bytes).err() {
            Some(Error::ForbiddenGlobal { name, .. }) => assert_eq!(name, "os.system"),
            other => panic!("{other:?}"),
        }
    }
    let Some(Error::ForbiddenGlobal { offset: 2, .. }) = parse(b"\x80\x02\x82\x01.").err() else {
        panic!("extension codes are names too");
    };
}

#[test]
fn lying_lengths_are_errors_at_their_offset() {
    for bytes in [
        &b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f"[..],
        b"\x80\x04\x96\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x80\x03B\xff\xff\xff\xff",
        b"\x80\x03X\xff\xff\xff\x7f.",
    ] {
        let error = parse(bytes).err().unwrap();
        assert!(matches!(error, Error::Truncated { .. }), "{error}");
    }
}

#[test]
fn every_prefix_of_a_good_file_fails_cleanly() {
    let bytes = protocol_2_fortran();
    for end in 0..bytes.len() {
        assert!(parse(&bytes[..end]).is_err(), "{end}");
    }
}

#[test]
fn deep_nesting_and_cycles_do_not_recurse() {
    let mut deep = b"\x80\x02".to_vec();
    deep.extend(vec![b']'; 300_000]);
    deep.extend(vec![b'a'; 299_999]);
    deep.push(b'.');
    let pickle = parse(&deep).unwrap();
    assert_eq!(Walk::new(&pickle).count(), 0);
    drop(pickle);
    let cycle = parse(b"\x80\x02]q\x00h\x00a.").unwrap();
    assert_eq!(Walk::new(&cycle).count(), 0);
}

#[test]
fn limits_hold() {
    let limits = Limits {
        objects: 10,
        ..Limits::default()
    };
    let error = Pickle::from_bytes(b"\x80\x02]]]]]]]]]]]]]]".to_vec(), limits)
        .err()
        .unwrap();
    assert!(matches!(error, Error::Limit { limit: 10, .. }), "{error}");
    let error = parse(&[b"\x80\x02".to_vec(), vec![b'('; 200_000]].concat())
        .err()
        .unwrap();
    assert!(
        matches!(error, Error::Limit { limit: 100_000, .. }),
        "{error}"
    );
}

#[test]
fn a_payload_must_match_its_shape() {
    let mut bytes = protocol_2_fortran();
    let shape = bytes.windows(4).position(|w| w == b"K\x02K\x03").unwrap();
    bytes[shape + 1] = 9;
    let error = parse(&bytes).err().unwrap().to_string();
    assert!(
        error.contains("[9, 3]") && error.contains("6 bytes"),
        "{error}"
    );
}

#[test]
fn other_files_are_named() {
    for (bytes, name) in [
        (&b"\x89HDF\r\n\x1a\n"[..], "HDF5"),
        (b"PK\x03\x04", "zip"),
        (b"BZh91AY&SYBBBB", "bzip2 -dc"),
        (b"hello", "found text"),
        (b"\x01\x02\x03", "no known format"),
        (b"\x80\x07.", "protocol 7"),
    ] {
        let error = parse(bytes).err().unwrap().to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn damage_of_copies_is_named() {
    let bytes = protocol_2_fortran();
    let text = bytes.iter().flat_map(|byte| match byte {
        b'\n' => vec![b'\r', b'\n'],
        byte => vec![*byte],
    });
    let error = parse(&text.collect::<Vec<u8>>()).err().unwrap().to_string();
    assert!(
        error.contains("CR LF") && error.contains("binary mode"),
        "{error}"
    );
    let mut zeros = bytes.clone();
    zeros.truncate(40);
    zeros.resize(500, 0);
    let error = parse(&zeros).err().unwrap().to_string();
    assert!(error.contains("zero from its middle"), "{error}");
}

#[test]
fn underflow_and_odd_dicts_are_errors() {
    for bytes in [
        &b"\x80\x02."[..],
        b"\x80\x02e.",
        b"\x80\x02}(K\x01u.",
        b"\x80\x02K\x01(a.",
        b"\x80\x02R.",
    ] {
        assert!(parse(bytes).is_err());
    }
}

/// Characters of two bytes at odd offsets fall across the pieces text is checked in.
#[test]
fn long_text_is_checked_in_pieces() {
    let text = format!("a{}", "\u{ff}".repeat(1_500_000));
    let pickled = |text: &[u8]| {
        let mut bytes = b"\x80\x02X".to_vec();
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text);
        bytes.push(b'.');
        bytes
    };
    let pickle = parse(&pickled(text.as_bytes())).unwrap();
    assert_eq!(pickle.root().as_str(), Some(text.as_str()));
    let last = text.len() - 1;
    assert!(parse(&pickled(&text.as_bytes()[..last])).is_err());
    let mut broken = text.into_bytes();
    broken[2_000_000] = b'a';
    assert!(parse(&pickled(&broken)).is_err());
}

/// Encoded and column by column: the one payload that has to be decoded before it can be read.
#[test]
fn large_encoded_payloads_in_column_order() {
    const ROWS: usize = 1500;
    const COLUMNS: usize = 1000;
    let byte = |row: usize, column: usize| (row * 7 + column * 13) as u8;
    let text: String = (0..COLUMNS)
        .flat_map(|column| (0..ROWS).map(move |row| char::from(byte(row, column))))
        .collect();
    let bytes = protocol_2_fortran();
    let shape = bytes.windows(4).position(|w| w == b"K\x02K\x03").unwrap();
    let payload = bytes.windows(4).rposition(|w| w == b"X\x09\0\0").unwrap();
    let len = text.len() as u32;
    let large = [
        &bytes[..shape],
        b"M\xdc\x05M\xe8\x03",
        &bytes[shape + 4..payload],
        b"X",
        &len.to_le_bytes(),
        text.as_bytes(),
        &bytes[payload + 5 + 9..],
    ]
    .concat();
    let pickle = parse(&large).unwrap();
    let array = pickle.root().array().unwrap();
    assert_eq!(array.shape(), [ROWS, COLUMNS]);
    let mut at = 0;
    array
        .for_each_block_bytes(999, |block| {
            for value in block {
                assert_eq!(*value, byte(at / COLUMNS, at % COLUMNS));
                at += 1;
            }
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(at, ROWS * COLUMNS);
}
