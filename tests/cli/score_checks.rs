//! `score` on files as users write them: what is read, what is assumed, what is refused.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use super::program::program;
use super::score_data::{Data, Row};

#[test]
fn files_of_many_tools_give_the_same_run() {
    let data = Data::new();
    data.score("plain.csv", data.plain(), &[])
        .success()
        .stderr(contains("WARN").not().and(contains("INFO").not()));
    let expected = data.made();
    assert_eq!(expected.len(), 1);
    let comma = |number: f64| number.to_string().replace('.', ",");
    let excel = data.text("\u{feff}id;rate;seed;prediction", |r| {
        format!(
            "{};{};1;{}",
            r.id,
            comma(r.rate),
            r.prediction.to_string().replace('.', ",")
        )
    });
    let number = |r: &Row<'_>| {
        let index = data.ids.iter().position(|id| id == r.id).unwrap();
        index + 1 + if r.rate > 0.0 { data.ids.len() } else { 0 }
    };
    let r = data.text("\"id\" \"rate\" \"seed\" \"prediction\"", |r| {
        format!(
            "\"{}\" \"{}\" {} 1 {}",
            number(r),
            r.id,
            r.rate,
            r.prediction
        )
    });
    let pandas = data.text(",id,rate,seed,y_pred,extra", |r| {
        format!(
            "{},{},{:.1},1.0,{},\"a, b\"",
            number(r),
            r.id,
            r.rate,
            r.prediction
        )
    });
    let no_ids = data.text("rate\tseed\tprediction", |r| {
        format!("{}\t1\t{}", r.rate, r.prediction)
    });
    let markdown = data.text(
        "| id | rate | seed | prediction |\n|---|:-:|---|--:|",
        |r| format!("| {} | {} | 1 | {} |", r.id, r.rate, r.prediction),
    );
    for (name, text, note) in [
        ("excel.csv", excel.replace('\n', "\r\n"), "decimal commas"),
        ("mac.csv", data.plain().replace('\n', "\r"), ""),
        ("r.txt", r, "no heading"),
        (
            "pandas.csv",
            pandas,
            "column `y_pred` is read as prediction",
        ),
        ("no_ids.tsv", no_ids, "the file has no ids"),
        ("markdown.md", markdown, ""),
    ] {
        data.score(name, text, &[]).success().stderr(contains(note));
        assert_eq!(data.made(), expected, "{name}");
    }
}

#[test]
fn numbers_instead_of_ids_are_positions() {
    let data = Data::new();
    let text = |first: usize| {
        let mut lines = vec!["id,rate,seed,prediction".to_string()];
        let truth = data.truth.iter().enumerate();
        lines.extend(truth.map(|(i, t)| format!("{},0,1,{}", i + first, t * 0.9)));
        lines[1..].reverse();
        lines.join("\n")
    };
    let mut runs = Vec::new();
    for first in [0, 1] {
        let note = format!("ids are numbers from {first}");
        data.score("p.csv", text(first), &[])
            .success()
            .stderr(contains(note));
        runs.extend(data.made());
    }
    assert_eq!(runs[0], runs[1]);
    // Not every position: these are ids that the data do not have.
    data.score("p.csv", text(2), &[])
        .code(3)
        .stderr(contains("is not in the test split"));
}

#[test]
fn without_ids_a_column_of_positions_is_the_order() {
    let data = Data::new();
    data.score("p.csv", data.plain(), &[]).success();
    let expected = data.made();
    let place = |r: &Row<'_>| data.ids.iter().position(|id| id == r.id).unwrap();
    let shuffled = |heading: &str, number: &dyn Fn(&Row<'_>) -> usize| {
        let text = data.text(&format!("{heading},rate,seed,prediction"), |r| {
            format!("{},{},1,{}", number(r), r.rate, r.prediction)
        });
        let mut lines: Vec<&str> = text.lines().collect();
        lines[1..]
            .sort_by_key(|line| line.len() * 7919 + line.bytes().map(usize::from).sum::<usize>());
        lines.join("\n")
    };
    for heading in ["idx", "sample_idx", "position", "Unnamed: 0", ""] {
        let note = format!("column `{heading}` is taken for the order");
        let note = if heading.is_empty() {
            "without a heading, is taken for the order".to_string()
        } else {
            note
        };
        let done = data
            .score("q.csv", shuffled(heading, &place), &[])
            .success();
        done.stderr(contains(note));
        assert_eq!(data.made(), expected, "{heading}");
    }
    // Tables of batches put together: numbers come again, and the rows keep their order.
    let batches = data.text("index,rate,seed,prediction", |r| {
        format!("{},{},1,{}", place(r) % 8, r.rate, r.prediction)
    });
    data.score("q.csv", batches, &[])
        .success()
        .stderr(contains("its rows are taken to be in the order"));
    assert_eq!(data.made(), expected);
}

#[test]
fn labels_beside_predictions_must_be_those_of_the_data() {
    let data = Data::new();
    let headings = "id,rate,seed,prediction,label";
    let with = |label: &dyn Fn(&Row<'_>) -> String| {
        data.text(headings, |r| {
            format!("{},{},1,{},{}", r.id, r.rate, r.prediction, label(r))
        })
    };
    data.score("same.csv", with(&|r| format!("{:.1}", r.truth)), &[])
        .success()
        .stderr(contains("WARN").not());
    data.score("text.csv", with(&|_| "positive".into()), &[])
        .success()
        .stderr(contains("column `label` holds no numbers"));
    // The samples in another order under the same ids.
    let n = data.truth.len();
    let at = |r: &Row<'_>| data.ids.iter().position(|id| id == r.id).unwrap();
    let shuffled = with(&|r| data.truth[(at(r) + 1) % n].to_string());
    data.score("shuffled.csv", &shuffled, &[]).code(3).stderr(
        contains("column label contradicts the labels of the data for")
            .and(contains("the labels of the data in another order"))
            .and(contains(data.ids[0].as_str())),
    );
    assert!(!data.runs().exists());
    data.score("shuffled.csv", &shuffled, &["--column", "truth="])
        .success();
    let percent = with(&|r| (r.truth * 100.0).to_string());
    data.score("percent.csv", percent, &[])
        .code(3)
        .stderr(contains("those of the data times 100.000: another scale"));
    let classes = with(&|r| u8::from(r.truth > 0.0).to_string());
    data.score("classes.csv", classes, &[])
        .code(3)
        .stderr(contains("they are whole numbers, as classes are"));
}

#[test]
fn predictions_that_are_not_in_label_units_are_refused_or_warned_about() {
    let data = Data::new();
    let with = |prediction: &dyn Fn(f32) -> f32| {
        data.text("id,rate,seed,prediction", |r| {
            format!("{},{},1,{}", r.id, r.rate, prediction(r.prediction))
        })
    };
    for (check, text) in [
        ("range", with(&|p| p * 100.0)),
        ("classes", with(&|p| (p + 3.0).round().clamp(0.0, 6.0))),
    ] {
        let flag = format!("--allow {check}");
        data.score("p.csv", &text, &[])
            .code(3)
            .stderr(contains(flag.as_str()));
        assert!(!data.runs().exists());
        data.score("p.csv", &text, &["--allow", check]).success();
    }
    for (check, text) in [
        ("classes", with(&f32::round)),
        ("probabilities", with(&|p| 1.0 / (1.0 + (-p).exp()))),
        ("constant", with(&|p| 0.25 + 1e-6 * p)),
        ("scale", with(&|p| p / 100.0)),
        ("scale", with(&|p| p / 6.0)),
        ("order", with(&|p| -p)),
    ] {
        let flag = format!("--allow {check} silences this");
        data.score("p.csv", &text, &[])
            .success()
            .stderr(contains(flag.as_str()));
        data.score("p.csv", &text, &["--allow", check])
            .success()
            .stderr(contains("WARN").not());
    }
}

#[test]
fn labels_are_recognized_under_any_heading() {
    let data = Data::new();
    let next = |r: &Row<'_>| {
        let index = data.ids.iter().position(|id| id == r.id).unwrap();
        data.truth[(index + 1) % data.truth.len()]
    };
    let table = |label: &dyn Fn(&Row<'_>) -> f32| {
        data.text("id,rate,seed,prediction,human rating", |r| {
            format!("{},{},1,{},{:.3}", r.id, r.rate, r.prediction, label(r))
        })
    };
    data.score("own.csv", table(&|r| r.truth), &[]).success();
    let moved = table(&next);
    data.score("moved.csv", &moved, &[])
        .code(3)
        .stderr(contains("column human rating contradicts").and(contains("another order")));
    data.score("moved.csv", &moved, &["--column", "truth="])
        .success();
    // Other numbers are no labels.
    data.score("other.csv", table(&|r| r.truth * 0.5), &[])
        .success();
}

#[test]
fn seeds_with_signs_between_thousands_are_refused() {
    let data = Data::new();
    let seeds = |seed: &str| data.plain().replace(",1,", &format!(",{seed},"));
    data.score("p.csv", seeds("\"1,000\""), &[])
        .code(3)
        .stderr(contains(
            "`1,000`; write it without a sign between thousands",
        ));
    let german = data.text("id;rate;seed;prediction", |r| {
        format!("{};{};1.000;{:.3}", r.id, r.rate, r.prediction).replace(";0.5;", ";0,5;")
    });
    data.score("p.csv", german, &[]).code(3).stderr(contains(
        "`1.000`; write it without a sign between thousands",
    ));
    data.score("p.csv", seeds("\"1000,0\""), &[])
        .success()
        .stdout(contains("m 1000  rate 0: "));
}

#[test]
fn rows_of_separators_alone_are_left_out() {
    let data = Data::new();
    data.score("p.csv", data.plain(), &[]).success();
    let expected = data.made();
    data.score("p.csv", data.plain() + ",,,\n,,,\n", &[])
        .success();
    assert_eq!(data.made(), expected);
    data.score("p.tex", "\\begin{tabular}{lrrr}\nid & rate\n", &[])
        .code(3)
        .stderr(contains("this is LaTeX"));
}

#[test]
fn of_two_columns_none_is_taken_in_silence() {
    let data = Data::new();
    let two = data.text("id,rate,seed,prediction,Prediction", |r| {
        format!(
            "{},{},1,{},{}",
            r.id,
            r.rate,
            r.prediction,
            r.prediction + 0.1
        )
    });
    data.score("p.csv", &two, &[]).code(2).stderr(contains(
        "`prediction`, `Prediction` could each be the prediction",
    ));
    let flags = ["--column", "prediction=Prediction"];
    data.score("p.csv", &two, &flags).success();
    let conditions = data.text("id,rate,condition,seed,prediction", |r| {
        format!("{},{},LA,1,{}", r.id, r.rate, r.prediction)
    });
    data.score("p.csv", conditions, &[])
        .code(3)
        .stderr(contains("`rate` is 0 and `condition` is LA"));
    let other = data.text("id,rate,seed,prediction,dataset", |r| {
        format!("{},{},1,{},CMU-MOSEI", r.id, r.rate, r.prediction)
    });
    data.score("p.csv", other, &[]).code(3).stderr(contains(
        "column dataset is `CMU-MOSEI`, but the data are demo-film",
    ));
}

#[test]
fn changed_ids_show_the_nearest_sample() {
    let data = Data::new();
    let id = data.ids[0].as_str();
    let (upper, quoted) = (id.to_uppercase(), format!("'{id}"));
    for (found, words) in [
        (upper.as_str(), "it is in another case"),
        (&quoted, "quotes were added"),
        ("#NAME?", "spreadsheet"),
        ("2-Jan", "a spreadsheet made a date"),
    ] {
        let text = data.plain().replace(id, found);
        data.score("p.csv", text, &[]).code(3).stderr(
            contains(format!("sample `{found}` is not in the test split")).and(contains(words)),
        );
    }
    let twice = data.plain() + data.plain().split_once('\n').unwrap().1;
    data.score("p.csv", twice, &[])
        .code(3)
        .stderr(contains("every sample occurs at least 2 times"));
}

#[test]
fn files_of_other_kinds_are_named_with_the_way_to_a_table() {
    let data = Data::new();
    let json = format!(
        "[{}]",
        vec!["{\"id\": \"a\", \"prediction\": 0.5}"; 4000].join(", ")
    );
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(data.plain().encode_utf16().flat_map(u16::to_le_bytes));
    for (name, bytes, found, remedy) in [
        ("p.json", json.as_bytes(), "a JSON file", "pandas.read_json"),
        ("p.csv", &utf16, "text in UTF-16", "iconv -f UTF-16"),
        (
            "p.csv.gz",
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
            "a gzip file",
            "gzip -dc",
        ),
        ("p.csv", b"BZh91AY&SY", "a bzip2 file", "bzip2 -dc"),
        (
            "p.npy",
            b"\x93NUMPY\x01\0v\0",
            "a NumPy array",
            "numpy.load",
        ),
        (
            "p.pkl",
            b"\x80\x04\x95\0\0\0\0\0\0\0\0]\x94.",
            "a pickle",
            "read_pickle",
        ),
        ("p.csv", b"", "an empty file", "again"),
    ] {
        let refused = data.score(name, bytes, &[]).code(3).stderr(
            contains("expected a CSV or Parquet table, found ")
                .and(contains(found))
                .and(contains(remedy)),
        );
        let answer = &refused.get_output().stderr;
        assert!(answer.len() < 600, "{}", String::from_utf8_lossy(answer));
    }
    let spark = data.folder.path().join("spark");
    fs::create_dir(&spark).unwrap();
    data.score_path(&spark, &[])
        .code(3)
        .stderr(contains("found a folder"));
    for part in ["part-00000.parquet", "part-00001.parquet", "_SUCCESS"] {
        fs::write(spark.join(part), "PAR1").unwrap();
    }
    data.score_path(&spark, &[])
        .code(3)
        .stderr(contains("it holds 2 files, such as part-00000.parquet"));
}

#[test]
fn names_that_differ_in_a_sign_have_figures_of_their_own() {
    let data = Data::new();
    for (pair, titles, protocols) in [
        ("sign", ["LNLN", "LNLN+"], ["random", "random"]),
        ("chinese", ["多模态", "情感"], ["random", "random"]),
        ("case", ["lnln", "LNLN"], ["random", "random"]),
        ("same", ["Title", "Title"], ["random", "random"]),
        ("masks", ["A", "A"], ["mine, long", "mine+ long"]),
    ] {
        let runs = data.folder.path().join(pair);
        let file = data.folder.path().join("p.csv");
        for (i, (title, protocol)) in titles.iter().zip(protocols).enumerate() {
            let text = data.text("id,rate,seed,prediction", |r| {
                format!("{},{},1,{}", r.id, r.rate, r.prediction + i as f32 * 0.1)
            });
            fs::write(&file, text).unwrap();
            let mut command = program();
            command
                .arg("score")
                .arg(&file)
                .arg("--data")
                .arg(&data.path);
            command.args(["--model", ["one", "two"][i], "--title", title]);
            command.args(["--mask-protocol", protocol]);
            command.arg("--runs").arg(&runs).assert().success();
        }
        let out = data.folder.path().join(format!("{pair}-report"));
        program()
            .arg("report")
            .arg(&runs)
            .arg("--out")
            .arg(&out)
            .assert()
            .success();
        let entries = fs::read_dir(out.join("figures")).unwrap().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().to_lowercase());
        let names: std::collections::BTreeSet<String> =
            names.filter(|name| name.contains("confusion")).collect();
        assert_eq!(names.len(), 2, "{pair}: {names:?}");
        program()
            .arg("report")
            .arg("--check")
            .arg(&out)
            .assert()
            .success();
    }
}
