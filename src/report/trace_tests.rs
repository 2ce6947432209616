//! Traces the cells of a written report to files by its `manifest.json` alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::fixture::{eleven, evaluation, manifest, masks, noise, predictions, save};
use super::manifest::{ReportManifest, TableMetadata};
use super::numbering::OriginMetadata;
use super::write_tests::save_all;
use super::{Layout, Options, write_report};
use crate::mask::Condition;
use crate::metric::{Metric, protocol};
use crate::record::{Group, RunDir};

/// A report in this layout on a few runs, its manifest read from disk. In the paper's layout they
/// are of a data set with published numbers, and of masks like those.
fn report(root: &Path, layout: Layout) -> ReportManifest {
    let (runs, out) = (root.join("runs"), root.join("out"));
    match layout {
        Layout::Full => save_all(&runs),
        Layout::Paper => {
            for (model, seed) in [("lnln", 11), ("lnln", 12), ("misa", 11), ("constant", 11)] {
                let mut m = manifest(model, seed, &eleven());
                m.dataset.name = "mosi".into();
                m.masks = vec![masks("random", m.masks[0].conditions.clone())];
                save(&runs, &m);
            }
        }
    }
    let options = Options {
        layout,
        resamples: Some(20),
        ..Options::default()
    };
    write_report(&[&runs], &out, &options).unwrap();
    ReportManifest::parse(&fs::read(out.join("manifest.json")).unwrap()).unwrap()
}

/// Every number of an origin in a report, as (place, text of the cell, number).
fn cells(m: &ReportManifest) -> Vec<(String, &TableMetadata, &str, &str, Option<usize>)> {
    let mut all = Vec::new();
    for (id, table) in &m.tables {
        for row in &table.rows {
            for (column, (text, origin)) in &row.cells {
                let place = format!("{id} / {} / {column}", row.row);
                all.push((place, table, column.as_str(), text.as_str(), *origin));
            }
        }
    }
    all
}

#[test]
fn every_cell_and_series_leads_to_files_with_these_hashes() {
    leads_to_files(Layout::Full, 300);
}

#[test]
fn every_cell_of_our_own_leads_to_files_in_the_papers_layout() {
    leads_to_files(Layout::Paper, 250);
}

/// At least so many cells and series.
fn leads_to_files(layout: Layout, least: usize) {
    let dir = tempfile::tempdir().unwrap();
    let m = report(dir.path(), layout);
    let series = m.figures.iter().flat_map(|(path, f)| {
        let named =
            move |(label, origin): &(String, Option<usize>)| (format!("{path} / {label}"), *origin);
        f.series.iter().map(named)
    });
    let ours = |column: &str| !column.starts_with("published_");
    let of_cells = cells(&m).into_iter().filter(|c| ours(c.2));
    let of_cells = of_cells.map(|c| (c.0, c.3, c.4));
    // The baseline has no distance to itself, and some methods are published only.
    let numbers = of_cells.filter(|(_, text, _)| *text != "-");
    let all: Vec<_> = numbers
        .map(|(place, _, o)| (place, o))
        .chain(series)
        .collect();
    assert!(all.len() > least, "{}", all.len());
    let mut files = BTreeMap::new();
    for (place, origin) in all {
        let origin = &m.numbered.origins[origin.unwrap_or_else(|| panic!("{place} has no origin"))];
        let file = origin.file.clone().unwrap();
        assert!(!origin.sets.is_empty(), "{place}");
        for id in origin.sets.iter().flat_map(|set| &m.numbered.sets[*set]) {
            files.insert((id.clone(), file.clone()), place.clone());
        }
    }
    for ((id, mut file), place) in files {
        let facts = &m.runs[&id];
        let expected = match file.as_str() {
            "predictions.parquet" => {
                let [evaluation] = &facts.evaluations[..] else {
                    panic!("{id}: {facts:?}");
                };
                file = format!("evaluations/{}/predictions.parquet", evaluation.name);
                Some(&evaluation.predictions_blake3)
            }
            "manifest.json" => Some(&facts.manifest_blake3),
            _ => facts.log_blake3.as_ref(),
        };
        let bytes = fs::read(dir.path().join("runs").join(&id).join(&file)).ok();
        let found = bytes.map(|b| blake3::hash(&b).to_hex().to_string());
        assert_eq!(found.as_ref(), expected, "{file} of {id}, for {place}");
    }
}

#[test]
fn every_score_can_be_computed_again_from_what_its_origin_names() {
    computed_again(Layout::Full, 200);
}

#[test]
fn every_score_can_be_computed_again_in_the_papers_layout() {
    computed_again(Layout::Paper, 300);
}

/// At least so many numbers.
fn computed_again(layout: Layout, least: usize) {
    let dir = tempfile::tempdir().unwrap();
    let m = report(dir.path(), layout);
    let groups = |id: &String| {
        let record = RunDir::open(dir.path().join("runs").join(id)).load();
        record.unwrap().predictions.groups()
    };
    let runs: BTreeMap<&String, Vec<Group>> = m.runs.keys().map(|id| (id, groups(id))).collect();
    let mut again = 0;
    for (place, table, column, text, origin) in cells(&m) {
        let metrics = &table.metrics[column];
        let Some(origin) = origin.map(|number| &m.numbered.origins[number]) else {
            continue;
        };
        let ([set], false) = (origin.sets.as_slice(), metrics.is_empty()) else {
            continue;
        };
        let shown: Vec<&str> = text.split(" / ").collect();
        assert_eq!(shown.len(), metrics.len(), "{place}");
        for (metric, shown) in metrics.iter().zip(shown) {
            let metric = protocol("mosi").unwrap().metric(metric).unwrap();
            let found: Option<Vec<f64>> = m.numbered.sets[*set]
                .iter()
                .map(|id| score(&runs[id], metric, origin, column == "auc"))
                .collect();
            let text = match found {
                Some(seeds) => metric.display(seeds.iter().sum::<f64>() / seeds.len() as f64),
                None => "n/a".to_string(),
            };
            let shown = shown.split(" ± ").next().unwrap_or_default();
            assert_eq!(shown, text, "{place}");
            again += 1;
        }
    }
    assert!(again > least, "{again}");
}

#[test]
fn a_published_number_names_its_paper_and_table_and_stands_as_printed() {
    let dir = tempfile::tempdir().unwrap();
    let m = report(dir.path(), Layout::Paper);
    let published = cells(&m).into_iter();
    let published = published.filter(|c| c.2.starts_with("published_") && c.3 != "-");
    let mut tables = BTreeSet::new();
    for (place, _, _, _, origin) in published {
        let origin = &m.numbered.origins[origin.unwrap_or_else(|| panic!("{place}"))];
        let source = origin
            .published
            .clone()
            .unwrap_or_else(|| panic!("{place}"));
        assert!(origin.sets.is_empty() && origin.file.is_none(), "{place}");
        tables.insert(source);
    }
    let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
    let expected = ["MMSA, result table", "Zhang et al. 2024, Table 2"];
    assert!(expected.iter().all(|t| tables.contains(t)), "{tables:?}");
    assert!(tables.contains(&"Zhang et al. 2024, Table 9"), "{tables:?}");
    let row = &m.tables["mosi-paper-overall"].rows;
    let misa = row.iter().find(|r| r.row == "MISA").unwrap();
    assert_eq!(misa.cells["published_mae"].0, "1.085");
}

/// A run's score over the origin's conditions; `None` where it is undefined.
fn score(groups: &[Group], metric: &Metric, origin: &OriginMetadata, area: bool) -> Option<f64> {
    let conditions = origin
        .conditions
        .iter()
        .map(|l| l.parse::<Condition>().unwrap());
    let at = |condition: Condition| {
        let of = groups.iter().filter(|g| g.key.condition == condition);
        let scores = of.map(|g| (metric.compute)(&g.prediction, &g.truth).ok());
        let scores: Vec<f64> = scores.collect::<Option<_>>()?;
        Some(scores.iter().sum::<f64>() / scores.len() as f64)
    };
    let points: Option<Vec<f64>> = conditions.map(at).collect();
    let points = points?;
    if area {
        let steps = points.windows(2).map(|p| (p[0] + p[1]) / 2.0);
        Some(steps.sum::<f64>() / (points.len() - 1) as f64)
    } else {
        Some(points.iter().sum::<f64>() / points.len() as f64)
    }
}

#[test]
fn a_number_compared_with_others_names_them_too() {
    let dir = tempfile::tempdir().unwrap();
    let m = report(dir.path(), Layout::Full);
    let row = &m.tables["toy-overview-above-baseline"].rows[0];
    let origin = &m.numbered.origins[row.cells["mae"].1.unwrap()];
    let ids = |set: &usize| m.numbered.sets[*set].join(" ");
    let sets: Vec<String> = origin.sets.iter().map(ids).collect();
    assert_eq!(
        (row.row.as_str(), sets),
        ("LNLN", vec!["lnln-11 lnln-12".into(), "constant-11".into()])
    );
    let reference = m.tables["toy-mae"].reference.unwrap();
    assert_eq!(ids(&reference), "lnln-11 lnln-12");
}

/// Trainings at one rate each are one line, whose band spans them all and whose origin names them all.
#[test]
fn training_curves_at_the_tested_rate_show_every_training() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, out) = (dir.path().join("runs"), dir.path().join("out"));
    for (rate, losses) in [(0.0, [4.0, 2.0]), (0.5, [4.0, 3.0])] {
        let mut m = manifest("lnln", 11, &[rate]);
        let condition = Condition::of_number(rate).unwrap();
        m.id = format!("lnln-11-{rate}");
        m.training.noise = Some(noise("fresh", &condition.to_string()));
        m.selection.conditions = vec![condition];
        let run = RunDir::create(&runs, &m.id).unwrap();
        let epoch = |(number, loss): (usize, &f64)| {
            let line = serde_json::json!({ "epoch": number + 1, "losses": { "total": loss } });
            format!("{line}\n")
        };
        let log: String = losses.iter().enumerate().map(epoch).collect();
        fs::write(run.metrics(), log).unwrap();
        run.finish(&m, &evaluation(&m), &predictions(&m)).unwrap();
    }
    write_report(&[&runs], &out, &Options::default()).unwrap();
    let m = ReportManifest::parse(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    let figure = &m.figures["figures/toy-training-loss"];
    let [(_, origin)] = figure.series.as_slice() else {
        panic!("{figure:?}");
    };
    let origin = &m.numbered.origins[origin.unwrap()];
    let ids: Vec<&str> = origin
        .sets
        .iter()
        .flat_map(|set| &m.numbered.sets[*set])
        .map(String::as_str)
        .collect();
    assert_eq!(ids, ["lnln-11-0", "lnln-11-0.5"]);
}

#[test]
fn what_is_written_is_what_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let m = report(dir.path(), Layout::Paper);
    let written = fs::read(dir.path().join("out/manifest.json")).unwrap();
    let written: serde_json::Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(serde_json::to_value(&m).unwrap(), written);
}
