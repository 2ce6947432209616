//! `export`: prepared data as a pickle again.

use predicates::prelude::*;
use predicates::str::contains;

use super::program::{prepared, program};

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
        "Demo film, complete, 24 train, 6 valid, 12 test clips",
    ));
    export(&[]).code(3).stderr(contains("--force"));
    let content = lnln_bench::store::verify(&data, |_| ())
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
    .stdout(contains("missing rate 0.5"));
    export(&["--force", "--rate", "1.5"]).code(2);
    export(&["--masks", "random"])
        .code(2)
        .stderr(contains("--rate"));
    export(&["--rate", "0.5", "--masks", "none", "--force"])
        .code(2)
        .stderr(contains("random").and(contains("none")));
}
