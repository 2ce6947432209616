//! Tests which rows are compared with each other, and the notes on it.

use std::fs;

use super::fixture::{TOY, TRUTH, eleven, manifest, predictions, record, save, scored};
use super::rows::scores::{ScoredRun, score_by};
use super::rows::section::{Section, Tests, sections};
use super::stats::compare::compare;
use super::stats::comparison::{Pairing, ResamplingPlan};
use super::table::build;
use super::{Options, write_report};
use crate::record::Manifest;
use crate::report::rows::aggregate::Aggregate;

const GRID: [f64; 3] = [0.0, 0.5, 1.0];

const EFFORT: ResamplingPlan = ResamplingPlan {
    bootstrap: 200,
    permutations: 199,
};

/// A section of these runs, tested against LNLN.
fn tested(runs: Vec<ScoredRun>) -> Section {
    tested_by(runs, EFFORT)
}

fn tested_by(runs: Vec<ScoredRun>, plan: ResamplingPlan) -> Section {
    let mut section = sections(runs).unwrap().swap_remove(0);
    let reference = section.rows.iter().position(|r| r.model == "lnln").unwrap();
    let comparison = compare(&section, reference, plan).unwrap();
    section.tests = Tests::Done(Box::new(comparison));
    section
}

fn models(seeds: &[(&str, u64)]) -> Vec<ScoredRun> {
    let one = |(model, seed): &(&str, u64)| scored(manifest(model, *seed, &GRID));
    seeds.iter().map(one).collect()
}

fn pairing(section: &Section, model: &str) -> Pairing {
    let index = section.rows.iter().position(|r| r.model == model).unwrap();
    section.comparison().unwrap().pairings[&index].clone()
}

/// The note on tests under the table of the first metric, and how many of its numbers have one.
fn notes(section: &Section) -> (String, usize) {
    let table = build::by_rate(section, &TOY.metrics[0]);
    let cells = table.rows.iter().flat_map(|r| &r.cells);
    let count = cells.filter(|c| c.versus.is_some()).count();
    (table.notes.join("\n"), count)
}

#[test]
fn every_interval_holds_its_number_and_the_derived_baseline_has_none() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, out) = (dir.path().join("runs"), dir.path().join("out"));
    for (model, seed) in [("lnln", 11), ("lnln", 12), ("flat", 11), ("constant", 11)] {
        let mut m = manifest(model, seed, &eleven());
        m.dataset.baselines = [("acc7".to_string(), 3.0), ("mae".to_string(), 0.2)].into();
        save(&runs, &m);
    }
    let options = Options {
        resamples: Some(400),
        ..Options::default()
    };
    write_report(&[&runs], &out, &options).unwrap();
    let text = fs::read(out.join("summary.csv")).unwrap();
    let mut reader = ::csv::Reader::from_reader(&text[..]);
    let heads = reader.headers().unwrap().clone();
    let at = |name: &str| heads.iter().position(|h| h == name).unwrap();
    let [mean, low, high, baseline] = ["mean", "low", "high", "configuration"].map(at);
    let (mut held, mut baselines) = (0, 0);
    for row in reader.records().map(Result::unwrap) {
        let number = |index: usize| row[index].parse::<f64>().ok();
        if let (Some(mean), Some(low), Some(high)) = (number(mean), number(low), number(high)) {
            assert!(low <= mean + 1e-12 && mean <= high + 1e-12, "{row:?}");
            held += 1;
        }
        if &row[baseline] == "best of training labels" {
            assert!(row[low].is_empty() && row[high].is_empty(), "{row:?}");
            baselines += 1;
        }
    }
    assert!(held > 200 && baselines > 50, "{held} {baselines}");
}

#[test]
fn seeds_that_no_other_has_are_paired_by_rank_and_the_note_says_so() {
    let section = tested(models(&[
        ("lnln", 11),
        ("lnln", 12),
        ("lnln", 13),
        ("flat", 1),
        ("flat", 2),
    ]));
    assert_eq!(pairing(&section, "flat"), Pairing::Ranks(2));
    let (notes, count) = notes(&section);
    // Three conditions, their mean and their area.
    assert_eq!(count, 5);
    assert!(
        notes.contains("Tested: each number against that of LNLN"),
        "{notes}"
    );
    assert!(
        notes.contains(
            "FLAT has no seed number in common with LNLN: the first 2 of each are paired by rank."
        ),
        "{notes}"
    );
}

#[test]
fn rows_that_cannot_be_tested_are_named_and_not_every_number_is_then() {
    let mut other = manifest("other", 11, &GRID);
    other.masks[0].seeds = vec![5, 6];
    let mut runs = models(&[("lnln", 11), ("flat", 11)]);
    runs.push(scored(other));
    let section = tested(runs);
    assert_eq!(
        pairing(&section, "other"),
        Pairing::Unpaired("other mask seeds than the reference")
    );
    let (notes, count) = notes(&section);
    assert_eq!(count, 5);
    assert!(
        notes.contains("Tested: each number but those named next, against that of LNLN"),
        "{notes}"
    );
    assert!(
        notes.contains("Not tested: OTHER (other mask seeds than the reference)."),
        "{notes}"
    );
}

#[test]
fn too_few_permutations_for_the_tests_of_a_table_are_noted() {
    let notes = |permutations| {
        let plan = ResamplingPlan {
            permutations,
            ..EFFORT
        };
        let runs = models(&[("lnln", 11), ("flat", 11)]);
        notes(&tested_by(runs, plan)).0
    };
    // Five tests, each with p at least 1 in 100.
    let coarse = notes(99);
    assert!(
        coarse.contains(
            "With 99 permutations no corrected p of these 5 tests can fall below 0.05: nothing can \
             be bold; more permutations (--resamples) could tell."
        ),
        "{coarse}"
    );
    assert!(!coarse.contains("it may be chance"), "{coarse}");
    let fine = notes(100);
    assert!(!fine.contains("nothing can be bold"), "{fine}");
    assert!(
        fine.contains("Underlined: best, but it may be chance."),
        "{fine}"
    );
}

#[test]
fn a_metric_of_ranks_has_no_test_and_is_named() {
    let metric = crate::metric::protocol("mosi").unwrap();
    let by = |m: Manifest| score_by(metric, record(m)).unwrap().swap_remove(0);
    let runs =
        [("lnln", 11), ("flat", 11)].map(|(model, seed)| by(manifest(model, seed, &GRID[..2])));
    let mut section = sections(runs.to_vec()).unwrap().swap_remove(0);
    let shown = ["mae", "spearman"].map(|name| metric.metric(name).unwrap());
    section.metrics = shown.to_vec();
    let reference = section.rows.iter().position(|r| r.model == "lnln").unwrap();
    section.tests = Tests::Done(Box::new(compare(&section, reference, EFFORT).unwrap()));
    let notes = build::overview(&section).notes.join("\n");
    assert!(notes.contains("Spearman (it has no such test)"), "{notes}");
}

/// A third seed of one row alone, far off, moves neither the difference nor its interval.
#[test]
fn the_interval_of_a_difference_is_over_the_seeds_of_the_difference() {
    let mut wild = record(manifest("flat", 13, &GRID));
    let mut rows: Vec<_> = wild.predictions.iter().collect();
    rows.iter_mut().for_each(|row| row.prediction = -row.truth);
    wild.predictions = Default::default();
    rows.iter().for_each(|row| wild.predictions.push(row));
    let mut runs = models(&[("lnln", 11), ("lnln", 12), ("flat", 11), ("flat", 12)]);
    let plain = tested(runs.clone());
    runs.push(score_by(&TOY, wild).unwrap().swap_remove(0));
    let section = tested(runs);
    assert_eq!(pairing(&section, "flat"), Pairing::Shared(2));
    let find = |section: &Section| {
        let index = section.rows.iter().position(|r| r.model == "flat").unwrap();
        let aggregate = Aggregate::At(section.conditions[0]);
        let found = section
            .comparison()
            .unwrap()
            .find(index, "acc_2", &aggregate);
        found.unwrap().test.unwrap()
    };
    let (with, without) = (find(&section), find(&plain));
    assert_eq!(with, without);
    let [low, high] = with.interval.unwrap();
    assert!(
        low <= with.difference && with.difference <= high,
        "{with:?}"
    );
}

/// The truth identifies the samples.
#[test]
fn other_labels_are_a_reason_not_to_test() {
    let mut other = record(manifest("other", 11, &GRID));
    let mut rows: Vec<_> = predictions(&other.manifest).iter().collect();
    let moved = |row: &mut crate::record::Prediction| row.truth = -row.truth;
    rows.iter_mut()
        .filter(|r| r.truth == TRUTH[0])
        .for_each(moved);
    other.predictions = Default::default();
    rows.iter().for_each(|row| other.predictions.push(row));
    let mut runs = models(&[("lnln", 11)]);
    runs.push(score_by(&TOY, other).unwrap().swap_remove(0));
    let section = tested(runs);
    let why = "other samples or labels than the reference";
    assert_eq!(pairing(&section, "other"), Pairing::Unpaired(why));
}
