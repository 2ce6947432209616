//! Bad input: one clear error each, and no file.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use crate::data::{Column, Order, SAMPLES, Small, pickle, tokens};
use lnln_bench::data::dataset::synthetic::{Demo, write_demo};
use lnln_bench::data::dataset::{ImportOptions, prepare};

/// The message of a failed import; the data folder must stay empty.
fn refusal(input: &Path, dataset: Option<&str>) -> String {
    let data = tempfile::tempdir().unwrap();
    let mut options = ImportOptions::new(data.path());
    options.dataset = dataset.map(str::to_owned);
    let message = prepare(input, &options, &mut |_| {})
        .unwrap_err()
        .to_string();
    assert_eq!(data.path().read_dir().unwrap().count(), 0, "{message}");
    message
}

fn refused(small: &Small, words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    holds(&refusal(&small.write(folder.path()), Some("mosi")), words);
}

fn holds(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "{word:?} is not in: {message}");
    }
}

#[test]
fn things_that_are_no_pickle() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("empty.pkl"), "").unwrap();
    std::fs::write(path("text.pkl"), "hello").unwrap();
    std::fs::write(path("hdf5.pkl"), b"\x89HDF\r\n\x1a\n....").unwrap();
    std::fs::write(path("zip.pkl"), b"PK\x03\x04....").unwrap();
    for (name, words) in [
        ("", ["a folder", "expected a pickle, NumPy archive"]),
        ("none.pkl", ["none.pkl", "No such file"]),
        ("empty.pkl", ["empty.pkl", "an empty file"]),
        ("text.pkl", ["text.pkl", "found text"]),
        ("hdf5.pkl", ["hdf5.pkl", "that HDF5 can read"]),
        ("zip.pkl", ["zip.pkl", "a zip archive"]),
    ] {
        holds(&refusal(&path(name), None), &words);
    }
}

#[test]
fn splits_that_several_calls_wrote_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parts.pkl");
    let part = |key: &str| {
        let mut bytes = b"\x80\x04}\x8c".to_vec();
        bytes.push(key.len() as u8);
        bytes.extend(key.as_bytes());
        bytes.extend(b"}s.");
        bytes
    };
    std::fs::write(&path, [part("valid"), part("train"), part("test")].concat()).unwrap();
    let words = [
        "found keys valid in the first pickle",
        "keys train and keys test in those after it",
        "range(3)",
    ];
    holds(&refusal(&path, None), &words);
    std::fs::write(&path, part("valid")).unwrap();
    assert!(!refusal(&path, None).contains("first pickle"));
}

#[test]
fn truncated_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.pkl");
    let bytes = Small::new().bytes();
    for end in [1, 20, 500, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..end]).unwrap();
        holds(
            &refusal(&path, None),
            &["cut.pkl", "the file ends after", "byte"],
        );
    }
}

#[test]
fn a_pickle_that_would_run_a_program() {
    let folder = tempfile::tempdir().unwrap();
    let (path, trace) = (folder.path().join("evil.pkl"), folder.path().join("trace"));
    let call = format!("touch {}", trace.display());
    let mut bytes = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c".to_vec();
    bytes.push(call.len() as u8);
    bytes.extend(call.as_bytes());
    bytes.extend(b"\x85R.");
    std::fs::write(&path, bytes).unwrap();
    holds(
        &refusal(&path, None),
        &[
            "evil.pkl",
            "posix.system",
            "byte 17",
            "nothing was executed",
        ],
    );
    assert!(!trace.exists());
}

#[test]
fn missing_keys() {
    refused(
        &Small::new().without("audio"),
        &["train", "column audio", "raw_text, vision"],
    );
    refused(
        &Small::new().without("regression_labels"),
        &["column regression_labels"],
    );
    refused(&Small::new().without("text_bert"), &["text_bert (or text)"]);
    refused(
        &Small::new().without("audio_lengths"),
        &["audio_lengths", "10 steps"],
    );
}

#[test]
fn columns_that_disagree_name_both_lengths() {
    let short = Column::Ints(vec![3, 10, 0]);
    refused(
        &Small::new().set("audio_lengths", short),
        &["audio_lengths", "id", "3 and 4 samples"],
    );
    let labels = Column::F64(vec![5], vec![0.0; 5]);
    refused(
        &Small::new().set("regression_labels", labels),
        &["regression_labels", "5 and 4"],
    );
}

#[test]
fn wrong_shapes_and_types() {
    let flat = Column::F64(vec![SAMPLES, 50], vec![0.0; SAMPLES * 50]);
    refused(
        &Small::new().set("audio", flat),
        &["train/audio", "[4, 50]", "(samples, steps"],
    );
    let text = Column::Texts(vec!["a".into(); SAMPLES]);
    refused(
        &Small::new().set("vision", text),
        &["train/vision", "dtype <U1"],
    );
    let list = Column::TextList(vec!["a".into(); SAMPLES]);
    refused(
        &Small::new().set("audio", list),
        &["sample video$_$0", "found a string"],
    );
    let four = Column::I64(vec![SAMPLES, 4, 6], vec![0; SAMPLES * 24]);
    refused(
        &Small::new().set("text_bert", four),
        &["train/text_bert", "[4, 4, 6]"],
    );
    let mut mask = tokens();
    mask[6] = 2;
    let mask = Column::I64(vec![SAMPLES, 3, 6], mask);
    refused(
        &Small::new().set("text_bert", mask),
        &["sample video$_$0", "attention mask"],
    );
    let gap = Column::I64(vec![SAMPLES, 3, 6], {
        let mut gap = tokens();
        gap[9] = 1;
        gap
    });
    refused(
        &Small::new().set("text_bert", gap),
        &["sample video$_$0", "ones followed by zeros"],
    );
    let long = Column::Ints(vec![3, 11, 0, 7]);
    refused(
        &Small::new().set("audio_lengths", long),
        &["sample video$_$1", "0 to 10", "11"],
    );
}

#[test]
fn samples_that_are_there_twice() {
    let twice: Vec<String> = ["a$_$1", "b$_$2", "c$_$3", "b$_$2"]
        .map(String::from)
        .into();
    refused(
        &Small::new().set("id", Column::TextList(twice)),
        &["train/id", "sample b$_$2", "occurs twice"],
    );
    let formula = ["a$_$1", "b$_$2", "#NAME?$_$3", "d$_$2"].map(String::from);
    refused(
        &Small::new().set("id", Column::TextList(formula.into())),
        &["train/id", "sample #NAME?$_$3", "an error of a spreadsheet"],
    );
    let folder = tempfile::tempdir().unwrap();
    let shared = Small::new();
    // The name decides what the ids of a split are called.
    let splits = [("train", &shared), ("valid", &shared), ("test", &shared)];
    let mut bytes = pickle(&splits, Order::Little);
    let (own, other): (Vec<u8>, Vec<u8>) = ["test-video", "valid-video"]
        .map(|text| {
            text.chars()
                .flat_map(|c| u32::from(c).to_le_bytes())
                .collect()
        })
        .into();
    let find = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|w| w == what);
    let (test, valid) = (find(&bytes, &own).unwrap(), find(&bytes, &other).unwrap());
    // The first sample of valid gets the name of the first of test: ids are as wide as the longest.
    let name: Vec<u8> = "test-video$_$0\0"
        .chars()
        .flat_map(|c| u32::from(c).to_le_bytes())
        .collect();
    assert!(valid < test);
    bytes[valid..valid + name.len()].copy_from_slice(&name);
    let path = folder.path().join("shared.pkl");
    std::fs::write(&path, bytes).unwrap();
    holds(
        &refusal(&path, Some("mosi")),
        &["test/id", "sample test-video$_$0", "also in valid"],
    );
}

#[test]
fn labels_outside_their_range() {
    let labels = |values: [f64; 4]| {
        Small::new().set(
            "regression_labels",
            Column::F64(vec![SAMPLES], values.to_vec()),
        )
    };
    refused(
        &labels([0.0, 3.2, 0.0, 0.0]),
        &["sample video$_$1", "3.2", "[-3, 3]", "mosi"],
    );
    refused(
        &labels([0.0, 0.0, f64::NAN, 0.0]),
        &["sample video$_$2", "NaN"],
    );
    let folder = tempfile::tempdir().unwrap();
    let source = Small::new().write(folder.path());
    holds(&refusal(&source, Some("sims")), &["[-1, 1]", "--dataset"]);
}

#[test]
fn data_sets_that_cannot_be_told() {
    let strange = Column::F64(vec![SAMPLES, 10, 7], vec![0.0; SAMPLES * 70]);
    let folder = tempfile::tempdir().unwrap();
    let source = Small::new().set("audio", strange).write(folder.path());
    holds(
        &refusal(&source, None),
        &["--dataset NAME", "mosi, mosei, sims", "7"],
    );
    let source = Small::new().write(folder.path());
    holds(
        &refusal(&source, Some("moss")),
        &["unknown data set \"moss\"", "mosi, mosei"],
    );
}

/// Set for the test below when it is run inside a file system of its own.
const SMALL_DISK: &str = "LNLN_BENCH_TEST_SMALL_DISK";

/// Mounts a file system of one megabyte in a name space of its own and runs the next test there.
#[test]
fn a_full_disk_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mount = "mount -t tmpfs -o size=1m none \"$0\" && exec \"$@\"";
    let inside = |program: &Path, arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", mount]);
        command.arg(folder.path()).arg(program).args(arguments);
        command.env(SMALL_DISK, folder.path()).output()
    };
    match inside(Path::new("true"), &[]) {
        Ok(output) if output.status.success() => {}
        _ => {
            // Not by println, which the test harness captures.
            let skipped = b"skipped: this system does not allow mounting a small file system\n";
            let _ = std::io::stderr().write_all(skipped);
            return;
        }
    }
    let program = std::env::current_exe().unwrap();
    let test = [
        "refused::writing_to_a_small_disk",
        "--exact",
        "--ignored",
        "--nocapture",
    ];
    let output = inside(&program, &test).unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
#[ignore = "run by the test above, on a small disk"]
fn writing_to_a_small_disk() {
    let disk = std::env::var_os(SMALL_DISK).expect("run by a_full_disk_leaves_nothing_behind");
    let disk = Path::new(&disk);
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("demo.pkl");
    write_demo(Demo::Film, &source, 1, 1.0).unwrap();
    for _ in 0..3 {
        let error = prepare(&source, &ImportOptions::new(disk), &mut |_| {}).unwrap_err();
        holds(&error.to_string(), &["no space left", "demo-film.h5"]);
        assert_eq!(disk.read_dir().unwrap().count(), 0);
    }
    // The room is free again.
    std::fs::write(disk.join("half"), vec![0; 500_000]).unwrap();
}
