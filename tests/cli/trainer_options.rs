//! Follows trainer options from the command line to the report.

use std::fs;

use predicates::str::contains;

use super::program::{prepared, program, runs_in, words};

#[test]
fn published_trainer_options_are_followed_recorded_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let run = |more: &str| {
        let mut command = program();
        command.args(words(
            "run --datasets demo-film --models mult --seeds 1 --rates 0,0.5 --device cpu --threads 1 \
             --epochs 3 --batch-size 8 --protocol paper --schedule constant",
        ));
        command.args(words(more)).arg("--data").arg(&data);
        command.arg("--runs").arg(folder.path().join("runs"));
        command
    };
    run("").assert().success();
    let plain = runs_in(&folder.path().join("runs"));
    let config = fs::read_to_string(plain[0].path().join("config.toml")).unwrap();
    assert!(config.contains("grad_accum = 1\n"), "{config}");
    assert!(
        !config.contains("lr_plateau") && !config.contains("early_stop"),
        "{config}"
    );
    let trainer_options = "--grad-accum published --lr-plateau 1 --early-stop 1";
    run(trainer_options).assert().success();
    run(trainer_options)
        .assert()
        .success()
        .stdout(contains("(1 before)"));
    let all = runs_in(&folder.path().join("runs"));
    let own = all
        .iter()
        .find(|run| run.path() != plain[0].path())
        .unwrap();
    let config = fs::read_to_string(own.path().join("config.toml")).unwrap();
    for line in ["grad_accum = 8", "lr_plateau = 1", "early_stop = 1"] {
        assert!(config.contains(line), "{line} in {config}");
    }
    let out = folder.path().join("report");
    let mut report = program();
    report
        .arg("report")
        .arg(folder.path().join("runs"))
        .arg("--out")
        .arg(&out);
    report.assert().success();
    let report = fs::read_to_string(out.join("report.md")).unwrap();
    assert!(
        report.contains("MulT (trainer options steps over 8 batches, rate / 10 after 1"),
        "{report}"
    );
    run("--early-stop never")
        .assert()
        .code(2)
        .stderr(contains("published or none"));
}
