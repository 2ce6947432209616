//! Where a sample ends: padding at either end, lengths given, counted or neither.

use crate::data::{
    Column, MANY_STEPS, Order, SAMPLES, STEPS, Small, WIDTHS, frames, import, numbers, pickle,
    plain, refusal, three, tokens, warned,
};
use lnln_bench::data::dataset::Padding;

const TEXT: [usize; SAMPLES] = [2, 3, 4, 6];
const AUDIO: [usize; SAMPLES] = [3, 10, 1, 7];
const VISION: [usize; SAMPLES] = [8, 1, 2, 3];

/// A file as MulT and MultiBench have them: no transcripts, tokens or lengths, `labels` of shape
/// (N, 1, 1), three texts per id.
fn cmu(padding: Padding) -> Small {
    let ids = (0..SAMPLES).flat_map(|i| ["video".into(), i.to_string(), "9.5".into()]);
    let labels = Column::F64(vec![SAMPLES, 1, 1], vec![-3.0, 0.0, 0.2, 3.0]);
    Small(vec![
        ("id", Column::Table(3, ids.collect())),
        ("text", frames(STEPS[0], 7, TEXT, padding)),
        ("audio", frames(STEPS[1], 5, AUDIO, padding)),
        ("vision", frames(STEPS[2], 20, VISION, padding)),
        ("labels", labels),
    ])
}

#[test]
fn padding_at_the_beginning_is_noticed_and_moved() {
    let message = refusal(cmu(Padding::Left).bytes(), |_| {});
    for words in [
        "train/audio",
        "3 of the first 4 samples",
        "beginning",
        "first: video$_$0$_$9.5",
        "--padding left",
    ] {
        assert!(message.contains(words), "{words} is not in {message}");
    }
    let (moved, split) = import(cmu(Padding::Left).bytes(), |options| {
        options.padding = Some(Padding::Left);
    });
    assert_eq!(split.ids[1], "video$_$1$_$9.5");
    assert_eq!(split.labels, [-3.0, 0.0, 0.2, 3.0]);
    assert_eq!(split.text_lengths, TEXT.map(|n| n as u32));
    assert_eq!(split.audio_lengths, AUDIO.map(|n| n as u32));
    assert_eq!(split.vision_lengths, VISION.map(|n| n as u32));
    assert_eq!(split.raw_text, [""; SAMPLES]);
    warned(&moved, &["counted from zero frames", "audio_lengths"]);
    warned(&moved, &["no raw_text"]);
    let (other, _) = import(cmu(Padding::Right).bytes(), |options| {
        options.padding = Some(Padding::Right);
    });
    assert_eq!(moved.content_hash, other.content_hash);
    // With lengths in the file nothing needs counting.
    let counts = |lengths: [usize; SAMPLES]| Column::Ints(lengths.map(|n| n as i64).into());
    let given = cmu(Padding::Left)
        .set("audio_lengths", counts(AUDIO))
        .set("vision_lengths", counts(VISION));
    let (given, _) = import(given.bytes(), |options| {
        options.padding = Some(Padding::Left)
    });
    assert_eq!(moved.content_hash, given.content_hash);
}

#[test]
fn padding_at_the_end_is_not_moved_by_mistake() {
    let message = refusal(cmu(Padding::Right).bytes(), |options| {
        options.padding = Some(Padding::Left);
    });
    assert!(
        message.contains(
            "padded at the end (first: video$_$0$_$9.5), against --padding left; give --padding right"
        ),
        "{message}"
    );
    let message = refusal(cmu(Padding::Left).bytes(), |options| {
        options.padding = Some(Padding::Right);
    });
    for words in [
        "3 of the first 4 samples are padded at the beginning (first: video$_$0$_$9.5)",
        "against --padding right; give --padding left, or, if their zero frames are no padding, lengths",
    ] {
        assert!(message.contains(words), "{words} is not in {message}");
    }
    let message = refusal(cmu(Padding::Right).bytes(), |_| {});
    assert!(
        message.contains("audio_lengths") && message.contains("--padding right"),
        "{message}"
    );
}

#[test]
fn lost_frames_inside_a_sample_are_no_padding() {
    let mut values = vec![1.0; SAMPLES * STEPS[1] * 5];
    // The first frame of one sample, a frame in the middle of another.
    values[..5].fill(0.0);
    values[(STEPS[1] + 1) * 5..][..5].fill(0.0);
    values[(STEPS[1] * 3 + 7) * 5..].fill(0.0);
    let full = Column::Ints(vec![10, 10, 10, 7]);
    let small = Small::new()
        .set(
            "audio",
            Column::F64(vec![SAMPLES, STEPS[1], 5], values.clone()),
        )
        .set("audio_lengths", full);
    let (_, split) = plain(&small);
    assert_eq!(split.audio_lengths, [10, 10, 10, 7]);
    assert!(
        split
            .audio
            .data
            .iter()
            .zip(values)
            .all(|(a, b)| f64::from(*a) == b)
    );
    let (counted, split) = import(small.without("audio_lengths").bytes(), |options| {
        options.padding = Some(Padding::Right);
    });
    assert_eq!(split.audio_lengths, [10, 10, 10, 7]);
    warned(&counted, &["counted from zero frames: audio_lengths"]);
}

#[test]
fn an_aligned_sample_that_fills_its_steps_is_as_long_as_they_are() {
    let mut full = tokens();
    full[..6].copy_from_slice(&[101, 5, 6, 7, 8, 102]);
    full[6..12].fill(1);
    let aligned = |width: usize| frames(STEPS[0], width, [6, 3, 4, 5], Padding::Right);
    let small = Small::new()
        .without("audio_lengths")
        .without("vision_lengths")
        .set("text_bert", Column::I64(vec![SAMPLES, 3, STEPS[0]], full))
        .set("audio", aligned(5))
        .set("vision", aligned(20));
    let (imported, split) = plain(&small);
    assert_eq!(imported.layout, "aligned");
    assert_eq!(split.audio_lengths, [6, 3, 4, 5]);
    assert_eq!(split.text_lengths, split.audio_lengths);
}

#[test]
fn files_without_tokens_take_lengths_from_their_text_features() {
    let small = Small::new()
        .without("text_bert")
        .set("text", frames(STEPS[0], 7, TEXT, Padding::Right));
    let (imported, split) = plain(&small);
    assert_eq!(split.text_lengths, TEXT.map(|n| n as u32));
    assert!(split.text_bert.is_none() && split.text.is_some());
    warned(&imported, &["columns: no text_bert"]);
    let counts = Column::Ints(vec![6, 6, 6, 6]);
    let (_, split) = plain(&small.set("text_lengths", counts));
    assert_eq!(split.text_lengths, [6; SAMPLES]);
}

#[test]
fn text_features_whose_padding_is_not_zero_are_warned_about() {
    let padded = |by: f64| {
        let splits = three(|small| {
            let values = numbers(&small, "text").into_iter();
            let values: Vec<f64> = values.map(|v| if v == 0.0 { by } else { v }).collect();
            let count = values.len() / MANY_STEPS / WIDTHS[0];
            let shape = vec![count, MANY_STEPS, WIDTHS[0]];
            small
                .without("text_bert")
                .set("text", Column::F64(shape, values))
        });
        let [train, valid, test] = &splits;
        let named = [("train", train), ("valid", valid), ("test", test)];
        import(pickle(&named, Order::Little), |_| {}).0
    };
    let warning = "all 12 steps of text count in 14 samples";
    warned(&padded(0.5), &["lengths: test: ", warning]);
    let sound = padded(0.0).warnings.join("\n");
    assert!(!sound.contains("steps of text count"), "{sound}");
}

#[test]
fn lengths_may_be_zero_or_the_whole_and_come_in_any_container() {
    let (imported, split) = plain(&Small::new());
    assert_eq!(split.audio_lengths, [3, 10, 0, 7]);
    warned(
        &imported,
        &["train: 1 sample with no step of audio (first: video$_$2)"],
    );
    for column in [
        Column::I64(vec![SAMPLES], vec![3, 10, 0, 7]),
        Column::F64(vec![SAMPLES], vec![3.0, 10.0, 0.0, 7.0]),
        Column::I64(vec![SAMPLES, 1], vec![3, 10, 0, 7]),
    ] {
        let (other, _) = plain(&Small::new().set("audio_lengths", column));
        assert_eq!(other.content_hash, imported.content_hash);
    }
}
