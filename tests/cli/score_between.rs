//! `score` on predictions that contradict each other, their labels' scale or their own file's end.

use std::fs;

use lnln_bench::record::find_runs;
use predicates::prelude::*;
use predicates::str::contains;

use super::program::program;
use super::score_data::{Data, Row};

#[test]
fn copies_are_warned_about() {
    let data = Data::new();
    let table = |seeds: u64, prediction: &dyn Fn(&Row<'_>, u64) -> f32| {
        let each = (1..=seeds).map(|seed| {
            let headings = if seed == 1 {
                "id,rate,seed,prediction"
            } else {
                ""
            };
            data.text(headings, |r| {
                format!("{},{},{seed},{:.6}", r.id, r.rate, prediction(r, seed))
            })
        });
        each.collect::<String>()
    };
    for (text, words) in [
        (
            table(1, &|r, _| {
                if r.rate == 0.0 { r.truth } else { r.prediction }
            }),
            "condition 0: every prediction is the label",
        ),
        (
            table(1, &|r, _| {
                r.prediction + 0.1 * r.truth * r.rate as f32 * 2.0
            }),
            "condition 0.5: the predictions are those of 0",
        ),
        (
            table(2, &|r, seed| r.prediction + 1e-6 * seed as f32),
            "m, seed 2: the predictions are those of m, seed 1",
        ),
    ] {
        data.score("p.csv", &text, &[])
            .success()
            .stderr(contains(words).and(contains("--allow copies")));
        data.score("p.csv", &text, &["--allow", "copies"])
            .success()
            .stderr(contains(words).not());
    }
}

#[test]
fn reports_tell_what_was_odd_when_predictions_were_scored() {
    let data = Data::new();
    let copies = data.text("id,rate,seed,prediction", |r| {
        format!("{},{},1,{}", r.id, r.rate, r.truth)
    });
    let report = || {
        let out = data.folder.path().join("report");
        let mut command = program();
        command
            .arg("report")
            .arg(data.runs())
            .arg("--out")
            .arg(&out);
        command.assert().success();
        fs::read_to_string(out.join("report.md")).unwrap()
    };
    data.score("m.csv", &copies, &[]).success();
    let page = report();
    let words = "Warnings when predictions were scored";
    let doubt = "every prediction is the label";
    assert!(page.contains(words) && page.contains(doubt), "{page}");
    assert!(!page.contains("--allow"), "{page}");
    fs::remove_dir_all(data.runs()).unwrap();
    let allowed = "range,scale,classes,probabilities,constant,order,copies,rates";
    data.score("m.csv", &copies, &["--allow", allowed])
        .success();
    let page = report();
    assert!(page.contains(words) && !page.contains(doubt), "{page}");
    assert!(
        page.contains("m: not checked: range, scale, classes"),
        "{page}"
    );
}

#[test]
fn predictions_that_are_better_where_more_is_missing_are_warned_about() {
    let data = Data::new();
    let kept = data.text("id,rate,seed,prediction", |r| {
        let index = data.ids.iter().position(|id| id == r.id).unwrap();
        let noise = if index.is_multiple_of(2) { 3.0 } else { -3.0 };
        let prediction = r.prediction + (0.5 - r.rate as f32) * noise;
        format!("{},{},1,{prediction}", r.id, r.rate)
    });
    data.score("kept.csv", &kept, &["--allow", "range,order"])
        .success()
        .stderr(contains("follow the labels better at rate 0.5"));
    let nothing = data.plain().replace(",0.5,1,", ",1,1,");
    data.score("nothing.csv", nothing, &[])
        .success()
        .stderr(contains("condition 1: nothing is left to predict from"));
}

/// A number in [-1, 1) that depends on the sample and another number.
fn noise(index: usize, of: u64) -> f32 {
    let mut state = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ of.wrapping_mul(0xd1b5_4a32_d192_ed03);
    state ^= state >> 29;
    state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state ^= state >> 32;
    (state % 2000) as f32 / 1000.0 - 1.0
}

#[test]
fn standardized_predictions_are_warned_about() {
    let data = Data::new();
    let sound = |r: &Row<'_>| {
        let index = data.ids.iter().position(|id| id == r.id).unwrap();
        0.7 * r.truth + (0.9 + r.rate as f32) * noise(index, 1)
    };
    let table = |prediction: &dyn Fn(&Row<'_>) -> f32| {
        data.text("id,rate,seed,prediction", |r| {
            format!("{},{},1,{}", r.id, r.rate, prediction(r))
        })
    };
    data.score("sound.csv", table(&sound), &[])
        .success()
        .stderr(contains("WARN").not());
    let moments = |rate: f64| {
        let rows = data.ids.iter().zip(&data.truth);
        let values: Vec<f32> = rows
            .map(|(id, truth)| {
                let (truth, prediction) = (*truth, 0.0);
                sound(&Row {
                    id,
                    rate,
                    prediction,
                    truth,
                })
            })
            .collect();
        let n = values.len() as f32;
        let mean = values.iter().sum::<f32>() / n;
        let squares = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>();
        (mean, (squares / n).sqrt())
    };
    let moments = [moments(0.0), moments(0.5)];
    let standardized = table(&|r| {
        let (mean, sd) = moments[usize::from(r.rate > 0.0)];
        (sound(r) - mean) / sd
    });
    data.score("p.csv", &standardized, &[]).success().stderr(
        contains("mean 0 and standard deviation 1")
            .and(contains(data.ids[0].as_str()))
            .and(contains("--allow scale")),
    );
    data.score("p.csv", &standardized, &["--allow", "scale"])
        .success()
        .stderr(contains("WARN").not());
    // Trained on standardized labels: neither mean nor deviation is exact.
    data.score("p.csv", table(&|r| (sound(r) + 0.3) / 2.0), &[])
        .success()
        .stderr(contains("times as wide as a regression gives"));
    data.score(
        "p.csv",
        table(&|r| sound(r) * 0.6 + 1.7),
        &["--allow", "range"],
    )
    .success()
    .stderr(contains("lowers the MAE").or(contains("times as wide")));
}

#[test]
fn predictions_for_complete_samples_are_the_same_under_all_masks() {
    let data = Data::new();
    let table = |change: f32| {
        let each = [1, 2].map(|mask_seed| {
            let headings = if mask_seed == 1 {
                "id,rate,seed,prediction,mask_seed"
            } else {
                ""
            };
            data.text(headings, |r| {
                let index = data.ids.iter().position(|id| id == r.id).unwrap();
                let rate = r.rate as f32 + change;
                let prediction = r.prediction + 0.3 * rate * noise(index, mask_seed);
                format!("{},{},1,{prediction},{mask_seed}", r.id, r.rate)
            })
        });
        each.concat()
    };
    data.score("p.csv", table(0.0), &[])
        .success()
        .stderr(contains("WARN").not());
    data.score("p.csv", table(0.5), &[]).success().stderr(
        contains("predictions under random masks with seed 2 are not those")
            .and(contains("was dropout active?"))
            .and(contains("--allow rates")),
    );
}

#[test]
fn one_condition_in_another_order_is_warned_about() {
    let data = Data::new();
    let count = data.ids.len();
    let table = |order: &dyn Fn(usize) -> usize| {
        let mut lines = vec!["id,rate,seed,prediction".to_string()];
        for rate in [0.0_f32, 0.7, 0.9] {
            for (index, id) in data.ids.iter().enumerate() {
                let of = if rate == 0.9 { order(index) } else { index };
                let prediction = (0.8 - 0.3 * rate) * data.truth[of]
                    + 0.6 * noise(of, 1)
                    + 0.3 * rate * rate * noise(of, 2);
                lines.push(format!("{id},{rate},1,{prediction}"));
            }
        }
        lines.join("\n") + "\n"
    };
    data.score("p.csv", table(&|index| index), &[])
        .success()
        .stderr(contains("WARN").not());
    let shuffled = table(&|index| (index * 7 + 5) % count);
    data.score("p.csv", &shuffled, &[]).success().stderr(
        contains("condition 0.9: predictions follow neither the labels")
            .and(contains("predictions for the same samples at 0.7"))
            .and(contains("--allow order")),
    );
    data.score("p.csv", &shuffled, &["--allow", "order"])
        .success()
        .stderr(contains("WARN").not());
}

#[test]
fn a_file_that_ends_in_half_a_number_is_refused() {
    let data = Data::new();
    let rows = data.text("id,rate,seed,prediction", |r| {
        format!("{},{},1,{:.6}", r.id, r.rate, r.prediction)
    });
    data.score("p.csv", rows.trim_end(), &[])
        .success()
        .stderr(contains(
            "the last line, which has no line end, is complete",
        ));
    let cut = &rows[..rows.len() - 5];
    data.score("p.csv", cut, &[]).code(3).stderr(
        contains("the file seems cut off").and(contains(data.ids.last().unwrap().as_str())),
    );
    assert!(!data.runs().exists());
}

#[test]
fn a_mask_seed_that_one_row_lacks_is_refused() {
    let data = Data::new();
    let table = |empty: &dyn Fn(&Row<'_>) -> bool| {
        data.text("id,rate,seed,prediction,mask_seed", |r| {
            let seed = if empty(r) { "" } else { "1111" };
            format!("{},{},1,{},{seed}", r.id, r.rate, r.prediction)
        })
    };
    let first = data.ids[0].as_str();
    for rate in [0.0, 0.5] {
        data.score("p.csv", table(&|r| r.rate == rate && r.id == first), &[])
            .code(3)
            .stderr(contains("column mask_seed").and(contains(format!("sample `{first}`"))));
    }
    // Nothing is masked in complete samples, and a column may be empty as a whole.
    data.score("p.csv", table(&|r| r.rate == 0.0), &[])
        .success();
    data.score("p.csv", table(&|_| true), &[]).success();
}

#[test]
fn a_model_that_one_row_lacks_is_refused_and_one_in_two_spellings_warned_about() {
    let data = Data::new();
    let table = |model: &dyn Fn(&Row<'_>) -> &'static str| {
        data.text("id,rate,seed,prediction,model", |r| {
            format!("{},{},1,{},{}", r.id, r.rate, r.prediction, model(r))
        })
    };
    let at_half = |other| move |r: &Row<'_>| if r.rate > 0.0 { other } else { "ours" };
    data.score("p.csv", table(&at_half("")), &[])
        .code(3)
        .stderr(contains("in column model, found ``"));
    data.score("p.csv", table(&at_half("nan")), &[])
        .code(3)
        .stderr(contains("in column model, found `nan`"));
    data.score("p.csv", table(&at_half("Ours")), &[])
        .success()
        .stderr(contains("`Ours` and `ours` are two models"));
    data.score("p.csv", table(&|_| "m"), &[])
        .success()
        .stderr(contains("WARN").not());
}

#[test]
fn predictions_of_a_stored_run_under_another_name_are_warned_about() {
    let data = Data::new();
    data.score("p.csv", data.plain(), &[]).success();
    let again = |name: &str| {
        let mut command = program();
        command.arg("score").arg(data.folder.path().join("p.csv"));
        command
            .arg("--data")
            .arg(&data.path)
            .args(["--model", name]);
        command.arg("--runs").arg(data.runs()).assert().success()
    };
    again("m").stderr(contains("WARN").not());
    let run = data.made().remove(0);
    again("other").stderr(contains(format!(
        "other, seed 1: the predictions are those of m (run {run}), seed 1, for every sample"
    )));
    // The predictions of one run in the folder of another.
    let runs = find_runs(&data.runs()).unwrap().finished;
    let target = runs[0].path().join("evaluations").join("fedcba987654");
    fs::create_dir(&target).unwrap();
    // Copied: a run without its predictions is an error of its own.
    for file in fs::read_dir(runs[1].evaluation_folders().remove(0)).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), target.join(file.file_name())).unwrap();
    }
    let out = data.folder.path().join("report");
    let mut command = program();
    command.arg("report").arg(data.runs()).arg("--out").arg(out);
    command
        .assert()
        .code(3)
        .stderr(contains("holds predictions of run").and(contains("move it back")));
}
