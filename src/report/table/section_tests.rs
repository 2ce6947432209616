//! Tests the tables of whole sections.

use super::{Cell, Content};
use super::{ablation, above, build, efficiency, paper};
use crate::mask::Condition;
use crate::record::manifest::ExternalMetadata;
use crate::record::training::TrainingMetadata;
use crate::report::fixture::{
    self, TOY, eleven, manifest, record, scored, section, test_against, test_plan,
};
use crate::report::format::markdown;
use crate::report::rows::baseline;
use crate::report::rows::provenance;
use crate::report::rows::scores::score_by;
use crate::report::rows::section::Section;
use crate::report::rows::sort::sections;

/// A small grid.
const GRID: [f64; 3] = [0.0, 0.5, 1.0];

#[test]
fn whole_missing_modalities_have_a_column_each_and_their_mean() {
    let mut m = manifest("lnln", 11, &[]);
    m.masks = vec![fixture::masks("modality", Condition::SUBSETS.to_vec())];
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
fn the_papers_layout_puts_published_numbers_next_to_ours() {
    let section = like_the_papers("random");
    let tables = paper::tables(&section);
    let overall = markdown::table(&tables[0], 3);
    assert!(
        overall.contains("1.046<sup>") && overall.contains("| MISA | - |"),
        "{overall}"
    );
    assert!(overall.contains("Zhang et al. 2024, Table 2."), "{overall}");
    let conditions = markdown::table(tables.last().unwrap(), 3);
    let (_, at) = conditions.split_once("| **missing rate 0.7** |").unwrap();
    let (at, _) = at.split_once("| **missing rate 0.8** |").unwrap();
    assert!(at.contains("| CENET |"), "{conditions}");
}

/// LNLN and a weaker model on MOSI at the paper's ten rates, by masks of this mask protocol.
fn like_the_papers(mask_protocol: &str) -> Section {
    let rates: Vec<f64> = (0..10).map(|i| f64::from(i) / 10.0).collect();
    let runs = [("lnln", 11), ("lnln", 12), ("flat", 11), ("flat", 12)].map(|(model, seed)| {
        let mut m = manifest(model, seed, &rates);
        m.dataset.name = "mosi".into();
        m.selection.rule = Some(crate::record::SelectionRule::Paper);
        m.masks = vec![fixture::masks(mask_protocol, m.masks[0].conditions.clone())];
        scored(m)
    });
    sections(runs.to_vec()).unwrap().swap_remove(0)
}

#[test]
fn the_papers_layout_marks_tests_and_says_how_weights_were_selected() {
    let mut section = like_the_papers("random");
    test_against(&mut section, "lnln", test_plan("acc_2", 99));
    for table in paper::tables(&section) {
        let text = markdown::table(&table, 3);
        let has = |part: &str| assert!(text.contains(part), "{part}: {text}");
        has("over 2 seeds");
        has("\\*: differs from LNLN with p &lt; 0.05 over other samples and seeds (");
        has("Not tested: MAE and Slope");
        has("Weights selected by the best test epoch, the rule of LNLN's published code");
        assert!(text.contains("<u>") || text.contains("**0"), "{text}");
        assert!(table.reference.is_some());
    }
}

#[test]
fn the_papers_layout_says_how_far_our_numbers_are_above_the_baseline() {
    let mosi = crate::metric::protocol("mosi").unwrap();
    let runs = ["lnln", "flat", "constant"].map(|model| {
        let mut m = manifest(model, 11, &GRID);
        m.dataset.name = "mosi".into();
        m.masks = vec![fixture::masks("random", m.masks[0].conditions.clone())];
        score_by(mosi, record(m)).unwrap().swap_remove(0)
    });
    let section = sections(runs.to_vec()).unwrap().swap_remove(0);
    let tables = paper::tables(&section);
    let above = &tables[1];
    assert_eq!(above.id, "mosi-paper-overall-above-baseline");
    assert!(above.columns.iter().all(|c| c.group.is_empty()));
    let labels: Vec<_> = above.rows.iter().map(|r| r.label.as_str()).collect();
    assert_eq!(labels, ["FLAT", "LNLN"]);
    let value = |cell: &Cell| match &cell.content {
        Content::Number { value, .. } => Some(*value),
        _ => None,
    };
    for (row, plain) in above.rows.iter().zip(build::overview(&section).rows) {
        let found = row.cells.iter().flat_map(Cell::numbers).map(value);
        let found: Vec<Option<f64>> = found.collect();
        let expected: Vec<Option<f64>> = plain.cells.iter().map(|c| c.above_baseline).collect();
        assert_eq!(found, expected, "{}", row.label);
        assert_eq!(found.iter().flatten().count(), mosi.metrics.len() - 1);
    }
    let text = markdown::table(above, 3);
    let note = "Numbers: mean of 0, 0.5, 1. Acc-2 and F1 of MOSI and MOSEI: Non0 / Has0";
    assert!(text.contains(note), "{text}");
}

#[test]
fn published_numbers_of_other_masks_are_left_out_and_the_note_says_so() {
    let section = like_the_papers("block");
    let tables = paper::tables(&section);
    let overall = markdown::table(&tables[0], 3);
    assert!(
        !overall.contains("1.046") && !overall.contains("MISA"),
        "{overall}"
    );
    assert!(
        overall.contains(
            "Published numbers of incomplete data were made with other masks (reference, random, \
             modality) than these (block v1) and are left out."
        ),
        "{overall}"
    );
    // At rate 0 nothing is missing by any mask.
    let conditions = markdown::table(tables.last().unwrap(), 3);
    let (complete, rest) = conditions.split_once("| **missing rate 0.1** |").unwrap();
    assert!(
        complete.contains("| MISA |") && !rest.contains("| MISA |"),
        "{conditions}"
    );
}

#[test]
fn metrics_share_a_printed_column_only_where_zero_makes_the_difference() {
    let protocol = crate::metric::protocol("mosi").unwrap();
    let mut section = like_the_papers("random");
    section.protocol = protocol;
    let names = [
        "f1_non0",
        "f1_has0",
        "f1_swapped_non0",
        "f1_swapped_has0",
        "f1_macro7",
    ];
    section.metrics = names.iter().map(|n| protocol.metric(n).unwrap()).collect();
    let table = &paper::tables(&section)[0];
    let own: Vec<_> = table.columns[..3]
        .iter()
        .map(|c| c.title.as_str())
        .collect();
    assert_eq!(own, ["F1", "F1 swapped", "macro F1 (7 classes)"]);
    assert_eq!(
        table.columns[1].metrics,
        ["f1_swapped_non0", "f1_swapped_has0"]
    );
}

#[test]
fn costs_of_a_model_from_elsewhere_are_unknown_and_not_zero() {
    let mut m = manifest("mine", 11, &GRID);
    m.model.parameters = None;
    m.external = Some(ExternalMetadata {
        file: "mine.csv".into(),
        blake3: "d821b4".into(),
        rows: 10,
        doubts: Vec::new(),
        allowed: Vec::new(),
    });
    m.training = TrainingMetadata::unknown();
    m.wall_seconds = 0.0;
    let runs = vec![scored(m), scored(manifest("lnln", 11, &GRID))];
    let section = sections(runs).unwrap().swap_remove(0);
    let text = markdown::table(&efficiency::table(&section), 3);
    let row = text.lines().find(|l| l.starts_with("| MINE |")).unwrap();
    assert_eq!(row.matches("n/a<sup>a</sup>").count(), 4, "{text}");
    assert!(text.contains("predicted outside of this program"), "{text}");
    assert!(!text.contains("mine.csv"), "a file is no device: {text}");
    let runs = provenance::runs(&section);
    let own = runs.iter().find(|run| run[1] == "MINE").unwrap();
    assert_eq!([&own[3], &own[4]], ["outside this program"; 2]);
    let settings = super::provenance::table(&section).unwrap();
    let row = settings
        .rows
        .iter()
        .find(|row| row.label == "MINE")
        .unwrap();
    assert!(
        row.cells
            .iter()
            .all(|cell| cell.content == Content::Missing),
        "{row:?}"
    );
}

#[test]
fn what_is_undefined_has_its_reason_in_tables_of_distances_and_changes() {
    let changed = |seed| {
        let mut m = manifest("flat:x", seed, &[1.0]);
        m.model.title = "FLAT without x".into();
        m
    };
    // FLAT predicts the same for every sample when all is missing: no slope there.
    let runs = [
        manifest("flat", 11, &[1.0]),
        changed(11),
        manifest("constant", 11, &[1.0]),
    ];
    let section = sections(runs.map(scored).to_vec()).unwrap().swap_remove(0);
    let variants = markdown::table(&ablation::tables(&section)[0], 3);
    assert!(
        variants.contains("Undefined: all predictions are equal"),
        "{variants}"
    );
    let above = above::table(&section, &build::overview(&section)).unwrap();
    let above = markdown::table(&above, 3);
    assert!(
        above.contains("n/a<sup>") && above.contains("the baselines have no such score"),
        "{above}"
    );
}

#[test]
fn changes_are_tested_where_the_unchanged_model_is_the_reference() {
    let changed = |seed| {
        let mut m = manifest("lnln:no-rec", seed, &GRID);
        m.model.title = "LNLN without reconstruction".into();
        m
    };
    let runs = [
        manifest("lnln", 11, &GRID),
        manifest("lnln", 12, &GRID),
        changed(11),
        changed(12),
        manifest("flat", 11, &GRID),
        manifest("flat", 12, &GRID),
    ];
    let mut section = sections(runs.map(scored).to_vec()).unwrap().swap_remove(0);
    test_against(&mut section, "lnln", test_plan("acc_2", 99));
    let table = &ablation::tables(&section)[0];
    let tested = table.rows[1].cells.iter().filter(|c| c.versus.is_some());
    assert_eq!(tested.count(), 1, "of the toy metrics one has sums");
    let notes = table.notes.join(" ");
    assert!(
        notes.contains("*: differs from LNLN with p < 0.05 over other samples and seeds"),
        "{notes}"
    );
    test_against(&mut section, "flat", test_plan("acc_2", 99));
    let notes = ablation::tables(&section)[0].notes.join(" ");
    let why = "Changes were not tested, since tests are against FLAT: ask with --reference lnln.";
    assert!(notes.contains(why), "{notes}");
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
fn baselines_of_the_training_labels_are_a_row_and_models_stand_above_it() {
    let baselines = |mut m: crate::record::Manifest| {
        m.dataset.baselines = [("acc_2".to_string(), 1.0), ("mae".to_string(), 0.2)].into();
        m
    };
    let mut section = sections(vec![scored(baselines(manifest("lnln", 11, &GRID)))])
        .unwrap()
        .swap_remove(0);
    baseline::add(&mut section).unwrap();
    let table = build::overview(&section);
    assert_eq!(table.rows[1].label, "Best training constant (baseline)");
    assert_eq!(table.rows[1].cells[0].content.text(), "50.00");
    assert_eq!(table.rows[1].cells[2].content.text(), "n/a");
    let (model, baseline) = (&table.rows[0].cells[0], 50.0);
    let above = model.content.text().parse::<f64>().unwrap() - baseline;
    assert!((model.above_baseline.unwrap() - above).abs() < 0.01);
    assert_eq!(
        section.runs().count(),
        1,
        "the baseline's row is no run of its own"
    );
}

#[test]
fn tests_against_the_reference_reach_the_tables() {
    let mut section = section(&eleven());
    test_against(&mut section, "lnln", test_plan("acc_2", 199));
    let reference = section.rows.iter().position(|r| r.model == "lnln").unwrap();
    let table = build::by_rate(&section, &TOY.metrics[0]);
    let flat = &table.rows[0].cells[0];
    let p = |versus: super::Versus| [versus.p, versus.p_permutation].map(Option::unwrap);
    assert!(
        p(flat.versus.unwrap())
            .iter()
            .all(|p| *p > 0.0 && *p <= 1.0)
    );
    let [low, high] = flat.interval.unwrap();
    let value = flat.content.text().parse::<f64>().unwrap();
    assert!(low <= value && value <= high);
    assert!(table.rows[reference].cells[0].versus.is_none());
    let star = "*: differs from LNLN with p < 0.05 over other samples and seeds (Holm's correction for \
                the 12 tests of the whole report, shown or not; the primary test, of Acc-2, is not corrected)";
    assert!(
        table.legend.iter().any(|one| one == star),
        "{:?}",
        table.legend
    );
    assert!(table.notes.len() < 3, "{:?}", table.notes);
}
