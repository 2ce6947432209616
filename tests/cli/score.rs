//! `score` as a user sees it: external predictions become a model of the report, or are refused.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lnln_bench::data::dataset::{Corpus, SplitName};
use lnln_bench::record::find_runs;
use predicates::prelude::*;
use predicates::str::contains;

use super::program::{pickle, prepared, program};

/// A prepared file and the ids of its test samples.
fn data(folder: &Path) -> (PathBuf, Vec<String>) {
    let file = prepared(folder).join("demo-film.h5");
    let ids = Corpus::open(&file)
        .unwrap()
        .outline(SplitName::Test)
        .unwrap()
        .ids;
    (file, ids)
}

/// Predictions of two seeds at two rates.
fn csv(ids: &[String]) -> String {
    let mut text = "id,rate,seed,prediction\n".to_string();
    for (seed, rate) in [(1, 0.0), (1, 0.5), (2, 0.0), (2, 0.5)] {
        for (i, id) in ids.iter().enumerate() {
            writeln!(
                text,
                "{id},{rate},{seed},{}",
                i as f64 * 0.1 - f64::from(seed)
            )
            .unwrap();
        }
    }
    text
}

fn score(folder: &Path, data: &Path, text: &str) -> assert_cmd::assert::Assert {
    score_with(folder, data, text, &[])
}

fn score_with(
    folder: &Path,
    data: &Path,
    text: &str,
    flags: &[&str],
) -> assert_cmd::assert::Assert {
    let file = folder.join("mine.csv");
    fs::write(&file, text).unwrap();
    program()
        .arg("score")
        .arg(&file)
        .arg("--data")
        .arg(data)
        .arg("--runs")
        .arg(folder.join("runs"))
        .args(flags)
        .assert()
}

const CITATION: &str = "Me, You: A Model. Nowhere 2024";

#[test]
fn external_predictions_are_a_model_of_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let (data, ids) = data(folder.path());
    let text = csv(&ids);
    score(folder.path(), &data, &text)
        .success()
        .stdout(contains("mine 1  rate 0: MAE ").and(contains("demo-film mine 2")));
    score(folder.path(), &data, &text)
        .success()
        .stdout(contains("there before").count(2));
    let runs = find_runs(&folder.path().join("runs")).unwrap().finished;
    assert_eq!(runs.len(), 2);
    let record = runs[0].load().unwrap();
    assert_eq!(record.manifest.training.noise, None);
    assert_eq!(record.manifest.build.device, None);
    let external = record.manifest.external.as_ref().unwrap();
    assert_eq!(external.file, "mine.csv");
    assert_eq!(
        external.blake3,
        lnln_bench::record::hash_bytes(text.as_bytes())
    );
    assert_eq!(external.rows, text.lines().count() - 1);
    assert_eq!(record.predictions.len(), 2 * ids.len());
    let out = folder.path().join("report");
    program()
        .arg("report")
        .arg(folder.path().join("runs"))
        .arg("--out")
        .arg(&out)
        .assert()
        .success()
        .stdout(contains("mine"));
    let report = fs::read_to_string(out.join("report.md")).unwrap();
    assert!(report.contains("outside this program"), "{report}");
}

/// Hashes of masks that are right make masks verified, in the record and in the report; wrong ones are refused.
#[test]
fn hashes_of_masks_are_compared_and_the_report_says_so() {
    use lnln_bench::mask::{self, Condition, Variants};
    let folder = tempfile::tempdir().unwrap();
    let (data, ids) = data(folder.path());
    let corpus = lnln_bench::data::dataset::Corpus::open(&data).unwrap();
    let half: Condition = "0.5".parse().unwrap();
    let random = mask::find("random").unwrap();
    let masks = Variants::of_corpus(random, &corpus, 1111, &[half]).unwrap();
    let right = masks
        .hash(lnln_bench::data::dataset::SplitName::Test, half)
        .unwrap();
    let text = |hash: &str| {
        let mut text = "id,condition,seed,prediction,mask_hash\n".to_string();
        for (i, id) in ids.iter().enumerate() {
            writeln!(text, "{id},0.5,1,{},{hash}", i as f64 * 0.1 - 1.0).unwrap();
        }
        text
    };
    let wrong = format!("{}0", &right[1..]);
    score(folder.path(), &data, &text(&wrong))
        .code(3)
        .stderr(contains(format!("expected mask_hash {right}")));
    score(folder.path(), &data, &text(&right)).success();
    let runs = folder.path().join("runs");
    let run = find_runs(&runs).unwrap().finished.remove(0);
    let masks = &run.load().unwrap().manifest.masks[0];
    assert!(masks.are_verified());
    assert_eq!(masks.variants[0].hash, right);
    let out = folder.path().join("report");
    let report = |words: &str| {
        let mut command = program();
        command.arg("report").arg(&runs).arg("--out").arg(&out);
        command.assert().success();
        let page = fs::read_to_string(out.join("report.md")).unwrap();
        assert!(page.contains(words), "{page}");
    };
    report(", masks verified by their hashes.");
    // Scored without hashes first, the run has to go before it is verified.
    fs::remove_dir_all(&runs).unwrap();
    score(folder.path(), &data, &text("")).success();
    report(", masks as stated by their maker.");
    score(folder.path(), &data, &text(&right))
        .code(3)
        .stderr(contains("mask_hash"));
}

#[test]
fn rates_of_stored_scores_can_be_compared_in_python() {
    let Some(python) = super::python::python(&["csv"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (data, ids) = data(folder.path());
    let mut text = "id,condition,seed,prediction,mask_protocol\n".to_string();
    for condition in ["0.3", "0.5", "LA", "V"] {
        for id in &ids {
            writeln!(text, "{id},{condition},1,0.5,mine").unwrap();
        }
    }
    score(folder.path(), &data, &text).success();
    let runs = find_runs(&folder.path().join("runs")).unwrap().finished;
    let script = "import csv, sys\n\
        lines = (line for line in open(sys.argv[1]) if not line.startswith('#'))\n\
        rows = [row for row in csv.DictReader(lines) if float(row['rate_text']) < 0.5]\n\
        print(sorted({(row['condition'], float(row['rate_vision'])) for row in rows}))\n";
    let scores = runs[0].evaluation_folders()[0].join("scores.csv");
    let mut command = Command::new(python);
    let out = super::python::run(command.args(["-c", script]).arg(&scores));
    assert_eq!(out.trim(), "[('0.3', 0.3), ('V', 1.0)]");
}

#[test]
fn models_and_masks_may_be_named_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let (data, ids) = data(folder.path());
    let mut text = "prediction,model,condition,mask_protocol,mask_seed,seed,id\n".to_string();
    for (model, condition) in [("a", "LA"), ("b", "0.1")] {
        for id in &ids {
            writeln!(text, "0.5,{model},{condition},mine,7,1,{id}").unwrap();
        }
    }
    score(folder.path(), &data, &text).success();
    let runs = find_runs(&folder.path().join("runs")).unwrap().finished;
    let manifests: Vec<_> = runs.iter().map(|r| r.load().unwrap().manifest).collect();
    let of = |model: &str| manifests.iter().find(|m| m.model.name == model).unwrap();
    assert_eq!(
        (
            of("a").masks[0].mask_protocol.as_str(),
            of("a").masks[0].version
        ),
        ("mine", 0)
    );
    assert_eq!(
        (
            of("a").masks[0].conditions[0].to_string(),
            of("b").masks[0].seeds[0]
        ),
        ("LA".into(), 7)
    );
}

#[test]
fn a_condition_that_the_mask_protocol_does_not_take_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (data, ids) = data(folder.path());
    for (mask_protocol, condition, expected) in [
        ("random", "LA", "expected rates like 0.5 or 0:1:0.1"),
        ("modality", "1.0", "expected missing modalities (L, A, V"),
    ] {
        let mut text = "id,condition,seed,mask_protocol,prediction\n".to_string();
        for id in &ids {
            writeln!(text, "{id},{condition},1,{mask_protocol},0.5").unwrap();
        }
        let message = format!("row 2: mask protocol `{mask_protocol}` has no masks at condition");
        score(folder.path(), &data, &text)
            .code(3)
            .stderr(contains(message).and(contains(expected)));
        assert!(!folder.path().join("runs").exists());
    }
}

#[test]
fn what_does_not_fit_the_data_is_named_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (data, ids) = data(folder.path());
    let good = csv(&ids);
    let refused = |text: &str, words: &str| {
        score(folder.path(), &data, text)
            .code(3)
            .stderr(contains(words));
        assert!(!folder.path().join("runs").exists(), "{words}");
    };
    let lines: Vec<&str> = good.lines().collect();
    refused(
        &lines[..lines.len() - 1].join("\n"),
        &format!(
            "for 1 of {} test samples: {}",
            ids.len(),
            ids[ids.len() - 1]
        ),
    );
    refused(&format!("{good}{},0,1,0\n", ids[0]), "already, on row 2");
    refused(
        &format!("{good}nobody,0,1,0\n"),
        "sample `nobody` is not in the test split of demo-film",
    );
    let train = Corpus::open(&data)
        .unwrap()
        .outline(SplitName::Train)
        .unwrap()
        .ids;
    refused(
        &format!("{good}{},0,1,0\n", train[0]),
        "(it is a training sample)",
    );
    refused(
        &good.replacen(",-1\n", ",NaN\n", 1),
        "row 2: the prediction for sample",
    );
    refused(
        &good.replacen(",-1\n", ",inf\n", 1),
        "expected a finite number",
    );
    refused(
        "id,rate,seed\n",
        "expected the columns id, rate (or condition), seed and prediction",
    );
    refused("id,rate,seed,prediction\n", "holds no predictions");
    let whole = |line: &&&str| !line.contains(",0.5,2,");
    let without: Vec<&str> = lines.iter().filter(whole).copied().collect();
    refused(
        &without.join("\n"),
        "no prediction for mine, seed 2, condition 0.5 (random masks, seed 1111), which seed 1 has",
    );
}

#[test]
fn an_evaluation_that_a_copy_lacks_is_named_and_scored_again() {
    let folder = tempfile::tempdir().unwrap();
    let (data, ids) = data(folder.path());
    score(folder.path(), &data, &csv(&ids)).success();
    let runs = folder.path().join("runs");
    let run = fs::read_dir(&runs).unwrap().next().unwrap().unwrap();
    fs::remove_dir_all(run.path().join("evaluations")).unwrap();
    let report = || {
        let out = folder.path().join("report");
        let mut report = program();
        report.arg("report").arg(&runs).arg("--out").arg(out);
        report.assert()
    };
    report()
        .failure()
        .stderr(contains("is finished and has no evaluation"));
    score(folder.path(), &data, &csv(&ids))
        .success()
        .stdout(contains("there before").count(1));
    report().success();
}

#[test]
fn a_mask_protocol_of_somebody_elses_is_said_and_a_citation_without_form_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (data, ids) = data(folder.path());
    let file = folder.path().join("mine.csv");
    fs::write(&file, csv(&ids)).unwrap();
    let score = |flag: &str, value: &str| {
        program()
            .arg("score")
            .arg(&file)
            .arg("--data")
            .arg(&data)
            .arg("--runs")
            .arg(folder.path().join("runs"))
            .args([flag, value])
            .assert()
    };
    score("--citation", "me, 2024")
        .code(2)
        .stderr(contains("expected `Authors: Title. Venue Year`"));
    assert!(!folder.path().join("runs").exists());
    score("--mask-protocol", "randm").success().stderr(contains(
        "mask protocol `randm` (did you mean `random`?) is none of random, temporal",
    ));
    score("--citation", CITATION).success();
}

#[test]
fn what_describes_one_model_is_refused_for_a_file_of_several() {
    let folder = tempfile::tempdir().unwrap();
    let (data, ids) = data(folder.path());
    let mut text = "id,rate,seed,prediction,model\n".to_string();
    for model in ["a", "b"] {
        for id in &ids {
            writeln!(text, "{id},0,1,0.5,{model}").unwrap();
        }
    }
    for flags in [
        ["--title", "My model"],
        ["--citation", CITATION],
        ["--parameters", "7"],
    ] {
        let words = format!(
            "mine.csv: {} describes one model, but the file holds 2 (a, b)",
            flags[0]
        );
        score_with(folder.path(), &data, &text, &flags)
            .failure()
            .stderr(contains(words));
        assert!(!folder.path().join("runs").exists(), "{flags:?}");
    }
    score(folder.path(), &data, &text).success();
}

#[test]
fn a_run_with_another_description_of_its_model_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (data, ids) = data(folder.path());
    let text = csv(&ids);
    let score = |flags: &[&str]| score_with(folder.path(), &data, &text, flags);
    let first = ["--title", "Mine", "--parameters", "7"];
    score(&first).success();
    let same: [&[&str]; 2] = [&first, &[]];
    for flags in same {
        score(flags)
            .success()
            .stdout(contains("there before").count(2));
    }
    let runs = folder.path().join("runs");
    let found = find_runs(&runs).unwrap().finished;
    for (flag, now, words) in [
        ("--title", "Other", "with `Mine` for --title"),
        ("--parameters", "0", "with `7` for --parameters"),
        ("--citation", CITATION, "with nothing for --citation"),
    ] {
        let refused = score(&[flag, now])
            .code(3)
            .stderr(contains(words).and(contains(format!("now `{now}` is given"))));
        let said = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
        assert!(found.iter().all(|run| said.contains(&run.id())), "{said}");
    }
    // What the message says to do.
    fs::remove_dir_all(found[0].path()).unwrap();
    fs::remove_dir_all(found[1].path()).unwrap();
    score(&["--title", "Other"]).success();
    for run in find_runs(&runs).unwrap().finished {
        let model = run.load().unwrap().manifest.model;
        assert_eq!((&*model.title, model.parameters), ("Other", None));
    }
}

#[test]
fn refusals_have_their_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let (data, ids) = data(folder.path());
    program()
        .args(["score", "absent.csv", "--data"])
        .arg(&data)
        .assert()
        .code(6)
        .stderr(contains("absent.csv"));
    program()
        .args(["score", "absent.csv"])
        .assert()
        .code(2)
        .stderr(contains("--data"));
    let file = folder.path().join("my model.csv");
    fs::write(&file, csv(&ids)).unwrap();
    program()
        .arg("score")
        .arg(&file)
        .arg("--data")
        .arg(&data)
        .assert()
        .code(2)
        .stderr(contains("`my model` cannot name a model"));
    program()
        .args(["score", "--model", "constant"])
        .arg(&file)
        .arg("--data")
        .arg(&data)
        .assert()
        .code(2);
}

#[test]
fn the_example_in_the_docs_makes_predictions_under_our_masks() {
    let Some(python) = super::python::python(&["h5py", "numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    program()
        .arg("prepare")
        .arg(pickle(folder.path()))
        // `modality` precedes `random` in the file, which the script must not take for the first one.
        .args(["--masks", "random,modality", "--rates", "0:1:0.5", "--data"])
        .arg(&data)
        .assert()
        .success();
    let out = folder.path().join("python.csv");
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/docs/examples/score_with_masks.py"
    );
    super::python::run(Command::new(python).arg(script).args([
        data.join("demo-film.h5"),
        data.join("demo-film.masks.h5"),
        out.clone(),
    ]));
    program()
        .arg("score")
        .arg(&out)
        .arg("--data")
        .arg(data.join("demo-film.h5"))
        .arg("--runs")
        .arg(folder.path().join("runs"))
        .assert()
        .success();
    let run = find_runs(&folder.path().join("runs"))
        .unwrap()
        .finished
        .swap_remove(0);
    let record = run.load().unwrap();
    let groups = record.predictions.groups();
    assert_eq!(groups.len(), 3);
    // The example's masks are ours: what it saw of a sample is what our own masks leave.
    let corpus = Corpus::open(&data.join("demo-film.h5")).unwrap();
    let split = corpus.split(SplitName::Test, false).unwrap();
    let tokens = split.text_bert.unwrap();
    let mask_protocol = lnln_bench::mask::find("random").unwrap();
    let conditions: Vec<_> = groups.iter().map(|g| g.key.condition).collect();
    let variants =
        lnln_bench::mask::Variants::of_corpus(mask_protocol, &corpus, 1111, &conditions).unwrap();
    for group in &groups {
        let keep = variants
            .keep(
                SplitName::Test,
                lnln_bench::data::dataset::Modality::Text,
                group.key.condition,
            )
            .unwrap();
        for (row, found) in group.prediction.iter().enumerate() {
            let seen = |t: usize| {
                if keep.row(row)[t] {
                    tokens.row(row)[t]
                } else {
                    100
                }
            };
            let sum: i32 = (0..tokens.width).map(|t| seen(t) % 7).sum();
            let expected = f64::from(sum) / tokens.width as f64 - 3.0;
            assert!((f64::from(*found) - expected).abs() < 1e-6, "sample {row}");
        }
    }
}
