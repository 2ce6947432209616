//! Tests of what is removed and of what stays.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;
use crate::record::attempt::Attempt;
use crate::record::fixture;
use crate::record::{RunDir, SelectionRule, SweepDir, SweepManifest, SweepRun};
use crate::support::host;

/// A run of a test.
#[derive(Clone, Debug)]
struct Case {
    /// Runs of one seed differ in the version alone.
    seed: u8,
    version: u8,
    done: bool,
    /// Quiet for two days.
    old: bool,
    /// A process works on it: this one.
    alive: bool,
    named: bool,
    used: bool,
    leftovers: bool,
    /// Whether an unfinished run is in the folder of an attempt, or in the folder of the run itself.
    attempt: bool,
}

/// Where the files of a run are.
fn place(runs: &Path, id: &str, case: &Case) -> PathBuf {
    if case.attempt && !case.done {
        runs.join(UNFINISHED).join(id).join("1-x-1")
    } else {
        runs.join(id)
    }
}

const FILES: [&str; 4] = [
    "config.toml",
    "manifest.json",
    "predictions.parquet",
    "scores.csv",
];
const LAST: &str = "last.safetensors";
const TORN: &str = ".a.4294967288-elsewhere-abc.partial";

fn make(runs: &Path, id: &str, case: &Case) {
    let dir = RunDir::open(place(runs, id, case));
    fs::create_dir_all(dir.path()).unwrap();
    let (version, seed) = (case.version, case.seed);
    let config =
        format!("result_version = {version}\ndataset = \"d\"\nmodel = \"m\"\nseed = {seed}\n");
    for name in FILES {
        fs::write(dir.path().join(name), "x").unwrap();
    }
    fs::write(dir.config(), config).unwrap();
    if case.leftovers {
        fs::write(dir.last_checkpoint(), "state").unwrap();
        fs::write(dir.path().join(TORN), "to").unwrap();
    }
    if case.alive {
        attempt_of(std::process::id()).write(&dir).unwrap();
    }
    if case.done {
        fs::write(dir.done(), "").unwrap();
    }
    if case.old {
        age(dir.path());
    }
}

/// A process of this machine at work.
fn attempt_of(pid: u32) -> Attempt {
    Attempt {
        host: host::name(),
        pid,
        slurm: None,
        started: host::now(),
        ended: None,
        outcome: None,
    }
}

/// Lets everything in a folder be two days old.
fn age(folder: &Path) {
    let then = SystemTime::now() - Duration::from_secs(48 * 3600);
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            age(&entry.path())
        } else {
            let file = fs::File::options().append(true).open(entry.path()).unwrap();
            file.set_modified(then).unwrap();
        }
    }
}

fn sweep(runs: &Path, ids: Vec<String>) {
    let run = |(index, id): (usize, String)| SweepRun {
        index,
        id,
        dataset: "d".into(),
        model: "m".into(),
        seed: 0,
        noise: fixture::noise("clean", "half-complete"),
        selection: SelectionRule::Validation,
        epochs: 0,
        masks: Vec::new(),
    };
    let planned = ids.into_iter().enumerate().map(run).collect();
    let manifest = SweepManifest::new("s", "/data".into(), serde_json::Value::Null, planned);
    SweepDir::create(runs, &manifest).unwrap();
}

fn case() -> impl Strategy<Value = Case> {
    let flags = prop::array::uniform7(any::<bool>());
    (0..3u8, 1..4u8, flags).prop_map(|(seed, version, flags)| {
        let [done, old, alive, named, used, leftovers, attempt] = flags;
        Case {
            seed,
            version,
            done,
            old,
            alive: alive && !old && !done,
            named,
            used,
            leftovers,
            attempt,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_reports_use_and_what_may_run_or_go_on_stays(cases in prop::collection::vec(case(), 1..12)) {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path();
        let id = |i: usize| format!("run{i:02}");
        let chosen = |of: fn(&Case) -> bool| -> Vec<String> {
            let places = cases.iter().enumerate().filter(|(_, w)| of(w));
            places.map(|(i, _)| id(i)).collect()
        };
        cases.iter().enumerate().for_each(|(i, case)| make(runs, &id(i), case));
        let named = chosen(|w| w.named);
        sweep(runs, named.clone());
        let used = Used {
            runs: chosen(|w| w.used).into_iter().collect::<BTreeSet<_>>(),
            ..Used::default()
        };
        let items = plan(runs, &used).unwrap();
        for item in &items {
            prop_assert!(remove(item).unwrap());
            prop_assert!(!item.path.exists());
        }
        for (i, case) in cases.iter().enumerate() {
            let path = place(runs, &id(i), case);
            let newer = cases.iter().any(|other| {
                other.seed == case.seed && other.version > case.version && other.done && other.named
            });
            let goes = if case.done { newer } else { newer || (case.old && !case.named) };
            // An unfinished run that changed just now counts as running.
            let fresh = !case.done && !case.old;
            let stays = case.used || case.alive || !goes || fresh;
            prop_assert_eq!(path.exists(), stays, "{:?} {:?}", case, items);
            if stays {
                prop_assert!(FILES.iter().all(|name| path.join(name).exists()));
                prop_assert_eq!(path.join("DONE").exists(), case.done);
                let leftovers = [LAST, TORN].map(|name| path.join(name).exists());
                let expected = [case.leftovers && !(case.done && case.old), case.leftovers && !case.old];
                prop_assert_eq!(leftovers, expected, "{:?}", case);
            }
        }
        prop_assert_eq!(plan(runs, &used).unwrap(), []);
    }
}

#[test]
fn without_sweeps_unfinished_runs_stay() {
    let folder = tempfile::tempdir().unwrap();
    let case = Case {
        seed: 0,
        version: 1,
        done: false,
        old: true,
        alive: false,
        named: false,
        used: false,
        leftovers: false,
        attempt: true,
    };
    make(folder.path(), "a", &case);
    assert_eq!(plan(folder.path(), &Used::default()).unwrap(), []);
    sweep(folder.path(), vec!["b".into()]);
    let items = plan(folder.path(), &Used::default()).unwrap();
    assert_eq!(items.len(), 1);
    // It was resumed meanwhile.
    let dir = RunDir::open(place(folder.path(), "a", &case));
    fs::write(dir.metrics(), "{}").unwrap();
    assert!(!remove(&items[0]).unwrap());
    assert!(dir.config().exists());
}

#[test]
fn an_attempt_at_a_finished_run_goes_once_no_process_works_there() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path();
    let done = Case {
        seed: 0,
        version: 1,
        done: true,
        old: true,
        alive: false,
        named: false,
        used: true,
        leftovers: false,
        attempt: false,
    };
    make(runs, "a", &done);
    let left = Case {
        done: false,
        attempt: true,
        ..done.clone()
    };
    make(runs, "a", &left);
    let used = Used {
        runs: BTreeSet::from(["a".to_owned()]),
        ..Used::default()
    };
    let items = plan(runs, &used).unwrap();
    let [item] = &items[..] else {
        panic!("expected the attempt alone, got {items:?}");
    };
    assert_eq!(
        (&item.reason, &item.path),
        (&Reason::Attempt, &place(runs, "a", &left))
    );
    // A process has begun to work there.
    attempt_of(std::process::id())
        .write(&RunDir::open(&item.path))
        .unwrap();
    assert!(!remove(item).unwrap());
    assert!(plan(runs, &used).unwrap().is_empty());
    fs::remove_dir_all(item.path.join("attempts")).unwrap();
    assert!(remove(item).unwrap());
    assert!(!runs.join(UNFINISHED).exists() && runs.join("a/DONE").exists());
}

#[test]
fn what_has_vanished_since_it_was_listed_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let case = Case {
        seed: 0,
        version: 1,
        done: true,
        old: true,
        alive: false,
        named: false,
        used: true,
        leftovers: true,
        attempt: false,
    };
    make(folder.path(), "a", &case);
    let items = plan(folder.path(), &Used::default()).unwrap();
    assert_eq!(items.len(), 2, "{items:?}");
    fs::remove_dir_all(folder.path().join("a")).unwrap();
    for item in &items {
        assert!(!remove(item).unwrap());
    }
}
