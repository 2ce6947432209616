//! Data sets whose tables are in files: found, shown, prepared, trained on, and their mistakes.

use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::Corpus;
use predicates::prelude::*;
use predicates::str::contains;

use super::program::{pickle, program};

const TABLE: &str = r#"[[dataset]]
name = "reviews"
title = "Our reviews"
language = "en"
protocol = "mosi"
label_range = [-2.5, 3.5]
label_offset = 0.5
note = "vision is synthetic"

[dataset.models.lf_dnn]
text_out = 12

[dataset.models.lf_dnn.training]
weight_decay = 0.0
"#;

fn table(path: &Path, text: &str) -> PathBuf {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    path.to_owned()
}

#[test]
fn tables_are_found_in_the_working_folder_and_the_configuration_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (here, config) = (folder.path().join("here"), folder.path().join("config"));
    table(&here.join("datasets.toml"), TABLE);
    let user = TABLE.replace("reviews", "talks") + &TABLE.replace("Our reviews", "Second");
    table(&config.join("lnln-bench/datasets.toml"), &user);
    let given = table(
        &folder.path().join("own.toml"),
        &TABLE.replace("\"reviews\"", "\"ads\""),
    );
    let listed = |command: &str| {
        let mut program = program();
        program.args([command, "--datasets-file"]).arg(&given);
        program.current_dir(&here).env("XDG_CONFIG_HOME", &config);
        program.assert()
    };
    let found = contains("own.toml")
        .and(contains("reviews").and(contains("talks")))
        .and(contains("built in"));
    listed("list")
        .success()
        .stdout(found.and(contains("Second").not()));
    listed("doctor")
        .success()
        .stdout(contains("6 built in, 1 in ").and(contains("1 in datasets.toml")));
}

#[test]
fn a_mistake_is_named_with_file_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let message = "datasets.toml:5: reviews: protocol: expected mosi or sims";
    let with = |command: &str, from: &str, to: &str| {
        table(
            &folder.path().join("datasets.toml"),
            &TABLE.replace(from, to),
        );
        let mut program = program();
        program.arg(command).current_dir(folder.path()).assert()
    };
    with("list", "\"mosi\"", "\"mosaic\"")
        .code(2)
        .stderr(contains(message));
    with("doctor", "\"mosi\"", "\"mosaic\"")
        .success()
        .stdout(contains(message));
    #[cfg(feature = "torch")]
    with("doctor", "text_out", "text_oot")
        .success()
        .stdout(contains(
            "datasets.toml:11: reviews: models.lf_dnn.text_oot: lf_dnn: no variant",
        ));
    #[cfg(feature = "torch")]
    with("list", "weight_decay = 0.0", "weight_decay = \"none\"")
        .code(2)
        .stderr(contains(
            "datasets.toml:14: reviews: models.lf_dnn.training.weight_decay: lf_dnn: weight_decay: expected a value \
             like the published",
        ).and(contains("got `\"none\"`")));
}

/// The table goes into the prepared file: later commands need no `datasets.toml`.
#[test]
fn a_data_set_of_a_table_is_prepared_and_used_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let own = table(&folder.path().join("own.toml"), TABLE);
    let (source, data) = (pickle(folder.path()), folder.path().join("data"));
    program()
        .args([
            "prepare",
            "--dataset",
            "reviews",
            "--rates",
            "0,0.5",
            "--datasets-file",
        ])
        .args([&own, &source, Path::new("--data"), &data])
        .assert()
        .success()
        .stdout(contains("Our reviews prepared"));
    let file = data.join("reviews.h5");
    let corpus = Corpus::open(&file).unwrap();
    assert_eq!(
        (corpus.name(), corpus.spec.title.as_str()),
        ("reviews", "Our reviews")
    );
    assert_eq!(corpus.note, "vision is synthetic");
    let shifted = corpus
        .labels(lnln_bench::data::dataset::SplitName::Train)
        .unwrap();
    let plain = super::program::prepared(folder.path()).join("demo-film.h5");
    let plain = Corpus::open(&plain).unwrap();
    let plain = plain
        .labels(lnln_bench::data::dataset::SplitName::Train)
        .unwrap();
    assert!(
        plain
            .iter()
            .zip(&shifted)
            .all(|(plain, shifted)| (shifted - plain - 0.5).abs() < 1e-6)
    );
    #[cfg(feature = "torch")]
    {
        let runs = folder.path().join("runs");
        let mut run = program();
        run.args(
            "run --datasets reviews --models lf_dnn,constant --seeds 1 --rates 0,0.5 --device cpu \
             --threads 1 --epochs 1 --batch-size 8 --encoder tiny --data"
                .split_whitespace(),
        );
        run.args([&data, Path::new("--runs"), &runs])
            .assert()
            .success();
        let trained = super::program::runs_in(&runs).into_iter().find_map(|run| {
            let config = std::fs::read_to_string(run.path().join("config.toml")).ok()?;
            config.contains("text_out = 12").then_some(config)
        });
        let trained = trained.expect("no run has the hyper-parameter of the table");
        assert!(trained.contains("weight_decay = 0.0"), "{trained}");
    }
}

/// Other data under the name of CMU-MOSI: no published numbers, and the report begins with what they are not.
#[cfg(feature = "torch")]
#[test]
fn a_borrowed_name_lends_no_results() {
    let folder = tempfile::tempdir().unwrap();
    let (source, data) = (pickle(folder.path()), folder.path().join("data"));
    let (runs, out) = (folder.path().join("runs"), folder.path().join("report"));
    program()
        .args([
            "prepare",
            "--dataset",
            "mosi",
            "--note",
            "Audio is made up.",
        ])
        .args([&source, Path::new("--data"), &data])
        .assert()
        .success();
    let mut run = program();
    run.args(
        "run --datasets mosi --models lf_dnn,constant --seeds 1 --rates 0:0.9:0.1 --device cpu \
         --threads 1 --epochs 1 --batch-size 8 --encoder tiny --data"
            .split_whitespace(),
    );
    run.args([&data, Path::new("--runs"), &runs])
        .assert()
        .success();
    program()
        .args(["report", "--layout", "paper", "--out"])
        .args([&out, &runs])
        .assert()
        .success();
    let text = std::fs::read_to_string(out.join("report.md")).unwrap();
    let expected = "# Robustness to missing data: CMU-MOSI (changed)\n\n> CMU-MOSI (changed): Audio is made up.\n\n> CMU-MOSI (changed): audio 6 and \
                    vision 8 wide, published audio 5 and vision 20 wide; 24/6/12 samples, published \
                    1284/229/686. Results are not comparable with published ones, and none are shown.\n\n> CMU-MOSI (changed): \
                    demo-film.pkl is none of the published files (by SHA-256): compare these results with each other, and with \
                    published tables only where its content is known to be the same.\n\n";
    assert!(text.starts_with(expected), "{}", &text[..700]);
    assert!(text.contains("## CMU-MOSI (changed)"), "{text}");
    assert!(
        text.contains("- Warnings when the data were prepared: split sizes: 24/6/12"),
        "{text}"
    );
    assert!(
        text.contains("Published numbers are left out: audio 6"),
        "{text}"
    );
    // The LNLN paper's LF-DNN would be the first of them.
    let published = std::fs::read_to_string(out.join("summary.csv")).unwrap();
    assert!(!published.contains("Towards Robust"), "{published}");
    let page = std::fs::read_to_string(out.join("index.html")).unwrap();
    assert!(page.contains("Audio is made up."));
}

/// Conditions at which vision is missing are no conditions of data without vision.
#[cfg(feature = "torch")]
#[test]
fn conditions_on_an_absent_modality_are_not_tested() {
    use super::data::three_bytes;
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("silent.pkl");
    std::fs::write(&source, three_bytes(|small| small.without("vision"))).unwrap();
    let (data, runs) = (folder.path().join("data"), folder.path().join("runs"));
    program()
        .args(["prepare", "--dataset", "mosi", "--masks", "random,modality"])
        .args([&source, Path::new("--data"), &data])
        .assert()
        .success();
    let mut run = program();
    run.args(
        "run --datasets mosi --models mult --seeds 1 --masks random,modality --epochs 1 --batch-size 8 \
         --rates 0,0.5,L,A,V,LA,LV,AV --device cpu --threads 1 --encoder features --data"
            .split_whitespace(),
    );
    run.args([&data, Path::new("--runs"), &runs])
        .assert()
        .success()
        .stderr(contains(
            "mosi has no vision: conditions AV, LV, V are not tested",
        ));
    let refused = |line: &str| {
        let mut program = program();
        program.args(line.split_whitespace());
        program
            .args([&data, Path::new("--runs"), &runs])
            .assert()
            .code(2)
    };
    refused("run --datasets mosi --models mult --seeds 1 --masks modality --rates V --encoder features --data")
        .stderr(contains("no condition is left: mosi has no vision: condition V is not tested"));
    refused(
        "run --datasets mosi --models mult --seeds 1 --encoder features --encoder mosu=features --dry-run --data",
    )
    .stderr(contains("--encoder names mosu, which is none of the data sets: mosi"));
    let dir = super::program::runs_in(&runs).swap_remove(0);
    for input in [
        [Path::new("--input"), &source],
        [Path::new("--data"), &data],
    ] {
        let mut predict = program();
        predict.arg("predict").arg(dir.path()).args(input);
        predict
            .args(["--rates", "V", "--device", "cpu"])
            .assert()
            .code(2)
            .stderr(contains(
                "the run's data had no vision: at condition V nothing more is missing",
            ));
    }
    let evaluations = dir.described_evaluations();
    let masks = evaluations.iter().flat_map(|evaluation| &evaluation.masks);
    let tested: Vec<String> = masks
        .flat_map(|mask| mask.conditions.iter().map(ToString::to_string))
        .collect();
    assert_eq!(tested, ["0", "0.5", "L", "A", "LA"]);
}

#[test]
fn masks_of_an_absent_modality_are_not_drawn() {
    use super::data::three_bytes;

    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("mosi.pkl");
    std::fs::write(&source, three_bytes(|small| small.without("vision"))).unwrap();
    let on = |line: &str| {
        let mut program = program();
        program.args(line.split(' ')).current_dir(folder.path());
        program.assert()
    };
    on("prepare mosi.pkl --dataset mosi --rates 0,0.5").success();
    let told = || contains("vision: absent from the data, nothing is drawn and nothing counts");
    on("mask stats data/mosi.h5 --rates 0.5")
        .success()
        .stdout(told().and(contains("0.5        audio").and(contains("0.5        vision").not())));
    on("mask stats data/mosi.h5 --rates 0.5 --json")
        .success()
        .stdout(contains("\"audio\"").and(contains("\"vision\"").not()));
    on("mask stats data/mosi.h5 --masks modality --rates L,V,LV")
        .success()
        .stderr(contains("V, LV left out: the data have no vision"));
    on("mask export data/mosi.h5 --rate 0.5 --out one.npz")
        .success()
        .stdout(told());
    on("mask export data/mosi.h5 --rates 0:1:0.5 --out all.npz")
        .success()
        .stdout(told());
    for line in [
        "mask export data/mosi.h5 --masks modality --rate V --out v.npz",
        "mask export data/mosi.h5 --masks modality --rates V,AV --out v.npz",
        "mask stats data/mosi.h5 --masks modality --rates V",
        "export data/mosi.h5 --masks modality --rate V --out v.pkl",
    ] {
        on(line).code(2).stderr(contains(
            "mosi has no vision: it is missing at every condition",
        ));
    }
    assert!(!folder.path().join("v.npz").exists());
}

#[test]
fn versions_and_folds_that_are_prepared_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let source = pickle(folder.path());
    for name in ["demo-film@asr", "demo-film:fold=10", "demo-film:fold=2"] {
        program()
            .args(["prepare", "--dataset", name, "--data", "here"])
            .arg(&source)
            .current_dir(folder.path())
            .assert()
            .success();
    }
    let listed = |more: &[&str]| {
        let mut program = program();
        program.args(["list", "datasets", "--json"]).args(more);
        let out = program.current_dir(folder.path()).assert().success();
        let json: serde_json::Value = serde_json::from_slice(&out.get_output().stdout).unwrap();
        let all = json["datasets"].as_array().unwrap().clone();
        let film = all.iter().find(|one| one["name"] == "demo-film").unwrap();
        film["prepared"].clone()
    };
    assert_eq!(listed(&[]), serde_json::json!([]));
    assert_eq!(
        listed(&["--data", "here"]),
        serde_json::json!(["demo-film:fold=2", "demo-film:fold=10", "demo-film@asr"])
    );
}
