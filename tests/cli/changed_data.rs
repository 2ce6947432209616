//! Prepared files that were changed or renamed after `prepare`: refused by every command that reads them.

use std::fs;
use std::path::Path;

use hdf5::types::VarLenUnicode;
use lnln_bench::data::dataset::{Corpus, SplitName};
use predicates::prelude::*;
use predicates::str::contains;

use super::program::{pickle, prepared, program, words};

/// Opens a prepared file for changes, as h5py would.
fn open(file: &Path) -> hdf5::File {
    hdf5::File::open_rw(file).unwrap()
}

/// Changes one value of a column of floats.
fn change(file: &Path, column: &str) {
    let column = open(file).dataset(column).unwrap();
    let mut values: Vec<f32> = column.read_raw().unwrap();
    values[3] += 0.25;
    column.write_raw(&values).unwrap();
}

/// Predictions for the test split.
fn predictions(folder: &Path, file: &Path) -> std::path::PathBuf {
    let outline = Corpus::open(file).unwrap().outline(SplitName::Test);
    let rows = outline.unwrap().ids.into_iter();
    let rows: String = rows.map(|id| format!("{id},0,1,0.5\n")).collect();
    let path = folder.join("mine.csv");
    fs::write(&path, format!("id,rate,seed,prediction\n{rows}")).unwrap();
    path
}

/// The commands that read a prepared file, by name.
fn commands(folder: &Path, file: &Path) -> Vec<(&'static str, Vec<String>)> {
    let (folder, data) = (folder.display(), file.parent().unwrap().display());
    let file = file.display();
    [
        (
            "export",
            format!("export {file} --out {folder}/out.pkl --force"),
        ),
        (
            "mask export",
            format!("mask export {file} --rate 0.5 --out {folder}/masks.npz --force"),
        ),
        (
            "score",
            format!("score {folder}/mine.csv --data {file} --runs {folder}/scored"),
        ),
        (
            "run",
            format!(
                "run --datasets demo-film --models constant --rates 0 --device cpu --data {data} \
                 --runs {folder}/runs"
            ),
        ),
    ]
    .map(|(name, line)| (name, words(&line).map(str::to_owned).collect()))
    .into()
}

/// The names of the commands that fail with a message about a changed file that has both hashes.
fn refusing(folder: &Path, file: &Path) -> Vec<&'static str> {
    let mut refusing = Vec::new();
    for (name, line) in commands(folder, file) {
        if name == "run" && !cfg!(feature = "torch") {
            continue;
        }
        let output = program().args(&line).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!message.contains("panicked"), "{line:?}: {message}");
        if output.status.success() {
            continue;
        }
        for part in [
            "was changed or damaged after prepare",
            "stored is",
            "lnln-bench prepare --force",
        ] {
            assert!(message.contains(part), "{line:?}: {message}");
        }
        refusing.push(name);
    }
    refusing
}

#[test]
fn a_changed_column_is_refused_by_the_commands_that_read_it() {
    let all: &[&str] = if cfg!(feature = "torch") {
        &["export", "score", "run"]
    } else {
        &["export", "score"]
    };
    let folder = tempfile::tempdir().unwrap();
    let file = prepared(folder.path()).join("demo-film.h5");
    predictions(folder.path(), &file);
    let sound = fs::read(&file).unwrap();
    assert!(refusing(folder.path(), &file).is_empty());
    for output in ["scored", "runs"] {
        fs::remove_dir_all(folder.path().join(output)).unwrap_or_default();
    }
    let without_score: Vec<&str> = all
        .iter()
        .filter(|name| **name != "score")
        .copied()
        .collect();
    for (column, expected) in [
        ("test/regression_labels", all),
        ("train/audio", &without_score),
        ("valid/vision", &without_score),
    ] {
        fs::write(&file, &sound).unwrap();
        change(&file, column);
        assert_eq!(refusing(folder.path(), &file), expected, "{column}");
        assert!(!folder.path().join("scored").exists() || column != "test/regression_labels");
    }
    for (column, text) in [("test/id", "another"), ("train/raw_text", "other words")] {
        fs::write(&file, &sound).unwrap();
        let texts = open(&file).dataset(column).unwrap();
        let mut values: Vec<VarLenUnicode> = texts.read_raw().unwrap().to_vec();
        values[0] = text.parse().unwrap();
        texts.write_raw(&values).unwrap();
        drop(texts);
        let refusing = refusing(folder.path(), &file);
        assert!(refusing.contains(&"export"), "{column}: {refusing:?}");
        assert_eq!(refusing.contains(&"score"), column == "test/id");
    }
}

#[test]
fn columns_that_were_added_removed_or_made_anew_are_refused_without_reading_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = prepared(folder.path()).join("demo-film.h5");
    predictions(folder.path(), &file);
    let sound = fs::read(&file).unwrap();
    type Change = fn(&hdf5::File);
    let changes: [(&str, Change); 5] = [
        ("added", |file| {
            let column = file.new_dataset::<f32>().shape([4]);
            column.create("train/mine").unwrap();
        }),
        ("removed", |file| file.unlink("valid/vision").unwrap()),
        ("made anew with another type", |file| {
            file.unlink("test/regression_labels").unwrap();
            let column = file.new_dataset::<f64>().shape([12]);
            column.create("test/regression_labels").unwrap();
        }),
        ("another content hash", |file| {
            let hash: VarLenUnicode = "0".repeat(64).parse().unwrap();
            file.attr("content_hash")
                .unwrap()
                .write_scalar(&hash)
                .unwrap();
        }),
        ("another checksum", |file| {
            let hash: VarLenUnicode = "0".repeat(64).parse().unwrap();
            let column = file.dataset("test/regression_labels").unwrap();
            column.attr("blake3").unwrap().write_scalar(&hash).unwrap();
        }),
    ];
    for (name, change) in changes {
        fs::write(&file, &sound).unwrap();
        change(&open(&file));
        let refusing = refusing(folder.path(), &file);
        assert_eq!(
            refusing.len(),
            if cfg!(feature = "torch") { 4 } else { 3 },
            "{name}"
        );
    }
}

#[test]
fn changed_attributes_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = prepared(folder.path()).join("demo-film.h5");
    predictions(folder.path(), &file);
    let sound = fs::read(&file).unwrap();
    let verify = || program().arg("verify").arg(&file).assert();
    for (name, value) in [
        ("dataset", "film-of-mine"),
        ("dataset_table", "{\"name\": \"demo-film\"}"),
        ("note", "gold transcripts"),
        ("warnings", "[]"),
        ("attribute_hashes", "{}"),
    ] {
        fs::write(&file, &sound).unwrap();
        let text: VarLenUnicode = value.parse().unwrap();
        open(&file).attr(name).unwrap().write_scalar(&text).unwrap();
        let named = if name == "attribute_hashes" {
            "dataset_table"
        } else {
            name
        };
        let refusing = refusing(folder.path(), &file);
        assert_eq!(
            refusing.len(),
            if cfg!(feature = "torch") { 4 } else { 3 },
            "{name}"
        );
        let told = contains("attribute ").and(contains(named.to_owned()));
        verify().code(3).stderr(told);
    }
    // A file of an earlier program has no hashes of attributes.
    fs::write(&file, &sound).unwrap();
    open(&file).delete_attr("attribute_hashes").unwrap();
    verify().success().stdout(contains(
        "attributes (data set, label range, note) are not compared",
    ));
}

#[test]
fn a_changed_file_is_shown_with_a_warning_and_not_kept_by_prepare() {
    let folder = tempfile::tempdir().unwrap();
    let file = prepared(folder.path()).join("demo-film.h5");
    change(&file, "test/audio");
    program()
        .arg("inspect")
        .arg(&file)
        .assert()
        .success()
        .stdout(contains("test/audio has checksum").and(contains("test/vision")));
    let again = |more: &[&str]| {
        let mut command = program();
        command.arg("prepare").arg(pickle(folder.path())).args(more);
        command.arg("--data").arg(file.parent().unwrap()).assert()
    };
    again(&[])
        .code(3)
        .stderr(contains("test/audio does not match").and(contains("--force")));
    again(&["--force"]).success();
    program().arg("verify").arg(&file).assert().success();
}

#[test]
fn a_file_with_the_name_of_another_data_set_is_refused_with_both_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = prepared(folder.path()).join("demo-film.h5");
    predictions(folder.path(), &file);
    let renamed = file.with_file_name("mosei.h5");
    fs::rename(&file, &renamed).unwrap();
    let both = || contains("mosei").and(contains("demo-film"));
    for (_, line) in commands(folder.path(), &renamed).into_iter().take(3) {
        program().args(&line).assert().code(3).stderr(both());
    }
    let verify = program().arg("verify").arg(&renamed).assert();
    verify.code(3).stderr(both());
    // A name that is no data set's is the user's own.
    let own = file.with_file_name("copy.h5");
    fs::copy(&renamed, &own).unwrap();
    for (_, line) in commands(folder.path(), &own).into_iter().take(3) {
        program().args(&line).assert().success();
    }
}

#[cfg(feature = "torch")]
#[test]
fn a_sweep_over_a_renamed_file_is_refused_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let file = prepared(folder.path()).join("demo-film.h5");
    fs::copy(&file, file.with_file_name("mosei.h5")).unwrap();
    fs::copy(&file, file.with_file_name("mine.h5")).unwrap();
    let run = |datasets: &str, more: &[&str]| {
        let line = format!(
            "run --datasets {datasets} --models constant --rates 0 --device cpu --data {} --runs {}",
            file.parent().unwrap().display(),
            folder.path().join("runs").display()
        );
        program().args(words(&line)).args(more).assert()
    };
    for dataset in ["mosei", "mine", "demo-film,mosei", "mine,demo-film"] {
        for more in [&[][..], &["--dry-run"], &["--jobs", "2"]] {
            let holds = contains("holds demo-film");
            run(dataset, more)
                .code(3)
                .stderr(holds.and(contains("panicked").not()));
        }
    }
    run("mosei,mine", &[]).code(3).stderr(
        contains("2 of 2 data sets cannot be used")
            .and(contains("mosei.h5"))
            .and(contains("mine.h5")),
    );
    assert!(!folder.path().join("runs").exists());
    run("demo-film", &[]).success();
}
