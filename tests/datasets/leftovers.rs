//! What splits must not share, and what scripts leave in them: scales of all data, marks among tokens, older pickles.

use crate::data::{
    Column, MANY_STEPS, Order, Small, WIDTHS, import, many, numbers, of, pickle, three_bytes,
    warned,
};
use lnln_bench::data::dataset::Imported;

fn three(change: impl Fn(Small) -> Small) -> [Small; 3] {
    [(120, 1), (90, 2), (80, 3)].map(|(count, seed)| change(many(count, seed)))
}

fn prepared([train, valid, test]: &[Small; 3]) -> Imported {
    let named = [("train", train), ("valid", valid), ("test", test)];
    import(pickle(&named, Order::Little), |_| {}).0
}

/// A split whose audio was changed, given the dimension; padding stays.
fn audio(small: &Small, change: impl Fn(usize, f64) -> f64) -> Small {
    let values = numbers(small, "audio").into_iter().enumerate();
    let changed = |(at, v): (usize, f64)| {
        if v == 0.0 {
            v
        } else {
            change(at % WIDTHS[1], v)
        }
    };
    let values: Vec<f64> = values.map(changed).collect();
    let count = values.len() / MANY_STEPS / WIDTHS[1];
    small.clone().set(
        "audio",
        Column::F64(vec![count, MANY_STEPS, WIDTHS[1]], values),
    )
}

/// A split whose words were changed, given their step.
fn retold(small: Small, change: impl Fn(i64, usize) -> i64) -> Small {
    let size = 3 * MANY_STEPS;
    let tokens = numbers(&small, "text_bert").into_iter().enumerate();
    let changed = |(at, id): (usize, f64)| match (id as i64, at % size) {
        (id, step) if step < MANY_STEPS && id >= 1000 => change(id, step),
        (id, _) => id,
    };
    let tokens: Vec<i64> = tokens.map(changed).collect();
    let shape = vec![tokens.len() / size, 3, MANY_STEPS];
    small.set("text_bert", Column::I64(shape, tokens))
}

#[test]
fn features_scaled_by_values_of_the_test_split_are_warned_about() {
    let width = WIDTHS[1];
    let mean = |splits: &[&Small], at: usize| {
        let all = splits.iter().flat_map(|small| numbers(small, "audio"));
        let column: Vec<f64> = all.skip(at).step_by(width).filter(|v| *v != 0.0).collect();
        column.iter().sum::<f64>() / column.len() as f64
    };
    let less = |small: &Small, means: &[f64]| audio(small, |at, v| v - means[at]);
    let raw = three(|small| small);
    let means = |splits: &[&Small]| (0..width).map(|at| mean(splits, at)).collect::<Vec<f64>>();
    let of_train = means(&[&raw[0]]);
    let sound = prepared(&raw.each_ref().map(|small| less(small, &of_train)));
    assert!(of(&sound, "features").is_empty(), "{:?}", sound.warnings);
    let own = raw.each_ref().map(|small| less(small, &means(&[small])));
    warned(&prepared(&own), &["test: audio has mean 0 in "]);
    let of_all = means(&[&raw[0], &raw[1], &raw[2]]);
    let all = prepared(&raw.each_ref().map(|small| less(small, &of_all)));
    warned(&all, &["all splits together have mean 0 in "]);
}

#[test]
fn marks_among_tokens_are_warned_about() {
    let doubled = prepared(&three(|small| {
        retold(small, |id, at| if at == 1 { 101 } else { id })
    }));
    let words = "test: every text begins with CLS (101) twice";
    warned(&doubled, &[words]);
    let silent = |id, at| if at % 2 == 0 { 11_937 } else { id };
    let silent = prepared(&three(|small| retold(small, silent)));
    assert_eq!(of(&silent, "tokens").len(), 3, "{:?}", silent.warnings);
    warned(
        &silent,
        &["train: ", "% of the tokens are 11937: a mark such as sp"],
    );
    assert!(of(&prepared(&three(|small| small)), "tokens").is_empty());
}

#[test]
fn transcripts_that_are_missing_in_some_samples_are_warned_about() {
    let without = |text: &'static str| {
        let change = move |small: Small| {
            let texts = small.0.iter().find_map(|column| match column {
                ("raw_text", Column::TextList(texts)) => Some(texts.clone()),
                _ => None,
            });
            let texts = texts.unwrap().into_iter().enumerate();
            let texts = texts.map(|(at, own)| if at % 9 == 4 { text.to_owned() } else { own });
            small.set("raw_text", Column::TextList(texts.collect()))
        };
        prepared(&three(change))
    };
    warned(&without(" "), &["test: 9 samples without a transcript"]);
    warned(
        &without("film"),
        &["train: ", "with the transcript \"film\""],
    );
}

#[test]
fn a_pickle_behind_the_one_that_is_read_is_warned_about() {
    let bytes = three_bytes(|small| small);
    let found = |bytes: Vec<u8>| {
        let warnings = import(bytes, |_| {}).0.warnings.into_iter();
        warnings
            .filter(|text| text.contains("follow the pickle that was read"))
            .count()
    };
    assert_eq!(
        (found(bytes.clone()), found([bytes.clone(), bytes].concat())),
        (0, 1)
    );
}

/// A split whose audio was changed, given the number of the frame and the dimension; padding stays.
fn framed(small: &Small, change: impl Fn(usize, usize, f64) -> f64) -> Small {
    let width = WIDTHS[1];
    let values = numbers(small, "audio").into_iter().enumerate();
    let changed = |(at, v): (usize, f64)| match v {
        0.0 => v,
        _ => change(at / width, at % width, v),
    };
    let values: Vec<f64> = values.map(changed).collect();
    let shape = vec![values.len() / MANY_STEPS / width, MANY_STEPS, width];
    small.clone().set("audio", Column::F64(shape, values))
}

#[test]
fn frames_that_were_filled_or_lost_are_warned_about() {
    let filled = |every: usize| {
        let one = |at, dimension, v| match at % every {
            0 => dimension as f64 / 7.0 + 0.3,
            _ => v,
        };
        prepared(&three(|small| framed(&small, one)))
    };
    let words = [
        "train: ",
        "% of the frames of audio, in ",
        "are one and the same",
    ];
    warned(&filled(5), &words);
    let few = filled(37);
    assert!(of(&few, "features").is_empty(), "{:?}", few.warnings);
    let late = prepared(&three(|small| {
        let small = framed(
            &small,
            |at, _, v| if at % MANY_STEPS == 0 { 0.0 } else { v },
        );
        let count = numbers(&small, "regression_labels").len();
        small.set(
            "audio_lengths",
            Column::Ints(vec![MANY_STEPS as i64; count]),
        )
    }));
    warned(
        &late,
        &["test: 80 of 80 samples begin with one frame of zeros in audio"],
    );
}
