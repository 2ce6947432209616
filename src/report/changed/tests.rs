//! Finds the samples that change most a second time, from the predictions.

use std::collections::BTreeMap;
use std::path::Path;

use crate::mask::Condition;
use crate::metric::fixed;
use crate::record::Manifest;
use crate::record::fixture::{TRUTH, manifest, masks, predictions, save};
use crate::report::manifest::ReportManifest;
use crate::report::{Options, check, write_report};

const SEEDS: [u64; 2] = [11, 12];

fn run(seed: u64) -> Manifest {
    let mut m = manifest("lnln", seed, &[]);
    let rates = [0.0, 0.3, 0.9, 1.0].into_iter();
    let rates = rates.filter_map(Condition::of_number);
    m.masks = vec![masks("random", rates.collect())];
    m
}

fn report(root: &Path, data: bool) -> ReportManifest {
    let (runs, out) = (root.join("runs"), root.join("out"));
    if !runs.exists() {
        SEEDS
            .into_iter()
            .for_each(|seed| drop(save(&runs, &run(seed))));
    }
    let options = Options {
        data: data.then(|| root.join("data")),
        ..Options::default()
    };
    write_report(&[&runs], &out, &options).unwrap();
    ReportManifest::parse(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap()
}

/// The mean prediction of a sample.
fn mean(id: usize, rate: f64) -> f64 {
    let groups = SEEDS.map(|seed| predictions(&run(seed)).groups());
    let all = groups.iter().flatten();
    let own = all.filter(|group| group.key.condition.rate() == Some(rate));
    let values: Vec<f64> = own.map(|group| f64::from(group.prediction[id])).collect();
    assert_eq!(values.len(), 4);
    values.iter().sum::<f64>() / 4.0
}

#[test]
fn the_samples_that_change_most_come_first() {
    let dir = tempfile::tempdir().unwrap();
    let found = report(dir.path(), true);
    let table = &found.tables["toy-changed"];
    let mut all: Vec<(usize, f64, f64)> = (0..TRUTH.len())
        .map(|id| (id, mean(id, 0.0), mean(id, 0.9)))
        .collect();
    all.sort_by(|a, b| (b.2 - b.1).abs().total_cmp(&(a.2 - a.1).abs()));
    assert_eq!(table.rows.len(), 10);
    let out = dir.path().join("out");
    let mut reader = ::csv::Reader::from_path(out.join("tables/toy-changed.csv")).unwrap();
    let lines = reader.deserialize().map(Result::unwrap);
    let lines: Vec<BTreeMap<String, String>> = lines.collect();
    assert_eq!(lines.len(), 10);
    for ((row, line), (id, from, to)) in table.rows.iter().zip(&lines).zip(all) {
        assert_eq!(row.row, format!("sample$_${id}, LNLN"));
        let text = |column: &str| row.cells[column].0.clone();
        assert_eq!(text("label"), fixed(f64::from(TRUTH[id]), 3));
        assert_eq!(text("complete"), fixed(from, 3));
        assert_eq!(text("masked"), fixed(to, 3));
        assert_eq!(text("change"), fixed(to - from, 3));
        assert_eq!(line["id"], format!("sample$_${id}"));
        assert_eq!(
            (&*line["condition_from"], &*line["condition_to"]),
            ("0", "0.9")
        );
        let number = |name: &str| line[name].parse::<f64>().unwrap();
        assert!((number("prediction_from") - from).abs() < 1e-12, "{line:?}");
        assert!((number("prediction_to") - to).abs() < 1e-12, "{line:?}");
    }
    // A folder without the data is named, and what it cannot give.
    let page = std::fs::read_to_string(out.join("report.md")).unwrap();
    assert!(
        page.contains("the folder of --data has no toy.h5"),
        "{page}"
    );
    assert!(check(&out, &[]).unwrap().differences.is_empty());
}

#[test]
fn without_data_no_samples_are_shown_and_a_file_of_them_goes() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path(), true);
    let found = report(dir.path(), false);
    assert!(found.tables.keys().all(|id| !id.ends_with("changed")));
    let tables = dir.path().join("out/tables");
    let mut files = std::fs::read_dir(tables).unwrap().map(Result::unwrap);
    assert!(files.all(|file| !file.file_name().to_string_lossy().contains("changed")));
}
