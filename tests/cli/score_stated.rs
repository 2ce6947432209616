//! `score` on files that state more of their rows than predictions: split, version, fold and rates.

use predicates::prelude::*;
use predicates::str::contains;

use super::score_data::{Data, Row};

/// Sound predictions with one more column.
fn with(data: &Data, heading: &str, value: impl Fn(&Row<'_>) -> String) -> String {
    let headings = format!("id,rate,seed,prediction,{heading}");
    data.text(&headings, |r| {
        format!("{},{},1,{},{}", r.id, r.rate, r.prediction, value(r))
    })
}

#[test]
fn a_split_that_contradicts_the_ids_is_refused() {
    let data = Data::new();
    for (heading, word) in [("split", "train"), ("Subset", "Dev"), ("mode", "valid")] {
        let all = with(&data, heading, |_| word.to_string());
        data.score("all.csv", all, &[]).code(3).stderr(
            contains(format!(
                "column {heading} places 72 of 72 rows in another split"
            ))
            .and(contains(format!("row 2, `{}`: {word}", data.ids[0])))
            .and(contains("--column split=")),
        );
    }
    let odd = data.ids[5].clone();
    let one = with(&data, "split", |r| {
        if r.id == odd { "val" } else { "test" }.to_string()
    });
    data.score("one.csv", one.clone(), &[])
        .code(3)
        .stderr(contains("2 of 72 rows").and(contains(format!("row 7, `{odd}`: val"))));
    data.score("one.csv", one, &["--column", "split="])
        .success();
    for word in ["test", "TEST", "eval", ""] {
        let sound = with(&data, "split", |_| word.to_string());
        let expected = contains("WARN").not();
        data.score("sound.csv", sound, &[])
            .success()
            .stderr(expected);
    }
}

#[test]
fn rates_of_modalities_that_contradict_the_condition_are_refused() {
    let data = Data::new();
    let wrong = with(&data, "rate_audio", |_| "0.5".to_string());
    data.score("wrong.csv", wrong, &[]).code(3).stderr(contains(
        "row 2: column rate_audio is 0.5, but the condition is 0",
    ));
    // As float32.
    let sound = with(&data, "rate_audio", |r| {
        f64::from(r.rate as f32).to_string()
    });
    data.score("sound.csv", sound, &[]).success();
}

#[test]
fn a_version_or_fold_that_the_data_lack_is_warned_about() {
    let data = Data::new();
    for (heading, value) in [("version", "asr-small"), ("fold", "2")] {
        let text = with(&data, heading, |_| value.to_string());
        let expected =
            format!("column `{heading}` is `{value}`, but the data are demo-film, which has none");
        data.score("t.csv", text, &[])
            .success()
            .stderr(contains(expected));
        let empty = with(&data, heading, |_| String::new());
        data.score("t.csv", empty, &[])
            .success()
            .stderr(contains("WARN").not());
    }
}

#[test]
fn rates_closer_than_a_millionth_are_one() {
    let data = Data::new();
    data.score("plain.csv", data.plain(), &[]).success();
    let plain = data.made();
    let at = |near: f64| {
        data.text("id,rate,seed,prediction", |r| {
            let rate = if r.rate > 0.0 { near } else { 0.0 };
            format!("{},{rate},1,{}", r.id, r.prediction)
        })
    };
    data.score("near.csv", at(0.500_000_1), &[]).success();
    assert_eq!(data.made(), plain, "0.5000001 is 0.5");
    let two = data.text("id,rate,seed,prediction", |r| {
        let rate = if r.rate > 0.0 { 0.333_333 } else { 0.333_333_3 };
        format!("{},{rate},1,{}", r.id, r.prediction)
    });
    data.score("two.csv", two, &[]).code(3).stderr(contains(
        "conditions 0.333333 and 0.3333333 differ by less than 0.000001",
    ));
}
