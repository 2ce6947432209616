//! Features and classes on another scale than the rest of their file: warnings with the samples' names.

use crate::data::{
    Column, MANY_STEPS, Order, Small, WIDTHS, import, many, numbers, of, pickle, refusal, three,
    warned,
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
fn a_split_standardized_by_its_own_statistics_is_warned_about() {
    let width = WIDTHS[2];
    let standardized = warnings(2, |small| {
        let values = numbers(&small, "vision");
        let moments: Vec<(f64, f64)> = (0..width)
            .map(|at| {
                let column = values.iter().skip(at).step_by(width);
                let valid: Vec<f64> = column.copied().filter(|v| *v != 0.0).collect();
                let mean = valid.iter().sum::<f64>() / valid.len() as f64;
                let squares = valid.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
                (mean, (squares / valid.len() as f64).sqrt())
            })
            .collect();
        features(small, "vision", move |at, v| {
            let (mean, deviation) = moments[at % width];
            if v == 0.0 { v } else { (v - mean) / deviation }
        })
    });
    warned(
        &standardized,
        &[
            "test: vision has mean 0 and deviation 1 in ",
            "--standardize",
        ],
    );
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

/// A split whose labels follow its words: `good` and `great` raise them, `bad` and `dull` lower them.
fn spoken(count: usize, seed: u64) -> Small {
    let small = many(count, seed);
    let tokens = numbers(&small, "text_bert");
    let label = |sample: &[f64]| {
        let words = sample[..MANY_STEPS].iter().map(|id| *id as i64);
        let tone = |word: i64| match word {
            2000 | 2007 => 0.8,
            2001 | 2008 => -0.8,
            _ => 0.05,
        };
        words.map(tone).sum::<f64>().clamp(-3.0, 3.0)
    };
    let labels = tokens.chunks(3 * MANY_STEPS).map(label).collect();
    small.set("regression_labels", Column::F64(vec![count], labels))
}

/// Warnings about labels where those of one split were changed after `before`, which sees them as they were.
fn labels_changed(
    split: usize,
    before: impl Fn(Small) -> Small,
    change: impl Fn(Vec<f64>) -> Vec<f64>,
) -> Vec<String> {
    let mut splits = [spoken(240, 1), spoken(60, 2), spoken(80, 3)].map(before);
    let labels = change(numbers(&splits[split], "regression_labels"));
    let column = Column::F64(vec![labels.len()], labels);
    splits[split] = splits[split].clone().set("regression_labels", column);
    let [train, valid, test] = &splits;
    let named = [("train", train), ("valid", valid), ("test", test)];
    of(&import(pickle(&named, Order::Little), |_| {}).0, "labels")
}

fn negated(labels: Vec<f64>) -> Vec<f64> {
    labels.into_iter().map(|label| -label).collect()
}

#[test]
fn labels_negated_or_shuffled_in_one_split_are_warned_about_where_words_show_it() {
    let same = |small| small;
    let none = labels_changed(2, same, |labels| labels);
    assert!(none.is_empty(), "{none:?}");
    for (split, name) in ["train", "valid", "test"].into_iter().enumerate() {
        let found = labels_changed(split, same, negated);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains(&format!("labels: {name}: words")),
            "{found:?}"
        );
        assert!(found[0].contains("negated?"), "{found:?}");
    }
    let found = labels_changed(2, same, |mut labels| {
        labels.rotate_left(37);
        labels
    });
    assert!(found[0].contains("put into another order?"), "{found:?}");
}

#[test]
fn labels_on_another_scale_in_one_split_are_warned_about() {
    let half = |labels: Vec<f64>| labels.into_iter().map(|label| label / 2.0).collect();
    let found = labels_changed(2, |small| small, half);
    assert!(
        found[0].contains("test: the deviation of the labels is 0."),
        "{found:?}"
    );
}

#[test]
fn classes_and_labels_of_modalities_show_a_negated_split() {
    let sign = |small| {
        classes(small, |_, label| {
            i64::from(label >= 0.0) + i64::from(label > 0.0)
        })
    };
    let found = labels_changed(2, sign, negated);
    let expected = "test: classification_labels 0 has positive labels, in train negative ones";
    assert!(
        found.iter().any(|text| text.contains(expected)),
        "{found:?}"
    );
    let of_text = |small: Small| {
        let labels = numbers(&small, "regression_labels").into_iter().enumerate();
        let near: Vec<f64> = labels
            .map(|(at, label)| (label + (at % 5) as f64 / 5.0 - 0.4).clamp(-3.0, 3.0))
            .collect();
        small.set("regression_labels_T", Column::F64(vec![near.len()], near))
    };
    let none = labels_changed(2, of_text, |labels| labels);
    assert!(none.is_empty(), "{none:?}");
    let found = labels_changed(1, of_text, negated);
    let expected = "valid: regression_labels_T and regression_labels have a correlation of -0.9";
    assert!(
        found.iter().any(|text| text.contains(expected)),
        "{found:?}"
    );
}

/// Warnings of three splits of many samples, of which one was changed.
fn large(split: usize, change: impl Fn(Small) -> Small) -> Imported {
    let mut splits = [(120, 1), (90, 2), (80, 3)].map(|(count, seed)| many(count, seed));
    splits[split] = change(splits[split].clone());
    let [train, valid, test] = &splits;
    let named = [("train", train), ("valid", valid), ("test", test)];
    import(pickle(&named, Order::Little), |_| {}).0
}

#[test]
fn dimensions_that_are_constant_in_one_split_are_warned_about() {
    let lost = |at: usize, value: f64| if at % WIDTHS[2] < 3 { 0.0 } else { value };
    let found = large(2, |small| features(small, "vision", lost));
    warned(
        &found,
        &[
            "features: test: 3 of 20 dimensions of vision",
            "such as dimension 0, constant in test",
        ],
    );
    let train = large(0, |small| features(small, "vision", lost));
    assert_eq!(of(&train, "features").len(), 2, "{:?}", train.warnings);
    warned(&train, &["constant in train"]);
    let sound = large(2, |small| small);
    assert!(of(&sound, "features").is_empty(), "{:?}", sound.warnings);
}

/// Warnings of three splits of many samples that were all changed.
fn everywhere(change: impl Fn(Small) -> Small) -> Imported {
    let splits = [(120, 1), (90, 2), (80, 3)].map(|(count, seed)| change(many(count, seed)));
    let [train, valid, test] = &splits;
    let named = [("train", train), ("valid", valid), ("test", test)];
    import(pickle(&named, Order::Little), |_| {}).0
}

#[test]
fn features_that_were_rounded_in_all_splits_are_warned_about() {
    let rounded = |small| features(small, "audio", |_, v| v.trunc());
    warned(
        &everywhere(rounded),
        &[
            "features: all values of audio are whole numbers in every split, from 0 to 31",
            "(first: video1$_$0): were features cast to integers",
            "--accept features",
        ],
    );
    let flags = everywhere(|small| features(small, "vision", |_, v| f64::from(u8::from(v > 0.0))));
    assert!(
        !flags.warnings.iter().any(|text| text.contains("whole")),
        "{:?}",
        flags.warnings
    );
}

#[test]
fn samples_scaled_by_themselves_in_one_split_are_warned_about() {
    let width = WIDTHS[2];
    let size = MANY_STEPS * width;
    let scaled = |small: Small| {
        let values = numbers(&small, "vision");
        let moments: Vec<(f64, f64)> = (0..values.len())
            .map(|at| {
                let sample = values[at / size * size..][..size].chunks(width);
                let there = sample.filter(|frame| frame.iter().any(|v| *v != 0.0));
                let column: Vec<f64> = there.map(|frame| frame[at % width]).collect();
                let n = column.len().max(1) as f64;
                let mean = column.iter().sum::<f64>() / n;
                let variance = column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
                (mean, variance.sqrt().max(1e-9))
            })
            .collect();
        features(small, "vision", |at, v| {
            let (mean, deviation) = moments[at];
            if v == 0.0 { v } else { (v - mean) / deviation }
        })
    };
    warned(
        &large(2, scaled),
        &[
            "features: test: ",
            "% of the samples have vision with mean 0 and deviation 1 in every dimension, in train 0 %",
        ],
    );
    let all = everywhere(scaled);
    assert!(
        !all.warnings
            .iter()
            .any(|text| text.contains("of the samples have") || text.contains("has mean 0")),
        "{:?}",
        all.warnings
    );
}

#[test]
fn dimensions_of_another_modality_are_warned_about() {
    let found = large(1, |small| {
        let (audio, width) = (numbers(&small, "audio"), WIDTHS[2]);
        let copied = |at: usize, v: f64| {
            let (frame, at) = (at / width, at % width);
            if at < 4 {
                audio[frame * WIDTHS[1] + at]
            } else {
                v
            }
        };
        features(small, "vision", copied)
    });
    warned(
        &found,
        &[
            "features: valid: 4 of 20 dimensions of vision have the values of dimensions of audio in the same samples",
            "dimension 0 those of dimension 0",
        ],
    );
}

#[test]
fn masked_and_repeated_frames_are_warned_about() {
    let width = WIDTHS[1];
    let masked = |small| {
        let is_lost = |at: usize| ((at / width) as u32).wrapping_mul(2_654_435_761) >> 8;
        features(
            small,
            "audio",
            |at, v| if is_lost(at) % 10 < 4 { 0.0 } else { v },
        )
    };
    let found = everywhere(masked);
    for split in ["train", "valid", "test"] {
        warned(
            &found,
            &[
                &format!("features: {split}: "),
                "within samples are zero, one by one",
            ],
        );
    }
    let found = large(2, |small| {
        let before = numbers(&small, "audio");
        features(small, "audio", |at, v| {
            let frame = at / width;
            let first = before[(frame / 2 * 2) * width + at % width];
            if v == 0.0 { v } else { first }
        })
    });
    warned(
        &found,
        &[
            "features: test: most frames of audio repeat the one before in 100 % of the samples, in train in 0 %",
        ],
    );
}

#[test]
fn one_vector_that_is_repeated_is_warned_about() {
    let width = WIDTHS[1];
    let found = large(1, |small| {
        let before = numbers(&small, "audio");
        let first = |at: usize| at / (MANY_STEPS * width) * MANY_STEPS * width + at % width;
        features(
            small,
            "audio",
            |at, v| if v == 0.0 { v } else { before[first(at)] },
        )
    });
    warned(
        &found,
        &["features: valid: the frames of audio are the same within a sample, in"],
    );
}

#[test]
fn transcripts_badly_written_and_texts_of_train_are_warned_about() {
    let written = |small: Small, change: fn(String) -> String| {
        let texts = small.0.iter().find_map(|column| match column {
            ("raw_text", Column::TextList(texts)) => Some(texts.clone()),
            _ => None,
        });
        let texts = texts.unwrap().into_iter().map(change).collect();
        small.set("raw_text", Column::TextList(texts))
    };
    warned(
        &large(2, |small| written(small, |text| format!("b'{text}'"))),
        &["transcripts: test: every transcript is written as bytes of Python"],
    );
    warned(
        &large(2, |small| written(small, |text| format!("['{text}']"))),
        &["transcripts: test: every transcript is written as a list of Python"],
    );
    warned(
        &large(2, |small| {
            written(small, |text| {
                format!("test-video3___0___1.5___4.2___{text}")
            })
        }),
        &["transcripts: test: 80 transcripts have the id of their sample in them"],
    );
    warned(
        &large(1, |small| {
            written(small, |text| text.replacen("film", "filÃ©m", 1))
        }),
        &["transcripts: valid: ", "was read in the wrong encoding"],
    );
    warned(
        &large(0, |small| {
            written(small, |text| text.replacen("good", "g&amp;d", 1))
        }),
        &["transcripts: train: ", "whose transcript is HTML"],
    );
    // The same texts, with features and labels of their own.
    let texts = many(120, 1);
    let found = large(2, |small| {
        let tokens = numbers(&texts, "text_bert")[..80 * 3 * MANY_STEPS].to_vec();
        let tokens = tokens.into_iter().map(|id| id as i64).collect();
        let small = small.set("text_bert", Column::I64(vec![80, 3, MANY_STEPS], tokens));
        ["audio", "vision", "text"]
            .into_iter()
            .zip([WIDTHS[1], WIDTHS[2], WIDTHS[0]])
            .fold(small.without("raw_text"), |small, (name, width)| {
                let values = numbers(&texts, name)[..80 * MANY_STEPS * width].to_vec();
                let values = values.into_iter().map(|v| v * 1.1).collect();
                small.set(name, Column::F64(vec![80, MANY_STEPS, width], values))
            })
    });
    warned(
        &found,
        &[
            "transcripts: test:",
            "whose tokens are those of a sample of train",
        ],
    );
}
