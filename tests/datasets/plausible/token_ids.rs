//! Token ids that cannot be right.

use super::data::{Column, MANY_STEPS, Small, numbers, refusal, three_bytes, warned};
use super::{refused, warnings};

/// The tokens changed as a whole, under a shape and type.
pub fn tokens(small: Small, change: impl Fn(&[i64]) -> Vec<i64>) -> Small {
    let old: Vec<i64> = numbers(&small, "text_bert")
        .iter()
        .map(|v| *v as i64)
        .collect();
    let new: Vec<i64> = old.chunks_exact(3 * MANY_STEPS).flat_map(change).collect();
    let samples = new.len() / (3 * MANY_STEPS);
    small.set("text_bert", Column::I64(vec![samples, 3, MANY_STEPS], new))
}

#[test]
fn rows_of_tokens_in_another_order_are_refused() {
    let order = |order: [usize; 3]| {
        move |sample: &[i64]| {
            let row = |part: &usize| sample[part * MANY_STEPS..][..MANY_STEPS].to_vec();
            order.iter().flat_map(row).collect()
        }
    };
    refused(
        |small| tokens(small, order([0, 2, 1])),
        &[
            "train/text_bert",
            "(row 1) is zero in every sample",
            "row 2 looks like the mask",
        ],
    );
    refused(|small| tokens(small, order([1, 0, 2])), &["[:, [1, 0, 2]]"]);
    let inverted = |sample: &[i64]| {
        let flip = |(at, value): (usize, &i64)| {
            if at / MANY_STEPS == 1 {
                1 - value
            } else {
                *value
            }
        };
        sample.iter().enumerate().map(flip).collect()
    };
    refused(|small| tokens(small, inverted), &["inverted, 1 on padding"]);
}

#[test]
fn token_ids_between_whole_numbers_are_shown() {
    let halves = |small: Small| {
        let ids = numbers(&small, "text_bert").into_iter();
        let ids: Vec<f64> = ids.map(|id| if id == 102.0 { 102.5 } else { id }).collect();
        let samples = ids.len() / (3 * MANY_STEPS);
        small.set("text_bert", Column::F64(vec![samples, 3, MANY_STEPS], ids))
    };
    refused(halves, &["expected whole numbers, found 102.5"]);
}

#[test]
fn token_ids_that_a_type_cannot_hold_are_refused() {
    let stored = |code: &'static str, size: usize| {
        three_bytes(move |small| {
            let ids = numbers(&small, "text_bert");
            small.set(
                "text_bert",
                Column::Raw(code, vec![ids.len() / 3 / MANY_STEPS, 3, MANY_STEPS], {
                    // 0x6900 is 2560 as float16; as two bytes of another type it does not matter.
                    ids.iter()
                        .flat_map(|_| [0x00, 0x69][..size].to_vec())
                        .collect()
                }),
            )
        })
    };
    let half = refusal(stored("f2", 2), |_| {});
    assert!(
        half.contains("float16") && half.contains("up to 2560"),
        "{half}"
    );
    let bytes = refusal(stored("u1", 1), |_| {});
    assert!(
        bytes.contains("|u1") && bytes.contains("cannot hold token ids"),
        "{bytes}"
    );
}

#[test]
fn other_shapes_of_tokens_come_with_the_way_over() {
    let stacked = |small: Small| {
        let ids: Vec<i64> = numbers(&small, "text_bert")
            .iter()
            .map(|v| *v as i64)
            .collect();
        let count = ids.len() / 3 / MANY_STEPS;
        small.set("text_bert", Column::I64(vec![3, count, MANY_STEPS], ids))
    };
    refused(stacked, &["numpy.swapaxes(text_bert, 0, 1)"]);
    let alone = |small: Small| {
        let ids: Vec<i64> = numbers(&small, "text_bert")
            .iter()
            .map(|v| *v as i64)
            .collect();
        small.set(
            "text_bert",
            Column::I64(vec![ids.len() / MANY_STEPS, MANY_STEPS], ids),
        )
    };
    refused(alone, &["token ids alone"]);
}

#[test]
fn tokens_of_another_tokenizer_and_masks_of_ones_are_warned_about() {
    let roberta = |sample: &[i64]| {
        sample
            .iter()
            .map(|id| match id {
                101 => 0,
                102 => 2,
                id => *id,
            })
            .collect()
    };
    let imported = warnings(|small| tokens(small, roberta));
    warned(
        &imported,
        &["begin with 0 and end with 2 (RoBERTa's <s> and </s>)"],
    );
    let follows = |text: &String| text.contains("does not begin with CLS");
    assert!(!imported.warnings.iter().any(follows), "said once");
    let twice = |sample: &[i64]| {
        let row = |part: usize| sample[part * MANY_STEPS..][..MANY_STEPS].to_vec();
        [row(0), row(1), row(1)].concat()
    };
    let imported = warnings(|small| tokens(small, twice));
    warned(&imported, &["segment ids (row 2) equal the attention mask"]);
    let full = |sample: &[i64]| {
        let value = |(at, id): (usize, &i64)| if at / MANY_STEPS == 1 { 1 } else { *id };
        sample.iter().enumerate().map(value).collect()
    };
    let imported = warnings(|small| tokens(small, full));
    warned(
        &imported,
        &[
            "whose attention mask covers padding (token 0)",
            "first: video1$_$0",
        ],
    );
}
