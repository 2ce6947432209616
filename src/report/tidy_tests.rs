//! Tests the tidy tables of a report against its manifest and against each other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use polars::prelude::{AnyValue, ParquetReader, SerReader};

use super::fixture::{eleven, manifest, masks, save};
use super::manifest::ReportManifest;
use super::tidy::columns::SUMMARY;
use super::{Layout, Options, check, write_report};
use crate::mask::Condition;
use crate::metric::{Metric, protocol};
use crate::support::file_name::words;

/// A line by the names of its columns.
type Line = BTreeMap<String, String>;

fn lines(path: &Path) -> Vec<Line> {
    let mut reader = ::csv::Reader::from_path(path).unwrap();
    let heads = reader.headers().unwrap().clone();
    let line = |record: ::csv::StringRecord| {
        let fields = heads.iter().zip(&record);
        fields
            .map(|(head, field)| (head.to_string(), field.to_string()))
            .collect()
    };
    reader
        .records()
        .map(|record| line(record.unwrap()))
        .collect()
}

/// A report on three models and the baseline, everything tested.
fn report(root: &Path) -> ReportManifest {
    let runs = root.join("runs");
    let seeds = [
        ("lnln", 11),
        ("lnln", 12),
        ("flat", 11),
        ("flat", 12),
        ("other", 11),
        ("other", 12),
        ("constant", 11),
    ];
    for (model, seed) in seeds {
        save(&runs, &manifest(model, seed, &eleven()));
    }
    let options = Options {
        resamples: Some(200),
        ..Options::default()
    };
    let out = root.join("out");
    write_report(&[&runs], &out, &options).unwrap();
    ReportManifest::parse(&fs::read(out.join("manifest.json")).unwrap()).unwrap()
}

fn number(line: &Line, column: &str) -> Option<f64> {
    line[column].parse().ok()
}

/// A line's number as tables print it.
fn shown(line: &Line, column: &str, metric: &Metric) -> String {
    number(line, column).map_or("n/a".to_string(), |value| metric.display(value))
}

#[test]
fn the_summary_holds_every_number_of_the_tables_of_metrics() {
    let dir = tempfile::tempdir().unwrap();
    let written = report(dir.path());
    let lines = lines(&dir.path().join("out/summary.csv"));
    let mosi = protocol("mosi").unwrap();
    let (mut compared, mut above) = (0, 0);
    for metric in mosi.metrics {
        for row in &written.tables[&format!("toy-{}", words(metric.name))].rows {
            for (column, (cell, origin)) in row.cells.iter().filter(|(_, (c, _))| c != "-") {
                let of = column.strip_suffix("_above_baseline").unwrap_or(column);
                let mut found = lines.iter().filter(|line| {
                    let at = match number(line, "rate_text") {
                        Some(rate) => format!("{rate:.1}"),
                        None => line["aggregate"].clone(),
                    };
                    line["title"] == row.row && line["metric"] == metric.name && at == of
                });
                let line = found
                    .next()
                    .unwrap_or_else(|| panic!("{} {column}", row.row));
                assert!(found.next().is_none(), "{} {column}", row.row);
                if of == column {
                    let sd = number(line, "sd").map(|sd| format!(" ± {}", metric.display(sd)));
                    let mean = shown(line, "mean", metric);
                    assert_eq!(mean + &sd.unwrap_or_default(), *cell, "{line:?}");
                    let set = written.numbered.origins[origin.unwrap()].sets[0];
                    assert_eq!(line["runs"], set.to_string(), "{line:?}");
                    compared += 1;
                } else {
                    assert_eq!(shown(line, "above_baseline", metric), *cell, "{line:?}");
                    above += 1;
                }
            }
        }
    }
    assert!(compared > 300 && above > 20, "{compared} {above}");
}

#[test]
fn a_line_is_told_apart_by_its_keys_and_names_its_data_and_unit() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path());
    let content_hash = manifest("lnln", 11, &[0.0]).dataset.content_hash;
    let keys: [(&str, &[&str]); 2] = [
        (
            "scores.csv",
            &[
                "dataset",
                "model",
                "configuration",
                "seed",
                "mask_protocol",
                "condition",
                "metric",
            ],
        ),
        (
            "summary.csv",
            &[
                "section",
                "model",
                "configuration",
                "condition",
                "aggregate",
                "metric",
            ],
        ),
    ];
    for (file, key) in keys {
        let lines = lines(&dir.path().join("out").join(file));
        let distinct: std::collections::BTreeSet<Vec<&str>> = lines
            .iter()
            .map(|line| key.iter().map(|column| &*line[*column]).collect())
            .collect();
        assert_eq!(distinct.len(), lines.len(), "{file}");
        for line in &lines {
            assert!(content_hash.starts_with(&line["data"]), "{line:?}");
            let share = line["metric"].starts_with("acc") || line["metric"].starts_with("f1");
            assert_eq!(line["unit"] == "fraction", share, "{line:?}");
            let constant = ["constant", "best_constant"].contains(&&*line["model"]);
            assert_eq!(line["baseline"], constant.to_string(), "{line:?}");
            if let Some(value) = number(
                line,
                if file == "scores.csv" {
                    "value"
                } else {
                    "mean"
                },
            ) && share
            {
                assert!((0.0..=1.0).contains(&value), "{line:?}");
            }
        }
    }
}

#[test]
fn conditions_have_rates_and_aggregates_have_none() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path());
    for file in ["scores.csv", "summary.csv"] {
        for line in lines(&dir.path().join("out").join(file)) {
            let rates = ["rate_text", "rate_audio", "rate_vision"].map(|c| number(&line, c));
            let expected = line["condition"].parse::<Condition>().ok();
            let expected = expected.map_or([None; 3], |c| c.rates().map(Some));
            assert_eq!(rates, expected, "{line:?}");
        }
    }
}

#[test]
fn the_parquet_file_holds_what_the_csv_file_holds() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path());
    let bytes = fs::read(dir.path().join("out/summary.parquet")).unwrap();
    let frame = ParquetReader::new(std::io::Cursor::new(bytes))
        .finish()
        .unwrap();
    let lines = lines(&dir.path().join("out/summary.csv"));
    assert_eq!(frame.height(), lines.len());
    assert!(frame.height() > 300);
    let names = SUMMARY.map(|column| column.name);
    assert!(
        frame
            .get_column_names()
            .iter()
            .map(|n| n.as_str())
            .eq(names)
    );
    for (i, line) in lines.iter().enumerate() {
        for name in names {
            let text = match frame.column(name).unwrap().get(i).unwrap() {
                AnyValue::Null => String::new(),
                AnyValue::Float64(value) => {
                    assert_eq!(number(line, name), Some(value), "{name}");
                    continue;
                }
                AnyValue::String(text) => text.to_string(),
                other => other.to_string(),
            };
            assert_eq!(text, line[name], "{name}");
        }
    }
}

#[test]
fn the_papers_layout_has_costs_and_published_numbers_in_the_summary() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    for model in ["lnln", "constant"] {
        let mut m = manifest(model, 11, &eleven());
        m.dataset.name = "mosi".into();
        m.masks = vec![masks("random", m.masks[0].conditions.clone())];
        save(&runs, &m);
    }
    let options = Options {
        layout: Layout::Paper,
        ..Options::default()
    };
    write_report(&[&runs], &dir.path().join("out"), &options).unwrap();
    let lines = lines(&dir.path().join("out/summary.csv"));
    let find = |model: &str, metric: &str, at: &str, published: &str| {
        let mut found = lines.iter().filter(|line| {
            let here = line["condition"] == at || line["aggregate"] == at;
            line["model"] == model
                && line["metric"] == metric
                && here
                && line["published"] == published
        });
        let line = found
            .next()
            .unwrap_or_else(|| panic!("{model} {metric} {at}"));
        assert!(found.next().is_none(), "{model} {metric} {at}");
        line
    };
    let misa = find("misa", "mae", "mean_0_0.9", "Zhang et al. 2024, Table 2");
    assert_eq!(number(misa, "mean"), Some(1.085));
    // A percentage in the paper is a fraction here, and one model has one key.
    let published = find("lnln", "acc2_has0", "0.5", "Zhang et al. 2024, Table 9");
    let accuracy = number(published, "mean").unwrap();
    assert!(accuracy > 0.5 && accuracy < 0.8, "{accuracy}");
    find("lnln", "acc2_has0", "0.5", "");
    let minutes = lines
        .iter()
        .find(|line| line["metric"] == "minutes")
        .unwrap();
    assert_eq!([&minutes["unit"], &minutes["condition"]], ["minutes", ""]);
    assert!(
        lines
            .iter()
            .all(|l| l["published"].is_empty() || l["above_baseline"].is_empty())
    );
}

#[test]
fn p_values_are_corrected_over_all_tests_of_the_report_but_the_primary_ones() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path());
    let (mut tests, mut primary) = (Vec::new(), 0);
    for line in lines(&dir.path().join("out/summary.csv")) {
        let pair = number(&line, "p_raw").zip(number(&line, "p_corrected"));
        assert_eq!(
            line["p_raw"].is_empty(),
            line["p_corrected"].is_empty(),
            "{line:?}"
        );
        let Some((raw, corrected)) = pair else {
            continue;
        };
        if line["primary"] == "true" {
            assert_eq!(
                (&*line["metric"], &*line["aggregate"]),
                ("mae", "mean_0_0.9")
            );
            assert_eq!(raw, corrected);
            primary += 1;
        } else {
            tests.push([raw, corrected]);
        }
    }
    // Two models against LNLN, by eight metrics at eleven rates, over all and as an area; FLAT has no
    // correlation at rate 1.
    assert_eq!((primary, tests.len()), (2, 2 * (8 * 13 - 1) - 2));
    tests.sort_by(|a, b| a[0].total_cmp(&b[0]));
    // Holm's: the k-th smallest times the number of tests from it on, never falling, at most 1.
    let (count, mut least) = (tests.len(), 0.0f64);
    for (place, [raw, corrected]) in tests.into_iter().enumerate() {
        least = least.max(raw * (count - place) as f64).min(1.0);
        assert!(
            (corrected - least).abs() < 1e-12,
            "{place}: {corrected} {least}"
        );
    }
}

/// Columns of a line that are tests, by dataset, title, metric, condition and aggregate.
fn tests(path: &Path) -> BTreeMap<[String; 5], [String; 6]> {
    let of = |line: Line| {
        let key = ["dataset", "title", "metric", "condition", "aggregate"];
        let value = [
            "low",
            "difference_high",
            "primary",
            "p_raw",
            "p_corrected",
            "p_permutation",
        ];
        (key.map(|c| line[c].clone()), value.map(|c| line[c].clone()))
    };
    lines(path).into_iter().map(of).collect()
}

/// Two data sets; every choice of metrics and models, without LNLN too, has the p-values of the whole.
#[test]
fn what_is_shown_changes_no_p_value() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    for dataset in ["toy", "second"] {
        for model in ["lnln", "flat", "other", "constant"] {
            for seed in [11, 12, 13] {
                let mut m = manifest(model, seed, &[0.0, 0.5, 1.0]);
                m.id = format!("{dataset}-{model}-{seed}");
                m.dataset.name = dataset.into();
                save(&runs, &m);
            }
        }
    }
    let report = |metrics: &[&str], models: &[&str]| {
        let options = Options {
            metrics: metrics.iter().map(|m| m.to_string()).collect(),
            models: models.iter().map(|m| m.to_string()).collect(),
            resamples: Some(99),
            ..Options::default()
        };
        let out = dir.path().join("out");
        write_report(&[&runs], &out, &options).unwrap();
        assert!(check(&out, &[]).unwrap().differences.is_empty());
        tests(&out.join("summary.csv"))
    };
    let whole = report(&[], &[]);
    let known = whole.values().filter(|v| !v[4].is_empty()).count();
    // FLAT has no correlation at rate 1, and so none over all.
    assert_eq!(known, 2 * (2 * 8 * 5 - 3));
    let choices: [(&[&str], &[&str]); 4] = [
        (&["mae"], &[]),
        (&["acc7", "corr"], &["flat"]),
        (&["mae", "f1_macro7"], &["lnln", "other"]),
        (&[], &["other"]),
    ];
    for (metrics, models) in choices {
        let part = report(metrics, models);
        let usual: Vec<_> = part
            .iter()
            .filter(|(key, _)| key[2] != "f1_macro7")
            .collect();
        assert!(usual.iter().filter(|(_, v)| !v[4].is_empty()).count() >= 10);
        for (key, value) in usual {
            assert_eq!(whole.get(key), Some(value), "{key:?}");
        }
    }
    // Extra metrics are corrected over all of them, whichever are shown.
    let (one, two) = (
        report(&["f1_macro7"], &[]),
        report(&["f1_macro7", "mae"], &["flat"]),
    );
    let shared = two
        .iter()
        .filter(|(key, v)| key[2] == "f1_macro7" && !v[4].is_empty());
    let shared: Vec<_> = shared.collect();
    assert_eq!(shared.len(), 2 * 5);
    for (key, value) in shared {
        assert_eq!(one.get(key), Some(value), "{key:?}");
    }
}
