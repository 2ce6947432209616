//! Warnings of `predict --input` on labels and features that are not those of the training.

use lnln_bench::data::dataset::Split;
use predicates::prelude::*;
use predicates::str::{contains, is_match};

use super::{Trained, contest, flat, raw_split};

#[test]
fn features_on_another_scale_than_those_of_the_training_are_warned_about() {
    for standardize in [false, true] {
        let trained = Trained::new("lf_dnn", "features", "", standardize);
        let input = trained.path("new.pkl");
        let sound = raw_split(&trained);
        contest(&sound, "test", &input);
        let is_quiet = contains("those of the training").not();
        trained.predict(&input, "").success().stderr(is_quiet);
        let change = |change: fn(&mut Split)| {
            let mut split = sound.clone();
            change(&mut split);
            contest(&split, "test", &input);
            trained.predict(&input, "").success()
        };
        change(|split| {
            split
                .vision
                .data
                .iter_mut()
                .for_each(|value| *value *= 100.0)
        })
        .stderr(
            is_match("vision: values are (9[0-9]|1[0-9][0-9]) times as far from the training mean")
                .unwrap()
                .and(contains("audio: values").not()),
        );
        change(|split| {
            split
                .audio
                .data
                .iter_mut()
                .for_each(|value| *value /= 100.0)
        })
        .stderr(contains("audio: values are spread 0.01 times as wide"));
        change(|split| {
            let text = split.text.as_mut().unwrap();
            text.data.iter_mut().for_each(|value| *value *= 30.0);
        })
        .stderr(contains("text: values are"));
    }
}

#[test]
fn labels_and_features_of_other_samples_are_warned_about() {
    let trained = Trained::new("lf_dnn", "features", "--epochs 6", false);
    let input = trained.path("new.pkl");
    let sound = raw_split(&trained);
    let warned = |labels: &[f32], split: &Split| {
        flat(split, labels, &input);
        trained.predict(&input, "").success()
    };
    let is_quiet = contains("run against").or(contains("nothing to do with"));
    let is_quiet = is_quiet.or(contains("past their length")).not();
    warned(&sound.labels, &sound).stderr(is_quiet);
    let negated: Vec<f32> = sound.labels.iter().map(|label| -label).collect();
    warned(&negated, &sound).stderr(contains("predictions run against the labels of the file"));
    let mut moved = sound.clone();
    let size = moved.vision.steps * moved.vision.width;
    moved.vision.data.rotate_left(size);
    warned(&sound.labels, &moved).stderr(contains("have values of vision past their length"));
    let mut long = sound.clone();
    long.audio_lengths.fill(sound.audio.steps as u32);
    warned(&sound.labels, &long)
        .stderr(contains("end in a zero frame of audio within their length"));
}

#[test]
fn features_without_the_negative_values_of_the_training_are_warned_about() {
    for standardize in [false, true] {
        let trained = Trained::new("lf_dnn", "features", "", standardize);
        let input = trained.path("new.pkl");
        let mut split = raw_split(&trained);
        let cut = |values: &mut [f32]| values.iter_mut().for_each(|value| *value = value.max(0.0));
        cut(&mut split.text.as_mut().unwrap().data);
        cut(&mut split.vision.data);
        contest(&split, "test", &input);
        let text = is_match("text: no value is negative, and [0-9]+ of [0-9]+ dimensions have");
        let vision = contains("vision: no value is negative");
        let audio = contains("audio: no value").not();
        let found = text.unwrap().and(vision).and(audio);
        trained.predict(&input, "").success().stderr(found);
    }
}

#[test]
fn a_modality_in_another_order_with_its_lengths_is_warned_about() {
    let trained = Trained::new("lf_dnn", "tiny", "", false);
    let input = trained.path("new.pkl");
    let order = contains("in another order than text and audio?");
    let mut split = raw_split(&trained);
    contest(&split, "test", &input);
    let is_quiet = contains("in another order").not();
    trained.predict(&input, "").success().stderr(is_quiet);
    let size = split.vision.steps * split.vision.width;
    split.vision.data.rotate_left(31 * size);
    split.vision_lengths.rotate_left(31);
    contest(&split, "test", &input);
    trained.predict(&input, "").success().stderr(order);
}

#[test]
fn recordings_under_two_ids_are_warned_about() {
    let trained = Trained::new("lf_dnn", "tiny", "", false);
    let input = trained.path("new.pkl");
    let mut split = raw_split(&trained);
    contest(&split, "test", &input);
    let is_quiet = contains("of an earlier one").not();
    trained.predict(&input, "").success().stderr(is_quiet);
    let size = split.vision.steps * split.vision.width;
    split.vision.data.copy_within(0..5 * size, 20 * size);
    split.vision_lengths.copy_within(0..5, 20);
    contest(&split, "test", &input);
    let which = format!(
        "`{}` (row 20, counted from 0) that of `{}`",
        split.ids[20], split.ids[0]
    );
    let found = contains("5 of ").and(contains(
        "samples have exactly the vision of an earlier one",
    ));
    let found = found
        .and(contains(which))
        .and(contains("exactly the audio").not());
    trained.predict(&input, "").success().stderr(found);
}

#[test]
fn words_that_the_tokenizer_did_not_know_are_warned_about_once() {
    let trained = Trained::new("lf_dnn", "tiny", "", false);
    let input = trained.path("new.pkl");
    let mut split = raw_split(&trained);
    split.raw_text.clear();
    let block = split.text_bert.as_mut().unwrap();
    let width = block.width;
    let rows = block.data.chunks_mut(3 * width).skip(2);
    for id in rows.flat_map(|row| &mut row[..width]) {
        if ![0, 101, 102].contains(id) {
            *id = 100;
        }
    }
    contest(&split, "test", &input);
    let words = format!(
        "% of the tokens are [UNK] (first: {}): made with the vocabulary of another language",
        split.ids[2]
    );
    let masks = contains("Masks put [UNK] in place of a missing word").count(1);
    let found = contains(words).and(masks);
    trained.predict(&input, "").success().stderr(found);
}

#[test]
fn transcripts_in_another_order_than_the_tokens_are_warned_about() {
    let trained = Trained::new("lf_dnn", "tiny", "", false);
    let input = trained.path("new.pkl");
    let order = contains("the transcripts are not the text of the tokens");
    let mut split = raw_split(&trained);
    contest(&split, "test", &input);
    trained
        .predict(&input, "")
        .success()
        .stderr(order.clone().not());
    split.raw_text.rotate_left(1);
    contest(&split, "test", &input);
    trained.predict(&input, "").success().stderr(order);
}

#[test]
fn an_attention_mask_that_covers_padding_is_warned_about() {
    let trained = Trained::new("lf_dnn", "tiny", "", false);
    let input = trained.path("new.pkl");
    let covers = contains("whose attention mask covers padding");
    let mut split = raw_split(&trained);
    contest(&split, "test", &input);
    trained
        .predict(&input, "")
        .success()
        .stderr(covers.clone().not());
    let block = split.text_bert.as_mut().unwrap();
    let width = block.width;
    for row in block.data.chunks_mut(3 * width) {
        row[width..2 * width].fill(1);
    }
    contest(&split, "test", &input);
    trained.predict(&input, "").success().stderr(covers);
}
