//! `prepare` holds little of a file in memory, however large the file is.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use lnln_bench::data::pickle::Writer;

use super::program::program;

const STEPS: usize = 50;
const WIDTH: usize = 768;
/// Samples of the training split: 147 MiB of text features.
const SAMPLES: usize = 1000;
/// What the program may hold, in MiB; it needs about 20, and libtorch 50 where it is built in.
const LIMIT: u64 = 100;

/// A file whose training split is large, written a sample at a time.
fn large(path: &Path) {
    let file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut w = Writer::new(file).unwrap();
    w.begin_dict().unwrap();
    for (split, samples) in [("train", SAMPLES), ("valid", 4), ("test", 4)] {
        let texts = |what: &str| (0..samples).map(|i| format!("{split}{what}{i}")).collect();
        let [ids, words]: [Vec<String>; 2] = ["$_$", " "].map(texts);
        w.str(split).unwrap();
        w.begin_dict().unwrap();
        w.str("id").unwrap();
        w.str_list(&ids).unwrap();
        w.str("raw_text").unwrap();
        w.str_list(&words).unwrap();
        w.str("regression_labels").unwrap();
        w.f64_array(&[samples], &vec![0.2; samples]).unwrap();
        for (column, width) in [("audio", 5), ("vision", 20), ("text", WIDTH)] {
            let sample = 1.5f32.to_le_bytes().repeat(STEPS * width);
            w.str(column).unwrap();
            w.array(
                "f4",
                &[samples, STEPS, width],
                samples * sample.len(),
                |out| (0..samples).try_for_each(|_| out.write_all(&sample)),
            )
            .unwrap();
        }
        w.end_dict().unwrap();
    }
    w.end_dict().unwrap();
    w.finish().unwrap().flush().unwrap();
}

/// Anonymous memory of a process in MiB, while there is one to look at.
fn anonymous(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / 1024)
}

#[test]
fn memory_does_not_grow_with_the_file() {
    if anonymous(std::process::id()).is_none() {
        // Not by println, which the test harness keeps to itself.
        let mut out = std::io::stderr();
        let _ = writeln!(
            out,
            "skipped: this system does not tell how much memory a process holds"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("large.pkl");
    large(&source);
    let program = program();
    let mut child = std::process::Command::new(program.get_program())
        .args(["prepare", "--quiet", "--rates", "0", "--dataset", "mosi"])
        .arg(&source)
        .arg("--data")
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => peak = peak.max(anonymous(child.id()).unwrap_or(0)),
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(status.success());
    assert!(folder.path().join("mosi.h5").is_file());
    assert!((1..=LIMIT).contains(&peak), "{peak} MiB");
}
