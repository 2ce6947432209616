//! `predict --input`: new files, labelled or not, whole or with parts missing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};

use lnln_bench::data::dataset::{
    Block, Corpus, ImportOptions, Split, SplitName, prepare, synthetic,
};
use lnln_bench::data::pickle::Writer;
use lnln_bench::record::RunDir;
use predicates::prelude::*;
use predicates::str::{contains, is_match};
use serde_json::Value;

use super::program::{program, runs_in, words};

mod warnings;

/// A trained run, its data and their source.
struct Trained {
    folder: tempfile::TempDir,
    run: RunDir,
    source: PathBuf,
    data: PathBuf,
    /// What this is a copy of, kept for the tests that run meanwhile.
    _made: Arc<tempfile::TempDir>,
}

/// Models that tests have trained, by what they were made with, as long as one of them runs.
static MADE: Mutex<BTreeMap<String, Arc<Mutex<Weak<tempfile::TempDir>>>>> =
    Mutex::new(BTreeMap::new());

impl Trained {
    /// A model that was trained for two epochs on a part of the demo's film corpus, in a folder of its own.
    fn new(model: &str, encoder: &str, more: &str, standardize: bool) -> Self {
        let key = format!("{model} {encoder} {more} {standardize}");
        let known = Arc::clone(MADE.lock().unwrap().entry(key).or_default());
        let mut known = known.lock().unwrap();
        let made = known.upgrade().unwrap_or_else(|| {
            let folder = tempfile::tempdir().unwrap();
            train(folder.path(), model, encoder, more, standardize);
            Arc::new(folder)
        });
        *known = Arc::downgrade(&made);
        drop(known);
        let folder = tempfile::tempdir().unwrap();
        copy(made.path(), folder.path());
        Self {
            run: runs_in(&folder.path().join("runs")).pop().unwrap(),
            source: folder.path().join("film.pkl"),
            data: folder.path().join("data"),
            folder,
            _made: made,
        }
    }

    fn corpus(&self) -> Corpus {
        Corpus::open(&self.data.join("demo-film.h5")).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `predict --input`; neither data nor source of the training are there.
    fn predict(&self, input: &Path, flags: &str) -> assert_cmd::assert::Assert {
        let mut command = program();
        command.arg("predict").arg(self.run.path());
        command.arg("--input").arg(input).args(words(flags));
        command.current_dir(self.folder.path());
        command.args(["--device", "cpu"]).assert()
    }

    fn json(&self, input: &Path, flags: &str) -> Value {
        let done = self.predict(input, &format!("{flags} --json")).success();
        serde_json::from_slice(&done.get_output().stdout).unwrap()
    }

    /// Predictions of the stored evaluation, by condition and sample.
    fn evaluated(&self) -> BTreeMap<(String, String), f32> {
        let predictions = self.run.load().unwrap().predictions;
        let rows = predictions.iter();
        rows.map(|row| ((row.condition.to_string(), row.id), row.prediction))
            .collect()
    }

    /// The test split as it was prepared.
    fn test_split(&self) -> Split {
        self.corpus().split(SplitName::Test, true).unwrap()
    }
}

fn train(folder: &Path, model: &str, encoder: &str, more: &str, standardize: bool) {
    let (source, data) = (folder.join("film.pkl"), folder.join("data"));
    synthetic::write_demo(synthetic::Demo::Film, &source, 7, 0.4).unwrap();
    let mut options = ImportOptions::new(&data);
    options.standardize = standardize;
    prepare(&source, &options, &mut |_| {}).unwrap();
    program()
        .args(words(
            "run --datasets demo-film --seeds 1 --rates 0,0.5,A,LA --masks random,modality --batch-size 16 --device cpu \
             --threads 1",
        ))
        .args(["--models", model, "--encoder", encoder])
        .args(words(more))
        .args(words(if more.contains("--epochs") { "" } else { "--epochs 2" }))
        .arg("--data")
        .arg(&data)
        .arg("--runs")
        .arg(folder.join("runs"))
        .assert()
        .success();
}

/// A folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

/// Predictions of `predict --json` by condition and sample.
fn predicted(record: &Value) -> BTreeMap<(String, String), f32> {
    let rows = record["predictions"].as_array().unwrap();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let row = |row: &Value| {
        let key = (text(row, "condition"), text(row, "id"));
        (key, row["prediction"].as_f64().unwrap() as f32)
    };
    rows.iter().map(row).collect()
}

/// Columns of a pickle with one split, as contests give it: no labels.
fn contest(split: &Split, key: &str, path: &Path) {
    let mut writer = Writer::new(Vec::new()).unwrap();
    writer.begin_dict().unwrap();
    writer.str(key).unwrap();
    columns(split, &[], &mut writer);
    writer.end_dict().unwrap();
    fs::write(path, writer.finish().unwrap()).unwrap();
}

/// The same without the split: a dict of columns, with labels if there are any.
fn flat(split: &Split, labels: &[f32], path: &Path) {
    let mut writer = Writer::new(Vec::new()).unwrap();
    columns(split, labels, &mut writer);
    fs::write(path, writer.finish().unwrap()).unwrap();
}

fn columns(split: &Split, labels: &[f32], writer: &mut Writer<Vec<u8>>) {
    writer.begin_dict().unwrap();
    if !labels.is_empty() {
        writer.str("regression_labels").unwrap();
        writer.f32_array(&[labels.len()], labels).unwrap();
    }
    writer.str("id").unwrap();
    writer.str_list(&split.ids).unwrap();
    if !split.raw_text.is_empty() {
        writer.str("raw_text").unwrap();
        writer.str_list(&split.raw_text).unwrap();
    }
    let shape = |rows: usize, steps: usize, width: usize| [rows, steps, width];
    let mut floats = |name: &str, block: &Block<f32>| {
        if block.width > 0 {
            writer.str(name).unwrap();
            let shape = shape(block.rows, block.steps, block.width);
            writer.f32_array(&shape, &block.data).unwrap();
        }
    };
    floats("audio", &split.audio);
    floats("vision", &split.vision);
    if let Some(text) = &split.text {
        floats("text", text);
    }
    if let Some(block) = &split.text_bert {
        writer.str("text_bert").unwrap();
        let ids: Vec<i64> = block.data.iter().map(|id| i64::from(*id)).collect();
        let shape = shape(block.rows, block.steps, block.width);
        writer.i64_array(&shape, &ids).unwrap();
    }
    for (name, lengths) in [
        ("audio_lengths", &split.audio_lengths),
        ("vision_lengths", &split.vision_lengths),
    ] {
        if !lengths.is_empty() {
            writer.str(name).unwrap();
            let all: Vec<i64> = lengths.iter().map(|n| i64::from(*n)).collect();
            writer.i64_array(&[all.len()], &all).unwrap();
        }
    }
    writer.end_dict().unwrap();
}

/// The samples of a block without those from `rows` on, or with zeros in place of one.
fn blank(block: &mut Block<f32>, row: usize, value: f32) {
    let size = block.steps * block.width;
    block.data[row * size..(row + 1) * size].fill(value);
}

#[test]
fn the_test_split_as_a_new_file_has_the_bits_of_the_evaluation() {
    for (model, encoder, standardize) in [
        ("lf_dnn", "features", true),
        ("lnln", "tiny", false),
        ("constant", "tiny", false),
    ] {
        let trained = Trained::new(model, encoder, "", standardize);
        let evaluated = trained.evaluated();
        assert!(evaluated.len() > 4 * 64, "more than one pass");
        let rates = "--rates 0,0.5,A,LA";
        let sources = [trained.source.clone(), trained.data.join("demo-film.h5")];
        // Away from everything that the run was trained with.
        let away = trained.path("away");
        fs::create_dir(&away).unwrap();
        for source in sources {
            let input = away.join(source.file_name().unwrap());
            fs::rename(&source, &input).unwrap();
            let record = trained.json(&input, rates);
            assert_eq!(predicted(&record), evaluated, "{model}");
            assert_eq!(record["split"], "test");
            // The source has infinite values, which `prepare` replaced.
            for warning in record["warnings"].as_array().unwrap() {
                assert!(
                    warning.as_str().unwrap().contains("not finite"),
                    "{warning}"
                );
            }
            let scores = &record["conditions"][0]["scores"];
            assert!(scores["mae"].as_f64().unwrap() > 0.0, "{scores}");
        }
    }
}

#[test]
fn an_unlabelled_file_is_predicted_with_its_missing_parts() {
    let trained = Trained::new("lnln", "tiny", "", false);
    let complete = trained.test_split();
    let input = trained.path("contest.pkl");
    contest(&complete, "test", &input);
    let whole = predicted(&trained.json(&input, ""));
    let evaluated = trained.evaluated();
    for (key, prediction) in &whole {
        assert_eq!(evaluated[key], *prediction, "{key:?}");
    }

    let mut split = complete.clone();
    blank(&mut split.vision, 0, 0.0);
    blank(&mut split.vision, 3, f32::NAN);
    blank(&mut split.audio, 1, 0.0);
    let block = split.text_bert.as_mut().unwrap();
    let size = block.steps * block.width;
    block.data[2 * size..3 * size].fill(0);
    contest(&split, "test", &input);
    let out = trained.path("new.csv");
    let done = trained.predict(&input, "--out new.csv").success();
    done.stderr(
        contains("2 of 96 samples have no frame of vision: taken as missing")
            .and(contains("1 of 96 samples have no frame of audio"))
            .and(contains("1 of 96 samples have no word of text"))
            .and(is_match("missing in the file: [1-9][0-9]* of [0-9]+ words of text, [1-9][0-9]* of [0-9]+ frames of audio, [1-9]").unwrap())
            .and(contains("-3 to 3")),
    );
    let csv = fs::read_to_string(&out).unwrap();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("id,prediction"));
    assert_eq!(lines.count(), 96);
    let record = trained.json(&input, "");
    assert_eq!(record["missing"]["vision"]["missing_samples"], 2);
    let missing = predicted(&record);
    let changed: Vec<&String> = whole
        .iter()
        .filter(|(key, prediction)| missing[*key] != **prediction)
        .map(|((_, id), _)| id)
        .collect();
    let mut expected: Vec<&String> = complete.ids[..4].iter().collect();
    expected.sort();
    assert_eq!(changed, expected, "samples with missing parts alone");
}

/// The test split of the source, as it is before any standardization.
fn raw_split(trained: &Trained) -> Split {
    let plain = trained.path("plain");
    let options = ImportOptions::new(&plain);
    prepare(&trained.source, &options, &mut |_| {}).unwrap();
    let corpus = Corpus::open(&plain.join("demo-film.h5")).unwrap();
    corpus.split(SplitName::Test, true).unwrap()
}

/// Fills the words of a text, but CLS and SEP, which no mask removes.
fn blank_words(split: &mut Split, row: usize, value: f32) {
    let special = split.special.as_ref().unwrap()[row];
    let length = split.text_lengths[row] as usize;
    let text = split.text.as_mut().unwrap();
    let words = usize::from(special.cls)..length - usize::from(special.sep);
    let at = |step: usize| (row * text.steps + step) * text.width;
    let range = at(words.start)..at(words.end);
    text.data[range].fill(value);
}

#[test]
fn a_missing_modality_is_what_the_evaluation_has_under_its_condition() {
    for (standardize, condition, flags) in [(true, "A", ""), (false, "LA", "--missing-as zeros")] {
        let trained = Trained::new("lf_dnn", "features", "", standardize);
        let complete = raw_split(&trained);
        let evaluated = trained.evaluated();
        let input = trained.path("new.pkl");
        for value in [0.0, f32::NAN] {
            let mut split = complete.clone();
            for row in 0..split.len() {
                blank(&mut split.audio, row, value);
                if condition == "LA" {
                    blank_words(&mut split, row, value);
                }
            }
            contest(&split, "test", &input);
            for ((_, id), prediction) in predicted(&trained.json(&input, flags)) {
                let key = (condition.to_owned(), id);
                assert_eq!(evaluated[&key], prediction, "{value} {key:?}");
            }
        }
        let mut split = complete.clone();
        split.audio = Block::default();
        split.audio_lengths = Vec::new();
        contest(&split, "test", &input);
        let record = trained.json(&input, "");
        assert_eq!(record["missing"]["audio"]["absent"], true);
        if condition == "A" {
            // LF-DNN averages over all steps: an absent modality is one of zeros.
            for ((_, id), prediction) in predicted(&record) {
                assert_eq!(evaluated[&(condition.to_owned(), id)], prediction);
            }
        }
    }
}

#[test]
fn a_file_may_have_one_split_of_any_name_or_none() {
    let trained = Trained::new("lf_dnn", "tiny", "", false);
    let split = trained.test_split();
    let (named, plain) = (trained.path("named.pkl"), trained.path("flat.pkl"));
    contest(&split, "test", &named);
    let expected = predicted(&trained.json(&named, ""));
    flat(&split, &[], &plain);
    let record = trained.json(&plain, "");
    assert_eq!(predicted(&record), expected);
    let assumed = record["assumed"][0].as_str().unwrap();
    assert!(assumed.contains("no splits"), "{assumed}");
    for key in ["dev", "train", "hidden"] {
        contest(&split, key, &named);
        let record = trained.json(&named, "");
        assert_eq!(record["split"], key);
        assert_eq!(predicted(&record), expected, "nothing is masked");
    }
    for (label, words) in [
        ((|y| y / 3.0) as fn(f32) -> f32, "another scale?"),
        (|y| f32::from(y > 0.0), "these look like classes"),
    ] {
        let labels: Vec<f32> = split.labels.iter().map(|y| label(*y)).collect();
        flat(&split, &labels, &plain);
        trained
            .predict(&plain, "")
            .success()
            .stderr(contains(words));
    }
    flat(&split, &split.labels, &plain);
    let sound = trained.predict(&plain, "").success();
    sound.stderr(contains("WARN").not());
    trained
        .predict(&named, "--split test")
        .code(3)
        .stderr(contains("expected a split test, found splits hidden"));
    let (train, test) = (
        trained.json(&trained.source, "--split train"),
        trained.json(&trained.source, ""),
    );
    assert_eq!(train["samples"], trained.corpus().counts[0]);
    assert!(test["assumed"][0].as_str().unwrap().contains("--split"));
}

#[test]
fn the_first_dimension_that_differs_is_named() {
    let trained = Trained::new("lf_dnn", "tiny", "--noise clean", false);
    let split = trained.test_split();
    let input = trained.path("new.pkl");
    let refused = |change: &dyn Fn(&mut Split)| {
        let mut other = split.clone();
        change(&mut other);
        contest(&other, "test", &input);
        let done = trained.predict(&input, "").code(3);
        String::from_utf8(done.get_output().stderr.clone()).unwrap()
    };
    let message = refused(&|split| {
        split.vision.width /= 2;
        split.vision.steps *= 2;
    });
    let expected = "vision: the run was trained on 8 features per frame, new.pkl has 4";
    assert!(message.contains(expected), "{message}");
    let message = refused(&|split| std::mem::swap(&mut split.audio, &mut split.vision));
    let expected = "audio: the run was trained on 6 features per frame, new.pkl has 8; audio and vision \
                    are exchanged";
    assert!(message.contains(expected), "{message}");
    let message = refused(&|split| split.text_bert.as_mut().unwrap().data[1] = 30_000);
    assert!(
        message.contains("has the token id 30000") && message.contains(&split.ids[0]),
        "{message}"
    );
    let message = refused(&|split| split.text_bert = None);
    assert!(message.contains("text: the run reads token ids, new.pkl has features alone"));

    // A whole modality may be absent; a run that has never seen such samples is named.
    let mut other = split.clone();
    other.vision = Block::default();
    other.vision_lengths = Vec::new();
    contest(&other, "test", &input);
    trained.predict(&input, "").success().stderr(
        contains("the file has no vision: taken as missing in all 96 samples")
            .and(contains("trained on complete samples")),
    );
}

#[test]
fn longer_samples_are_cut_and_shorter_ones_padded() {
    let trained = Trained::new("lf_dnn", "tiny", "", false);
    let split = trained.test_split();
    let input = trained.path("new.pkl");
    contest(&split, "test", &input);
    let expected = predicted(&trained.json(&input, ""));
    let mut longer = split.clone();
    let vision = &mut longer.vision;
    let (steps, width) = (vision.steps, vision.width);
    vision.data = (vision.data.chunks_exact(steps * width))
        .flat_map(|sample| sample.iter().copied().chain(vec![9.0; width]))
        .collect();
    vision.steps += 1;
    longer.vision_lengths[5] = vision.steps as u32;
    contest(&longer, "test", &input);
    trained
        .predict(&input, "")
        .success()
        .stderr(contains(format!(
            "1 of 96 samples have more than {steps} steps of vision"
        )));
    // One vector per sample in place of a sequence.
    let mut single = split.clone();
    let audio = &mut single.audio;
    let (all, size) = (audio.steps, audio.steps * audio.width);
    let first = |sample: &[f32]| sample[..audio.width].to_vec();
    audio.data = audio.data.chunks_exact(size).flat_map(first).collect();
    audio.steps = 1;
    single.audio_lengths = vec![1; single.ids.len()];
    let one = trained.path("single.pkl");
    contest(&single, "test", &one);
    trained.predict(&one, "").success().stderr(contains(format!(
        "audio: one step per sample, the run was trained with {all}"
    )));
    let found = predicted(&trained.json(&input, ""));
    let differs = |key: &&(String, String)| found[*key] != expected[*key];
    let changed: Vec<&String> = expected.keys().filter(differs).map(|(_, id)| id).collect();
    assert!(changed.len() <= 1, "{changed:?}");
}

#[test]
fn a_run_without_inputs_and_a_changed_one_are_refused() {
    let trained = Trained::new("lf_dnn", "tiny", "", false);
    let inputs = trained.run.inputs();
    let bytes = fs::read(&inputs).unwrap();
    fs::write(&inputs, [&bytes[..], b" "].concat()).unwrap();
    let predict = || trained.predict(&trained.source, "");
    predict().code(3).stderr(contains("inputs.json changed"));
    fs::remove_file(&inputs).unwrap();
    predict().code(2).stderr(contains("has no inputs.json"));
}
