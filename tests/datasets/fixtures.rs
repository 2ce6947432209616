//! The pickle reader against a corpus of streams found in public: numpy pickles of every protocol,
//! fuzzing leftovers, foreign classes and attacks. `EXPECTED.jsonl` says what Python made of each;
//! what `inspect --json` prints must be the same.
//!
//! The corpus is not part of this repository. `LNLN_BENCH_FIXTURES` names its folder; otherwise
//! `shared/data/fixtures` in or beside the repository is tried.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use lnln_bench::data::pickle::{Leaf, Limits, Pickle, Walk};
use serde_json::Value as Json;

fn fixtures() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = ["shared", "../shared"]
        .map(|shared| repository.join(shared).join("data/fixtures"))
        .into();
    if let Some(named) = std::env::var_os("LNLN_BENCH_FIXTURES") {
        folders = vec![PathBuf::from(named)];
    }
    let found = folders
        .iter()
        .find(|folder| folder.join("EXPECTED.jsonl").is_file());
    if found.is_none() {
        // Not by println, which the test harness captures.
        let skipped =
            format!("skipped: no EXPECTED.jsonl in {folders:?} (set LNLN_BENCH_FIXTURES)\n");
        let _ = std::io::stderr().write_all(skipped.as_bytes());
    }
    found.cloned()
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

/// What the program prints about files, by file, and its exit code.
fn inspected(files: &[PathBuf]) -> (BTreeMap<String, Vec<Json>>, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_lnln-bench"))
        .arg("inspect")
        .args(files)
        .arg("--json")
        .output()
        .unwrap();
    let mut objects: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let object: Json = serde_json::from_str(line).unwrap();
        let file = object["file"].as_str().unwrap().to_owned();
        objects.entry(file).or_default().push(object);
    }
    (objects, output.status.code())
}

/// What is wrong with what was printed about one stream, if anything.
fn disagreement(row: &Json, objects: &[Json]) -> Option<String> {
    let object = &objects[0];
    let keys: Vec<&str> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let shape = [
        "file", "stream", "protocol", "outcome", "reason", "consumed", "arrays",
    ];
    let (outcome, reason) = (&object["outcome"], object["reason"].as_str());
    let said = match row["outcome"].as_str().unwrap() {
        "ERR" => outcome == "ERROR" && reason.is_some(),
        "REFUSED" => {
            let name = row["detail"].as_str().unwrap();
            outcome == "REFUSED"
                && reason
                    .unwrap()
                    .contains(&format!(" refused to use {name}: "))
        }
        _ => outcome == "OK" && object["consumed"] == row["consumed"] && same_arrays(row, object),
    };
    let numbered = objects
        .iter()
        .enumerate()
        .all(|(i, object)| object["stream"] == i);
    let protocol = object["protocol"] == row["proto"];
    (keys != shape || !said || !numbered || !protocol).then(|| format!("{row}\n  got {object}"))
}

/// The list of `EXPECTED.jsonl` stops after 24 rows; its counts do not.
fn same_arrays(row: &Json, object: &Json) -> bool {
    let (got, expected) = (object["arrays"].as_array(), row["arrays"].as_array());
    let (got, expected) = (got.unwrap(), expected.unwrap());
    let count = |key: &str| row[key].as_u64().unwrap() as usize;
    got.len() == count("n_arrays") + count("n_np_scalars")
        && got
            .iter()
            .zip(expected)
            .all(|(got, expected)| got == expected)
}

#[test]
fn every_stream_is_read_as_python_reads_it_or_refused() {
    let Some(folder) = fixtures() else { return };
    let expected = std::fs::read_to_string(folder.join("EXPECTED.jsonl")).unwrap();
    let rows: Vec<Json> = expected
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut corpus = Corpus {
        folder,
        archives: BTreeMap::new(),
    };
    let unpacked = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let path = unpacked.path().join(format!("{number:05}"));
        std::fs::write(&path, corpus.bytes(row["file"].as_str().unwrap())).unwrap();
        files.push(path);
    }
    let mut wrong = Vec::new();
    for (rows, files) in rows.chunks(200).zip(files.chunks(200)) {
        let (objects, code) = inspected(files);
        let bad = rows.iter().any(|row| row["outcome"] != "OK");
        assert_eq!(code, Some(if bad { 3 } else { 0 }));
        for (row, file) in rows.iter().zip(files) {
            wrong.extend(disagreement(row, &objects[&file.display().to_string()]));
        }
    }
    let (wrong_count, count) = (wrong.len(), rows.len());
    assert!(count > 0, "EXPECTED.jsonl is empty");
    assert!(
        wrong.is_empty(),
        "{wrong_count} of {count} differ:\n{}",
        wrong.join("\n")
    );
}

/// Several pickles in one file are several objects; the exit code is that of the worst.
#[test]
fn streams_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    for (bytes, code, outcomes) in [
        (
            &b"\x80\x02K\x01.\x80\x04K\x02.I5\n."[..],
            0,
            &["OK", "OK", "OK"][..],
        ),
        (b"\x80\x02K\x01.\xff\xff", 0, &["OK"]),
        (b"\x80\x02K\x01.\x80\x02K", 3, &["OK", "ERROR"]),
        (b"\x80\x02K\x01.cos\nsystem\n.", 3, &["OK", "REFUSED"]),
        (b"", 3, &["ERROR"]),
    ] {
        let file = write("streams", bytes);
        let (objects, got) = inspected(std::slice::from_ref(&file));
        let objects = &objects[&file.display().to_string()];
        let said: Vec<&str> = objects
            .iter()
            .map(|o| o["outcome"].as_str().unwrap())
            .collect();
        assert_eq!((got, &*said), (Some(code), outcomes), "{objects:?}");
    }
    let (objects, _) = inspected(&[write("trailing", b"\x80\x02K\x01.\xff\xff")]);
    let object = &objects.values().next().unwrap()[0];
    assert_eq!(object["reason"], "2 bytes follow that are not a pickle");
    assert_eq!(object["consumed"], 5);
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
            Walk::new(&pickle).for_each(|leaf| {
                if let Ok((_, Leaf::Array(array))) = leaf {
                    array.sha256().unwrap();
                }
            });
        }
    }
}
