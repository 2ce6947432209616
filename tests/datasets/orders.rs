//! Orders and scales that numbers show: labels sorted alone or copied, text features of other samples, a last batch that
//! is missing, ends at 0 and 1, one pickle for two folds.

use crate::data;
use crate::data::{
    Column, MANY_STEPS, Order, Small, WIDTHS, import, many, named, numbers, of, pickle, warned,
};
use lnln_bench::data::dataset::{Imported, prepare};

const COUNTS: [(usize, u64); 3] = [(240, 1), (90, 2), (90, 3)];

/// Splits of which one, by its number, was changed.
fn prepared(which: usize, change: impl Fn(Small) -> Small) -> Imported {
    let splits: Vec<Small> = COUNTS
        .iter()
        .enumerate()
        .map(|(at, (count, seed))| {
            let small = spoken(many(*count, *seed));
            if at == which { change(small) } else { small }
        })
        .collect();
    let named = [
        ("train", &splits[0]),
        ("valid", &splits[1]),
        ("test", &splits[2]),
    ];
    import(pickle(&named, Order::Little), |_| {}).0
}

/// Text features that follow the tokens.
fn spoken(small: Small) -> Small {
    let tokens = numbers(&small, "text_bert");
    let rows = tokens.chunks_exact(3 * MANY_STEPS);
    let values: Vec<f64> = rows
        .flat_map(|row| row[..MANY_STEPS].to_vec())
        .flat_map(|id| {
            (0..WIDTHS[0]).map(move |at| match id {
                0.0 => 0.0,
                id => (id * (at + 3) as f64).sin() + 0.01,
            })
        })
        .collect();
    with(small, "text", WIDTHS[0], values)
}

fn with(small: Small, column: &'static str, width: usize, values: Vec<f64>) -> Small {
    let count = values.len() / MANY_STEPS / width;
    small.set(column, Column::F64(vec![count, MANY_STEPS, width], values))
}

#[test]
fn text_features_in_another_order_than_the_words_are_warned_about() {
    // Longer padding than any sample's, so that lengths tell nothing.
    let turned = |small: Small| {
        let values = numbers(&small, "text");
        let size = MANY_STEPS * WIDTHS[0];
        let samples = values.chunks_exact(size);
        let full = |sample: &[f64]| {
            let filled = sample.iter().map(|v| if *v == 0.0 { 0.25 } else { *v });
            filled.collect::<Vec<f64>>()
        };
        let values = samples.rev().flat_map(full).collect();
        with(small, "text", WIDTHS[0], values)
    };
    for (which, name) in ["train", "valid", "test"].into_iter().enumerate() {
        let words = format!("{name}: text features do not go with the words");
        warned(&prepared(which, turned), &[&words]);
    }
    let sound = prepared(3, |small| small);
    assert!(of(&sound, "features").is_empty(), "{:?}", sound.warnings);
}

#[test]
fn labels_that_are_sorted_or_copied_are_warned_about() {
    let labels = |small: &Small, change: fn(Vec<f64>) -> Vec<f64>| {
        let values = change(numbers(small, "regression_labels"));
        let count = values.len();
        small
            .clone()
            .set("regression_labels", Column::F64(vec![count], values))
    };
    let sorted = |mut values: Vec<f64>| {
        values.sort_by(|a, b| b.total_cmp(a));
        values
    };
    let descending = prepared(2, |small| labels(&small, sorted));
    warned(
        &descending,
        &["test: the samples are in descending order of their labels"],
    );
    // Both splits have the same labels from the start.
    let few = [(40, 1), (20, 2), (90, 3)].map(|(count, seed)| many(count, seed));
    let splits = [("train", &few[0]), ("valid", &few[1]), ("test", &few[2])];
    let copied = import(pickle(&splits, Order::Little), |_| {}).0;
    warned(
        &copied,
        &[
            "valid: all 20 labels, of samples 0 to 19",
            "are those of samples 0 to 19 of train in their order",
        ],
    );
}

#[test]
fn a_last_batch_that_is_missing_is_warned_about() {
    let lost = |from: usize| {
        move |small: Small| {
            let mut values = numbers(&small, "audio");
            let size = MANY_STEPS * WIDTHS[1];
            values[from * size..(from + 3) * size].fill(0.0);
            with(small, "audio", WIDTHS[1], values)
        }
    };
    let words = "test: 3 samples whose audio is zero, the last ones of the split and no other";
    warned(&prepared(2, lost(87)), &[words]);
    assert!(of(&prepared(2, lost(40)), "features").is_empty());
}

#[test]
fn features_scaled_to_0_and_1_by_their_own_ends_are_warned_about() {
    let ends = |values: &[f64], at: usize| {
        let column = values.iter().skip(at).step_by(WIDTHS[1]);
        let column: Vec<f64> = column.copied().filter(|v| *v != 0.0).collect();
        let low = column.iter().copied().fold(f64::INFINITY, f64::min);
        [
            low,
            column.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ]
    };
    let scaled = |by: Option<Vec<f64>>| {
        move |small: Small| {
            let values = numbers(&small, "audio");
            let by = by.clone().unwrap_or_else(|| values.clone());
            let all: Vec<[f64; 2]> = (0..WIDTHS[1]).map(|at| ends(&by, at)).collect();
            let scale = |(at, v): (usize, &f64)| {
                let [low, high] = all[at % WIDTHS[1]];
                if *v == 0.0 {
                    0.0
                } else {
                    (v - low) / (high - low)
                }
            };
            let values = values.iter().enumerate().map(scale).collect();
            with(small, "audio", WIDTHS[1], values)
        }
    };
    let splits = COUNTS.map(|(count, seed)| spoken(many(count, seed)));
    let made = |by: [Option<Vec<f64>>; 3]| {
        let splits = [0, 1, 2].map(|at| scaled(by[at].clone())(splits[at].clone()));
        let named = [
            ("train", &splits[0]),
            ("valid", &splits[1]),
            ("test", &splits[2]),
        ];
        import(pickle(&named, Order::Little), |_| {}).0
    };
    let words = "a smallest value of 0 and a largest of 1";
    warned(&made([None, None, None]), &["test: audio has ", words]);
    let all: Vec<f64> = splits
        .iter()
        .flat_map(|small| numbers(small, "audio"))
        .collect();
    let all = made([Some(all.clone()), Some(all.clone()), Some(all)]);
    warned(&all, &["all splits together have", words]);
    let train = numbers(&splits[0], "audio");
    let sound = made([None, Some(train.clone()), Some(train)]);
    assert!(of(&sound, "features").is_empty(), "{:?}", sound.warnings);
}

#[test]
fn one_pickle_for_two_versions_of_a_data_set_is_warned_about() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.pkl");
    std::fs::write(&source, data::three_bytes(|small| small)).unwrap();
    let version = |name: &str| {
        let mut options = named(folder.path(), "mosi");
        options.version = Some(name.to_owned());
        prepare(&source, &options, &mut |_| {}).unwrap()
    };
    assert!(!of(&version("one"), "source").concat().contains("same file"));
    warned(
        &version("two"),
        &["source: mosi@one was prepared from the same file"],
    );
}

/// A split without every so many of its samples in these columns, which end with rows of zeros.
fn skipped(small: &Small, columns: &[&'static str], every: usize) -> Small {
    let count = numbers(small, "regression_labels").len();
    columns.iter().fold(small.clone(), |small, column| {
        let values = numbers(&small, column);
        let size = values.len() / count;
        let rows = values.chunks_exact(size).enumerate();
        let kept = rows.filter(|(at, _)| at % every != every / 2);
        let mut kept: Vec<f64> = kept.flat_map(|(_, row)| row.to_vec()).collect();
        kept.resize(values.len(), 0.0);
        match size {
            1 => small.set(column, Column::F64(vec![count], kept)),
            size => with(small, column, size / MANY_STEPS, kept),
        }
    })
}

/// Samples in which a word tells the label, and more words than in [`many`].
fn told(small: Small) -> Small {
    let tokens = numbers(&small, "text_bert");
    let rows = tokens.chunks_exact(3 * MANY_STEPS);
    let tone = |row: &[f64]| {
        let words = row[..MANY_STEPS].iter().filter(|id| **id >= 2000.0);
        words.map(|id| id - 2004.5).sum::<f64>()
    };
    let labels: Vec<f64> = rows.map(|row| (tone(row) / 8.0).clamp(-3.0, 3.0)).collect();
    small.set("regression_labels", Column::F64(vec![labels.len()], labels))
}

fn large(which: usize, change: impl Fn(Small) -> Small) -> Imported {
    let splits: Vec<Small> = [(640, 1), (90, 2), (400, 3)]
        .iter()
        .enumerate()
        .map(|(at, (count, seed))| {
            let small = told(many(*count, *seed));
            if at == which { change(small) } else { small }
        })
        .collect();
    let named = [
        ("train", &splits[0]),
        ("valid", &splits[1]),
        ("test", &splits[2]),
    ];
    import(pickle(&named, Order::Little), |_| {}).0
}

#[test]
fn labels_without_the_samples_that_failed_are_warned_about() {
    let sound = large(3, |small| small);
    assert!(of(&sound, "labels").is_empty(), "{:?}", sound.warnings);
    for (which, name, every) in [(0, "train", 110), (2, "test", 70)] {
        let found = large(which, |small| {
            skipped(&small, &["regression_labels"], every)
        });
        let words = "words go with the labels of samples further and further before them, 0 at the beginning";
        warned(&found, &["labels: ", name, words]);
    }
}

#[test]
fn vectors_that_are_larger_the_more_is_said_are_warned_about() {
    let pooled = |divide: bool| {
        move |small: Small| {
            let values = numbers(&small, "audio");
            let (size, width) = (MANY_STEPS * WIDTHS[1], WIDTHS[1]);
            let mean = |sample: &[f64]| {
                let steps = sample.chunks_exact(width);
                let filled = steps
                    .clone()
                    .filter(|frame| frame.iter().any(|v| *v != 0.0))
                    .count();
                let by = if divide { filled } else { MANY_STEPS } as f64;
                let sum = |at: usize| steps.clone().map(|frame| frame[at]).sum::<f64>() / by;
                (0..width).map(sum).collect::<Vec<f64>>()
            };
            let values: Vec<f64> = values.chunks_exact(size).flat_map(mean).collect();
            small.set(
                "audio",
                Column::F64(vec![values.len() / width, width], values),
            )
        }
    };
    let all = |change: &dyn Fn(Small) -> Small| {
        let splits = COUNTS.map(|(count, seed)| change(many(count, seed)));
        let named = [
            ("train", &splits[0]),
            ("valid", &splits[1]),
            ("test", &splits[2]),
        ];
        import(pickle(&named, Order::Little), |_| {}).0
    };
    let found = all(&pooled(false));
    warned(
        &found,
        &["test: the vectors of audio are larger the more tokens a sample has"],
    );
    let sound = all(&pooled(true));
    assert!(of(&sound, "features").is_empty(), "{:?}", sound.warnings);
}

#[test]
fn vectors_written_into_the_first_step_are_warned_about() {
    let first = |small: Small| {
        let mut values = numbers(&small, "text");
        for sample in values.chunks_exact_mut(MANY_STEPS * WIDTHS[0]) {
            sample[WIDTHS[0]..].fill(0.0);
        }
        with(small, "text", WIDTHS[0], values)
    };
    let found = prepared(2, first);
    warned(
        &found,
        &[
            "test: the first frame of text alone holds values",
            "Write arrays of shape (N, 1, d), or all steps",
        ],
    );
    assert!(of(&prepared(2, |small| small), "frames").is_empty());
}

#[test]
fn steps_in_the_place_of_features_are_warned_about() {
    // Of another width than those of CMU-MOSI, whose axes are known.
    let width = WIDTHS[2] - 1;
    let turned = |small: Small| {
        let values = numbers(&small, "vision");
        let samples = values.chunks_exact(MANY_STEPS * WIDTHS[2]);
        let turned: Vec<f64> = samples
            .flat_map(|sample| {
                let row = |at: usize| sample.iter().skip(at).step_by(WIDTHS[2]).copied();
                (0..width).flat_map(row).collect::<Vec<f64>>()
            })
            .collect();
        let count = turned.len() / MANY_STEPS / width;
        let small = small.set(
            "vision",
            Column::F64(vec![count, width, MANY_STEPS], turned),
        );
        small
            .set(
                "audio_lengths",
                Column::Ints(vec![MANY_STEPS as i64; count]),
            )
            .set("vision_lengths", Column::Ints(vec![width as i64; count]))
    };
    let splits = COUNTS.map(|(count, seed)| turned(many(count, seed)));
    let named = [
        ("train", &splits[0]),
        ("valid", &splits[1]),
        ("test", &splits[2]),
    ];
    let found = import(pickle(&named, Order::Little), |_| {}).0;
    warned(
        &found,
        &[
            "test: the last dimensions of vision are zero in",
            "steps in the place of features",
        ],
    );
}

#[test]
fn splits_that_are_nearly_one_of_the_three_are_warned_about() {
    let splits = COUNTS.map(|(count, seed)| many(count, seed));
    let more = [(20, 5), (10, 6), (5, 7), (4, 8)].map(|(count, seed)| many(count, seed));
    let named = [
        ("train", &splits[0]),
        ("Val", &splits[1]),
        ("test", &splits[2]),
        ("trian", &more[0]),
        ("TRAIN ", &more[1]),
        ("nan", &more[2]),
        ("train_mix", &more[3]),
    ];
    let found = import(pickle(&named, Order::Little), |_| {}).0;
    assert_eq!(found.counts, [240, 90, 90]);
    let names = of(&found, "names");
    for words in [
        "the split `trian`, of 20 samples (first: trian-video5$_$0), is none of train, valid and test; did you mean train?",
        "the split `TRAIN `, of 10 samples",
        "5 samples have no split but `nan`",
    ] {
        assert!(names.iter().any(|text| text.contains(words)), "{names:?}");
    }
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn a_block_of_dimensions_that_some_samples_lack_is_warned_about() {
    let block = |fill: f64, every: usize| {
        move |small: Small| {
            let mut values = numbers(&small, "vision");
            let width = WIDTHS[2];
            for sample in values.chunks_exact_mut(MANY_STEPS * width).step_by(every) {
                let filled = sample
                    .chunks_exact_mut(width)
                    .filter(|frame| frame.iter().any(|v| *v != 0.0));
                filled.for_each(|frame| frame[width / 2..].fill(fill));
            }
            let count = values.len() / MANY_STEPS / width;
            small.set(
                "vision",
                Column::F64(vec![count, MANY_STEPS, width], values),
            )
        }
    };
    for fill in [0.0, 0.25] {
        let found = large(2, block(fill, 5));
        let half = WIDTHS[2].div_ceil(2);
        let words = format!(
            "samples have {half} of {} dimensions of vision at one value",
            WIDTHS[2]
        );
        warned(&found, &["test: ", &words]);
    }
    let sound = large(2, |small| small);
    assert!(of(&sound, "features").is_empty(), "{:?}", sound.warnings);
}

#[test]
fn a_window_of_fixed_length_that_ends_in_silence_is_warned_about() {
    // Frames behind the clip of a sample are those of silence, which tell their step.
    let windowed = |lengths: bool| {
        move |small: Small| {
            let mut values = numbers(&small, "audio");
            let width = WIDTHS[1];
            for sample in values.chunks_exact_mut(MANY_STEPS * width) {
                for (step, frame) in sample.chunks_exact_mut(width).enumerate() {
                    if frame.iter().all(|v| *v == 0.0) || step + 4 >= MANY_STEPS {
                        frame.fill(0.3 + 0.01 * (step % 5) as f64);
                    }
                }
            }
            let count = values.len() / MANY_STEPS / width;
            let small = small.set("audio", Column::F64(vec![count, MANY_STEPS, width], values));
            let steps = Column::Ints(vec![MANY_STEPS as i64; count]);
            if lengths {
                small.set("audio_lengths", steps)
            } else {
                small
            }
        }
    };
    let found = large(1, windowed(true));
    warned(
        &found,
        &[
            "valid: the last frames of audio differ little between samples",
            "silence behind each clip",
        ],
    );
}
