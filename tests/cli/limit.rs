//! `run --limit`: a quick look at the first samples, which no report takes for all of them.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;

use super::program::{prepared, program, words};

fn run(folder: &Path, more: &str) -> assert_cmd::assert::Assert {
    let line = "run --datasets demo-film --models lf_dnn,constant --rates 0,1 --seeds 1 --epochs 1 \
                --batch-size 4 --device cpu --threads 1";
    let mut command = program();
    command
        .args(words(line))
        .args(words(more))
        .current_dir(folder);
    command.assert()
}

#[test]
fn limited_runs_are_on_a_data_set_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    // A plan of limited data makes them.
    run(folder.path(), "--limit 6 --dry-run")
        .success()
        .stdout(contains("demo-film-first-6").and(contains("2 to do")));
    run(folder.path(), "--limit 6").success();
    assert!(data.join("demo-film-first-6.h5").is_file());
    run(folder.path(), "")
        .success()
        .stdout(contains("2 runs done (0 before)"));
    // The same command without and with the limit repeats nothing.
    run(folder.path(), "--limit 6")
        .success()
        .stdout(contains("2 runs done (2 before)"));
    program()
        .args(words("report runs --out report"))
        .current_dir(folder.path())
        .assert()
        .success();
    let report = fs::read_to_string(folder.path().join("report/report.md")).unwrap();
    let title = "(first 6 samples of each split)";
    let headings = report.lines().filter(|line| line.starts_with("## "));
    let headings: Vec<&str> = headings.collect();
    let limited = headings.iter().filter(|line| line.contains(title)).count();
    assert!(limited >= 1 && limited < headings.len(), "{headings:?}");
    let summary = fs::read_to_string(folder.path().join("report/summary.csv")).unwrap();
    for name in ["demo-film,", "demo-film-first-6,"] {
        assert!(summary.contains(name), "{name} in {summary}");
    }
}

#[test]
fn a_limited_data_set_needs_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let missing = contains("data set demo-film is not prepared").and(contains("demo-film.h5"));
    run(folder.path(), "--limit 6").code(2).stderr(missing);
    run(folder.path(), "--limit 0")
        .code(2)
        .stderr(contains("--limit"));
    program()
        .args(words("run --models lnln --datasets mossi-first-3"))
        .current_dir(folder.path())
        .assert()
        .code(2)
        .stderr(contains("unknown data set \"mossi\""));
}
