//! Splits of one file that do not belong together: videos, samples, dimensions, values, frames and labels.

use crate::data::{Column, MANY_STEPS, Order, Small, WIDTHS, import, many, numbers, of, pickle};
use lnln_bench::data::dataset::Imported;

/// Changes a value of features, or a token at its index.
type Change = fn(f64) -> f64;
type Token = fn(i64, usize) -> i64;

const COUNTS: [usize; 3] = [240, 60, 80];

/// Prepares three splits of one kind, of which one was changed.
fn prepared(
    kind: impl Fn(Small) -> Small,
    split: usize,
    change: impl Fn(Small) -> Small,
) -> Imported {
    let mut splits = [1, 2, 3].map(|seed| kind(many(COUNTS[seed as usize - 1], seed)));
    splits[split] = change(splits[split].clone());
    three(&splits)
}

fn three(splits: &[Small; 3]) -> Imported {
    let named = ["train", "valid", "test"].into_iter().zip(splits);
    let named: Vec<(&str, &Small)> = named.collect();
    import(pickle(&named, Order::Little), |_| {}).0
}

/// The one warning of a check, which must have these words.
fn one(imported: &Imported, subject: &str, words: &str) {
    let found = of(imported, subject);
    assert!(found.len() == 1 && found[0].contains(words), "{found:#?}");
}

/// Ids that are the same text in every split, which [`pickle`] makes of texts alone.
fn ids(small: Small, id: impl Fn(usize) -> String) -> Small {
    let count = numbers(&small, "regression_labels").len();
    small.set("id", Column::Ids((0..count).map(id).collect()))
}

/// Features whose values were changed, given sample, step and dimension; zeros stay.
fn features(small: Small, name: &'static str, change: impl Fn([usize; 3], f64) -> f64) -> Small {
    let width = match name {
        "text" => WIDTHS[0],
        "audio" => WIDTHS[1],
        _ => WIDTHS[2],
    };
    let values = numbers(&small, name).into_iter().enumerate();
    let at = |at: usize| {
        let frame = at / width;
        [frame / MANY_STEPS, frame % MANY_STEPS, at % width]
    };
    let values: Vec<f64> = values
        .map(|(index, v)| if v == 0.0 { v } else { change(at(index), v) })
        .collect();
    let samples = values.len() / MANY_STEPS / width;
    small.set(name, Column::F64(vec![samples, MANY_STEPS, width], values))
}

/// Vision whose dimensions have means and deviations of their own.
fn shaped(small: Small) -> Small {
    features(small, "vision", |[_, _, d], v| {
        let (level, scale) = ((d * 7 % 20) as f64 - 9.5, 1.0 + (d * 3 % 20) as f64 / 4.0);
        (v / 31.0 - 0.5 + level / 40.0) * scale + 0.001
    })
}

#[test]
fn videos_with_samples_in_several_splits_are_named_where_splits_are_by_video() {
    let by_video =
        |small: Small, seed: usize| ids(small, move |i| format!("v{seed}-{}_{i}", i / 8));
    let splits = [1, 2, 3].map(|seed| by_video(many(COUNTS[seed - 1], seed as u64), seed));
    assert!(of(&three(&splits), "videos").is_empty());
    let mut leak = splits.clone();
    leak[2] = ids(leak[2].clone(), |i| {
        let video = if i == 4 {
            "v1-3".to_owned()
        } else {
            format!("v3-{}", i / 8)
        };
        format!("{video}_{}", 500 + i)
    });
    one(
        &three(&leak),
        "videos",
        "1 of 48 videos of several samples are in several splits (v1-3: test and train)",
    );
    // Drawn by sample, as those of CH-SIMS: a fact, no warning.
    let drawn = [1, 2, 3].map(|seed| {
        let small = many(COUNTS[seed - 1], seed as u64);
        ids(small, move |i| format!("video_{}$_${seed}-{i}", i % 20))
    });
    let imported = three(&drawn);
    assert!(of(&imported, "videos").is_empty());
    let lines = imported.checks.iter().flat_map(|check| check.lines());
    let lines: Vec<String> = lines.filter(|line| line.contains("videos")).collect();
    assert!(lines[0].contains("20 of 20 videos"), "{lines:?}");
}

#[test]
fn a_sample_that_is_in_two_splits_is_named_with_both() {
    let train = many(COUNTS[0], 1);
    let copied = |name: &'static str, size: usize| {
        let first = numbers(&train, name)[..size].to_vec();
        move |small: Small| {
            let mut values = numbers(&small, name);
            values[..size].clone_from_slice(&first);
            let count = values.len() / MANY_STEPS / (size / MANY_STEPS);
            (values, count)
        }
    };
    let floats = |small: Small, name: &'static str, width: usize| {
        let (values, count) = copied(name, MANY_STEPS * width)(small.clone());
        small.set(name, Column::F64(vec![count, MANY_STEPS, width], values))
    };
    let text = |small: Small| floats(small, "text", WIDTHS[0]);
    let found = prepared(|small| small, 2, text);
    one(
        &found,
        "samples",
        "test: 1 sample with the text features of another sample (first: test-video3$_$0 and video1$_$0 of train)",
    );
    let all = |small: Small| {
        let (tokens, count) = copied("text_bert", 3 * MANY_STEPS)(small.clone());
        let tokens = tokens.into_iter().map(|id| id as i64).collect();
        let shape = vec![count * 3 / 3, 3, MANY_STEPS];
        let small = text(small).without("raw_text");
        let small = small.set("text_bert", Column::I64(shape, tokens));
        floats(floats(small, "audio", WIDTHS[1]), "vision", WIDTHS[2])
    };
    let found = prepared(|small| small.without("raw_text"), 2, all);
    one(
        &found,
        "samples",
        "equal to another one in everything but the id (first: test-video3$_$0 and video1$_$0 of train)",
    );
}

#[test]
fn dimensions_in_another_order_or_with_another_sign_are_warned_about() {
    let sound = prepared(shaped, 2, |small| small);
    assert!(of(&sound, "features").is_empty(), "{:?}", sound.warnings);
    let width = WIDTHS[2];
    let turned = |small: Small| {
        let values = numbers(&small, "vision");
        let at = |[s, t, d]: [usize; 3]| values[(s * MANY_STEPS + t) * width + (d + 7) % width];
        features(small.clone(), "vision", |place, _| at(place))
    };
    for (split, name) in [(1, "valid"), (2, "test")] {
        let words = format!("{name}: the dimensions of vision are not those of train");
        one(&prepared(shaped, split, turned), "features", &words);
    }
    let negated = |small| features(small, "vision", |_, v| -v);
    let found = of(&prepared(shaped, 2, negated), "features");
    assert!(
        found[0].contains("are not those of train: their means"),
        "{found:?}"
    );
    let hertz = |small| {
        features(
            small,
            "vision",
            |[_, _, d], v| if d == 3 { 40.0 * v + 500.0 } else { v },
        )
    };
    one(
        &prepared(shaped, 2, hertz),
        "features",
        "test: 1 of 20 dimensions of vision have means far from those of train, such as dimension 3",
    );
}

#[test]
fn values_that_were_transformed_in_one_split_are_warned_about() {
    let small = |small| {
        features(small, "vision", |[_, _, d], v| {
            (v / 31.0 - 0.5) * (1.0 + d as f64 / 10.0) + 0.001
        })
    };
    let sound = prepared(small, 1, |small| small);
    assert!(of(&sound, "features").is_empty(), "{:?}", sound.warnings);
    let changes: [(Change, &str); 4] = [
        (|v| v * 1.7, "the deviation of vision is 1.7"),
        (
            f64::abs,
            "0.0 % of the values of vision are negative, in train 4",
        ),
        (
            |v| v.tanh(),
            "0.0 % of the values of vision are beyond 1 or -1",
        ),
        (
            |v| v.round() + 0.0,
            "0.0 % of the values of vision are no whole numbers",
        ),
    ];
    for (change, words) in changes {
        let found = prepared(small, 2, |small| {
            features(small, "vision", |_, v| change(v))
        });
        let found = of(&found, "features");
        assert!(
            found.iter().any(|text| text.contains(words)),
            "{words}: {found:#?}"
        );
    }
}

#[test]
fn frames_in_another_order_gaps_and_marks_are_warned_about() {
    let steady = |small| {
        features(small, "audio", |[s, t, d], v| {
            v / 60.0 + ((s * 13 + d) as f64 + t as f64 / 3.0).sin() + 0.001
        })
    };
    let sound = prepared(steady, 1, |small| small);
    assert!(of(&sound, "features").is_empty(), "{:?}", sound.warnings);
    let mixed = |small| {
        features(small, "audio", |[s, t, d], v| {
            v / 60.0 + ((s * 13 + d) as f64 + (t * 5 % 9) as f64 * 2.4).sin() + 0.001
        })
    };
    let found = of(&prepared(steady, 0, mixed), "features");
    assert!(
        found
            .iter()
            .any(|text| text.contains("valid: consecutive frames of audio have a correlation of")),
        "{found:#?}"
    );
    let gaps = |small| {
        features(
            small,
            "audio",
            |[_, t, _], v| if t % 2 == 1 && t < 4 { 0.0 } else { v },
        )
    };
    let found = of(&prepared(steady, 2, gaps), "features");
    assert!(
        found
            .iter()
            .any(|text| text
                .contains("of the frames of audio within samples are zero, in train 0.0 %")),
        "{found:#?}"
    );
    let marked = |small| {
        features(
            small,
            "audio",
            |[s, t, _], v| if s % 5 == 0 && t == 1 { -1.0 } else { v },
        )
    };
    let found = prepared(|small| marked(steady(small)), 0, |small| small);
    let found = of(&found, "features");
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].contains("are -1 in every dimension: a mark of missing frames?"));
    let half = |small| features(small, "vision", |[_, _, d], v| if d < 10 { 0.0 } else { v });
    let found = of(&prepared(half, 0, |small| small), "features");
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[2].contains("test: 10 of 20 dimensions of vision are constant"));
}

/// A split whose tokens were changed, given word, row and step.
fn retold(small: Small, change: impl Fn(i64, usize) -> i64) -> Small {
    let rows = numbers(&small, "text_bert").into_iter().enumerate();
    let ids = |at: usize| (at / MANY_STEPS).is_multiple_of(3);
    let tokens: Vec<i64> = rows
        .map(|(at, id)| match id as i64 {
            id if ids(at) && id >= 1000 => change(id, at),
            id => id,
        })
        .collect();
    let shape = vec![tokens.len() / 3 / MANY_STEPS, 3, MANY_STEPS];
    small.set("text_bert", Column::I64(shape, tokens))
}

#[test]
fn tokens_of_another_vocabulary_or_mask_are_warned_about() {
    let sound = prepared(|small| small, 2, |small| small);
    let about_texts = |imported: &Imported| {
        let mut found = of(imported, "tokens");
        found.extend(of(imported, "transcripts"));
        found
    };
    assert!(about_texts(&sound).is_empty(), "{:?}", sound.warnings);
    let changes: [(Token, &str); 3] = [
        (
            |id, _| 5000 + 3 * id,
            "words have other tokens than in train",
        ),
        (
            |id, at| if at % 2 == 0 { 100 } else { id },
            "% of the tokens are [UNK]",
        ),
        (
            |id, at| if at % 5 == 0 { 103 } else { id },
            "% of the tokens are [MASK]",
        ),
    ];
    for (change, words) in changes {
        let found = about_texts(&prepared(|small| small, 2, |small| retold(small, change)));
        assert!(
            found.iter().any(|text| text.contains(words)),
            "{words}: {found:#?}"
        );
    }
}

#[test]
fn transcripts_unlike_the_language_are_warned_about() {
    let texts = |small: Small, change: fn(&str) -> String| {
        let texts = small.0.iter().find_map(|column| match column {
            ("raw_text", Column::TextList(texts)) => Some(texts.clone()),
            _ => None,
        });
        let texts = texts.unwrap().iter().map(|text| change(text)).collect();
        small.set("raw_text", Column::TextList(texts))
    };
    let joined = prepared(
        |small| texts(small, |text| text.replace(' ', "")),
        0,
        |small| small,
    );
    assert!(of(&joined, "transcripts")[0].contains("blanks between words lost?"));
    let splits = [1, 2, 3].map(|seed| many(COUNTS[seed - 1], seed as u64));
    let named = ["train", "valid", "test"].into_iter().zip(&splits);
    let named: Vec<(&str, &Small)> = named.collect();
    let halved = |small: &Small| {
        let labels = numbers(small, "regression_labels")
            .into_iter()
            .map(|y| y / 3.0)
            .collect();
        small
            .clone()
            .set("regression_labels", Column::Floats(labels))
    };
    let halved: Vec<(&str, Small)> = named
        .iter()
        .map(|(name, small)| (*name, halved(small)))
        .collect();
    let named: Vec<(&str, &Small)> = halved.iter().map(|(name, small)| (*name, small)).collect();
    let sims = |options: &mut lnln_bench::data::dataset::ImportOptions| {
        options.dataset = Some("sims".to_owned());
    };
    let (imported, _) = import(pickle(&named, Order::Little), sims);
    assert!(of(&imported, "transcripts")[0].contains("no Chinese character"));
}

/// Audio and vision with lengths of their own, some frames more or less than there are tokens.
fn long(small: Small) -> Small {
    let count = numbers(&small, "regression_labels").len();
    let end = |i: usize, seed: usize| 2 + i % 7 + (i * seed) % 4;
    let counts = |seed: usize| (0..count).map(|i| end(i, seed) as i64).collect();
    let cut = |small, name, seed| {
        features(
            small,
            name,
            |[s, t, _], v| {
                if t < end(s, seed) { v } else { 0.0 }
            },
        )
    };
    cut(cut(small, "audio", 3), "vision", 5)
        .set("audio_lengths", Column::Ints(counts(3)))
        .set("vision_lengths", Column::Ints(counts(5)))
}

/// A modality whose samples, with their lengths, were put into another order.
fn reordered(small: Small, name: &'static str, lengths: &'static str) -> Small {
    let values = numbers(&small, name);
    let steps = small.0.iter().find_map(|column| match column {
        (own, Column::Ints(steps)) if *own == lengths => Some(steps.clone()),
        _ => None,
    });
    let steps = steps.unwrap();
    let (count, size) = (steps.len(), values.len() / steps.len());
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|i| (*i as u32).wrapping_mul(2_654_435_761) >> 8);
    let values = order.iter().flat_map(|i| &values[i * size..(i + 1) * size]);
    let shape = vec![count, MANY_STEPS, size / MANY_STEPS];
    let values = Column::F64(shape, values.copied().collect());
    let steps = order.iter().map(|i| steps[*i]).collect();
    small.set(name, values).set(lengths, Column::Ints(steps))
}

#[test]
fn a_modality_in_another_order_with_its_lengths_is_warned_about() {
    let sound = prepared(long, 2, |small| small);
    assert!(of(&sound, "frames").is_empty(), "{:?}", sound.warnings);
    let audio = |small| reordered(small, "audio", "audio_lengths");
    for (split, name) in [(0, "train"), (1, "valid"), (2, "test")] {
        let words = format!("{name}: the lengths of audio have a rank correlation of");
        one(&prepared(long, split, audio), "frames", &words);
    }
    let vision = |small| reordered(long(small), "vision", "vision_lengths");
    let everywhere = of(&prepared(vision, 2, |small| small), "frames");
    assert!(
        everywhere[0]
            .contains("is vision, with its lengths, in another order than text and audio?"),
        "{everywhere:#?}"
    );
    // Aligned files have no lengths: the frames themselves end elsewhere, and are not lengths of other samples.
    let lost = |small: Small| {
        features(
            small,
            "audio",
            |[s, t, _], v| {
                if s % 3 == 0 && t > 5 { 0.0 } else { v }
            },
        )
    };
    let aligned = prepared(lost, 2, |small| small);
    assert!(of(&aligned, "frames").is_empty(), "{:?}", aligned.warnings);
}

#[test]
fn ids_that_differ_in_case_or_are_none_are_warned_about() {
    let sound = prepared(|small| small, 1, |small| small);
    assert!(of(&sound, "ids").is_empty());
    let changed = prepared(
        |small| small,
        1,
        |small| {
            ids(small, |at| match at {
                3 => "Clip7 ".to_owned(),
                5 => "1.23E+11".to_owned(),
                6 => "nan".to_owned(),
                _ => format!("clip{at}"),
            })
        },
    );
    let found = of(&changed, "ids");
    for words in [
        "valid: 1 sample with an id that is a number cut to some digits",
        "valid: 1 sample with an id that stands for none",
        "(first: `clip7`)",
        "such as `Clip7 ` of valid",
    ] {
        assert!(found.iter().any(|text| text.contains(words)), "{found:#?}");
    }
}

#[test]
fn a_dimension_in_another_unit_is_warned_about() {
    let centered = |small| features(small, "vision", |_, v| v - 16.0 + 1e-6);
    let degrees = |small| {
        features(
            small,
            "vision",
            |[_, _, d], v| if d == 11 { v * 57.3 } else { v },
        )
    };
    let found = prepared(centered, 2, degrees);
    one(
        &found,
        "features",
        "test: the deviation of 1 of 20 dimensions of vision is far from that in train, such as dimension 11",
    );
    let all = prepared(|small| degrees(centered(small)), 2, |small| small);
    assert!(of(&all, "features").is_empty(), "{:?}", all.warnings);
}

#[test]
fn samples_filled_up_with_the_next_one_are_warned_about() {
    let width = WIDTHS[1];
    let filled = |small: Small| {
        let mut values = numbers(&small, "audio");
        let size = MANY_STEPS * width;
        let all = values.clone();
        for (row, sample) in values.chunks_mut(size).enumerate() {
            let free = sample.chunks(width).position(|frame| frame[0] == 0.0);
            let from = free.unwrap_or(MANY_STEPS) * width;
            let next = (row + 1) * size % all.len();
            sample[from..].copy_from_slice(&all[next..][..size - from]);
        }
        let count = values.len() / size;
        small.set("audio", Column::F64(vec![count, MANY_STEPS, width], values))
    };
    let found = prepared(|small| small, 2, filled);
    let words = "in audio go on with the first frames of the next sample, such as number 0 from 0";
    let found = of(&found, "features");
    assert!(found.iter().any(|text| text.contains(words)), "{found:#?}");
}
