//! Tests the tidy tables of a report against its manifest and against each other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use polars::prelude::{AnyValue, ParquetReader, SerReader};

use super::fixture::{eleven, manifest, masks, save};
use super::manifest::ReportManifest;
use super::tidy::columns::SUMMARY;
use super::{Layout, Options, write_report};
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
    let misa = find("MISA", "mae", "mean_0_0.9", "Zhang et al. 2024, Table 2");
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
fn p_values_are_corrected_over_all_tests_of_a_metric() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path());
    let mut by_metric: BTreeMap<String, Vec<[f64; 2]>> = BTreeMap::new();
    for line in lines(&dir.path().join("out/summary.csv")) {
        let pair = number(&line, "p").zip(number(&line, "p_holm"));
        assert_eq!(line["p"].is_empty(), line["p_holm"].is_empty(), "{line:?}");
        if let Some((raw, corrected)) = pair {
            let of = by_metric.entry(line["metric"].clone()).or_default();
            of.push([raw, corrected]);
        }
    }
    assert!(by_metric.len() > 5, "{by_metric:?}");
    for (metric, mut tests) in by_metric {
        assert!(tests.len() > 20, "{metric}: {}", tests.len());
        tests.sort_by(|a, b| a[0].total_cmp(&b[0]));
        // Holm's: the k-th smallest times the number of tests from it on, never falling, at most 1.
        let (count, mut least) = (tests.len(), 0.0f64);
        for (place, [raw, corrected]) in tests.into_iter().enumerate() {
            least = least.max(raw * (count - place) as f64).min(1.0);
            assert!(
                (corrected - least).abs() < 1e-12,
                "{metric} {place}: {corrected} {least}"
            );
        }
    }
}
