//! What the CSV files of a report say, held against its manifest and against each other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::fixture::{eleven, manifest, save};
use super::manifest::ReportManifest;
use super::{Layout, Options, write_report};
use crate::metric::{Unit, protocol};

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
    report_as(root, Layout::Full)
}

fn report_as(root: &Path, layout: Layout) -> ReportManifest {
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
        layout,
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

#[test]
fn tables_in_csv_say_what_the_manifest_says_of_every_cell() {
    let dir = tempfile::tempdir().unwrap();
    let facts = report(dir.path());
    let mut said: BTreeMap<[&str; 3], Vec<&Line>> = BTreeMap::new();
    let lines = lines(&dir.path().join("out/tables.csv"));
    for line in &lines {
        let place = ["table", "row", "column"].map(|column| line[column].as_str());
        said.entry(place).or_default().push(line);
    }
    let mut compared = 0;
    for (table, row) in facts
        .tables
        .iter()
        .flat_map(|(id, t)| t.rows.iter().map(move |r| (id, r)))
    {
        for (column, (cell, origin)) in row.cells.iter().filter(|(_, (cell, _))| cell != "-") {
            let place = [table.as_str(), row.row.as_str(), column.as_str()];
            let numbers = &said[&place];
            let shown: Vec<&str> = numbers.iter().map(|line| line["shown"].as_str()).collect();
            assert_eq!(shown.join(" / "), *cell, "{place:?}");
            let origin = origin.map(|number| number.to_string()).unwrap_or_default();
            assert!(
                numbers.iter().all(|line| line["origin"] == origin),
                "{place:?}"
            );
            compared += 1;
        }
    }
    assert!(compared > 300, "{compared}");
}

#[test]
fn tables_in_csv_hold_the_numbers_of_the_summary_in_full() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path());
    let of = |name: &str| lines(&dir.path().join("out").join(name));
    let (tables, mut compared) = (of("tables.csv"), 0);
    let metrics = protocol("mosi").unwrap();
    for line in of("summary.csv")
        .iter()
        .filter(|l| l["configuration"].is_empty())
    {
        let metric = metrics.metric(&line["metric"]).unwrap();
        let scale = if metric.unit == Unit::Percent {
            100.0
        } else {
            1.0
        };
        let cell = tables.iter().find(|cell| {
            cell["table"] == format!("toy-{}", metric.name)
                && cell["row"].to_lowercase().starts_with(&line["model"])
                && cell["column"] == line["rate"]
        });
        let (Some(cell), Some(mean)) = (cell, number(line, "mean")) else {
            continue;
        };
        let above = number(line, "above_baseline").map(|above| above * scale);
        let pairs = [
            ("value", Some(mean * scale)),
            ("above_baseline", above),
            ("p", number(line, "p_holm")),
        ];
        for (column, expected) in pairs {
            let found = number(cell, column);
            let close = |(a, b): (f64, f64)| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
            assert_eq!(found.is_some(), expected.is_some(), "{cell:?} {line:?}");
            assert!(found.zip(expected).is_none_or(close), "{cell:?} {line:?}");
        }
        compared += 1;
    }
    assert!(compared > 150, "{compared}");
}

#[test]
fn the_papers_layout_says_in_csv_how_far_each_number_is_above_the_floor() {
    let dir = tempfile::tempdir().unwrap();
    report_as(dir.path(), Layout::Paper);
    let lines = lines(&dir.path().join("out/tables.csv"));
    let ours = |line: &&Line| line["baseline"].is_empty() && line["published"].is_empty();
    for table in ["toy-paper-overall", "toy-paper-conditions"] {
        let numbers = lines.iter().filter(ours).filter(|l| l["table"] == table);
        let (mut known, mut open) = (0, 0);
        for line in numbers.filter(|l| number(l, "value").is_some()) {
            match number(line, "above_baseline") {
                Some(_) => known += 1,
                None => open += usize::from(line["metric"] != "corr"),
            }
        }
        assert!(known >= 21 && open == 0, "{table}: {known} {open}");
    }
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
