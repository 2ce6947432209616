//! Tables of whole sections.

use super::{ablation, build, paper};
use crate::mask::Level;
use crate::report::fixture::{self, TOY, eleven, manifest, scored, section};
use crate::report::format::markdown;
use crate::report::run::floor;
use crate::report::run::section::{Tests, sections};
use crate::report::stats::compare::compare;
use crate::report::stats::finding::Effort;

/// A small grid.
const GRID: [f64; 3] = [0.0, 0.5, 1.0];

#[test]
fn whole_missing_modalities_have_a_column_each_and_their_mean() {
    let mut m = manifest("lnln", 11, &[]);
    m.masks = vec![fixture::masks("modality", Level::SUBSETS.to_vec())];
    let section = sections(vec![scored(m)]).unwrap().swap_remove(0);
    let table = build::by_rate(&section, &TOY.metrics[1]);
    let titles: Vec<_> = table.columns.iter().map(|c| c.title.as_str()).collect();
    assert_eq!(titles, ["L", "A", "V", "LA", "LV", "AV", "mean of six"]);
    assert_eq!(table.columns[0].group, "missing modalities");
    let number = |i: usize| {
        table.rows[0].cells[i]
            .content
            .text()
            .parse::<f64>()
            .unwrap()
    };
    let mean = (0..6).map(number).sum::<f64>() / 6.0;
    assert!((number(6) - mean).abs() < 1e-3);
}

#[test]
fn the_papers_layout_puts_published_numbers_beside_ours() {
    let rates: Vec<f64> = (0..10).map(|i| f64::from(i) / 10.0).collect();
    let mut m = manifest("lnln", 11, &rates);
    m.dataset.name = "mosi".into();
    let section = sections(vec![scored(m)]).unwrap().swap_remove(0);
    let tables = paper::tables(&section);
    let overall = markdown::table(&tables[0], 3);
    assert!(
        overall.contains("1.046<sup>") && overall.contains("| MISA | - |"),
        "{overall}"
    );
    assert!(overall.contains("Zhang et al. 2024, Table 2."), "{overall}");
    let levels = markdown::table(&tables[1], 3);
    let (_, at) = levels.split_once("| **missing rate 0.7** |").unwrap();
    let (at, _) = at.split_once("| **missing rate 0.8** |").unwrap();
    assert!(at.contains("| CENET |"), "{levels}");
}

#[test]
fn variants_of_a_model_are_compared_with_the_unchanged_one() {
    let changed = |seed| {
        let mut m = manifest("lnln:no-rec", seed, &GRID);
        m.model.title = "LNLN without reconstruction".into();
        m
    };
    let runs = vec![
        changed(11),
        manifest("lnln", 11, &GRID),
        manifest("flat", 11, &GRID),
    ];
    let section = sections(runs.into_iter().map(scored).collect())
        .unwrap()
        .swap_remove(0);
    let tables = ablation::tables(&section);
    assert_eq!(tables.len(), 1);
    let rows: Vec<_> = tables[0].rows.iter().map(|r| r.label.as_str()).collect();
    assert_eq!(rows, ["LNLN", "LNLN without reconstruction"]);
    let text = |row: usize, column: usize| tables[0].rows[row].cells[column].content.text();
    assert_eq!(text(0, 3), "-");
    let change = text(1, 2).parse::<f64>().unwrap() - text(0, 2).parse::<f64>().unwrap();
    assert!((text(1, 3).parse::<f64>().unwrap() - change).abs() < 2e-3);
}

#[test]
fn floors_of_the_training_labels_are_a_row_and_models_stand_above_it() {
    let floors = |mut m: crate::record::Manifest| {
        m.dataset.floors = [("acc_2".to_string(), 1.0), ("mae".to_string(), 0.2)].into();
        m
    };
    let mut section = sections(vec![scored(floors(manifest("lnln", 11, &GRID)))])
        .unwrap()
        .swap_remove(0);
    floor::add(&mut section).unwrap();
    let table = build::overview(&section);
    assert_eq!(table.rows[1].label, "Best constant (floor)");
    assert_eq!(table.rows[1].cells[0].content.text(), "50.00");
    assert_eq!(table.rows[1].cells[2].content.text(), "n/a");
    let (model, floor) = (&table.rows[0].cells[0], 50.0);
    let above = model.content.text().parse::<f64>().unwrap() - floor;
    assert!((model.above_floor.unwrap() - above).abs() < 0.01);
    assert_eq!(
        section.runs().count(),
        1,
        "the floor's row is no run of its own"
    );
}

#[test]
fn tests_against_the_reference_reach_the_tables() {
    let mut section = section(&eleven());
    let effort = Effort {
        bootstrap: 200,
        permutations: 199,
    };
    let reference = section.rows.iter().position(|r| r.model == "lnln").unwrap();
    section.tests = Tests::Done(Box::new(compare(&section, reference, effort).unwrap()));
    let table = build::by_rate(&section, &TOY.metrics[0]);
    let flat = &table.rows[0].cells[0];
    assert!(
        flat.versus.is_some_and(|v| v.p > 0.0 && v.p <= 1.0),
        "{flat:?}"
    );
    let [low, high] = flat.interval.unwrap();
    let value = flat.content.text().parse::<f64>().unwrap();
    assert!(low <= value && value <= high);
    assert!(table.rows[reference].cells[0].versus.is_none());
    assert!(
        table.notes[1].starts_with("Tested: each number against that of LNLN"),
        "{:?}",
        table.notes
    );
}
