//! Pickle to prepared file and back: what arrives is what was sent.

use std::path::Path;

use crate::data::{Column, SAMPLES, STEPS, Small, mosi, tokens};
use lnln_bench::data::dataset::synthetic::{Demo, write_demo};
use lnln_bench::data::dataset::{
    Corpus, Error, ImportOptions, Imported, Split, SplitName, prepare,
};
use lnln_bench::data::pickle::Pickle;
use lnln_bench::data::store;

fn import(input: &Path, folder: &Path) -> Result<Imported, Error> {
    prepare(input, &mosi(folder), &mut |_| {})
}

fn small(small: &Small) -> (Imported, Split) {
    let folder = tempfile::tempdir().unwrap();
    let imported = import(&small.write(folder.path()), folder.path()).unwrap();
    let split = Corpus::open(&imported.path)
        .unwrap()
        .split(SplitName::Test, false)
        .unwrap();
    (imported, split)
}

/// The finite float64 elements of a pickled column, others as zero.
fn pickled(path: &Path, split: &str, column: &str) -> Vec<f32> {
    let pickle = Pickle::open(path).unwrap();
    let array = pickle
        .root()
        .get(split)
        .unwrap()
        .get(column)
        .unwrap()
        .array()
        .unwrap();
    let values = array.to_vec::<f32>().unwrap();
    values
        .into_iter()
        .map(|value| if value.is_finite() { value } else { 0.0 })
        .collect()
}

#[test]
fn demo_corpora_arrive_whole() {
    let folder = tempfile::tempdir().unwrap();
    for demo in Demo::ALL {
        let source = folder.path().join(format!("{}.pkl", demo.name()));
        write_demo(demo, &source, 3, 0.1).unwrap();
        let options = ImportOptions::new(folder.path().join("data"));
        let imported = prepare(&source, &options, &mut |_| {}).unwrap();
        assert_eq!(imported.spec.name, demo.name());
        assert_eq!(imported.layout, "unaligned");
        assert!(imported.non_finite["train/audio"] > 0);
        let corpus = Corpus::open(&imported.path).unwrap();
        assert_eq!(corpus.counts, imported.counts);
        assert_eq!(corpus.source_sha256, imported.source_sha256);
        for name in SplitName::ALL {
            let split = corpus.split(name, true).unwrap();
            let outline = corpus.outline(name).unwrap();
            assert_eq!(split.audio.data, pickled(&source, name.as_str(), "audio"));
            assert_eq!(split.vision.data, pickled(&source, name.as_str(), "vision"));
            assert_eq!(
                split.text.unwrap().data,
                pickled(&source, name.as_str(), "text")
            );
            assert_eq!(
                split.labels,
                pickled(&source, name.as_str(), "regression_labels")
            );
            assert_eq!(split.modality_labels.is_some(), demo == Demo::Talk);
            assert_eq!(outline.ids, split.ids);
            assert_eq!(
                outline.lengths,
                [
                    split.text_lengths,
                    split.audio_lengths,
                    split.vision_lengths
                ]
            );
            for (words, length) in split.raw_text.iter().zip(&outline.lengths[0]) {
                assert_eq!(words.split(' ').count() + 2, *length as usize);
            }
        }
        let verified = store::verify(&imported.path, |_| ()).unwrap();
        assert_eq!(verified.content_hash, imported.content_hash);
    }
}

#[test]
fn small_values_are_exact() {
    let (imported, split) = small(&Small::new());
    assert_eq!(imported.spec.name, "mosi");
    assert_eq!(split.ids[2], "test-video$_$2");
    assert_eq!(split.raw_text[3], "words 3 好");
    assert_eq!(split.labels, [-3.0, 0.0, 0.2, 3.0]);
    assert_eq!(split.text_lengths, [2, 3, 4, 5]);
    assert_eq!(split.audio_lengths, [3, 10, 0, 7]);
    let expected: Vec<i32> = tokens().into_iter().map(|token| token as i32).collect();
    assert_eq!(split.text_bert.unwrap().data, expected);
    assert!(split.modality_labels.is_none());
}

#[test]
fn containers_and_key_order_do_not_change_the_content() {
    let (first, _) = small(&Small::new());
    let texts = |column: &str| match Small::new().0.into_iter().find(|(name, _)| *name == column) {
        Some((_, Column::Texts(texts))) => texts,
        _ => panic!("{column}"),
    };
    let mut other = Small::new()
        .set("id", Column::TextList(texts("id")))
        .set("raw_text", Column::TextList(texts("raw_text")))
        .set(
            "audio_lengths",
            Column::I64(vec![SAMPLES], vec![3, 10, 0, 7]),
        )
        .set(
            "regression_labels",
            Column::F64(vec![SAMPLES, 1], vec![-3.0, 0.0, 0.2, 3.0]),
        );
    other.0.reverse();
    let (second, _) = small(&other);
    assert_eq!(first.content_hash, second.content_hash);
    assert_ne!(first.source_sha256, second.source_sha256);
}

#[test]
fn early_token_layout_is_turned() {
    let turned: Vec<i64> = tokens()
        .chunks_exact(3 * STEPS[0])
        .flat_map(|sample| {
            (0..STEPS[0]).flat_map(move |t| (0..3).map(move |p| sample[p * STEPS[0] + t]))
        })
        .collect();
    let column = Column::I64(vec![SAMPLES, STEPS[0], 3], turned);
    let (first, _) = small(&Small::new());
    let (second, _) = small(&Small::new().set("text_bert", column));
    assert_eq!(first.content_hash, second.content_hash);
}

#[test]
fn aligned_files_take_their_lengths_from_the_text() {
    let zeros = |width: usize| {
        Column::F64(
            vec![SAMPLES, STEPS[0], width],
            vec![0.0; SAMPLES * STEPS[0] * width],
        )
    };
    let aligned = Small::new()
        .without("audio_lengths")
        .without("vision_lengths")
        .set("audio", zeros(5))
        .set("vision", zeros(20));
    let (imported, split) = small(&aligned);
    assert_eq!(imported.layout, "aligned");
    assert_eq!(split.audio_lengths, [2, 3, 4, 5]);
    assert_eq!(split.vision_lengths, [2, 3, 4, 5]);
}

#[test]
fn non_finite_values_become_zero_and_are_counted() {
    let mut values = vec![1.0; SAMPLES * 10 * 5];
    values[0] = f64::NAN;
    values[7] = f64::NEG_INFINITY;
    // Finite in double precision only.
    values[8] = 1e300;
    let (imported, split) =
        small(&Small::new().set("audio", Column::F64(vec![SAMPLES, 10, 5], values)));
    assert_eq!(imported.non_finite["train/audio"], 2);
    assert_eq!(imported.overflow["train/audio"], 1);
    assert_eq!(
        split.audio.data[..9],
        [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    );
    assert!(imported.warnings.iter().any(|text| text.contains(
        "features: 2 values are not finite and 1 values are beyond float32 in train/audio (first: "
    )));
}

#[test]
fn preparing_again_is_free_and_another_source_needs_force() {
    let folder = tempfile::tempdir().unwrap();
    let source = Small::new().write(folder.path());
    let first = import(&source, folder.path()).unwrap();
    let second = import(&source, folder.path()).unwrap();
    assert!(!first.existed && second.existed);
    assert_eq!(first.content_hash, second.content_hash);
    let labels = Column::F64(vec![SAMPLES], vec![0.0; SAMPLES]);
    let source = Small::new()
        .set("regression_labels", labels)
        .write(folder.path());
    let error = import(&source, folder.path()).unwrap_err();
    assert!(matches!(error, Error::Exists { .. }), "{error}");
    assert!(error.to_string().contains("--force"), "{error}");
    let unchanged = Corpus::open(&first.path).unwrap().content_hash;
    assert_eq!(unchanged, first.content_hash);
    let force = ImportOptions {
        force: true,
        ..mosi(folder.path())
    };
    let third = prepare(&source, &force, &mut |_| {}).unwrap();
    assert_ne!(third.content_hash, first.content_hash);
}

#[test]
fn progress_reaches_its_total() {
    let folder = tempfile::tempdir().unwrap();
    let source = Small::new().write(folder.path());
    let mut last = (0, 1);
    prepare(&source, &mosi(folder.path()), &mut |state| {
        assert!(state.done > last.0);
        last = (state.done, state.total);
    })
    .unwrap();
    assert_eq!(last.0, last.1);
}
