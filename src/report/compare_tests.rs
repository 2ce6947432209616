//! Tests which rows are compared with each other, and the notes on it.

use std::fs;

use super::fixture::{
    TOY, TRUTH, eleven, manifest, predictions, record, save, scored, test_against, test_plan,
};
use super::rows::scores::{ScoredRun, score_by};
use super::rows::section::Section;
use super::rows::sort::sections;
use super::stats::comparison::{Pairing, Test};
use super::table::{build, primary};
use super::{Options, write_report};
use crate::record::Manifest;
use crate::report::rows::aggregate::{Aggregate, SeedSummary};

const GRID: [f64; 3] = [0.0, 0.5, 1.0];

/// A section of these runs, tested against LNLN.
fn tested(runs: Vec<ScoredRun>) -> Section {
    let mut section = sections(runs).unwrap().swap_remove(0);
    test_against(&mut section, "lnln", test_plan("acc_2", 199));
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
    (table.legend.join("\n"), count)
}

#[test]
fn every_interval_holds_its_number_and_the_derived_baseline_has_none() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, out) = (dir.path().join("runs"), dir.path().join("out"));
    for (model, seed) in [
        ("lnln", 11),
        ("lnln", 12),
        ("flat", 11),
        ("flat", 12),
        ("constant", 11),
    ] {
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
fn permutations_pair_seeds_that_no_other_has_by_rank() {
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
    assert!(notes.contains("*: differs from LNLN"), "{notes}");
    assert!(
        notes.contains("over seeds: 2 for FLAT, 3 for LNLN"),
        "{notes}"
    );
}

#[test]
fn rows_that_cannot_be_tested_are_named() {
    let two = [11, 12];
    let mut runs = models(&[
        ("lnln", 11),
        ("lnln", 12),
        ("flat", 11),
        ("flat", 12),
        ("one", 11),
    ]);
    runs.extend(two.map(|seed| {
        let mut other = manifest("other", seed, &GRID);
        other.masks[0].seeds = vec![5, 6];
        scored(other)
    }));
    let section = tested(runs);
    assert_eq!(
        pairing(&section, "other"),
        Pairing::Unpaired("other mask seeds than the reference")
    );
    let (notes, count) = notes(&section);
    assert_eq!(count, 10);
    let open = "not tested: ONE (one seed, and a test of models needs two)\nnot tested: OTHER (other mask seeds than \
                the reference)";
    assert!(notes.contains(open), "{notes}");
}

#[test]
fn with_one_seed_of_the_reference_nothing_is_claimed_and_trainings_are_still_compared() {
    let section = tested(models(&[
        ("lnln", 11),
        ("flat", 11),
        ("flat", 12),
        ("misa", 11),
    ]));
    let notes = notes(&section).0;
    let why = "no test of models, since LNLN has one seed: such a test needs two of each model";
    assert!(notes.contains(why), "{notes}");
    let table = build::by_rate(&section, &TOY.metrics[0]);
    let flat = &table.rows[0].cells[0];
    let versus = flat.versus.unwrap();
    assert_eq!((versus.p, versus.interval), (None, None));
    assert!(versus.p_permutation.is_none() && flat.interval.is_some());
    let misa = table.rows.iter().find(|row| row.label == "MISA").unwrap();
    let pair = misa.cells[0].versus.unwrap();
    assert!(pair.p.is_none() && pair.p_permutation.is_some());
    assert!(table.rows[1].cells[0].interval.is_none() && table.numbers().all(|c| !c.significant));
}

#[test]
fn a_metric_of_ranks_has_no_test_and_is_named() {
    let metric = crate::metric::protocol("mosi").unwrap();
    let by = |m: Manifest| score_by(metric, record(m)).unwrap().swap_remove(0);
    let seeds = [("lnln", 11), ("lnln", 12), ("flat", 11), ("flat", 12)];
    let runs = seeds.map(|(model, seed)| by(manifest(model, seed, &GRID[..2])));
    let mut section = sections(runs.to_vec()).unwrap().swap_remove(0);
    let shown = ["mae", "spearman"].map(|name| metric.metric(name).unwrap());
    section.metrics = shown.to_vec();
    test_against(&mut section, "lnln", test_plan("mae", 199));
    let notes = build::overview(&section).notes.join("\n");
    assert!(
        notes.contains("Not tested: Spearman, which no sum over samples gives."),
        "{notes}"
    );
}

/// A third seed of one row alone moves the difference, and has no partner for permutations.
#[test]
fn differences_are_over_all_seeds_and_permutations_take_all_or_none() {
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
    let aggregate = Aggregate::At(section.conditions[0]);
    let find = |section: &Section| -> Test {
        let comparison = section.comparison().unwrap();
        comparison
            .find(0, "acc_2", &aggregate)
            .unwrap()
            .test
            .unwrap()
    };
    let (with, without) = (find(&section), find(&plain));
    assert!(with.p_permutation.is_none() && without.p_permutation.is_some());
    let mean = |row: usize| match aggregate.over_seeds(&section.rows[row].runs, "acc_2") {
        SeedSummary::Known(summary) => summary.mean,
        other => panic!("{other:?}"),
    };
    assert_eq!(with.difference, mean(0) - mean(1));
    assert_ne!(with.difference, without.difference);
}

#[test]
fn a_p_by_permutation_of_some_seeds_is_not_beside_a_difference_of_all() {
    let section = tested(models(&[
        ("lnln", 11),
        ("lnln", 12),
        ("flat", 11),
        ("flat", 12),
        ("flat", 13),
        ("misa", 11),
        ("misa", 12),
    ]));
    let table = primary::table(&section).unwrap();
    let last = |label: &str| {
        let row = table.rows.iter().find(|row| row.label == label).unwrap();
        row.cells.last().unwrap().content.text()
    };
    assert_eq!(last("FLAT"), "-");
    assert_ne!(last("MISA"), "-");
    assert!(table.notes[0].contains("different numbers of seeds"));
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
