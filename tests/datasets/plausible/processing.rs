//! What code did to texts, frames and labels on their way into the file, where the data themselves show it.

use crate::data::{
    Column, MANY_STEPS, Order, Small, WIDTHS, import, many, numbers, of, pickle, warned,
};
use lnln_bench::data::dataset::Imported;

/// Prepares three splits of 60 to 90 samples, each changed.
fn prepared(change: impl Fn(Small) -> Small) -> Imported {
    let splits = [(90, 1), (60, 2), (70, 3)].map(|(count, seed)| change(many(count, seed)));
    let named = ["train", "valid", "test"].into_iter().zip(&splits);
    import(pickle(&named.collect::<Vec<_>>(), Order::Little), |_| {}).0
}

/// Samples of a column, each a list of frames, changed by its row.
fn samples(small: Small, name: &'static str, change: impl Fn(usize, &mut Vec<Vec<f64>>)) -> Small {
    let width = WIDTHS[if name == "audio" { 1 } else { 2 }];
    let values = numbers(&small, name);
    let each = values.chunks(MANY_STEPS * width).enumerate();
    let changed = each.map(|(row, sample)| {
        let mut frames: Vec<Vec<f64>> = sample.chunks(width).map(<[f64]>::to_vec).collect();
        change(row, &mut frames);
        frames.concat()
    });
    let changed: Vec<f64> = changed.flatten().collect();
    let rows = changed.len() / MANY_STEPS / width;
    small.set(name, Column::F64(vec![rows, MANY_STEPS, width], changed))
}

fn texts(small: &Small, name: &str) -> Vec<String> {
    let found = small.0.iter().find(|(known, _)| *known == name);
    match found {
        Some((_, Column::TextList(texts))) => texts.clone(),
        _ => panic!("no texts in {name}"),
    }
}

#[test]
fn sound_splits_of_this_size_have_no_such_warning() {
    let sound = prepared(|small| small);
    for subject in ["features", "transcripts", "samples", "padding"] {
        let found = of(&sound, subject);
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn transcripts_of_a_fixed_width_are_warned_about() {
    let cut = prepared(|small| {
        let cut = |text: &String| text.chars().take(22).collect();
        let cut = texts(&small, "raw_text").iter().map(cut).collect();
        small.set("raw_text", Column::TextList(cut))
    });
    warned(
        &cut,
        &[
            "transcripts: test: ",
            "transcripts have exactly 22 characters",
            "<U22",
        ],
    );
}

#[test]
fn a_reshape_in_place_of_a_transpose_is_warned_about() {
    let reshaped = prepared(|small| {
        samples(small, "vision", |_, frames| {
            let width = WIDTHS[2];
            let rows = (0..width).flat_map(|d| frames.iter().map(move |frame| frame[d]));
            let flat: Vec<f64> = rows.collect();
            *frames = flat.chunks(width).map(<[f64]>::to_vec).collect();
        })
    });
    warned(
        &reshaped,
        &[
            "features: train: the values of vision jump",
            "x.transpose(0, 2, 1)",
        ],
    );
}

#[test]
fn padding_with_the_last_frame_is_warned_about() {
    let edge = prepared(|small| {
        let small = samples(small, "audio", |_, frames| {
            let last = frames.iter().rposition(|frame| frame[0] != 0.0).unwrap();
            let copy = frames[last].clone();
            frames[last..].fill(copy);
        });
        let rows = texts(&small, "id").len();
        small.set("audio_lengths", Column::Ints(vec![MANY_STEPS as i64; rows]))
    });
    warned(
        &edge,
        &["features: test: ", "end in copies of one frame of audio"],
    );
}

#[test]
fn clips_that_begin_with_their_video_are_warned_about() {
    let begin = prepared(|small| {
        samples(small, "vision", |_, frames| {
            for (at, frame) in frames.iter_mut().take(3).enumerate() {
                let values = frame.iter_mut().enumerate();
                values.for_each(|(d, value)| *value = (1 + at * 20 + d) as f64);
            }
        })
    });
    let words = "69 of 69 samples with others of their video begin with the same frames of vision";
    warned(&begin, &["features: test: ", words]);
}

#[test]
fn changed_copies_in_a_split_are_warned_about() {
    let copied = |small: Small| {
        let (ids, rows) = (texts(&small, "id"), texts(&small, "id").len());
        // The first half once more, with features that were changed a little.
        let mut small = small;
        for (name, column) in &mut small.0 {
            match column {
                Column::TextList(texts) => {
                    for row in rows / 2..rows {
                        texts[row] = texts[row - rows / 2].clone();
                    }
                    if *name == "id" {
                        *texts = ids.clone();
                    }
                }
                Column::F64(_, values) => repeat_half(
                    values,
                    if *name == "audio" || *name == "vision" {
                        1.01
                    } else {
                        1.0
                    },
                ),
                Column::I64(_, values) => repeat_half(values, 1),
                _ => {}
            }
        }
        small
    };
    let all = prepared(copied);
    warned(
        &all,
        &[
            "samples: test: ",
            "nearly its features",
            "first: test-video3$_$",
        ],
    );
    // Training samples alone may be augmented.
    let splits = [copied(many(90, 1)), many(60, 2), many(70, 3)];
    let named = ["train", "valid", "test"].into_iter().zip(&splits);
    let train = import(pickle(&named.collect::<Vec<_>>(), Order::Little), |_| {}).0;
    let found = of(&train, "samples");
    assert!(found.is_empty(), "{found:?}");
}

/// Writes the first half of values over the second, each times a factor.
fn repeat_half<T: Copy + std::ops::Mul<Output = T>>(values: &mut [T], factor: T) {
    let half = values.len() / 2;
    for at in half..2 * half {
        values[at] = values[at - half] * factor;
    }
}

#[test]
fn dropout_and_sorted_values_are_warned_about() {
    let dropped = prepared(|small| {
        samples(small, "vision", |row, frames| {
            for (step, frame) in frames.iter_mut().enumerate() {
                for (d, value) in frame.iter_mut().enumerate() {
                    let draw = (row * 1013 + step * 211 + d * 37).pow(2) % 101;
                    let sign = if draw.is_multiple_of(2) { 1.0 } else { -1.0 };
                    *value *= sign * f64::from(u8::from(draw > 20));
                }
            }
        })
    });
    let words = "% of the values of vision are zero, as often in every dimension";
    warned(&dropped, &["features: train: ", words, "model.eval()"]);
    let sorted = prepared(|small| {
        samples(small, "vision", |_, frames| {
            for frame in frames {
                frame.sort_by(f64::total_cmp);
            }
        })
    });
    let words = "100.0 % of the values of vision rise from dimension to dimension";
    warned(&sorted, &["features: test: ", words, "numpy.sort"]);
}

#[test]
fn steps_standardized_by_the_split_itself_are_warned_about() {
    let centered = prepared(|small| {
        let values = numbers(&small, "audio");
        let size = MANY_STEPS * WIDTHS[1];
        let mean = |at: usize| {
            let column = values.iter().skip(at % size).step_by(size);
            column.sum::<f64>() * size as f64 / values.len() as f64
        };
        let centered = (0..values.len()).map(|at| match values[at] {
            0.0 => 0.0,
            value => value - mean(at),
        });
        let centered: Vec<f64> = centered.collect();
        let shape = vec![values.len() / size, MANY_STEPS, WIDTHS[1]];
        small.set("audio", Column::F64(shape, centered))
    });
    warned(
        &centered,
        &[
            "features: valid: the frames of audio have mean 0 over the samples at each step",
            "video2$_$0",
        ],
    );
}

#[test]
fn random_tokens_are_warned_about() {
    let replaced = |every: usize| {
        prepared(|small| {
            let (count, tokens) = match small.0.iter().find(|(name, _)| *name == "text_bert") {
                Some((_, Column::I64(shape, tokens))) => (shape[0], tokens.clone()),
                _ => panic!("no tokens"),
            };
            let changed = tokens.iter().enumerate().map(|(at, token)| {
                let is_word = *token >= 2000;
                let is_changed = is_word && at % every == 0;
                if is_changed { 5000 + at as i64 } else { *token }
            });
            let changed = Column::I64(vec![count, 3, MANY_STEPS], changed.collect());
            small.set("text_bert", changed)
        })
    };
    let words = "of 537 frequent words have a token that they have nowhere else";
    warned(&replaced(11), &["transcripts: train: ", words]);
    let few = of(&replaced(79), "transcripts");
    assert!(few.is_empty(), "{few:?}");
}

#[test]
fn lengths_that_most_samples_go_beyond_are_doubted() {
    let given = |length: fn(usize) -> usize| {
        prepared(|small| {
            let count = numbers(&small, "regression_labels").len();
            let lengths = (0..count).map(|row| length(5 + row % 7) as i64);
            small.set("audio_lengths", Column::Ints(lengths.collect()))
        })
    };
    let seconds = given(|frames| frames / 3);
    warned(
        &seconds,
        &[
            "padding: train: 90 samples with audio past its length",
            "of 90 that are shorter than the steps",
            "leave audio_lengths out",
        ],
    );
    let late = given(|frames| frames - 1);
    warned(
        &late,
        &["by exactly one frame in 90 of 90", "one step late"],
    );
    // One in seven.
    let some = given(|frames| if frames == 6 { 5 } else { frames });
    let found = of(&some, "padding");
    assert!(found[0].ends_with("write zeros"), "{found:?}");
    assert!(of(&given(|frames| frames), "padding").is_empty());
}

/// The first value of every frame that is there, given the number of the frame and the sample.
fn first_values(small: Small, value: impl Fn(usize, usize, f64) -> f64) -> Small {
    samples(small, "audio", |row, frames| {
        let there = frames.iter_mut().filter(|frame| frame[0] != 0.0);
        let each = there.enumerate();
        each.for_each(|(at, frame)| frame[0] = value(at, row, frame[0]));
    })
}

#[test]
fn numbers_for_missing_values_are_warned_about() {
    let filled = |code: f64| {
        prepared(|small| {
            let is_lost = |at: usize, row: usize| (at + row).is_multiple_of(6);
            first_values(
                small,
                |at, row, own| if is_lost(at, row) { code } else { own },
            )
        })
    };
    warned(
        &filled(-999.0),
        &[
            "features: valid: 1 of ",
            "dimensions of audio hold -999, such as dimension 0 (from 0) in 1",
            "fillna(-999)",
        ],
    );
    let other = filled(-998.0);
    assert!(of(&other, "features").is_empty(), "{:?}", other.warnings);
}

#[test]
fn times_of_frames_are_warned_about() {
    let time = |at: usize, row: usize| (row * 7 % 50) as f64 + (1.0 + at as f64).powf(1.3);
    let timed = prepared(|small| first_values(small, |at, row, _| time(at, row)));
    warned(
        &timed,
        &[
            "features: train: 1 of ",
            "rise from every frame to the next, such as 0",
        ],
    );
    let falls = prepared(|small| {
        first_values(small, |at, row, _| {
            time(at, row) - if at == 2 { 9.0 } else { 0.0 }
        })
    });
    assert!(of(&falls, "features").is_empty(), "{:?}", falls.warnings);
}
