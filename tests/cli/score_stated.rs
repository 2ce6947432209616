//! `score` on files that state more of their rows than predictions: split, version, fold and rates.

use predicates::prelude::*;
use predicates::str::contains;

use super::program::program;
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

#[test]
fn columns_that_name_other_samples_are_refused() {
    let data = Data::new();
    let place = |id: &str| data.ids.iter().position(|known| known == id).unwrap();
    let sound = with(&data, "index", |r| place(r.id).to_string());
    data.score("sound.csv", sound, &[])
        .success()
        .stderr(contains("WARN").not());
    // The rows of the second condition have the positions of other samples.
    let moved = with(&data, "index", |r| {
        let moved = if r.rate > 0.0 && place(r.id) < 10 {
            9 - place(r.id)
        } else {
            place(r.id)
        };
        moved.to_string()
    });
    data.score("moved.csv", moved, &[]).code(3).stderr(
        contains("column index contradicts the ids for 10 of 72 rows").and(contains(format!(
            "row 38, `{}`: 9, position 0 of the test split from 0",
            data.ids[0]
        ))),
    );
    let word = |label: f32| if label > 0.0 { "Positive" } else { "Negative" };
    let words = with(&data, "annotation", |r| word(r.truth).to_string());
    data.score("words.csv", words, &[])
        .success()
        .stderr(contains("WARN").not());
}

#[test]
fn a_second_file_of_a_model_and_seed_is_warned_about() {
    let data = Data::new();
    data.score("old.csv", data.plain(), &[])
        .success()
        .stderr(contains("WARN").not());
    let new = data.folder.path().join("new.csv");
    let text = data.text("id,rate,seed,prediction", |r| {
        format!("{},{},1,{}", r.id, r.rate, r.prediction + 0.01)
    });
    std::fs::write(&new, text).unwrap();
    let again = |file: &str| {
        let mut command = program();
        command.arg("score").arg(data.folder.path().join(file));
        command.arg("--data").arg(&data.path).args(["--model", "m"]);
        command.arg("--runs").arg(data.runs()).assert().success()
    };
    let warning = "of model m, seed 1, from old.csv lies in";
    again("old.csv").stderr(contains(warning).not());
    again("new.csv").stderr(contains(warning).and(contains("or give the new ones another name")));
    // A file for each condition.
    let rows = data.text("id,rate,seed,prediction", |r| {
        format!("{},{},1,{}", r.id, r.rate, r.prediction)
    });
    for (name, rate) in [("complete.csv", "0"), ("half.csv", "0.5")] {
        let of_rate = |line: &&str| line.starts_with("id,") || line.split(',').nth(1) == Some(rate);
        let rows: Vec<&str> = rows.lines().filter(of_rate).collect();
        let path = data.folder.path().join(name);
        std::fs::write(path, rows.join("\n")).unwrap();
    }
    std::fs::remove_dir_all(data.runs()).unwrap();
    again("complete.csv").stderr(contains("lies in").not());
    again("half.csv").stderr(
        contains("from complete.csv lies in")
            .and(contains("put all conditions of a seed into one file")),
    );
}

#[test]
fn a_name_that_is_not_taken_is_warned_about_and_one_that_is_assumed_is_said() {
    let data = Data::new();
    let said = "the model is called `p`, as the file";
    data.score("p.csv", data.plain(), &[])
        .success()
        .stderr(contains(said).not());
    let mut command = program();
    command.arg("score").arg(data.folder.path().join("p.csv"));
    command.arg("--data").arg(&data.path).arg("--runs");
    let done = command.arg(data.folder.path().join("unnamed")).assert();
    done.success().stderr(contains(said));
    let named = with(&data, "model", |_| "theirs".to_string());
    data.score("q.csv", named, &[])
        .success()
        .stderr(contains("--model m is for rows without a model").and(contains("--column model=")));
    data.score("r.csv", data.plain(), &["--title", ""]).code(2);
}

#[test]
fn a_seed_of_another_file_is_compared_with_those_before() {
    let data = Data::new();
    let rows = |seed: u32, value: &dyn Fn(f32) -> f32| {
        data.text("id,rate,seed,prediction", |r| {
            format!("{},{},{seed},{}", r.id, r.rate, value(r.prediction))
        })
    };
    let score = |file: &str, text: String| {
        let path = data.folder.path().join(file);
        std::fs::write(&path, text).unwrap();
        let mut command = program();
        command.arg("score").arg(path).arg("--data").arg(&data.path);
        command.args(["--model", "m", "--allow", "order,scale,rates"]);
        command.arg("--runs").arg(data.runs()).assert().success()
    };
    score("a.csv", rows(1, &|p| p));
    score("b.csv", rows(2, &|p| 0.5 * p * p.abs() + 0.3 * p.sin()));
    let mean = |p: f32| (p + 0.5 * p * p.abs() + 0.3 * p.sin()) / 2.0;
    score("mean.csv", rows(3, &mean)).stderr(contains("the means of those of the other 2 seeds"));
    // The same predictions under masks that were stated wrongly before.
    std::fs::remove_dir_all(data.runs()).unwrap();
    score("a.csv", rows(1, &|p| p));
    let path = data.folder.path().join("a.csv");
    let mut command = program();
    command.arg("score").arg(path).arg("--data").arg(&data.path);
    command.args([
        "--model",
        "m",
        "--allow",
        "order,scale,rates",
        "--mask-seed",
        "7",
    ]);
    let done = command.arg("--runs").arg(data.runs()).assert().success();
    done.stderr(contains(
        "with other mask protocols or mask seeds at the same conditions",
    ));
}

#[test]
fn a_misspelt_mask_protocol_is_named() {
    let data = Data::new();
    let hint = contains("mask protocol `Random` (did you mean `random`?) is none of");
    let flags = ["--mask-protocol", "Random"];
    data.score("p.csv", data.plain(), &flags)
        .success()
        .stderr(hint);
}
