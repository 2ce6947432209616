//! `predict`: weights by metric, and the run's own text encoder.

use predicates::prelude::*;
use predicates::str::contains;

use super::program::{prepared, program, runs_in, words};

#[test]
fn a_metric_that_chose_no_weights_is_a_usage_error_that_lists_those_that_did() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let runs = folder.path().join("runs");
    program()
        .args(words(
            "run --datasets demo-film --models lf_dnn --select paper --seeds 1 --rates 0",
        ))
        // Not what `auto` is for synthetic data: `predict` takes it from the run.
        .args(["--encoder", "features"])
        .args(words("--epochs 2 --batch-size 8 --device cpu --threads 1"))
        .arg("--data")
        .arg(&data)
        .arg("--runs")
        .arg(&runs)
        .assert()
        .success();
    let run = runs_in(&runs).pop().unwrap();
    let predict = |metric: &str| {
        let mut command = program();
        command.arg("predict").arg(run.path()).arg("--data");
        command.arg(&data).args(["--device", "cpu", "--metric"]);
        command.arg(metric).assert()
    };
    predict("acc7").success();
    predict("acc_7")
        .code(2)
        .stderr(contains("`acc_7`").and(contains("acc7")));
}
