//! Several rules choose from one training what each chooses alone, and their weights survive a kill.

use std::collections::BTreeSet;
use std::fs;

use super::*;
use crate::train::state::Picks;

const RULES: &str = "valid:mae,paper,valid:corr,last";

fn bed(rules: &str) -> Bed {
    Bed::new(rules.parse::<Selections>().unwrap())
}

/// The files of weights in the folder of a fit.
fn stored(bed: &Bed, name: &str) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(bed.files(name).folder()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.to_string_lossy().contains("checkpoint"))
        .collect()
}

fn epochs(picks: &Picks) -> BTreeSet<u32> {
    picks.values().map(|pick| pick.epoch).collect()
}

#[test]
fn each_rule_keeps_the_weights_that_it_keeps_alone() {
    let together = bed(RULES);
    let state = together.fit("together", |_| {}).unwrap();
    let files = together.files("together");
    let mut kept = BTreeSet::new();
    let all = RULES.split(',').zip(state.all_picks());
    for (rule, picks) in all {
        let alone = bed(rule);
        assert_eq!(alone.fit(rule, |_| {}).unwrap().picks, *picks, "{rule}");
        for epoch in epochs(picks) {
            let shared = files.picked(&together.rules, epoch);
            let own = alone.files(rule).picked(&alone.rules, epoch);
            assert_eq!(weights_of(&shared), weights_of(&own), "{rule} {epoch}");
            kept.insert(shared);
        }
    }
    assert_eq!(stored(&together, "together"), kept, "each epoch once");
    assert!(kept.len() < 2 + 6 + 2, "some rules agree");
    let logged = bed("paper");
    logged.fit("paper", |_| {}).unwrap();
    let of_paper: Vec<_> = together
        .logged("together", "other_rules")
        .into_iter()
        .map(|rules| rules[0].clone())
        .collect();
    let (scores, picked) = (
        logged.logged("paper", "scores"),
        logged.logged("paper", "selected"),
    );
    for ((entry, scores), picked) in of_paper.iter().zip(scores).zip(picked) {
        assert_eq!(entry["rule"], "paper");
        assert_eq!(entry["split"], "test");
        assert_eq!((&entry["scores"], &entry["picked"]), (&scores, &picked));
    }
}

#[test]
fn a_fit_that_was_stopped_or_torn_ends_with_the_same_files() {
    let bed = bed(RULES);
    let whole = bed.fit("undisturbed", |_| {}).unwrap();
    let same = |name: &str| {
        let names = |of: &str| -> Vec<_> {
            let all = stored(&bed, of).into_iter();
            all.map(|path| {
                (
                    path.file_name().unwrap().to_owned(),
                    fs::read(&path).unwrap(),
                )
            })
            .collect()
        };
        assert!(names(name) == names("undisturbed"), "{name}");
        for term in ["scores", "selected", "other_rules"] {
            assert_eq!(bed.logged(name, term), bed.logged("undisturbed", term));
        }
    };
    for step in 1..=12 {
        let name = format!("stopped at {step}");
        let flag = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&flag);
        let prepare = |model: &mut Line| model.stop = Some((step, Arc::clone(&stop)));
        drop(bed.fit_until(&name, prepare, &flag));
        assert_eq!(bed.fit(&name, |_| {}).unwrap(), whole, "{name}");
        same(&name);
    }
    // Killed after the state of the last epoch, before its weights and before what it left is removed.
    bed.fit("torn", |_| {}).unwrap();
    let files = bed.files("torn");
    let [last, stale] = [bed.epochs, 9].map(|epoch| files.picked(&bed.rules, epoch));
    fs::remove_file(last).unwrap();
    fs::write(stale, "of an epoch that nothing picks").unwrap();
    bed.fit("torn", |_| {}).unwrap();
    same("torn");
}
