//! `run --print-config`: a suite file that plans the same runs.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;

use super::program::{prepared, program, words};

/// Output of `run` with these arguments.
fn output(folder: &Path, arguments: &[&str]) -> String {
    let mut command = program();
    command.arg("run").args(arguments).current_dir(folder);
    let assert = command.assert().success();
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

/// Ids of the runs that these arguments plan.
fn ids(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let text = output(folder, &[arguments, &["--dry-run", "--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let runs = json["runs"].as_array().unwrap().iter();
    runs.map(|run| run["run"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_printed_suite_plans_the_same_runs() {
    let folder = tempfile::tempdir().unwrap();
    prepared(folder.path());
    fs::write(
        folder.path().join("own.toml"),
        "datasets = ['demo-film']\nmodels = ['lnln', 'almt']\nprotocol = 'paper'\n\
         [model.lnln]\nepochs = 3\n[model.almt]\nlearning_rate = 3e-4",
    )
    .unwrap();
    for line in [
        "own.toml",
        "own.toml --models lnln@clean,lf_dnn --seeds 1,2 --epochs 2",
        "own.toml --protocol own --rates 0.5,LA --masks block,modality --noise cycle:2 --noise-masks block --seeds 18446744073709551615",
        "--datasets demo-film --models tfn,mult --train-on mixed,tested-rate --rates 0,0.7 --noise-rate \
         half-complete --select valid:corr --valid-rates 0.3 --precision bf16 --engine reference \
         --batch-size 4 --grad-accum 2 --lr-plateau published --early-stop none --encoder tiny",
    ] {
        let arguments: Vec<&str> = words(line).collect();
        let printed = output(
            folder.path(),
            &[&arguments[..], &["--print-config"]].concat(),
        );
        let file = folder.path().join("printed.toml");
        fs::write(&file, &printed).unwrap();
        let expected = ids(folder.path(), &arguments);
        assert!(!expected.is_empty());
        assert_eq!(ids(folder.path(), &["printed.toml"]), expected, "{printed}");
        let again = output(folder.path(), &["printed.toml", "--print-config"]);
        assert_eq!(again, printed);
    }
    assert!(!folder.path().join("runs").exists(), "nothing starts");
}

#[test]
fn what_auto_means_is_printed_where_the_data_are_there() {
    let folder = tempfile::tempdir().unwrap();
    prepared(folder.path());
    let line = "--datasets demo-film,mosi --models lnln --print-config";
    let text = output(folder.path(), &words(line).collect::<Vec<_>>());
    assert!(
        text.contains("[encoders]\ndemo-film = \"tiny\"\n"),
        "{text}"
    );
    assert!(
        text.contains("stays auto for data sets that are not prepared in data: mosi."),
        "{text}"
    );
    assert!(!text.contains("[slurm]"), "{text}");
}

#[test]
fn options_of_slurm_are_part_of_it_and_a_dry_run_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let line = "--datasets mosi --models lnln --print-config --launcher slurm --sbatch=--mem=9G";
    let text = output(folder.path(), &words(line).collect::<Vec<_>>());
    assert!(text.contains("[slurm]\nsbatch = [\"--mem=9G\"]"), "{text}");
    let line = "run --datasets mosi --models lnln --print-config --dry-run";
    let refused = contains("--print-config").and(contains("--dry-run"));
    program().args(words(line)).assert().code(2).stderr(refused);
}
