//! Features and classes on another scale than the rest of their file: warnings with the samples' names.

#![allow(clippy::unwrap_used, reason = "a failed test should panic")]

mod data;

use data::{
    Column, MANY_STEPS, Order, Small, WIDTHS, import, numbers, pickle, refusal, three, warned,
};
use lnln_bench::data::dataset::Imported;

/// Prepares three splits, of which one was changed.
fn warnings(split: usize, change: impl Fn(Small) -> Small) -> Imported {
    let mut splits = three(|small| small);
    splits[split] = change(splits[split].clone());
    let [train, valid, test] = &splits;
    let bytes = pickle(
        &[("train", train), ("valid", valid), ("test", test)],
        Order::Little,
    );
    import(bytes, |_| {}).0
}

fn of(imported: &Imported, subject: &str) -> Vec<String> {
    let found = imported.warnings.iter();
    found
        .filter(|text| text.starts_with(subject))
        .cloned()
        .collect()
}

/// Audio or vision whose values were changed, given their index.
fn features(small: Small, name: &'static str, change: impl Fn(usize, f64) -> f64) -> Small {
    let width = if name == "audio" {
        WIDTHS[1]
    } else {
        WIDTHS[2]
    };
    let values = numbers(&small, name).into_iter().enumerate();
    let values: Vec<f64> = values.map(|(at, value)| change(at, value)).collect();
    let samples = values.len() / MANY_STEPS / width;
    small.set(name, Column::F64(vec![samples, MANY_STEPS, width], values))
}

fn classes(small: Small, class: impl Fn(usize, f64) -> i64) -> Small {
    let labels = numbers(&small, "regression_labels").into_iter().enumerate();
    let classes: Vec<i64> = labels.map(|(at, label)| class(at, label)).collect();
    small.set(
        "classification_labels",
        Column::I64(vec![classes.len()], classes),
    )
}

#[test]
fn features_scaled_in_one_split_are_warned_about() {
    for (split, name, first) in [
        (1, "valid", "valid-video2$_$0"),
        (2, "test", "test-video3$_$0"),
    ] {
        let scaled = warnings(split, |small| features(small, "audio", |_, v| v / 10.0));
        warned(
            &scaled,
            &[
                &format!("features: {name}: the deviation of audio is 0.1"),
                &format!("first: {first}"),
            ],
        );
        assert_eq!(of(&scaled, "features").len(), 1, "{:?}", scaled.warnings);
    }
    // Where train alone was scaled, both others differ from it.
    let scaled = warnings(0, |small| features(small, "vision", |_, v| v * 1e6));
    assert_eq!(of(&scaled, "features").len(), 2, "{:?}", scaled.warnings);
    let moved = warnings(2, |small| {
        features(small, "vision", |_, v| if v == 0.0 { v } else { v + 100.0 })
    });
    warned(&moved, &["means are", "deviations apart"]);
    let sound = warnings(2, |small| features(small, "vision", |_, v| v * 1.3));
    assert!(of(&sound, "features").is_empty(), "{:?}", sound.warnings);
}

#[test]
fn values_that_are_no_features_are_warned_about() {
    let size = MANY_STEPS * WIDTHS[1];
    let large = |value: f64| {
        warnings(2, move |small| {
            features(
                small,
                "audio",
                |at, v| if at == 5 * size { value } else { v },
            )
        })
    };
    warned(
        &large(1e30),
        &[
            "features: test: 1 sample whose audio has values up to 1e30",
            "first: test-video3$_$5",
        ],
    );
    warned(&large(-1e9), &["values up to 1e9"]);
    assert!(of(&large(900.0), "features").is_empty());
    // Landmarks of a face in pixels, in every sample.
    let pixels = |small| features(small, "vision", |_, v| v * 1e6);
    let [train, valid, test] = three(pixels);
    let splits = [("train", &train), ("valid", &valid), ("test", &test)];
    let (imported, _) = import(pickle(&splits, Order::Little), |_| {});
    assert!(
        of(&imported, "features").is_empty(),
        "{:?}",
        imported.warnings
    );
}

#[test]
fn an_empty_id_is_refused() {
    let mut splits = three(|small| small);
    let ids = (0..24).map(|i| if i == 4 { " ".into() } else { format!("b{i}") });
    splits[0] = splits[0].clone().set("id", Column::TextList(ids.collect()));
    let [train, valid, test] = &splits;
    let bytes = pickle(
        &[("train", train), ("valid", valid), ("test", test)],
        Order::Little,
    );
    let message = refusal(bytes, |_| {});
    assert!(message.contains("train/id: sample number 4"), "{message}");
}

#[test]
fn classes_that_contradict_labels_are_warned_about() {
    let sign = |_: usize, label: f64| i64::from(label >= 0.0) + i64::from(label > 0.0);
    let sound = warnings(0, |small| classes(small, sign));
    assert!(of(&sound, "labels").is_empty(), "{:?}", sound.warnings);
    let one = warnings(0, |small| {
        classes(small, |at, label| if at == 0 { 2 } else { sign(at, label) })
    });
    warned(
        &one,
        &[
            "labels: train: 1 sample whose classification_labels contradict regression_labels",
            "first: video1$_$0",
            "class 2, label -3",
        ],
    );
    let moved = warnings(0, |small| classes(small, |at, _| (at * 7 % 3) as i64));
    warned(&moved, &["contradict regression_labels"]);
}
