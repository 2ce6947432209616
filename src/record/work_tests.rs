use std::time::Duration;

use super::super::attempt::SlurmTask;
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
    fs::write(work.dir.last_checkpoint(), "state").unwrap();
    assert_eq!(work.publish().unwrap(), Some(Outcome::Done));
    assert!(!place.last_checkpoint().exists());
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

/// An attempt of this process in the name of another machine.
fn on(host: &str) -> Attempt {
    Attempt {
        host: host.into(),
        ..Attempt::here()
    }
}

/// Lets a folder have given no sign of life for an hour.
fn silence(dir: &RunDir) {
    let then = SystemTime::now() - Duration::from_secs(3600);
    let attempts = fs::read_dir(dir.attempts()).unwrap().flatten();
    let mut paths: Vec<PathBuf> = attempts.map(|entry| entry.path()).collect();
    paths.extend([dir.last_checkpoint(), dir.attempts(), dir.path().to_owned()]);
    for path in paths.iter().filter(|path| path.exists()) {
        fs::File::open(path).unwrap().set_modified(then).unwrap();
    }
}

/// Two machines, epochs that take longer than any wait, and a run that both want.
#[test]
fn who_has_lost_a_run_does_not_take_it_back_while_the_new_owner_lives() {
    let runs = tempfile::tempdir().unwrap();
    let claim = |attempt: &Attempt| Work::claim_as(runs.path(), "lnln-11", attempt).unwrap();
    let (a, b) = (on("a"), on("b"));
    let first = mine(claim(&a));
    fs::write(first.dir.last_checkpoint(), "epoch 1").unwrap();
    assert!(matches!(claim(&b), Claim::Elsewhere(by) if by.host == "a"));
    silence(&first.dir);
    let second = mine(claim(&b));
    assert!(first.is_lost());
    // A looks again and again while B is in its epoch, and B comes to its end.
    for epoch in 2..5 {
        for _ in 0..50 {
            assert!(matches!(claim(&a), Claim::Elsewhere(by) if by.host == "b"));
        }
        fs::write(second.dir.last_checkpoint(), format!("epoch {epoch}")).unwrap();
    }
    assert_eq!(first.publish().unwrap(), None);
    finish(&second, 1.0);
    assert_eq!(second.publish().unwrap(), Some(Outcome::Done));
    assert!(matches!(claim(&a), Claim::Done));
}

#[test]
fn a_task_that_slurm_started_again_goes_on_at_once_and_its_ghost_does_not() {
    let runs = tempfile::tempdir().unwrap();
    let claim = |attempt: &Attempt| Work::claim_as(runs.path(), "lnln-11", attempt).unwrap();
    let task = |host: &str, task: &str, restarts| Attempt {
        slurm: Some(SlurmTask {
            array_job: "40".into(),
            task: task.into(),
            restarts,
        }),
        ..on(host)
    };
    let ghost = mine(claim(&task("n1", "3", 0)));
    assert!(matches!(claim(&task("n2", "4", 1)), Claim::Elsewhere(_)));
    let again = mine(claim(&task("n2", "3", 1)));
    assert!(ghost.is_lost() && !again.is_lost());
    let back = claim(&task("n1", "3", 0));
    assert!(matches!(back, Claim::Elsewhere(by) if by.host == "n2"));
}

#[test]
fn a_lost_process_makes_no_folder_again_and_publishes_nothing() {
    let runs = tempfile::tempdir().unwrap();
    let lose = || {
        let lost = mine(Work::claim_as(runs.path(), "lnln-11", &on("a")).unwrap());
        finish(&lost, 1.0);
        // Taken by another between its last look and its last word.
        let taken = lost.dir.path().with_file_name("taken");
        fs::rename(lost.dir.path(), &taken).unwrap();
        (lost, taken)
    };
    let (lost, taken) = lose();
    let path = lost.dir.path().to_owned();
    assert_eq!(lost.publish().unwrap(), None);
    assert!(!path.exists() && !runs.path().join("lnln-11").exists());
    fs::remove_dir_all(taken).unwrap();
    let (lost, taken) = lose();
    lost.fail(vec!["loss is NaN".into()], None, String::new())
        .unwrap();
    assert!(!path.exists());
    fs::remove_dir_all(taken).unwrap();
    lose().0.stop().unwrap();
    assert!(!path.exists());
}

#[test]
fn what_was_finished_and_not_published_is_not_done_again() {
    let runs = tempfile::tempdir().unwrap();
    let work = mine(Work::claim(runs.path(), "lnln-11").unwrap());
    fs::write(work.dir.last_checkpoint(), "state").unwrap();
    finish(&work, 7.0);
    kill(work);
    let claim = Work::claim(runs.path(), "lnln-11").unwrap();
    assert!(matches!(claim, Claim::Done));
    let stands = RunDir::open(runs.path().join("lnln-11"));
    assert_eq!(stands.load().unwrap().manifest.wall_seconds, 7.0);
    assert!(!stands.last_checkpoint().exists() && !runs.path().join(UNFINISHED).exists());
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
    let dir = RunDir::open(&path);
    let second = Work::begin(runs.path(), "lnln-11", dir, &attempt).unwrap();
    let second = second.unwrap();
    finish(&first, 1.0);
    finish(&second, 2.0);
    assert_eq!(first.publish().unwrap(), Some(Outcome::Done));
    assert_eq!(second.publish().unwrap(), Some(Outcome::AlreadyDone));
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
        "lnln-bench run-one".into(),
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
        command: "lnln-bench run-one".into(),
    };
    bury(runs.path(), "lnln-11", u32::MAX - 7, &mut failure).unwrap();
    assert_eq!(dir.read_failure(), Some(failure));
    assert_eq!(dir.read_attempts()[0].outcome, Some(Outcome::Failed));
}
