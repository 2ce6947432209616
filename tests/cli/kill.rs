//! `prepare` killed at any moment: the final name never holds half a file, and the next run makes
//! it whole.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lnln_bench::data::dataset::synthetic::{self, Demo};
use lnln_bench::data::store;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// How often to kill, where not 8 times.
const KILLS: &str = "LNLN_BENCH_KILLS";

fn prepare(source: &Path, data: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("lnln-bench"));
    command
        .args(["prepare", "--quiet", "--rates", "0,0.5"])
        .arg(source)
        .arg("--data")
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Names in a folder that end in `.partial`.
fn partial(data: &Path) -> usize {
    let entries = std::fs::read_dir(data).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".partial")).count()
}

/// Waits until a file is half-written, or the program has ended.
fn until_partial(child: &mut Child, data: &Path) {
    while partial(data) == 0 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Kills one run when `wait` returns and finishes with another. Says whether the first was caught with
/// its file half-written, and the content hash at the end.
fn disturbed(source: &Path, data: &Path, wait: impl FnOnce(&mut Child)) -> (bool, String) {
    let file = data.join("demo-film.h5");
    let mut child = prepare(source, data).spawn().unwrap();
    let started = Instant::now();
    wait(&mut child);
    let pause = started.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    let caught = partial(data) > 0;
    if file.exists() {
        assert!(store::verify(&file, |_| ()).is_ok(), "after {pause:?}");
    }
    assert!(
        prepare(source, data).status().unwrap().success(),
        "after {pause:?}"
    );
    assert_eq!(partial(data), 0, "after {pause:?}");
    let content = store::verify(&file, |_| ()).unwrap().content_hash;
    std::fs::remove_file(file).unwrap();
    (caught, content)
}

#[test]
fn a_killed_run_leaves_nothing_half_done() {
    let kills = std::env::var(KILLS).map_or(8, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (source, data) = (folder.path().join("film.pkl"), folder.path().join("data"));
    synthetic::write_demo(Demo::Film, &source, 7, 2.0).unwrap();
    let start = Instant::now();
    assert!(prepare(&source, &data).status().unwrap().success());
    let whole = start.elapsed();
    let file = data.join("demo-film.h5");
    let expected = store::verify(&file, |_| ()).unwrap().content_hash;
    std::fs::remove_file(file).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut caught = 0;
    for kill in 0..kills {
        let share = rng.next_u64() as f64 / u64::MAX as f64;
        // At random moments, which may all miss the writing of a small file, and while it is written.
        let (partial, content) = match kill % 2 {
            0 => disturbed(&source, &data, |_| std::thread::sleep(whole.mul_f64(share))),
            _ => disturbed(&source, &data, |child| until_partial(child, &data)),
        };
        caught += usize::from(partial);
        assert_eq!(content, expected);
    }
    println!("{kills} kills, {caught} of them with a file half-written");
    assert!(caught > 0, "no kill met a file half-written");
}
