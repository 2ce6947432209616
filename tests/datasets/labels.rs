//! Labels that do not belong to their samples, as far as words, annotations and published counts show it.

use crate::data::{Column, MANY_STEPS, Order, Small, import, many, numbers, pickle};

/// A split whose labels follow its words: `good` and `great` raise them, `bad` and `dull` lower them.
fn spoken(count: usize, seed: u64) -> Small {
    let small = many(count, seed);
    let tokens = numbers(&small, "text_bert");
    let label = |(row, sample): (usize, &[f64])| {
        let tone = |word: &f64| match *word as i64 {
            2000 | 2007 => 0.8,
            2001 | 2008 => -0.8,
            _ => 0.05,
        };
        let noise = (row * 11 % 17) as f64 / 20.0 - 0.4;
        (sample[..MANY_STEPS].iter().map(tone).sum::<f64>() + noise).clamp(-3.0, 3.0)
    };
    let labels = tokens
        .chunks(3 * MANY_STEPS)
        .enumerate()
        .map(label)
        .collect();
    labelled(small, labels)
}

fn labelled(small: Small, labels: Vec<f64>) -> Small {
    small.set("regression_labels", Column::F64(vec![labels.len()], labels))
}

/// Warnings about labels where those of some splits were changed.
fn found(
    counts: [usize; 3],
    splits: &[usize],
    change: impl Fn(Vec<f64>) -> Vec<f64>,
) -> Vec<String> {
    let mut all = [1, 2, 3].map(|seed| spoken(counts[seed - 1], seed as u64));
    for split in splits {
        let labels = change(numbers(&all[*split], "regression_labels"));
        all[*split] = labelled(all[*split].clone(), labels);
    }
    of(&all)
}

fn of(splits: &[Small; 3]) -> Vec<String> {
    let named = ["train", "valid", "test"].into_iter().zip(splits);
    let named: Vec<(&str, &Small)> = named.collect();
    let (imported, _) = import(pickle(&named, Order::Little), |_| {});
    let found = imported.warnings.into_iter();
    found.filter(|text| text.starts_with("labels")).collect()
}

/// The labels in an order that has nothing to do with theirs.
fn shuffled(labels: Vec<f64>) -> Vec<f64> {
    let key = |i: u32| {
        (i ^ (i << 7))
            .wrapping_mul(2_654_435_761)
            .rotate_left(13)
            .wrapping_mul(40_503)
    };
    let mut order: Vec<(u32, f64)> = (1..).map(key).zip(labels).collect();
    order.sort_by_key(|(key, _)| *key);
    order.into_iter().map(|(_, label)| label).collect()
}

fn shifted(mut labels: Vec<f64>) -> Vec<f64> {
    labels.rotate_right(1);
    labels
}

#[test]
fn labels_of_the_next_sample_are_warned_about() {
    let counts = [240, 60, 80];
    let none = found(counts, &[], |labels| labels);
    assert!(none.is_empty(), "{none:?}");
    for (split, name) in ["train", "valid", "test"].into_iter().enumerate() {
        let found = found(counts, &[split], shifted);
        let words =
            format!("labels: {name}: the labels go with the words of the next or the last sample");
        assert!(found.iter().any(|text| text.contains(&words)), "{found:#?}");
    }
    let found = found(counts, &[0, 1, 2], shifted);
    assert!(!found.is_empty(), "all splits");
}

#[test]
fn labels_of_a_part_of_a_split_that_are_those_of_other_samples_are_warned_about() {
    let counts = [240, 80, 120];
    let last = |one_in: usize, change: fn(Vec<f64>) -> Vec<f64>| {
        move |mut labels: Vec<f64>| {
            let last = labels.split_off(labels.len() - labels.len() / one_in);
            labels.extend(change(last));
            labels
        }
    };
    for (split, words) in [
        (
            0,
            "train: in samples 120 to 239 (from 0; first: video1$_$120)",
        ),
        (
            1,
            "valid: in samples 40 to 79 (from 0; first: valid-video2$_$40)",
        ),
        (
            2,
            "test: in samples 60 to 119 (from 0; first: test-video3$_$60)",
        ),
    ] {
        let found = found(counts, &[split], last(2, shifted));
        let words = format!("{words} the labels go with the words of the next or the last sample");
        assert!(found.iter().any(|text| text.contains(&words)), "{found:#?}");
        assert_eq!(found.len(), 1, "{found:#?}");
    }
    let negated = last(4, |labels| labels.into_iter().map(|label| -label).collect());
    let found_in_test = found(counts, &[2], negated);
    assert!(
        found_in_test
            .iter()
            .any(|text| text.contains("were they negated there?")),
        "{found_in_test:#?}"
    );
}

#[test]
fn labels_in_another_order_in_train_or_everywhere_are_warned_about() {
    let found_in = |splits: &[usize]| found([1001, 203, 250], splits, shuffled);
    let train = found_in(&[0]);
    assert!(
        train[0].contains("train: words that go with high labels do not in the other splits"),
        "{train:#?}"
    );
    let all = found_in(&[0, 1, 2]);
    assert!(
        all[0].contains("go with any in the other splits"),
        "{all:#?}"
    );
}

#[test]
fn one_label_in_place_of_many_is_warned_about() {
    let filled = |labels: Vec<f64>| {
        let labels = labels.into_iter().enumerate();
        labels
            .map(|(at, label)| if at % 3 == 0 { 0.0 } else { label })
            .collect()
    };
    let found = found([240, 160, 180], &[2], filled);
    assert!(
        found.iter().any(
            |text| text.contains("test: 3") && text.contains("% of the labels are 0, in train")
        ),
        "{found:#?}"
    );
}

#[test]
fn a_split_of_the_published_size_has_the_published_signs() {
    let splits = |change: fn(f64) -> f64| {
        [([552, 53, 679], 1), ([92, 13, 124], 2), ([379, 30, 277], 3)].map(|(counts, seed)| {
            let [negative, zero, positive] = counts;
            let small = many(negative + zero + positive, seed);
            let step = [3, 5, 9][seed as usize - 1];
            let sign = |i: usize| match i {
                i if i < negative => -1.0,
                i if i < negative + zero => 0.0,
                _ => 1.0,
            };
            let labels = (0..negative + zero + positive)
                .map(|i| sign(i) * (0.2 + (i * step % 14) as f64 / 5.0));
            let labels = if seed == 3 {
                labels.map(change).collect()
            } else {
                labels.collect()
            };
            labelled(small.without("text_bert").without("raw_text"), labels)
        })
    };
    let none = of(&splits(|label| label));
    assert!(none.is_empty(), "{none:?}");
    let found = of(&splits(|label| (label + 0.5).min(3.0)));
    assert!(
        found[0].contains("in the published split of this size 379/30/277"),
        "{found:#?}"
    );
}

#[test]
fn annotations_in_other_spellings_contradict_labels_too() {
    let words = |small: Small, wrong: bool| {
        let labels = numbers(&small, "regression_labels").into_iter();
        let word = |label: f64| match if wrong { -label } else { label } {
            label if label < 0.0 => "NEG",
            label if label > 0.0 => "POS",
            _ => "NEU",
        };
        let words = labels.map(|label| word(label).to_owned()).collect();
        small.set("annotations", Column::TextList(words))
    };
    let splits = |wrong: bool| [24, 12, 14].map(|count| words(many(count, count as u64), wrong));
    assert!(of(&splits(false)).is_empty());
    let found = of(&splits(true));
    assert!(
        found[0].contains("with an annotation that contradicts the label"),
        "{found:?}"
    );
}

#[test]
fn labels_in_the_order_of_ids_sorted_as_text_are_warned_about() {
    // Sample $_$10 comes before $_$2.
    let sorted = |labels: Vec<f64>| -> Vec<f64> {
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.sort_by_key(|at| at.to_string());
        order.into_iter().map(|at| labels[at]).collect()
    };
    let found = found([240, 120, 160], &[2], sorted);
    let words = "labels: test: the labels go with the words of the samples that have their places where the clips of \
                 each video are sorted as text";
    assert!(found.iter().any(|text| text.contains(words)), "{found:#?}");
}

#[test]
fn labels_in_reverse_are_warned_about() {
    let reversed = |labels: Vec<f64>| labels.into_iter().rev().collect();
    let found = found([240, 120, 160], &[2], reversed);
    let words = "labels: test: the labels go with the words of the samples in reverse";
    assert!(found.iter().any(|text| text.contains(words)), "{found:#?}");
}

#[test]
fn labels_of_a_modality_that_are_the_main_ones_are_warned_about() {
    let with = |change: fn(usize, f64) -> f64| {
        let splits = [1, 2, 3].map(|seed| {
            let small = spoken(60, seed);
            let labels = numbers(&small, "regression_labels").into_iter().enumerate();
            let labels: Vec<f64> = labels.map(|(at, label)| change(at, label)).collect();
            small.set("regression_labels_T", Column::F64(vec![60], labels))
        });
        of(&splits)
    };
    let found = with(|_, label| label);
    assert_eq!(found.len(), 3, "{found:#?}");
    let words =
        "labels: train: regression_labels and regression_labels_T are equal in every sample";
    assert!(found[0].contains(words), "{found:#?}");
    let own = with(|at, label| if at == 7 { label / 2.0 + 0.1 } else { label });
    assert!(own.is_empty(), "{own:#?}");
}

/// New labels by those of train and their own.
type Change = dyn Fn(&[f64], Vec<f64>) -> Vec<f64>;

#[test]
fn labels_without_a_value_of_train_or_copied_from_it_are_warned_about() {
    // Steps of a fifth, as raters give.
    let stepped = |seed: u64, count: usize| {
        let small = spoken(count, seed);
        let labels = numbers(&small, "regression_labels");
        let labels = labels
            .into_iter()
            .map(|y| (y * 5.0).round() / 5.0)
            .collect();
        labelled(small, labels)
    };
    let with = |change: &Change| {
        let mut all = [stepped(1, 240), stepped(2, 60), stepped(3, 80)];
        let train = numbers(&all[0], "regression_labels");
        let labels = change(&train, numbers(&all[2], "regression_labels"));
        all[2] = labelled(all[2].clone(), labels);
        of(&all)
    };
    let none = with(&|_, labels| labels);
    assert!(none.is_empty(), "{none:#?}");
    let found = with(&|_, labels| labels.into_iter().map(|y| 0.93 * y + 0.01).collect());
    let words = "have values that no label of train has";
    assert!(found.iter().any(|text| text.contains(words)), "{found:#?}");
    let found = with(&|train, labels| train[..labels.len()].to_vec());
    let words = "test: all 80 labels, of samples 0 to 79";
    assert!(found.iter().any(|text| text.contains(words)), "{found:#?}");
}
