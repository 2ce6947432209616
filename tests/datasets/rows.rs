//! Columns whose rows show how they were made: labels that were not written, filled in or copied, texts that hold the
//! answer or are there twice, and ids in another order than all else.

use crate::data::{Column, MANY_STEPS, Order, Small, import, many, numbers, pickle};

const COUNTS: [usize; 3] = [320, 120, 160];

/// A number below a limit, by a row and a seed.
fn drawn(row: usize, seed: u64, below: usize) -> usize {
    let mixed = (row as u64 + 1 + (seed << 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 34) as usize % below
}

/// Labels in fifths; those of a video of eight samples are alike.
fn labels(count: usize, seed: u64) -> Vec<f64> {
    let label = |row: usize| {
        let (video, own) = (drawn(row / 8, seed, 13), drawn(row, seed + 9, 13));
        ((video + own) as f64 - 12.0) / 5.0
    };
    (0..count).map(label).collect()
}

/// A sound split: each video has a word of its own.
fn sound(which: usize) -> Small {
    let (count, seed) = (COUNTS[which], which as u64 + 1);
    let small = many(count, seed).without("raw_text");
    let tokens = numbers(&small, "text_bert")
        .chunks(3 * MANY_STEPS)
        .enumerate()
        .flat_map(|(row, sample)| {
            let mut sample = sample.to_vec();
            if drawn(row, seed, 3) > 0 {
                sample[1] = (5000 + 100 * which + row / 8) as f64;
            }
            sample
        })
        .collect();
    let ids = (0..count).map(|row| format!("{}$_${}", video(row / 8, seed), row % 8));
    let small = with_labels(small, labels(count, seed)).set("id", Column::TextList(ids.collect()));
    with_tokens(small, tokens)
}

/// A name as videos on the web have.
fn video(number: usize, seed: u64) -> String {
    format!("{:05x}", drawn(number, seed + 77, 1 << 20))
}

fn with_labels(small: Small, labels: Vec<f64>) -> Small {
    small.set("regression_labels", Column::F64(vec![labels.len()], labels))
}

fn with_tokens(small: Small, tokens: Vec<f64>) -> Small {
    let tokens: Vec<i64> = tokens.into_iter().map(|token| token as i64).collect();
    let count = tokens.len() / 3 / MANY_STEPS;
    small.set("text_bert", Column::I64(vec![count, 3, MANY_STEPS], tokens))
}

/// Warnings about labels, ids and texts of three splits, each changed.
fn found(change: impl Fn(usize, Small) -> Small) -> Vec<String> {
    let splits = [0, 1, 2].map(|which| change(which, sound(which)));
    let named: Vec<(&str, &Small)> = ["train", "valid", "test"]
        .into_iter()
        .zip(&splits)
        .collect();
    let (imported, _) = import(pickle(&named, Order::Little), |_| {});
    let of_rows = |text: &String| {
        let subjects = ["labels", "ids", "transcripts", "tokens"];
        subjects.iter().any(|subject| text.starts_with(subject))
    };
    imported.warnings.into_iter().filter(of_rows).collect()
}

/// What is found where the labels of one split are changed.
fn in_labels(split: usize, change: impl Fn(Vec<f64>) -> Vec<f64>) -> Vec<String> {
    found(|which, small| {
        let labels = numbers(&small, "regression_labels");
        let labels = if which == split {
            change(labels)
        } else {
            labels
        };
        with_labels(small, labels)
    })
}

/// What is found where the words of every sample of a split are changed: its row, and its words.
fn in_words(split: usize, change: impl Fn(usize, Vec<f64>) -> Vec<f64>) -> Vec<String> {
    found(|which, small| {
        if which != split {
            return small;
        }
        let tokens = numbers(&small, "text_bert");
        let samples = tokens.chunks(3 * MANY_STEPS).enumerate();
        let tokens = samples.flat_map(|(row, sample)| {
            let length = sample[MANY_STEPS..2 * MANY_STEPS].iter().sum::<f64>() as usize;
            let words = change(row, sample[1..length - 1].to_vec());
            let words = &words[..words.len().min(MANY_STEPS - 2)];
            let all = [&[101.0], words, &[102.0]].concat();
            let padded = |values: &mut dyn Iterator<Item = f64>| {
                let mut row: Vec<f64> = values.collect();
                row.resize(MANY_STEPS, 0.0);
                row
            };
            [
                padded(&mut all.iter().copied()),
                padded(&mut all.iter().map(|_| 1.0)),
                vec![0.0; MANY_STEPS],
            ]
            .concat()
        });
        with_tokens(small.clone(), tokens.collect())
    })
}

fn has(found: &[String], words: &[&str]) {
    let is = |text: &&String| words.iter().all(|word| text.contains(word));
    assert!(
        found.iter().any(|text| is(&text)),
        "{words:?} is not in {found:#?}"
    );
}

#[test]
fn sound_rows_have_no_warning() {
    let found = found(|_, small| small);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn labels_that_a_loop_did_not_write_are_warned_about() {
    let stopped = in_labels(2, |mut labels| {
        labels[140..].fill(0.0);
        labels
    });
    has(
        &stopped,
        &["labels: test: 2", "samples in a row", "have the label 0"],
    );
    let filled = in_labels(0, |labels| {
        (0..labels.len()).map(|row| labels[row / 3 * 3]).collect()
    });
    has(&filled, &["labels: train: ", "filled forward"]);
}

#[test]
fn labels_that_are_there_twice_are_warned_about() {
    let resized = in_labels(0, |labels| (0..320).map(|row| labels[row % 250]).collect());
    has(
        &resized,
        &[
            "labels: train: 70 labels, of samples 250 to 319",
            "are those of samples 0 to 69 of train",
        ],
    );
    let pasted = in_labels(2, |mut own| {
        own[..100].copy_from_slice(&labels(120, 2)[..100]);
        own
    });
    has(
        &pasted,
        &[
            "labels: test: 100 labels, of samples 0 to 99",
            "of samples 0 to 99 of valid",
        ],
    );
}

#[test]
fn a_part_with_labels_of_another_kind_is_warned_about() {
    let part = |change: fn(f64) -> f64| {
        in_labels(0, move |mut labels| {
            labels[60..]
                .iter_mut()
                .for_each(|label| *label = change(*label));
            labels
        })
    };
    has(
        &part(f64::abs),
        &["labels: train: ", "are not negative, many of the rest are"],
    );
    has(&part(f64::round), &["labels: train: ", "are whole numbers"]);
    has(
        &part(|label| label / 3.0),
        &["labels: train: ", "another scale"],
    );
}

#[test]
fn labels_in_place_of_missing_ones_are_warned_about() {
    let missing = |row: usize| row % 12 == 5;
    let mean = in_labels(0, |labels| {
        let known: Vec<f64> = (0..320)
            .filter(|row| !missing(*row))
            .map(|row| labels[row])
            .collect();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let of = |row: usize| if missing(row) { mean } else { labels[row] };
        (0..320).map(of).collect()
    });
    has(
        &mean,
        &["labels: train: 27 labels are", "the mean of the others"],
    );
    let between = in_labels(0, |labels| {
        let line = |row: usize| f64::midpoint(labels[row - 1], labels[row + 1]);
        let of = |row: usize| if missing(row) { line(row) } else { labels[row] };
        (0..320).map(of).collect()
    });
    has(&between, &["labels: train: ", "lie exactly between"]);
}

#[test]
fn texts_that_hold_the_answer_are_warned_about() {
    let own = labels(COUNTS[0], 1);
    let told = in_words(0, |row, words| {
        let class = if own[row] > 0.0 { 3893.0 } else { 4997.0 };
        [vec![class], words].concat()
    });
    has(
        &told,
        &[
            "transcripts: train: the token",
            "does the text hold the answer",
        ],
    );
}

#[test]
fn texts_that_are_there_twice_are_warned_about() {
    let twice = in_words(1, |_, words| {
        let half = &words[..words.len().min(5)];
        [half, half].concat()
    });
    has(&twice, &["transcripts: valid: ", "twice in a row"]);
    let rolling = in_words(1, |row, _| {
        (0..6).map(|at| 2000.0 + (3 * row + at) as f64).collect()
    });
    has(
        &rolling,
        &[
            "transcripts: valid: ",
            "begin with the end of the one before",
        ],
    );
}

#[test]
fn words_that_one_split_lacks_are_warned_about() {
    let lost = in_words(2, |_, words| {
        let kept = words
            .into_iter()
            .filter(|word| *word < 2004.0 || *word > 2007.0);
        [vec![2000.0], kept.collect()].concat()
    });
    has(&lost, &["transcripts: test lacks", "stop words"]);
}

#[test]
fn ids_in_another_order_are_warned_about() {
    let in_order = |order: fn(Vec<String>) -> Vec<String>| {
        found(|which, small| {
            let ids = (0..COUNTS[which])
                .map(|row| format!("{}$_${}", video(row / 8, which as u64 + 1), row % 8));
            let ids = ids.collect();
            let ids = if which == 0 { order(ids) } else { ids };
            small.set("id", Column::TextList(ids))
        })
    };
    let scattered = in_order(|ids| {
        let mut rows: Vec<usize> = (0..ids.len()).collect();
        rows.sort_by_key(|row| drawn(*row, 5, 1 << 30));
        rows.into_iter().map(|row| ids[row].clone()).collect()
    });
    has(
        &scattered,
        &["ids: train: labels of neighbors", "os.listdir"],
    );
    let moved = in_order(|mut ids| {
        ids.remove(0);
        ids.push("last$_$9".to_owned());
        ids
    });
    has(
        &moved,
        &[
            "ids: train: the last and first samples of two videos",
            "moved by one",
        ],
    );
    let sorted = in_order(|ids| {
        let mut sorted: Vec<String> = (0..40).map(|at| ids[8 * at].clone()).collect();
        sorted.sort();
        // The first video is shorter, so that none ends where one of the samples does.
        let count = |at: usize| match at {
            0 => 5,
            39 => 11,
            _ => 8,
        };
        let of = |(at, id): (usize, &String)| {
            let name = id.split('$').next().unwrap_or_default().to_owned();
            (0..count(at))
                .map(move |clip| format!("{name}$_${clip}"))
                .collect::<Vec<_>>()
        };
        sorted.iter().enumerate().flat_map(of).collect()
    });
    has(
        &sorted,
        &[
            "ids: train: the last and first samples of two videos",
            "sorted",
        ],
    );
}
