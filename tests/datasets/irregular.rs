//! The irregularities of files in circulation, one test each, and the warnings about them.

use std::path::Path;

use crate::data::{
    Column, Order, SAMPLES, STEPS, Small, import, mosi, pickle, plain, refusal, three, three_bytes,
    tokens, warned,
};
use lnln_bench::data::dataset::{Corpus, SplitName, prepare};
use lnln_bench::data::store;

#[test]
fn early_files_hold_turned_tokens_and_labels_in_lists() {
    let turned: Vec<i64> = tokens()
        .chunks_exact(3 * STEPS[0])
        .flat_map(|sample| (0..3 * STEPS[0]).map(|i| sample[i % 3 * STEPS[0] + i / 3]))
        .collect();
    let early = Small::new()
        .set("text_bert", Column::I64(vec![SAMPLES, STEPS[0], 3], turned))
        .set(
            "regression_labels",
            Column::Floats(vec![-3.0, 0.0, 0.2, 3.0]),
        );
    let (early, split) = plain(&early);
    assert_eq!(split.labels, [-3.0, 0.0, 0.2, 3.0]);
    assert_eq!(early.content_hash, plain(&Small::new()).0.content_hash);
}

#[test]
fn tokens_padded_for_each_batch_are_padded_for_all() {
    let all = tokens();
    // The last sample has the most tokens.
    let (steps, width) = (STEPS[0], SAMPLES + 1);
    let cut: Vec<i64> = all
        .chunks(steps)
        .flat_map(|row| row[..width].to_vec())
        .collect();
    let short = Small::new().set("text_bert", Column::I64(vec![SAMPLES, 3, width], cut));
    let whole = Small::new();
    let bytes = pickle(
        &[("train", &whole), ("valid", &short), ("test", &short)],
        Order::Little,
    );
    let (imported, _) = import(bytes, |_| {});
    assert_eq!(imported.content_hash, plain(&whole).0.content_hash);
    let assumed = imported.assumptions.join("; ");
    assert!(
        assumed.contains(&format!("padded with zeros at the end to {steps}")),
        "{assumed}"
    );
}

#[test]
fn extracted_files_lack_classes_and_bring_columns_of_their_own() {
    let labels = |values: [f64; SAMPLES]| Column::F64(vec![SAMPLES], values.into());
    let extracted = Small::new()
        .set("regression_labels_T", labels([f64::NAN; SAMPLES]))
        .set("align", Column::Texts(vec!["bert".into()]))
        .set("quality", labels([0.5, 1.0, 0.0, 0.25]));
    let (imported, split) = plain(&extracted);
    assert!(split.modality_labels.is_none());
    warned(&imported, &["ignored", "train/align"]);
    assert!(
        !imported
            .warnings
            .iter()
            .any(|text| text.contains("quality"))
    );
}

#[test]
fn labels_and_classes_of_every_modality_are_stored() {
    let labels = |shift: f64| {
        Column::F64(
            vec![SAMPLES],
            [-1.0, 0.0, 0.2, 0.4].map(|v| v + shift).into(),
        )
    };
    let mut small = Small::new().set("regression_labels", labels(0.0));
    for name in ["T", "A", "V"].map(|m| format!("regression_labels_{m}")) {
        small = small.set(name.leak(), labels(0.2));
    }
    for name in ["", "_T", "_A", "_V"].map(|m| format!("classification_labels{m}")) {
        small = small.set(name.leak(), labels(1.0));
    }
    let folder = tempfile::tempdir().unwrap();
    let source = small.write(folder.path());
    let mut options = mosi(folder.path());
    options.dataset = Some("sims".into());
    let imported = prepare(&source, &options, &mut |_| {}).unwrap();
    let corpus = Corpus::open(&imported.path).unwrap();
    let [text, _, vision] = corpus
        .split(SplitName::Valid, false)
        .unwrap()
        .modality_labels
        .unwrap();
    assert_eq!(text, [-0.8, 0.2, 0.4, 0.6].map(|v: f64| v as f32));
    assert_eq!(text, vision);
    for name in ["", "_T", "_A", "_V"].map(|m| format!("test/classification_labels{m}")) {
        let classes = corpus.reader().numbers::<f32>(&name).unwrap();
        assert_eq!(
            classes,
            [0.0, 1.0, 1.2, 1.4].map(|v: f64| v as f32),
            "{name}"
        );
    }
}

/// SIMSv2: a fourth split, some of whose samples are unlabelled.
#[test]
fn a_mixed_split_is_carried_along() {
    let mask = Column::F64(vec![SAMPLES], vec![1.0, 1.0, 0.0, 1.0]);
    let labels = Column::F64(vec![SAMPLES], vec![-1.0, 0.0, f64::NAN, 1.0]);
    let mixed = Small::new()
        .set("mask", mask)
        .set("regression_labels", labels);
    let small = Small::new();
    let splits = [
        ("train", &small),
        ("valid", &small),
        ("test", &small),
        ("train_mix", &mixed),
    ];
    let (imported, _) = import(pickle(&splits, Order::Little), |_| {});
    assert_eq!(imported.further, [("train_mix".to_owned(), SAMPLES)]);
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("mixed.pkl");
    std::fs::write(&source, pickle(&splits, Order::Little)).unwrap();
    let path = prepare(&source, &mosi(folder.path()), &mut |_| {})
        .unwrap()
        .path;
    let corpus = Corpus::open(&path).unwrap();
    assert_eq!(corpus.further_splits().unwrap(), ["train_mix"]);
    assert_eq!(corpus.counts, [SAMPLES; 3]);
    let reader = corpus.reader();
    assert_eq!(
        reader.numbers::<f32>("train_mix/mask").unwrap(),
        [1.0, 1.0, 0.0, 1.0]
    );
    assert!(
        reader
            .numbers::<f32>("train_mix/regression_labels")
            .unwrap()[2]
            .is_nan()
    );
    assert_eq!(
        reader.shape("train_mix/audio").unwrap(),
        [SAMPLES, STEPS[1], 5]
    );
    assert_ne!(imported.content_hash, plain(&small).0.content_hash);
    let unlabelled = mixed.without("mask");
    let splits = [
        ("train", &small),
        ("valid", &small),
        ("test", &small),
        ("train_mix", &unlabelled),
    ];
    let message = refusal(pickle(&splits, Order::Little), |_| {});
    assert!(message.contains("train_mix/regression_labels"), "{message}");
}

#[test]
fn the_published_widths_of_simsv2_are_known() {
    let frames = |steps: usize, width: usize| {
        Column::F64(
            vec![SAMPLES, steps, width],
            vec![0.5; SAMPLES * steps * width],
        )
    };
    let small = Small::new()
        .set("audio", frames(STEPS[1], 25))
        .set("vision", frames(STEPS[2], 177))
        .set(
            "regression_labels",
            Column::F64(vec![SAMPLES], vec![-1.0, 0.0, 0.2, 1.0]),
        );
    let (imported, _) = import(small.bytes(), |options| options.dataset = None);
    assert_eq!(imported.spec.name, "simsv2");
    warned(&imported, &["4/4/4", "official 2722/647/1034"]);
}

/// Vision as OpenFace gives it: tens of millions.
#[test]
fn standardizing_tames_large_values() {
    let lengths = [8, 4, 2, 3];
    let mut values = vec![0.0; SAMPLES * STEPS[2] * 20];
    for (sample, length) in lengths.into_iter().enumerate() {
        for frame in 0..length {
            for feature in 0..20 {
                let at = (sample * STEPS[2] + frame) * 20 + feature;
                values[at] = if feature == 3 {
                    7.0
                } else {
                    2.7e7 * ((at * 7919) % 13) as f64 - 1.5e7
                };
            }
        }
    }
    values[40] = f64::NEG_INFINITY;
    let small = Small::new()
        .set("vision", Column::F64(vec![SAMPLES, STEPS[2], 20], values))
        .set(
            "vision_lengths",
            Column::Ints(lengths.map(|n| n as i64).into()),
        );
    let (raw, _) = plain(&small);
    let (standard, split) = import(small.bytes(), |options| options.standardize = true);
    assert_ne!(raw.content_hash, standard.content_hash);
    assert_eq!(standard.non_finite["train/vision"], 1);
    let block = &split.vision;
    for feature in 0..20 {
        let mut valid = Vec::new();
        for (sample, length) in lengths.into_iter().enumerate() {
            for (frame, values) in block.row(sample).chunks_exact(20).enumerate() {
                if frame < length {
                    valid.push(f64::from(values[feature]))
                } else {
                    assert_eq!(values[feature], 0.0)
                }
            }
        }
        // The value that was infinite is 0 now and was in no statistic.
        if feature == 0 {
            valid.remove(2);
        }
        let mean = valid.iter().sum::<f64>() / valid.len() as f64;
        let variance = valid.iter().map(|v| v * v).sum::<f64>() / valid.len() as f64;
        let expected = if feature == 3 { 0.0 } else { 1.0 };
        assert!(
            mean.abs() < 1e-5 && (variance - expected).abs() < 1e-5,
            "{feature} {mean} {variance}"
        );
    }
}

#[test]
fn statistics_and_the_option_are_stored() {
    let folder = tempfile::tempdir().unwrap();
    let source = Small::new().write(folder.path());
    let mut options = mosi(folder.path());
    options.standardize = true;
    let imported = prepare(&source, &options, &mut |_| {}).unwrap();
    let reader = store::Reader::open(&imported.path).unwrap();
    let mean = reader.numbers::<f32>("standardization/audio_mean").unwrap();
    assert_eq!(mean.len(), 5);
    let options_text = reader.provenance().unwrap().options;
    assert!(
        options_text.contains("\"standardize\":true"),
        "{options_text}"
    );
    // The same data with other options is not the same file.
    options.standardize = false;
    let message = prepare(&source, &options, &mut |_| {})
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("other options") && message.contains("--force"),
        "{message}"
    );
}

#[test]
fn wrong_tokens_labels_and_padding_are_reported_with_a_sample() {
    let mut wrong = tokens();
    wrong[0] = 7;
    let second = 3 * STEPS[0];
    wrong[second + 2] = 8;
    wrong[second + 5] = 9;
    let words = ["Positive", "Neutral", "Positive", "Positive"].map(String::from);
    let small = Small::new()
        .set("text_bert", Column::I64(vec![SAMPLES, 3, STEPS[0]], wrong))
        .set("annotations", Column::Texts(words.into()));
    let (imported, _) = plain(&small);
    warned(
        &imported,
        &[
            "train: 1 sample whose text does not begin with CLS",
            "first: video$_$0",
        ],
    );
    warned(
        &imported,
        &[
            "train: 1 sample whose text does not end with SEP",
            "first: video$_$1",
        ],
    );
    warned(
        &imported,
        &["tokens past the attention mask", "first: video$_$1"],
    );
    warned(&imported, &["contradicts the label", "first: video$_$0"]);
    warned(
        &imported,
        &["with audio past its length", "first: video$_$0"],
    );
    warned(&imported, &["split sizes: 4/4/4, official 1284/229/686"]);
    let with_warnings: Vec<_> = imported
        .checks
        .iter()
        .filter(|check| !check.warnings.is_empty())
        .collect();
    assert!(
        with_warnings.len() >= 5 && with_warnings.len() < imported.checks.len(),
        "{with_warnings:?}"
    );
}

#[test]
fn byte_order_does_not_change_the_content() {
    let texts =
        |values: &[&str]| Column::TextList(values.iter().map(|v| (*v).to_owned()).collect());
    let small = Small::new()
        .set("id", texts(&["a", "b", "c", "d"]))
        .set("raw_text", texts(&["w", "x", "y", "z"]));
    let splits = [("train", &small), ("valid", &small), ("test", &small)];
    let [little, big] = [Order::Little, Order::Big].map(|order| pickle(&splits, order));
    assert_ne!(little, big);
    let [(little, _), (big, split)] = [little, big].map(|bytes| import(bytes, |_| {}));
    assert_eq!(little.content_hash, big.content_hash);
    assert_eq!(split.labels, [-3.0, 0.0, 0.2, 3.0]);
}

#[test]
fn checking_writes_nothing_and_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let source = Small::new().write(folder.path());
    let data = folder.path().join("data");
    let mut options = mosi(&data);
    options.check_only = true;
    let checked = prepare(&source, &options, &mut |_| {}).unwrap();
    assert!(!Path::new(&data).exists());
    options.check_only = false;
    let written = prepare(&source, &options, &mut |_| {}).unwrap();
    assert_eq!(checked.content_hash, written.content_hash);
    assert_eq!(checked.checks, written.checks);
    assert_eq!(checked.warnings, written.warnings);
    let again = prepare(&source, &options, &mut |_| {}).unwrap();
    assert!(again.existed);
    assert_eq!(again.warnings, written.warnings);
}

/// Data without video, with one vector of audio per sample.
#[test]
fn a_modality_may_be_absent_and_another_have_one_vector_per_sample() {
    let vectors = |small: Small| {
        let count = small.0[0].1.len_of_list();
        let audio = Column::F64(
            vec![count, 5],
            (0..count * 5).map(|i| i as f64 + 0.5).collect(),
        );
        small.without("vision").set("audio", audio)
    };
    let (imported, split) = import(three_bytes(vectors), |_| {});
    assert_eq!((split.audio.steps, split.audio.width), (1, 5));
    assert_eq!(split.audio.row(1), [5.5, 6.5, 7.5, 8.5, 9.5]);
    assert!(split.audio_lengths.iter().all(|length| *length == 1));
    assert!(split.vision_lengths.iter().all(|length| *length == 0));
    warned(&imported, &["columns: no vision"]);
    let no_step = |text: &String| text.contains("no step of vision");
    assert!(
        !imported.warnings.iter().any(no_step),
        "{:?}",
        imported.warnings
    );
    // In one split alone it is a mistake.
    let [train, valid, test] = three(|small| small);
    let splits = [
        ("train", &train),
        ("valid", &valid),
        ("test", &test.without("vision")),
    ];
    let message = refusal(pickle(&splits, Order::Little), |_| {});
    assert!(
        message.contains("the columns of train: vision, found no vision"),
        "{message}"
    );
}

/// Lengths and a mask of one modality, also those of token ids, say the same or are refused.
#[test]
fn lengths_and_a_mask_that_disagree_are_refused() {
    let mask = |valid: [usize; SAMPLES], steps: usize| {
        let row = |valid: usize| (0..steps).map(move |step| i64::from(step < valid));
        Column::I64(
            vec![SAMPLES, steps],
            valid.into_iter().flat_map(row).collect(),
        )
    };
    let same = Small::new().set("audio_mask", mask([3, 10, 0, 7], STEPS[1]));
    assert_eq!(plain(&same).1.audio_lengths, [3, 10, 0, 7]);
    let other = Small::new().set("audio_mask", mask([3, 10, 0, 6], STEPS[1]));
    let message = refusal(other.bytes(), |_| {});
    assert!(
        message.contains(
            "train/audio_lengths: sample video$_$3: the length is 7, audio_mask has 6 steps; leave one of both out"
        ),
        "{message}"
    );
    let ids: Vec<i64> = (0..SAMPLES * STEPS[0]).map(|i| 1000 + i as i64).collect();
    let tokens = Small::new()
        .without("text_bert")
        .set("token_ids", Column::I64(vec![SAMPLES, STEPS[0]], ids))
        .set("text_lengths", Column::Ints(vec![2, 3, 4, 5]));
    for (valid, problem) in [
        ([2, 3, 4, 4], "the length is 5, text_mask has 4 steps"),
        ([2, 3, 3, 5], "the length is 4, text_mask has 3 steps"),
    ] {
        let message = refusal(
            tokens
                .clone()
                .set("text_mask", mask(valid, STEPS[0]))
                .bytes(),
            |_| {},
        );
        assert!(message.contains(problem), "{message}");
    }
}

/// Values past the length are found in text features as in audio and vision, where tokens do not give the length.
#[test]
fn text_past_its_length_is_warned_of() {
    let text = || {
        Column::F64(
            vec![SAMPLES, 3, 2],
            (0..SAMPLES * 6).map(|i| 1.0 + i as f64).collect(),
        )
    };
    let features = Small::new()
        .without("text_bert")
        .set("text", text())
        .set("text_lengths", Column::Ints(vec![3, 2, 3, 1]));
    let (imported, split) = plain(&features);
    warned(
        &imported,
        &[
            "padding: train: 2 samples with text past its length (first: video$_$1)",
            "write zeros",
        ],
    );
    assert_eq!(split.text_lengths, [3, 2, 3, 1]);
}
