//! Files that can be read and cannot be right: errors, and warnings with a flag that silences them.

mod processing;
mod token_ids;
mod told_labels;

use crate::data;
use crate::data::{
    Column, MANY_STEPS, Small, WIDTHS, import, numbers, refusal, three_bytes, warned,
};
use lnln_bench::data::dataset::Imported;
use token_ids::tokens;

fn warnings(change: impl Fn(Small) -> Small) -> Imported {
    import(three_bytes(change), |_| {}).0
}

fn refused(change: impl Fn(Small) -> Small, words: &[&str]) {
    let message = refusal(three_bytes(change), |_| {});
    for word in words {
        assert!(message.contains(word), "{word:?} is not in: {message}");
    }
}

fn relabelled(small: Small, label: impl Fn(f64) -> f64) -> Small {
    let labels: Vec<f64> = numbers(&small, "regression_labels")
        .into_iter()
        .map(label)
        .collect();
    small.set("regression_labels", Column::F64(vec![labels.len()], labels))
}

fn frames(small: Small, name: &'static str, change: impl Fn(usize, f64) -> f64) -> Small {
    let width = if name == "audio" {
        WIDTHS[1]
    } else {
        WIDTHS[2]
    };
    let size = MANY_STEPS * width;
    let values = numbers(&small, name).into_iter().enumerate();
    let values: Vec<f64> = values.map(|(at, value)| change(at / size, value)).collect();
    small.set(
        name,
        Column::F64(vec![values.len() / size, MANY_STEPS, width], values),
    )
}

#[test]
fn a_sound_file_has_no_warning_but_its_size_and_source() {
    let imported = warnings(|small| small);
    let known = |text: &&String| text.starts_with("split sizes") || text.starts_with("source");
    let others: Vec<_> = imported
        .warnings
        .iter()
        .filter(|text| !known(text))
        .collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn labels_that_are_no_sentiment_are_warned_about() {
    let labels = |label: fn(f64) -> f64| warnings(|small| relabelled(small, label));
    warned(
        &labels(|y| if y == 0.0 { 1.0 } else { y.signum() + 1.0 }),
        &[
            "labels: train: labels have 3 different values (0, 1, 2), no negative label",
            "first: video1$_$0",
        ],
    );
    warned(
        &labels(|y| if y < 0.0 { -1.0 } else { 1.0 }),
        &["2 different values (-1, 1)", "classes"],
    );
    warned(
        &labels(f64::round),
        &["7 different values (-3, -2, -1, 0, 1, 2, 3)", "classes"],
    );
    warned(&labels(|y| y.abs() / 2.0), &["no negative label"]);
    warned(
        &labels(|y| y / 3.0),
        &["another scale?", "the range is [-3, 3]"],
    );
    warned(&labels(|_| 0.0), &["every label has the same value, 0"]);
    refused(
        |small| relabelled(small, |y| y + 3.0),
        &["outside [-3, 3]", "run from 0 to"],
    );
}

#[test]
fn two_columns_of_labels_that_differ_are_warned_about() {
    let with = |factor: f64| {
        warnings(move |small| {
            let labels: Vec<f64> = numbers(&small, "regression_labels");
            let labels = labels.into_iter().map(|y| factor * y).collect::<Vec<_>>();
            small.set("labels", Column::F64(vec![labels.len()], labels))
        })
    };
    warned(
        &with(-1.0),
        &[
            "the columns labels and regression_labels differ in",
            "regression_labels is read",
        ],
    );
    let same = with(1.0).warnings;
    assert!(!same.iter().any(|text| text.contains("differ")), "{same:?}");
}

#[test]
fn segment_ids_of_a_second_text_are_warned_about() {
    let second = warnings(|small| {
        tokens(small, |sample| {
            let (ids, segments) = sample.split_at(2 * MANY_STEPS);
            let segments = segments.iter().map(|_| 1);
            ids.iter().copied().chain(segments).collect()
        })
    });
    warned(
        &second,
        &["tokens: train: 24 samples with segment ids (row 2) other than 0"],
    );
}

#[test]
fn known_warnings_are_silenced_by_name() {
    let bytes = three_bytes(|small| relabelled(small, |y| y / 3.0));
    let (imported, _) = import(bytes.clone(), |options| {
        options.accept = vec!["labels".into(), "split-sizes".into()];
    });
    let of = |subject: &str| {
        imported
            .warnings
            .iter()
            .any(|text| text.starts_with(subject))
    };
    assert!(
        !of("labels") && !of("split sizes") && of("source"),
        "{:?}",
        imported.warnings
    );
    let lines: Vec<String> = imported
        .checks
        .iter()
        .flat_map(|check| check.lines())
        .collect();
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("accepted labels: ")),
        "{lines:?}"
    );
    let message = refusal(bytes, |options| options.accept = vec!["lables".into()]);
    assert!(
        message.contains("\"lables\"") && message.contains("split-sizes"),
        "{message}"
    );
}

#[test]
fn features_with_other_axes_come_with_the_way_over() {
    let turned = |small: Small| {
        let count = small.0[0].1.len_of_list();
        let values = numbers(&small, "audio");
        small.set(
            "audio",
            Column::F64(vec![MANY_STEPS, count, WIDTHS[1]], values),
        )
    };
    refused(
        turned,
        &["samples on the second axis; write numpy.swapaxes(audio, 0, 1)"],
    );
    let channels = |small: Small| {
        let count = small.0[0].1.len_of_list();
        let values = numbers(&small, "audio");
        let small = small.set(
            "audio",
            Column::F64(vec![count, WIDTHS[1], MANY_STEPS], values),
        );
        small.set("audio_lengths", Column::Ints(vec![5; count]))
    };
    let message = refusal(three_bytes(channels), |options| {
        options.dataset = Some("mosi".into())
    });
    assert!(
        message.contains("write numpy.swapaxes(audio, 1, 2)"),
        "{message}"
    );
    refused(
        |small| channels(small).without("audio_lengths"),
        &["audio_lengths", "write numpy.swapaxes(audio, 1, 2)"],
    );
    let text = |small: Small| {
        let count = small.0[0].1.len_of_list();
        let values = numbers(&small, "text");
        let width = values.len() / count / MANY_STEPS;
        small.set("text", Column::F64(vec![count, width, MANY_STEPS], values))
    };
    refused(text, &["train/text", "write numpy.swapaxes(text, 1, 2)"]);
    let words = |small: Small| {
        let count = small.0[0].1.len_of_list();
        let values = numbers(&small, "text");
        let size = values.len() / count;
        let width = size / MANY_STEPS;
        let first = values
            .chunks_exact(size)
            .flat_map(|sample| &sample[..5 * width]);
        let first = first.copied().collect();
        small.set("text", Column::F64(vec![count, 5, width], first))
    };
    refused(
        words,
        &["train/text", "features of other words than the tokens"],
    );
}

#[test]
fn features_in_another_order_than_their_lengths_are_refused() {
    let moved = |small: Small| {
        let count = small.0[0].1.len_of_list();
        let mut values = numbers(&small, "audio");
        values.rotate_left(MANY_STEPS * WIDTHS[1]);
        small.set(
            "audio",
            Column::F64(vec![count, MANY_STEPS, WIDTHS[1]], values),
        )
    };
    refused(
        moved,
        &[
            "train/audio",
            "in another order than their lengths",
            "first: video1$_$0",
        ],
    );
}

#[test]
fn a_column_that_one_split_lacks_is_named() {
    let (whole, part) = (data::many(12, 1), data::many(12, 2).without("vision"));
    let last = data::many(12, 3);
    let splits = [("train", &whole), ("valid", &part), ("test", &last)];
    let message = refusal(data::pickle(&splits, data::Order::Little), |_| {});
    assert!(
        message.contains("expected the columns of train: vision, found no vision"),
        "{message}"
    );
}

#[test]
fn transcripts_in_another_order_are_refused() {
    let turned = |small: Small| {
        let Some((_, Column::TextList(texts))) =
            small.0.iter().find(|(name, _)| *name == "raw_text")
        else {
            panic!("no transcripts");
        };
        let mut texts = texts.clone();
        texts.reverse();
        small.set("raw_text", Column::TextList(texts))
    };
    refused(
        turned,
        &[
            "train/raw_text",
            "not the text of the tokens",
            "leave raw_text out",
        ],
    );
    // The same lengths, other words: the order shows in the words alone.
    let shifted = |small: Small| {
        let Some((_, Column::TextList(texts))) =
            small.0.iter().find(|(name, _)| *name == "raw_text")
        else {
            panic!("no transcripts");
        };
        let mut texts = texts.clone();
        for first in 0..7 {
            let same: Vec<usize> = (first..texts.len()).step_by(7).collect();
            for pair in same.windows(2) {
                texts.swap(pair[0], pair[1]);
            }
        }
        small.set("raw_text", Column::TextList(texts))
    };
    refused(shifted, &["equal words have different tokens"]);
}

#[test]
fn modalities_that_hold_nothing_are_found() {
    let imported = warnings(|small| frames(small, "audio", |_, _| 0.0));
    warned(
        &imported,
        &["features: train: audio is zero in every sample (first: video1$_$0)"],
    );
    warned(&imported, &["features: test: audio is zero"]);
    let imported = warnings(|small| {
        frames(
            small,
            "vision",
            |_, value| if value == 0.0 { 0.0 } else { 0.5 },
        )
    });
    warned(&imported, &["train: vision is constant in every sample"]);
    let imported = warnings(|small| {
        frames(small, "vision", |sample, value| {
            if sample.is_multiple_of(3) { 0.0 } else { value }
        })
    });
    warned(
        &imported,
        &["train: 8 samples whose vision is zero (first: video1$_$0)"],
    );
    let lost = |_, value: f64| if value == 0.0 { 0.0 } else { f64::NAN };
    refused(
        |small| frames(small, "audio", lost),
        &["train/audio", "no value of any sample is finite"],
    );
}

#[test]
fn samples_that_are_there_twice_are_found() {
    let copy = |small: Small, columns: &[&'static str]| {
        columns.iter().fold(small, |small, &name| {
            let mut values = numbers(&small, name);
            let Some((_, column)) = small.0.iter().find(|(known, _)| *known == name) else {
                panic!("{name}");
            };
            let shape = match column {
                Column::F64(shape, _) | Column::I64(shape, _) => shape.clone(),
                _ => panic!("{name}"),
            };
            let size = values.len() / shape[0];
            values.copy_within(..size, 7 * size);
            match column {
                Column::I64(..) => small.clone().set(
                    name,
                    Column::I64(shape, values.iter().map(|v| *v as i64).collect()),
                ),
                _ => small.clone().set(name, Column::F64(shape, values)),
            }
        })
    };
    let imported = warnings(|small| copy(small, &["audio", "vision", "text_bert", "text"]));
    warned(
        &imported,
        &[
            "train: 1 sample equal to another one",
            "video1$_$7 and video1$_$0",
        ],
    );
    let imported = warnings(|small| copy(small, &["audio"]));
    warned(
        &imported,
        &["train: 1 sample with the audio of another sample"],
    );
    let same = data::many(12, 1);
    let splits = [("train", &same), ("valid", &same), ("test", &same)];
    let (imported, _) = import(data::pickle(&splits, data::Order::Little), |_| {});
    warned(
        &imported,
        &["test: 12 samples equal to another one in everything but the id"],
    );
}

#[test]
fn lengths_that_contradict_the_frames_are_found() {
    let with = |audio: fn(usize) -> i64, vision: fn(usize) -> i64| {
        three_bytes(move |small| {
            let count = small.0[0].1.len_of_list();
            let counts = |of: fn(usize) -> i64| Column::Ints((0..count).map(of).collect());
            // Vision ends one step earlier than audio.
            let size = MANY_STEPS * WIDTHS[2];
            let values = numbers(&small, "vision").into_iter().enumerate();
            let values = values.map(|(at, value)| {
                let end = 4 + at / size % 7;
                if at % size / WIDTHS[2] < end {
                    value
                } else {
                    0.0
                }
            });
            small
                .clone()
                .set(
                    "vision",
                    Column::F64(vec![count, MANY_STEPS, WIDTHS[2]], values.collect()),
                )
                .set("audio_lengths", counts(audio))
                .set("vision_lengths", counts(vision))
        })
    };
    let (five, four) = (|i: usize| 5 + i as i64 % 7, |i: usize| 4 + i as i64 % 7);
    let (imported, _) = import(with(five, four), |_| {});
    assert!(
        !imported
            .warnings
            .iter()
            .any(|text| text.starts_with("frames"))
    );
    let message = refusal(with(four, five), |_| {});
    assert!(
        message.contains("audio_lengths and vision_lengths are exchanged"),
        "{message}"
    );
    let (imported, _) = import(with(|_| 12, four), |_| {});
    warned(
        &imported,
        &[
            "frames: train:",
            "whose audio ends in zero frames before its length",
            "--padding right",
        ],
    );
    let large: fn(usize) -> i64 = |i| 6 + i as i64 % 7;
    let (imported, _) = import(with(large, four), |_| {});
    warned(
        &imported,
        &["frames: train: 21 samples whose audio ends in 1 zero frame within the length"],
    );
    let (imported, _) = import(with(four, four), |_| {});
    warned(
        &imported,
        &[
            "frames: train:",
            "whose audio has 1 more frame than the length",
            "1 too small?",
        ],
    );
    // Vision without a frame for SEP, with the steps of the text.
    let (imported, _) = import(with(five, five), |_| {});
    assert!(
        !imported
            .warnings
            .iter()
            .any(|text| text.starts_with("frames"))
    );
}

#[test]
fn audio_and_vision_exchanged_are_refused() {
    refused(
        |mut small| {
            for (name, _) in &mut small.0 {
                *name = match *name {
                    "audio" => "vision",
                    "vision" => "audio",
                    name => name,
                };
            }
            small
        },
        &["audio and vision are exchanged", "CMU-MOSI 5 and 20"],
    );
}
