//! The pickle reader against a corpus of streams found in public: numpy pickles of every protocol,
//! fuzzing leftovers, foreign classes and attacks. `EXPECTED.jsonl` says what Python made of each.
//!
//! The corpus is not part of this repository. `LNLN_BENCH_FIXTURES` names its folder; otherwise
//! `shared/data/fixtures` beside the manifest is tried.

#![allow(clippy::unwrap_used, reason = "a failed test should panic")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lnln_bench::pickle::{ArrayRef, Error, Leaf, Limits, Pickle, Walk};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

fn fixtures() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("shared/data/fixtures");
    let folder = std::env::var_os("LNLN_BENCH_FIXTURES").map_or(beside, PathBuf::from);
    let found = folder.join("EXPECTED.jsonl").is_file();
    if !found {
        println!(
            "skipped: no {} (set LNLN_BENCH_FIXTURES)",
            folder.join("EXPECTED.jsonl").display()
        );
    }
    found.then_some(folder)
}

/// Regular files of a tar archive, by name.
fn untar(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let text = |field: &[u8]| {
        String::from_utf8_lossy(field)
            .trim_end_matches(['\0', ' '])
            .to_owned()
    };
    let mut files = BTreeMap::new();
    let (mut at, mut long_name) = (0, None);
    while at + 512 <= bytes.len() && bytes[at] != 0 {
        let header = &bytes[at..at + 512];
        let size = usize::from_str_radix(text(&header[124..136]).trim(), 8).unwrap();
        let body = &bytes[at + 512..at + 512 + size];
        let mut name = text(&header[..100]);
        if &header[257..263] == b"ustar\0" && header[345] != 0 {
            name = format!("{}/{name}", text(&header[345..500]));
        }
        match header[156] {
            b'L' => long_name = Some(text(body)),
            b'0' | 0 => {
                files.insert(long_name.take().unwrap_or(name), body.to_vec());
            }
            _ => long_name = None,
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    files
}

/// Uncompressed files of a zip archive, by name, from its central directory.
fn unzip(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let number = |at: usize, len: usize| {
        bytes[at..at + len]
            .iter()
            .rev()
            .fold(0, |value, byte| (value << 8) | usize::from(*byte))
    };
    let end = bytes.windows(4).rposition(|w| w == b"PK\x05\x06").unwrap();
    let mut at = number(end + 16, 4);
    let mut files = BTreeMap::new();
    while bytes[at..].starts_with(b"PK\x01\x02") {
        let name = String::from_utf8_lossy(&bytes[at + 46..at + 46 + number(at + 28, 2)]);
        assert_eq!(number(at + 10, 2), 0, "{name} is compressed");
        let local = number(at + 42, 4);
        let start = local + 30 + number(local + 26, 2) + number(local + 28, 2);
        files.insert(
            name.into_owned(),
            bytes[start..start + number(at + 24, 4)].to_vec(),
        );
        at += 46 + number(at + 28, 2) + number(at + 30, 2) + number(at + 32, 2);
    }
    files
}

struct Corpus {
    folder: PathBuf,
    archives: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
}

impl Corpus {
    fn bytes(&mut self, file: &str) -> Vec<u8> {
        let Some((archive, member)) = file.split_once('!') else {
            return std::fs::read(self.folder.join(file)).unwrap();
        };
        let folder = &self.folder;
        let files = self
            .archives
            .entry(archive.to_owned())
            .or_insert_with(|| untar(&std::fs::read(folder.join(archive)).unwrap()));
        match member.split_once('!') {
            None => files[member].clone(),
            Some((zip, inner)) => unzip(&files[zip])[inner].clone(),
        }
    }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

fn array_row(path: String, array: ArrayRef<'_>) -> Json {
    let mut hash = Sha256::new();
    array
        .for_each_block_bytes(1000, |block| {
            hash.update(block);
            Ok::<_, Error>(())
        })
        .unwrap();
    let order = if array.is_fortran() { "F" } else { "C" };
    serde_json::json!([
        path,
        array.dtype().to_string(),
        array.shape(),
        order,
        hex(hash)
    ])
}

fn rows(pickle: &Pickle) -> Vec<Json> {
    Walk::new(pickle)
        .map(|(path, leaf)| match leaf {
            Leaf::Array(array) => array_row(path, array),
            Leaf::Scalar(value) => {
                let (dtype, bytes) = value.scalar().unwrap();
                let hash = hex(Sha256::new().chain_update(bytes));
                serde_json::json!([path, format!("scalar {dtype}"), [], "C", hash])
            }
        })
        .collect()
}

/// What is wrong with our reading of one stream, if anything.
fn disagreement(row: &Json, bytes: Vec<u8>) -> Option<String> {
    let read = Pickle::from_bytes(bytes, Limits::default());
    let modern = matches!(row["proto"].as_u64(), Some(2..=5));
    match (row["outcome"].as_str().unwrap(), read) {
        ("OK", Err(error)) if modern => Some(error.to_string()),
        ("OK", Ok(pickle)) => {
            let (got, expected) = (rows(&pickle), row["arrays"].as_array().unwrap());
            let differs = got
                .iter()
                .zip(expected)
                .find(|(got, expected)| got != expected);
            match differs {
                Some((got, expected)) => Some(format!("{got}\n  expected {expected}")),
                None => {
                    // The list stops after 24 rows; the counts do not.
                    let count = |key: &str| row[key].as_u64().unwrap() as usize;
                    let total = count("n_arrays") + count("n_np_scalars");
                    (got.len() != total).then(|| format!("{} rows, expected {total}", got.len()))
                }
            }
        }
        ("REFUSED", Ok(_)) => Some("accepted a refused stream".into()),
        ("REFUSED", Err(error)) if modern => match &error {
            Error::ForbiddenGlobal { name, .. } if *name == row["detail"] => None,
            // The list behind EXPECTED.jsonl also has Python's sets; refusing those is as good.
            Error::ForbiddenGlobal { name, .. } if name.ends_with("set") => None,
            other => Some(format!("expected {} refused, got: {other}", row["detail"])),
        },
        _ => None,
    }
}

#[test]
fn every_stream_is_read_as_python_reads_it_or_refused() {
    let Some(folder) = fixtures() else { return };
    let expected = std::fs::read_to_string(folder.join("EXPECTED.jsonl")).unwrap();
    let mut corpus = Corpus {
        folder,
        archives: BTreeMap::new(),
    };
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in expected.lines() {
        let row: Json = serde_json::from_str(line).unwrap();
        let file = row["file"].as_str().unwrap();
        let bytes = corpus.bytes(file);
        count += 1;
        if let Some(what) = disagreement(&row, bytes) {
            wrong.push(format!("{file}: {what}"));
        }
    }
    assert!(count > 0, "EXPECTED.jsonl is empty");
    assert!(
        wrong.is_empty(),
        "{} of {count} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Damage at every position must give a value or an error, never a panic or a large allocation.
#[test]
fn truncated_and_flipped_streams_never_crash() {
    let Some(folder) = fixtures() else { return };
    let good = std::fs::read(folder.join("openvna-features/feature_aligned.pkl")).unwrap();
    for at in (0..good.len()).step_by(7) {
        assert!(Pickle::from_bytes(good[..at].to_vec(), Limits::default()).is_err());
        let mut flipped = good.clone();
        flipped[at] ^= 0xff;
        if let Ok(pickle) = Pickle::from_bytes(flipped, Limits::default()) {
            rows(&pickle);
        }
    }
}
