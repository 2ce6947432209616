//! Features that were made with the labels of a split, or belong to other samples of it, seen by a line that was fitted on another.

use crate::data::{Column, MANY_STEPS, Order, WIDTHS, import, many, numbers, of, pickle, warned};
use lnln_bench::data::dataset::Imported;

/// Prepares train, valid and test, in whose vision each label was added so many times.
fn with_labels(times: [f64; 3]) -> Imported {
    let counts = [(240, 1), (110, 2), (220, 3)];
    let splits = counts.into_iter().zip(times).map(|((count, seed), times)| {
        let small = many(count, seed);
        let labels = numbers(&small, "regression_labels");
        let size = MANY_STEPS * WIDTHS[2];
        let values = numbers(&small, "vision").into_iter().enumerate();
        // Padding stays what it is.
        let changed = values.map(|(at, value)| match value {
            0.0 => 0.0,
            value => value + times * labels[at / size],
        });
        let shape = vec![count, MANY_STEPS, WIDTHS[2]];
        small.set("vision", Column::F64(shape, changed.collect()))
    });
    let splits: Vec<_> = splits.collect();
    let named = ["train", "valid", "test"].into_iter().zip(&splits);
    import(pickle(&named.collect::<Vec<_>>(), Order::Little), |_| {}).0
}

fn found(imported: &Imported) -> Vec<String> {
    let features = of(imported, "features").into_iter();
    let lines = features.filter(|text| text.contains("a line through the mean vision"));
    lines.collect()
}

#[test]
fn features_of_a_network_that_was_trained_on_all_labels_are_warned_about() {
    let all = with_labels([12.0; 3]);
    let words = [
        "features: valid and test: a line",
        "more than any model that has not seen them",
    ];
    warned(&all, &words);
    assert_eq!(found(&all).len(), 1);
}

#[test]
fn labels_that_features_tell_in_one_split_alone_are_warned_about() {
    let one = with_labels([0.5, 0.5, 0.0]);
    let words = [
        "features: test: a line",
        "tells the labels of valid with",
        "into another order there",
    ];
    warned(&one, &words);
    let train = with_labels([0.0, 0.5, 0.5]);
    let words = [
        "features: train: a line",
        "fitted on test, tells the labels of valid",
        "were samples of train put",
    ];
    warned(&train, &words);
}

#[test]
fn features_that_tell_something_of_every_split_are_not() {
    for times in [0.0, 0.2, 0.5] {
        let sound = with_labels([times; 3]);
        assert!(found(&sound).is_empty(), "{times}: {:?}", found(&sound));
    }
}
