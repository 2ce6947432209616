use super::*;
use crate::record::fixture::{manifest, predictions};

fn mine(claim: Claim) -> Work {
    match claim {
        Claim::Mine(work) => work,
        other => panic!("expected the work, got {other:?}"),
    }
}

/// Lets the owner of a folder be a process that is gone.
fn kill(work: Work) -> RunDir {
    let mut attempt = work.attempt.clone();
    attempt.pid = u32::MAX - 7;
    attempt.write(&work.dir).unwrap();
    fs::remove_file(
        work.dir
            .attempts()
            .join(format!("{}.json", work.attempt.name())),
    )
    .unwrap();
    work.dir
}

fn finish(work: &Work, wall_seconds: f64) {
    let mut facts = manifest("lnln", 11, &[0.0, 0.5]);
    facts.wall_seconds = wall_seconds;
    work.dir.finish(&facts, &predictions(&facts)).unwrap();
}

#[test]
fn a_run_appears_whole_and_is_claimed_once() {
    let runs = tempfile::tempdir().unwrap();
    let work = mine(Work::claim(runs.path(), "lnln-11").unwrap());
    let second = Work::claim(runs.path(), "lnln-11").unwrap();
    assert!(matches!(second, Claim::Elsewhere(by) if by.pid == std::process::id()));
    let place = RunDir::open(runs.path().join("lnln-11"));
    finish(&work, 1.0);
    assert!(!place.path().exists());
    assert_eq!(work.publish().unwrap(), Outcome::Done);
    place.load().unwrap();
    assert_eq!(place.read_attempts()[0].outcome, Some(Outcome::Done));
    assert!(!runs.path().join(UNFINISHED).exists());
    assert!(matches!(
        Work::claim(runs.path(), "lnln-11").unwrap(),
        Claim::Done
    ));
}

#[test]
fn work_of_a_dead_process_is_taken_over_and_its_ghost_finds_nothing() {
    let runs = tempfile::tempdir().unwrap();
    let left = mine(Work::claim(runs.path(), "lnln-11").unwrap());
    fs::write(left.dir.last_checkpoint(), "state").unwrap();
    fs::write(left.dir.path().join(".writing-abc.tmp"), "to").unwrap();
    let ghost = kill(left);
    let work = mine(Work::claim(runs.path(), "lnln-11").unwrap());
    assert_eq!(fs::read(work.dir.last_checkpoint()).unwrap(), b"state");
    assert!(!work.dir.path().join(".writing-abc.tmp").exists());
    assert_eq!(work.dir.read_attempts().len(), 2);
    if ghost.path() != work.dir.path() {
        let lost = super::super::write_atomic(&ghost.last_checkpoint(), b"x");
        assert!(lost.is_err() && !ghost.path().exists());
    }
}

#[test]
fn the_first_whole_result_stands_and_the_second_changes_no_byte() {
    let runs = tempfile::tempdir().unwrap();
    let first = mine(Work::claim(runs.path(), "lnln-11").unwrap());
    // As a node that could not see the other's folder would have made it.
    let mut attempt = first.attempt.clone();
    attempt.host = "elsewhere".into();
    let path = runs
        .path()
        .join(UNFINISHED)
        .join("lnln-11")
        .join(attempt.name());
    fs::create_dir(&path).unwrap();
    let second = mine(Work::begin(runs.path(), "lnln-11", RunDir::open(&path), attempt).unwrap());
    finish(&first, 1.0);
    finish(&second, 2.0);
    assert_eq!(first.publish().unwrap(), Outcome::Done);
    assert_eq!(second.publish().unwrap(), Outcome::AlreadyDone);
    let stands = RunDir::open(runs.path().join("lnln-11")).load().unwrap();
    assert_eq!(stands.manifest.wall_seconds, 1.0);
    assert!(!runs.path().join(UNFINISHED).exists());
}

#[test]
fn what_an_older_version_left_in_the_run_s_place_is_gone_on_with() {
    let runs = tempfile::tempdir().unwrap();
    let old = RunDir::create(runs.path(), "lnln-11").unwrap();
    fs::write(old.last_checkpoint(), "state").unwrap();
    let work = mine(Work::claim(runs.path(), "lnln-11").unwrap());
    assert_eq!(fs::read(work.dir.last_checkpoint()).unwrap(), b"state");
    assert!(!old.path().exists());
    assert_eq!(work.dir.id(), "lnln-11");
}

#[test]
fn a_failure_says_what_repeats_it_and_the_next_attempt_goes_on() {
    let runs = tempfile::tempdir().unwrap();
    let work = mine(Work::claim(runs.path(), "lnln-11").unwrap());
    let dir = work.dir.clone();
    work.fail(
        vec!["loss is NaN".into()],
        None,
        "lnln-bench run-cell".into(),
    )
    .unwrap();
    assert_eq!(dir.read_failure().unwrap().error, ["loss is NaN"]);
    let again = mine(Work::claim(runs.path(), "lnln-11").unwrap());
    again.stop().unwrap();
}

#[test]
fn a_process_that_died_without_a_word_is_buried() {
    let runs = tempfile::tempdir().unwrap();
    let dir = kill(mine(Work::claim(runs.path(), "lnln-11").unwrap()));
    let mut failure = Failure {
        attempt: String::new(),
        time: 7,
        error: vec!["killed by signal 9".into()],
        log: None,
        command: "lnln-bench run-cell".into(),
    };
    bury(runs.path(), "lnln-11", u32::MAX - 7, &mut failure).unwrap();
    assert_eq!(dir.read_failure(), Some(failure));
    assert_eq!(dir.read_attempts()[0].outcome, Some(Outcome::Failed));
}
