//! Short pickles that ask for a lot: each must end in an object or an error, within the memory a
//! laptop has to spare.

use std::process::Command;

use serde_json::Value as Json;

/// Virtual memory of the program in KiB; its libraries take part of it.
const MEMORY: usize = 4 << 20;

/// What the program prints about the first stream, in bounded memory.
fn inspected(bytes: &[u8]) -> Json {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let output = Command::new("sh")
        .args([
            "-c",
            &format!("ulimit -v {MEMORY}; exec \"$0\" inspect \"$1\" --json"),
        ])
        .arg(env!("CARGO_BIN_EXE_lnln-bench"))
        .arg(file.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 3)), "{code:?} {said}");
    let lines = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(lines.lines().next().unwrap()).unwrap()
}

fn fails(bytes: &[u8], words: &str) {
    let object = inspected(bytes);
    assert_eq!(object["outcome"], "ERROR", "{object}");
    let reason = object["reason"].as_str().unwrap();
    assert!(reason.contains(words), "{reason}");
}

fn stream(parts: &[&[u8]]) -> Vec<u8> {
    [b"\x80\x02", &parts.concat()[..], b"."].concat()
}

/// `_reconstruct(...)`, of which BUILD makes an array.
const NEW: &[u8] = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R";

/// `dtype(code)` with its state.
fn dtype(code: &str, size: i32) -> Vec<u8> {
    let code = [b"U", &[code.len() as u8][..], code.as_bytes()].concat();
    let size = size.to_le_bytes();
    let state = [b"(K\x03U\x01<NNNJ", &size[..], b"K\x01K\x00tb"].concat();
    [b"cnumpy\ndtype\n", &code[..], b"K\x00K\x01\x87R", &state].concat()
}

#[test]
fn values_without_end() {
    fails(
        &stream(&[&b"]".repeat(10_000_001)]),
        "more than 10000000 values",
    );
    fails(
        &stream(&[&b"N0".repeat(10_000_001)]),
        "more than 10000000 values",
    );
    fails(&stream(&[&b"(".repeat(10_000_001)]), "nested containers");
    fails(&stream(&[b"Nr\xff\xff\xff\x7f"]), "memo entries");
    fails(&stream(&[b"Np4000000000\n"]), "memo entries");
}

/// A list of a million, handed over a thousand times.
#[test]
fn copies_of_what_is_shared() {
    let list = [&b"]("[..], &b"N".repeat(1_000_000), b"eq\x00"].concat();
    let sets = b"c__builtin__\nset\nh\x00\x85R".repeat(1000);
    fails(&stream(&[&list, &sets]), "more than 10000000 values");
    let objects = [&list[..], &dtype("O8", -1), b"q\x01"].concat();
    let array = [NEW, b"(K\x01J\x40\x42\x0f\x00\x85h\x01K\x00h\x00tb"].concat();
    fails(
        &stream(&[&objects, &array.repeat(1000)]),
        "more than 10000000 values",
    );
}

#[test]
fn elements_without_bytes() {
    let shape = b"\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x10\x85";
    let array = [NEW, b"(K\x01", shape, &dtype("U0", 0), b"K\x00U\x00tb"].concat();
    fails(&stream(&[&array]), "more than 10000000 values");
    let shape = b"(\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x10K\xffK\xffK\x00t";
    let array = [
        NEW,
        b"(K\x01",
        &shape[..],
        &dtype("f8", -1),
        b"K\x00U\x00tb",
    ]
    .concat();
    fails(&stream(&[&array]), "a shape that fits memory");
}

/// A hundred thousand arrays of the same ten million bytes.
#[test]
fn arrays_of_the_same_bytes() {
    let payload = [b"B\x80\x96\x98\x00", &[1u8; 10_000_000][..], b"q\x00"].concat();
    let dtype = [&dtype("u1", -1)[..], b"q\x01"].concat();
    let first = [b"K\x000", NEW, b"0"].concat();
    let names =
        b"cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nK\x00\x85U\x01b\x87q\x03";
    let array = b"h\x02h\x03R(K\x01J\x80\x96\x98\x00\x85h\x01K\x00h\x00tb";
    let parts = [
        &payload[..],
        b"0",
        &dtype,
        b"0",
        &first,
        names,
        b"00](",
        &array.repeat(100_000),
        b"e",
    ];
    let bytes = [b"\x80\x03", &parts.concat()[..], b"."].concat();
    fails(&bytes, "share their bytes");
}

/// Containers that name the same ones twice, thirty deep: a billion ways, each list entered once.
#[test]
fn ways_without_end() {
    let mut bytes = b"]q\x00".to_vec();
    for depth in 0..30 {
        bytes.extend([
            b'0',
            b']',
            b'q',
            depth + 1,
            b'(',
            b'h',
            depth,
            b'h',
            depth,
            b'e',
        ]);
    }
    assert_eq!(inspected(&stream(&[&bytes]))["outcome"], "OK");
    let nested = [b"]".repeat(1_000_000), b"a".repeat(999_999)].concat();
    assert_eq!(inspected(&stream(&[&nested]))["outcome"], "OK");
}

/// An array at every depth of a deep nest: the paths would be quadratic.
#[test]
fn paths_without_end() {
    let array = [
        NEW,
        b"(K\x01K\x00\x85",
        &dtype("f8", -1),
        b"K\x00U\x00tbq\x00",
    ]
    .concat();
    let nest = b"](h\x00".repeat(90_000);
    fails(
        &stream(&[&array, b"0", &nest, &b"e".repeat(90_000)]),
        "bytes of paths",
    );
}

#[test]
fn lying_lengths() {
    for (bytes, offset) in [
        (&b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f"[..], 11),
        (b"\x80\x04\x96\xff\xff\xff\xff\xff\xff\xff\xff", 11),
        (b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xff", 11),
        (b"\x80\x02T\xff\xff\xff\x7f", 7),
        (b"\x80\x02\x8b\xff\xff\xff\x7f", 7),
        (b"X\xff\xff\xff\xff", 5),
    ] {
        fails(bytes, &format!("the file ends after {offset} of at least "));
    }
}
