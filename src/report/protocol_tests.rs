//! Tests reports on models that were trained by different protocols.

use super::fixture::{TOY, manifest, noise, scored};
use super::format::scores_csv;
use super::origin::Origin;
use super::table::{Cell, build};
use crate::record::training::NoiseMetadata;
use crate::report::rows::provenance;
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::sort::sections;

const GRID: [f64; 3] = [0.0, 0.5, 1.0];

/// One model under the three training protocols, and the baseline.
fn protocols() -> Vec<ScoredRun> {
    let under = |id: &str, noise: NoiseMetadata, rates: &[f64]| {
        let mut manifest = manifest("lnln", 11, rates);
        (manifest.id, manifest.training.noise) = (id.into(), Some(noise));
        manifest
    };
    let mut runs = vec![
        under("clean", noise("clean", "half-complete"), &GRID),
        under("mixed", noise("fresh", "half-complete"), &GRID),
    ];
    for rate in GRID {
        let noise = noise("fresh", &rate.to_string());
        let mut at = under(&format!("at-{rate}"), noise, &[rate]);
        at.selection.conditions = at.masks[0].conditions.clone();
        runs.push(at);
    }
    let mut baseline = manifest("constant", 11, &GRID);
    baseline.training.epochs = 0;
    runs.push(baseline);
    runs.into_iter().map(scored).collect()
}

/// Ids of the runs a cell is computed from.
fn runs(cell: &Cell) -> &[String] {
    match &cell.origin {
        Origin::Runs(files) => &files.runs[0],
        other => panic!("expected runs, found {other:?}"),
    }
}

#[test]
fn training_protocols_are_part_of_the_label_and_rates_join_into_one_row() {
    let section = sections(protocols()).unwrap().swap_remove(0);
    let labels: Vec<_> = section.rows.iter().map(|r| r.label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "LNLN (trained on mixed noise)",
            "LNLN (trained on clean data)",
            "LNLN (trained at the tested rate)",
            "CONSTANT (baseline)"
        ]
    );
    let table = build::by_rate(&section, &TOY.metrics[0]);
    let (mixed, per_rate) = (&table.rows[0].cells, &table.rows[2].cells);
    for (at, rate) in GRID.iter().enumerate() {
        assert_eq!(per_rate[at].content, mixed[at].content);
        assert_eq!(runs(&per_rate[at]), [format!("at-{rate}")]);
    }
    let mean = &per_rate[GRID.len()];
    assert_eq!(mean.content, mixed[GRID.len()].content);
    assert_eq!(runs(mean).len(), GRID.len(), "{:?}", mean.origin);
    assert!(
        table
            .legend
            .iter()
            .any(|note| note.contains("a training per rate"))
    );
    let scores = String::from_utf8(scores_csv::scores(&[&section]).unwrap()).unwrap();
    let of = |id: &str| scores.lines().filter(|line| line.ends_with(id)).count();
    assert_eq!(of(",at-0.5") * GRID.len(), of(",mixed"));
    let settings = crate::report::table::provenance::table(&section).unwrap();
    let noise = settings.columns.iter().position(|c| c.name == "noise");
    let noise = noise.unwrap();
    let row = settings
        .rows
        .iter()
        .find(|row| row.label.contains("at the tested rate"))
        .unwrap();
    assert_eq!(
        row.cells[noise].content.text(),
        "a new random mask in every epoch, at the tested rate"
    );
    let listed = provenance::runs(&section);
    assert_eq!(listed.len(), 3 + GRID.len());
}

#[test]
fn a_protocol_that_all_models_share_is_a_note() {
    let mut runs = protocols();
    runs.retain(|run| ["clean", "constant-11"].contains(&&*run.manifest.id));
    let section = sections(runs).unwrap().swap_remove(0);
    assert_eq!(section.rows[0].label, "LNLN");
    let table = build::overview(&section);
    assert!(
        table
            .legend
            .iter()
            .any(|note| note == "models were trained on clean data")
    );
}
