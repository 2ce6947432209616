//! `export`: prepared data as a pickle again.

use predicates::prelude::*;
use predicates::str::contains;

use super::program::{prepared, program, with_texts};

#[test]
fn an_export_is_written_once_and_can_be_prepared_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path()).join("demo-film.h5");
    let out = folder.path().join("again.pkl");
    let export = |more: &[&str]| {
        let mut command = program();
        command
            .arg("export")
            .arg(&data)
            .arg("--out")
            .arg(&out)
            .args(more);
        command.assert()
    };
    export(&[]).success().stdout(contains(
        "Demo film, complete, 24 train, 6 valid, 12 test samples",
    ));
    export(&[]).code(3).stderr(contains("--force"));
    let content = lnln_bench::data::store::verify(&data, |_| ())
        .unwrap()
        .content_hash;
    program()
        .args(["prepare", "--check"])
        .arg(&out)
        .assert()
        .success()
        .stdout(contains(content));
    export(&[
        "--force", "--rate", "0.5", "--masks", "random", "--seed", "7",
    ])
    .success()
    .stdout(
        contains("missing rate 0.5")
            .and(contains("random v2 masks, seed 7, condition 0.5"))
            .and(contains("test   hash ")),
    );
    export(&["--force", "--rate", "1.5"]).code(2);
    // What no mask of the mask protocol is, under either command.
    export(&["--force", "--rate", "LA"])
        .code(2)
        .stderr(contains("expected rates like 0.5"));
    export(&["--masks", "random"])
        .code(2)
        .stderr(contains("--rate"));
    export(&["--rate", "0.5", "--masks", "none", "--force"])
        .code(2)
        .stderr(contains("random").and(contains("none")));
}

#[test]
fn both_commands_write_the_same_pickle_and_say_what_they_leave_out() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path()).join("demo-film.h5");
    // A further split, as SIMSv2's `train_mix`.
    with_texts(&data, &[("train_mix/id", vec!["more".to_owned()])]);
    let written = ["export", "mask export"].map(|command| {
        let out = folder
            .path()
            .join(format!("{}.pkl", command.replace(' ', "-")));
        let mut export = program();
        export
            .args(command.split(' '))
            .arg(&data)
            .arg("--out")
            .arg(&out);
        export.args(["--rate", "0.3", "--masks", "block", "--seed", "3"]);
        let said = export.assert().success();
        said.stderr(contains("left out: train_mix"))
            .stdout(contains("block v2 masks, seed 3, condition 0.3"));
        std::fs::read(out).unwrap()
    });
    assert!(
        written[0] == written[1],
        "the commands wrote different pickles"
    );
}
