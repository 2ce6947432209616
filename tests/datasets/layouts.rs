//! Layouts of other programs: one array per sample, keys of bytes, other names of splits, lists of tuples.

use crate::data;
use crate::data::{
    Column, MANY_STEPS, Order, Small, WIDTHS, import, many, numbers, pickle, refusal, three_bytes,
};
use lnln_bench::data::dataset::Imported;

/// One array per sample, cut to `length(sample)` steps.
fn cut(small: &Small, name: &'static str, width: usize, length: impl Fn(usize) -> usize) -> Small {
    let values = numbers(small, name);
    let samples = values.chunks_exact(MANY_STEPS * width).enumerate();
    let cut = samples.map(|(index, sample)| sample[..length(index) * width].to_vec());
    small
        .clone()
        .set(name, Column::Arrays(width, cut.collect()))
}

/// The valid steps of a sample of `many`.
fn length(sample: usize) -> usize {
    5 + sample % 7
}

fn assumed(imported: &Imported, words: &str) {
    let all = &imported.assumptions;
    assert!(
        all.iter().any(|text| text.contains(words)),
        "{words:?} is not in {all:?}"
    );
}

#[test]
fn arrays_as_long_as_their_text_are_the_padded_file() {
    let (padded, _) = import(three_bytes(|small| small), |_| {});
    assert!(padded.assumptions.is_empty(), "{:?}", padded.assumptions);
    assert_eq!(padded.layout, "aligned");
    let (cut, split) = import(
        three_bytes(|small| {
            let small = cut(&small, "text", WIDTHS[0], length);
            let small = cut(&small, "audio", WIDTHS[1], length);
            cut(&small, "vision", WIDTHS[2], length)
        }),
        |_| {},
    );
    assert_eq!(cut.content_hash, padded.content_hash);
    assert_eq!(split.audio_lengths[..3], [5, 6, 7]);
    assumed(
        &cut,
        "audio holds one array per sample: padded with zeros at the end to 12 steps",
    );
}

#[test]
fn arrays_of_other_lengths_are_padded_to_the_longest_of_all_splits() {
    let own = |sample: usize| 1 + sample % 4;
    let bytes = three_bytes(|small| {
        let longest = if small.0[0].1.len_of_list() == 12 {
            3
        } else {
            0
        };
        cut(&small, "audio", WIDTHS[1], |sample| own(sample) + longest)
    });
    let (imported, split) = import(bytes, |_| {});
    assert_eq!(split.audio.steps, 7);
    assert_eq!(split.audio_lengths[..5], [1, 2, 3, 4, 1]);
    assert_eq!(split.vision_lengths[..3], [5, 6, 7]);
    let audio = numbers(&many(24, 1), "audio");
    let second: Vec<f32> = audio[MANY_STEPS * 5..][..10]
        .iter()
        .map(|v| *v as f32)
        .collect();
    assert_eq!(split.audio.row(1)[..10], second);
    assert!(split.audio.row(1)[10..].iter().all(|value| *value == 0.0));
    assumed(&imported, "to 7 steps");
}

#[test]
fn lengths_of_a_file_are_kept_where_arrays_are_long_enough() {
    let with = |lengths: fn(usize) -> i64| {
        three_bytes(move |small| {
            let count = small.0[0].1.len_of_list();
            let counts = (0..count).map(lengths).collect();
            cut(&small, "audio", WIDTHS[1], length).set("audio_lengths", Column::Ints(counts))
        })
    };
    let (_, split) = import(with(|sample| 4 + sample as i64 % 7), |_| {});
    assert_eq!(split.audio_lengths[..3], [4, 5, 6]);
    let message = refusal(with(|_| 12), |_| {});
    assert!(
        message.contains("video1$_$0") && message.contains("0 to 5, found 12"),
        "{message}"
    );
}

#[test]
fn samples_that_are_no_frames_are_named() {
    let short = |width: usize, samples: Vec<Vec<f64>>| {
        three_bytes(|small| {
            let mut all = vec![vec![1.0; 10]; small.0[0].1.len_of_list()];
            all[..samples.len()].clone_from_slice(&samples);
            small.set("audio", Column::Arrays(width, all))
        })
    };
    let vectors = refusal(short(0, Vec::new()), |_| {});
    assert!(
        vectors.contains("sample video1$_$0") && vectors.contains("vector[None]"),
        "{vectors}"
    );
    let empty = refusal(
        three_bytes(|small| {
            let count = small.0[0].1.len_of_list();
            small.set("audio", Column::Arrays(5, vec![Vec::new(); count]))
        }),
        |_| {},
    );
    assert!(empty.contains("samples without any step"), "{empty}");
    let table = Column::F64(vec![24, 5], vec![0.0; 120]);
    let flat = refusal(
        three_bytes(|small| {
            small
                .set("audio", table.clone())
                .set("audio_lengths", Column::Ints(vec![1; 24]))
        }),
        |_| {},
    );
    assert!(
        flat.contains("[24, 5]") && flat.contains("array[:, None]"),
        "{flat}"
    );
}

#[test]
fn labels_in_arrays_of_one_element_are_numbers() {
    let (plain, _) = import(three_bytes(|small| small), |_| {});
    let (arrays, _) = import(
        three_bytes(|small| {
            let labels = numbers(&small, "regression_labels");
            let labels = labels.into_iter().map(|label| vec![label]).collect();
            small.set("regression_labels", Column::Arrays(0, labels))
        }),
        |_| {},
    );
    assert_eq!(plain.content_hash, arrays.content_hash);
    let texts = refusal(
        three_bytes(|small| {
            let count = small.0[0].1.len_of_list();
            small.set(
                "regression_labels",
                Column::TextList(vec!["0.4".into(); count]),
            )
        }),
        |_| {},
    );
    assert!(
        texts.contains("the text \"0.4\"; convert it with float(...)"),
        "{texts}"
    );
    let seven = |steps: &[usize]| {
        refusal(
            three_bytes(|small| {
                let count = small.0[0].1.len_of_list();
                let shape = [&[count], steps, &[7]].concat();
                small.set(
                    "regression_labels",
                    Column::F64(shape, vec![0.0; 7 * count]),
                )
            }),
            |_| {},
        )
    };
    for (steps, kept) in [(&[][..], "labels[:, 0]"), (&[1], "labels[:, 0, 0]")] {
        let message = seven(steps);
        assert!(message.ends_with(kept), "{message}");
    }
}

#[test]
fn keys_of_bytes_are_read_and_named() {
    let plain = three_bytes(|small| small);
    let mut bytes = plain.clone();
    for key in [
        "train",
        "valid",
        "test",
        "id",
        "raw_text",
        "text_bert",
        "text",
        "audio",
        "vision",
        "regression_labels",
    ] {
        let text = [&[0x8c, key.len() as u8], key.as_bytes()].concat();
        for at in 0..bytes.len() - text.len() {
            if bytes[at..].starts_with(&text) {
                bytes[at] = b'C';
            }
        }
    }
    let ((plain, _), (python2, _)) = (import(plain, |_| {}), import(bytes, |_| {}));
    assert_eq!(plain.content_hash, python2.content_hash);
    assumed(&python2, "keys are bytes");
}

#[test]
fn a_split_named_dev_is_valid() {
    let [train, dev, test] = data::three(|small| small);
    let splits = |name| {
        pickle(
            &[("train", &train), (name, &dev), ("test", &test)],
            Order::Little,
        )
    };
    // The split is part of the ids that the helper makes.
    for name in ["dev", "val", "validation"] {
        let (imported, _) = import(splits(name), |_| {});
        assert_eq!(imported.counts, [24, 12, 14]);
        assumed(&imported, &format!("the split {name} is valid"));
        assert!(
            !imported
                .warnings
                .iter()
                .any(|text| text.contains("ignored"))
        );
    }
    let message = refusal(splits("holdout"), |_| {});
    assert!(message.contains("train, holdout, test"), "{message}");
}

/// `[((words, vision, audio), label, id), ...]`, by hand.
fn tuples() -> Vec<u8> {
    let mut bytes = b"\x80\x04}(".to_vec();
    for split in ["train", "dev", "test"] {
        bytes.extend([0x8c, split.len() as u8]);
        bytes.extend(split.as_bytes());
        // A list of one tuple of a tuple of three lists, a list and a string.
        bytes.extend(b"](]]]\x87]\x8c\x01a\x87e");
    }
    bytes.extend(b"u.");
    bytes
}

#[test]
fn lists_of_tuples_are_named_with_the_way_over() {
    let message = refusal(tuples(), |_| {});
    for words in [
        "MISA's and MAG-BERT's",
        "((words, vision, audio), label, id)",
        "docs/pickle.md",
    ] {
        assert!(message.contains(words), "{words} is not in {message}");
    }
}

#[test]
fn a_dict_of_many_samples_is_not_listed_in_full() {
    let mut bytes = b"\x80\x04}(".to_vec();
    for sample in 0..2000 {
        let id = format!("v{sample:06}");
        bytes.extend([0x8c, id.len() as u8]);
        bytes.extend(id.as_bytes());
        bytes.push(b'}');
    }
    bytes.extend(b"u.");
    let message = refusal(bytes, |_| {});
    assert!(
        message.contains("and 1988 more") && message.len() < 400,
        "{message}"
    );
}

/// A list of three splits, or the splits under the name of the data set.
#[test]
fn splits_in_another_container_come_with_the_way_over() {
    let plain = three_bytes(|small| small);
    // PROTO 4, EMPTY_DICT, ...; the same dict below another one.
    let nested = [b"\x80\x04}\x8c\x04mosi", &plain[2..plain.len() - 1], b"s."].concat();
    let message = refusal(nested, |_| {});
    assert!(
        message.contains("keys mosi; write data['mosi'] alone"),
        "{message}"
    );
    let columns = b"\x80\x04}(\x8c\x02id}\x8c\x05train]s\x8c\x05audio}\x8c\x05train]su.";
    let message = refusal(columns.to_vec(), |_| {});
    assert!(
        message.contains("write {s: {k: data[k][s] for k in data} for s in"),
        "{message}"
    );
    let message = refusal(b"\x80\x04}(K\x00]K\x01]u.".to_vec(), |_| {});
    assert!(message.contains("found keys 0, 1"), "{message}");
    let message = refusal(b"\x80\x04}.".to_vec(), |_| {});
    assert!(message.contains("found an empty dict"), "{message}");
    let split = b"}(\x8c\x02id]\x8c\x05audio]u";
    let three = [b"\x80\x04](", &split[..], split, split, b"e."].concat();
    let message = refusal(three, |_| {});
    assert!(
        message.contains("a list of three splits; write dict(zip("),
        "{message}"
    );
}
