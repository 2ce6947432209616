//! Tests which rows a section has, what they are called, and their order.

use super::fixture::{manifest, masks, scored, test_against, test_plan};
use super::options::{Options, ReferenceRow};
use super::rows::joined::describe;
use super::rows::order;
use super::rows::reference::{Reference, Why};
use super::rows::scores::ScoredRun;
use super::rows::section::Section;
use super::rows::sort::sections;
use crate::mask::Condition;
use crate::record::Manifest;
use crate::record::manifest::ExternalMetadata;

const GRID: [f64; 2] = [0.0, 0.5];

fn labels(section: &Section) -> Vec<&str> {
    section.rows.iter().map(|row| &*row.label).collect()
}

fn one(runs: Vec<Manifest>) -> Section {
    let runs: Vec<ScoredRun> = runs.into_iter().map(scored).collect();
    sections(runs).unwrap().swap_remove(0)
}

/// A run with another id and some change.
fn changed(mut manifest: Manifest, id: &str, change: impl Fn(&mut Manifest)) -> Manifest {
    manifest.id = id.into();
    change(&mut manifest);
    manifest
}

#[test]
fn masks_of_rates_come_before_those_of_modalities_in_the_order_of_the_registry() {
    let under = |protocol: &str| {
        let conditions = if protocol == "modality" {
            Condition::SUBSETS.to_vec()
        } else {
            let rates = GRID.into_iter().filter_map(Condition::of_number);
            rates.collect()
        };
        let mut m = manifest("lnln", 11, &[]);
        (m.id, m.masks) = (protocol.into(), vec![masks(protocol, conditions)]);
        scored(m)
    };
    let runs = ["block", "modality", "reference", "random"].map(under);
    let found = sections(runs.to_vec()).unwrap();
    let masks: Vec<String> = found.iter().map(Section::masks).collect();
    assert_eq!(
        masks,
        ["random v1", "block v1", "reference v1", "modality v1"]
    );
}

fn three() -> Section {
    let mut section = one(vec![
        manifest("flat", 11, &GRID),
        manifest("lnln", 11, &GRID),
        manifest("misa", 11, &GRID),
        manifest("constant", 11, &GRID),
    ]);
    section.reference = Reference::of(&section.title, &section.rows, None).unwrap();
    section
}

fn arranged(options: Options) -> Vec<String> {
    let mut section = three();
    section.arrange(&order::shown(&section, &options));
    labels(&section).into_iter().map(String::from).collect()
}

#[test]
fn rows_come_by_the_primary_metric_or_as_asked_for_and_baselines_last() {
    let mut by_mean = three();
    let order = order::shown(&by_mean, &Options::default());
    by_mean.arrange(&order);
    let goodness = |label: &str| {
        let row = by_mean.rows.iter().find(|row| row.label == label).unwrap();
        let values = row.runs[0].conditions["mae"].values();
        values.map(|v| v.clone().unwrap()).sum::<f64>()
    };
    let shown = labels(&by_mean);
    assert_eq!(shown[3], "CONSTANT (baseline)");
    assert!(
        shown[..3]
            .windows(2)
            .all(|two| goodness(two[0]) <= goodness(two[1]))
    );
    let models = |names: &[&str]| Options {
        models: names.iter().map(|name| name.to_string()).collect(),
        ..Options::default()
    };
    // By registry name and by title, whatever their means.
    for names in [["misa", "FLAT", "lnln"], ["lnln", "MISA", "flat"]] {
        let expected = names.map(str::to_uppercase);
        assert_eq!(arranged(models(&names))[..3], expected);
    }
    assert_eq!(arranged(models(&["misa"])), ["MISA", "CONSTANT (baseline)"]);
}

#[test]
fn the_reference_comes_first_or_last_and_baselines_can_be_left_out() {
    let options = |place, no_baseline| Options {
        reference_row: Some(place),
        no_baseline,
        ..Options::default()
    };
    assert_eq!(arranged(options(ReferenceRow::First, true))[0], "LNLN");
    let last = arranged(options(ReferenceRow::Last, true));
    assert_eq!((last.len(), &*last[2]), (3, "LNLN"));
    let last = arranged(options(ReferenceRow::Last, false));
    assert_eq!(last[2..], ["LNLN", "CONSTANT (baseline)"]);
}

#[test]
fn tests_follow_their_rows_to_other_places() {
    let mut section = three();
    test_against(&mut section, "lnln", test_plan("acc_2", 9));
    let found = |section: &Section| {
        let comparison = section.comparison().unwrap();
        let aggregate = crate::report::rows::aggregate::Aggregate::overall(&section.conditions);
        let rows = section.rows.iter().enumerate();
        let mut all: Vec<_> = rows
            .map(|(row, r)| (r.label.clone(), comparison.find(row, "acc_2", &aggregate)))
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    };
    let before = found(&section);
    section.arrange(&[3, 2, 0, 1]);
    assert_eq!(found(&section), before);
    let row = section.comparison().unwrap().reference.row.unwrap();
    assert_eq!(section.rows[row].label, "LNLN");
    section.arrange(&[0, 1]);
    assert_eq!((section.rows.len(), section.hidden.len()), (2, 2));
    assert_eq!(section.comparison().unwrap().reference.row, None);
}

#[test]
fn the_reference_does_not_change_in_silence() {
    let of = |section: &Section, name: Option<&str>| {
        let found = Reference::of(&section.title, &section.rows, name);
        found.unwrap().unwrap()
    };
    let default = of(&three(), None);
    assert_eq!((&*default.title, default.why), ("LNLN", Why::Default));
    assert!(default.describe().contains("reference LNLN (the default)"));
    assert_eq!(of(&three(), Some("MISA")).why, Why::Asked);
    // Of two LNLN the one trained longer, and the other is named.
    let short = |m: &mut Manifest| m.training.epochs = 1;
    let two = one(vec![
        manifest("lnln", 11, &GRID),
        changed(manifest("lnln", 11, &GRID), "short", short),
    ]);
    let chosen = of(&two, None);
    assert_eq!(chosen.others, ["LNLN (1 epoch)"]);
    assert!(
        chosen
            .describe()
            .contains("not LNLN (1 epoch); --reference"),
        "{}",
        chosen.describe()
    );
    let none = one(vec![
        manifest("misa", 11, &GRID),
        manifest("flat", 11, &GRID),
    ]);
    // Two models that differ in upper and lower case alone.
    let alike = one(vec![
        manifest("Mine", 11, &GRID),
        manifest("mine", 11, &GRID),
    ]);
    assert_eq!(
        ["Mine", "mine"].map(|name| of(&alike, Some(name)).model),
        ["Mine", "mine"]
    );
    let first = of(&none, None);
    assert_eq!((&*first.title, first.why), ("FLAT", Why::First));
    assert!(first.describe().contains("there is no LNLN"));
}

#[test]
fn seeds_tested_at_other_conditions_are_joined_at_those_they_share() {
    let section = one(vec![
        manifest("lnln", 11, &[0.0, 0.5]),
        manifest("lnln", 12, &[0.0, 0.5, 1.0]),
        manifest("misa", 11, &[0.0]),
    ]);
    assert_eq!(labels(&section), ["LNLN", "MISA"]);
    assert_eq!(
        (section.rows[0].runs.len(), section.conditions.len()),
        (2, 2)
    );
    let samples = section.rows[0].runs[1].samples().unwrap();
    let conditions = samples.passes.keys().map(|(condition, _)| condition);
    assert!(conditions.clone().all(|c| section.conditions.contains(c)));
    let lines = describe(&section.left_out);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].contains("not all seeds were tested there: LNLN on Toy"),
        "{lines:?}"
    );
    assert!(lines[0].contains("at 1;"), "{lines:?}");
    assert!(lines[1].contains("MISA on Toy"), "{lines:?}");
}

#[test]
fn seeds_without_a_common_condition_are_rows_of_their_own() {
    let section = one(vec![
        manifest("lnln", 11, &[0.0]),
        manifest("lnln", 12, &[0.5]),
    ]);
    assert_eq!(labels(&section), ["LNLN (at 0)", "LNLN (at 0.5)"]);
}

#[test]
fn an_untrained_baseline_is_one_row_whatever_is_set_beside_it() {
    let other = |id: &str, rates: &[f64]| {
        changed(manifest("constant", 11, rates), id, |m| {
            m.training.epochs = 0;
            m.training.batch_size += 3;
            m.training.encoder = Some("features".into());
            m.model.parameters = Some(7);
        })
    };
    let section = one(vec![
        manifest("constant", 11, &[0.0, 0.5]),
        other("more", &[0.0, 0.5, 1.0]),
        other("again", &[0.0, 1.0]),
        manifest("lnln", 11, &[0.0, 0.5, 1.0]),
    ]);
    assert_eq!(labels(&section), ["LNLN", "CONSTANT (baseline)"]);
    assert_eq!(section.rows[1].runs.len(), 1);
    // Conditions of several runs make one curve.
    let section = one(vec![
        manifest("constant", 11, &[0.0, 0.5]),
        other("rest", &[0.5, 1.0]),
    ]);
    let curve = &section.rows[0].runs;
    assert_eq!((curve.len(), curve[0].mask.conditions.len()), (1, 3));
    assert_eq!(curve[0].conditions["mae"].len(), 3);
    let tested: usize = curve[0]
        .trainings()
        .map(|run| run.mask.conditions.len())
        .sum();
    assert_eq!(tested, 3, "no score twice");
}

#[test]
fn two_programs_that_give_a_model_one_name_have_a_row_each() {
    let of = |seed: u64, title: &str| {
        let mut m = manifest("net", seed, &[0.0]);
        m.model.title = title.into();
        m.external = Some(ExternalMetadata {
            file: "p.csv".into(),
            blake3: "00".into(),
            rows: 1,
            doubts: Vec::new(),
            allowed: Vec::new(),
        });
        m
    };
    let apart = one(vec![of(11, "Ours"), of(12, "Theirs")]);
    assert_eq!(labels(&apart), ["Ours", "Theirs"]);
    assert_eq!(labels(&one(vec![of(11, "Ours"), of(12, "Ours")])), ["Ours"]);
}
