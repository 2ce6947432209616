use std::time::Duration;

use super::super::attempt::SlurmTask;
use super::*;
use crate::record::fixture::{evaluation, manifest, predictions};

fn mine(acquired: Acquired) -> RunLease {
    match acquired {
        Acquired::Mine(lease) => lease,
        other => panic!("expected the lease, got {other:?}"),
    }
}

/// Makes the owner of a directory a process that has ended.
fn kill(work: RunLease) -> RunDir {
    let dead = Attempt {
        pid: u32::MAX - 7,
        ..work.attempt.clone()
    };
    fs::remove_file(work.attempt.path(&work.dir)).unwrap();
    dead.write(&work.dir).unwrap();
    let path = work.dir.path().with_file_name(dead.name());
    fs::rename(work.dir.path(), &path).unwrap();
    RunDir::open(path)
}

fn finish(work: &RunLease, wall_seconds: f64) {
    let mut manifest = manifest("lnln", 11, &[0.0, 0.5]);
    manifest.wall_seconds = wall_seconds;
    let evaluation = evaluation(&manifest);
    let predictions = predictions(&manifest);
    work.dir
        .finish(&manifest, &evaluation, &predictions)
        .unwrap();
}

fn failure(error: &str) -> Failure {
    Failure {
        attempt: String::new(),
        time: 7,
        error: vec![error.to_owned()],
        diverged: false,
        log: None,
        command: "lnln-bench run-one".into(),
    }
}

#[test]
fn a_run_appears_whole_and_has_one_lease() {
    let runs = tempfile::tempdir().unwrap();
    let work = mine(RunLease::acquire(runs.path(), "lnln-11").unwrap());
    let second = RunLease::acquire(runs.path(), "lnln-11").unwrap();
    assert!(matches!(second, Acquired::Held(by) if by.pid == std::process::id()));
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
        RunLease::acquire(runs.path(), "lnln-11").unwrap(),
        Acquired::Done
    ));
}

#[test]
fn a_dead_process_s_run_is_taken_over_and_its_directory_is_gone() {
    let runs = tempfile::tempdir().unwrap();
    let left = mine(RunLease::acquire(runs.path(), "lnln-11").unwrap());
    fs::write(left.dir.last_checkpoint(), "state").unwrap();
    fs::write(
        left.dir
            .path()
            .join(".last.safetensors.4294967288-elsewhere-abc.partial"),
        "to",
    )
    .unwrap();
    let ghost = kill(left);
    let work = mine(RunLease::acquire(runs.path(), "lnln-11").unwrap());
    assert_eq!(fs::read(work.dir.last_checkpoint()).unwrap(), b"state");
    assert!(
        !work
            .dir
            .path()
            .join(".last.safetensors.4294967288-elsewhere-abc.partial")
            .exists()
    );
    assert_eq!(work.dir.read_attempts().len(), 2);
    if ghost.path() != work.dir.path() {
        let lost = crate::support::fs::write_atomic(&ghost.last_checkpoint(), b"x");
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

#[test]
fn of_machines_that_start_a_run_at_once_one_has_the_lease() {
    for _ in 0..20 {
        let runs = tempfile::tempdir().unwrap();
        let start = std::sync::Barrier::new(8);
        let acquire = |host: usize| {
            start.wait();
            let attempt = on(&format!("node-{host}"));
            match RunLease::acquire_as(runs.path(), "lnln-11", &attempt).unwrap() {
                Acquired::Mine(lease) => Some(lease),
                Acquired::Held(_) => None,
                Acquired::Done => panic!("nothing was finished"),
            }
        };
        let leases: Vec<RunLease> = std::thread::scope(|scope| {
            let acquire = &acquire;
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || acquire(n))).collect();
            let results = threads.into_iter().map(|thread| thread.join().unwrap());
            results.flatten().collect()
        });
        assert_eq!(leases.len(), 1);
        assert!(!leases[0].is_lost());
    }
}

/// Makes the heartbeat of a directory an hour old.
fn make_stale(dir: &RunDir) {
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
fn a_lost_run_is_not_taken_back_while_the_new_owner_lives() {
    let runs = tempfile::tempdir().unwrap();
    let acquire =
        |attempt: &Attempt| RunLease::acquire_as(runs.path(), "lnln-11", attempt).unwrap();
    let (a, b) = (on("a"), on("b"));
    let first = mine(acquire(&a));
    fs::write(first.dir.last_checkpoint(), "epoch 1").unwrap();
    assert!(matches!(acquire(&b), Acquired::Held(by) if by.host == "a"));
    make_stale(&first.dir);
    let second = mine(acquire(&b));
    assert!(first.is_lost());
    // A tries again and again while B is in its epoch, and B finishes.
    for epoch in 2..5 {
        for _ in 0..50 {
            assert!(matches!(acquire(&a), Acquired::Held(by) if by.host == "b"));
        }
        fs::write(second.dir.last_checkpoint(), format!("epoch {epoch}")).unwrap();
    }
    assert_eq!(first.publish().unwrap(), None);
    finish(&second, 1.0);
    assert_eq!(second.publish().unwrap(), Some(Outcome::Done));
    assert!(matches!(acquire(&a), Acquired::Done));
}

#[test]
fn a_task_that_slurm_started_again_takes_over_at_once() {
    let runs = tempfile::tempdir().unwrap();
    let acquire =
        |attempt: &Attempt| RunLease::acquire_as(runs.path(), "lnln-11", attempt).unwrap();
    let task = |host: &str, task: &str, restarts| Attempt {
        slurm: Some(SlurmTask {
            array_job: "40".into(),
            task: task.into(),
            restarts,
        }),
        ..on(host)
    };
    let ghost = mine(acquire(&task("n1", "3", 0)));
    assert!(matches!(acquire(&task("n2", "4", 1)), Acquired::Held(_)));
    let again = mine(acquire(&task("n2", "3", 1)));
    assert!(ghost.is_lost() && !again.is_lost());
    let back = acquire(&task("n1", "3", 0));
    assert!(matches!(back, Acquired::Held(by) if by.host == "n2"));
}

#[test]
fn a_process_that_lost_its_run_creates_no_directory_and_publishes_nothing() {
    let runs = tempfile::tempdir().unwrap();
    let lose = || {
        let lost = mine(RunLease::acquire_as(runs.path(), "lnln-11", &on("a")).unwrap());
        finish(&lost, 1.0);
        // Taken over between its last check and its last write.
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
    lost.fail(failure("loss is NaN")).unwrap();
    assert!(!path.exists());
    fs::remove_dir_all(taken).unwrap();
    lose().0.stop().unwrap();
    assert!(!path.exists());
}

#[test]
fn a_finished_unpublished_run_is_published_and_not_repeated() {
    let runs = tempfile::tempdir().unwrap();
    let work = mine(RunLease::acquire(runs.path(), "lnln-11").unwrap());
    fs::write(work.dir.last_checkpoint(), "state").unwrap();
    finish(&work, 7.0);
    kill(work);
    let acquired = RunLease::acquire(runs.path(), "lnln-11").unwrap();
    assert!(matches!(acquired, Acquired::Done));
    let kept = RunDir::open(runs.path().join("lnln-11"));
    assert_eq!(kept.load().unwrap().manifest.wall_seconds, 7.0);
    assert!(!kept.last_checkpoint().exists() && !runs.path().join(UNFINISHED).exists());
}

#[test]
fn the_first_result_is_kept_and_the_second_changes_no_byte() {
    let runs = tempfile::tempdir().unwrap();
    let first = mine(RunLease::acquire(runs.path(), "lnln-11").unwrap());
    // As a node that could not see the other's directory would have made it.
    let mut attempt = first.attempt.clone();
    attempt.host = "elsewhere".into();
    let path = runs
        .path()
        .join(UNFINISHED)
        .join("lnln-11")
        .join(attempt.name());
    fs::create_dir(&path).unwrap();
    let dir = RunDir::open(&path);
    let second = RunLease::begin(runs.path(), "lnln-11", dir, &attempt).unwrap();
    let second = second.unwrap();
    finish(&first, 1.0);
    finish(&second, 2.0);
    assert_eq!(first.publish().unwrap(), Some(Outcome::Done));
    assert_eq!(second.publish().unwrap(), Some(Outcome::AlreadyDone));
    let kept = RunDir::open(runs.path().join("lnln-11")).load().unwrap();
    assert_eq!(kept.manifest.wall_seconds, 1.0);
    assert!(!runs.path().join(UNFINISHED).exists());
}

#[test]
fn a_run_whose_removal_was_cut_short_is_continued() {
    let runs = tempfile::tempdir().unwrap();
    let old = RunDir::create(runs.path(), "lnln-11").unwrap();
    fs::write(old.last_checkpoint(), "state").unwrap();
    let work = mine(RunLease::acquire(runs.path(), "lnln-11").unwrap());
    assert_eq!(fs::read(work.dir.last_checkpoint()).unwrap(), b"state");
    assert!(!old.path().exists());
    assert_eq!(work.dir.id(), "lnln-11");
}

#[test]
fn a_failure_is_stored_and_the_next_attempt_continues() {
    let runs = tempfile::tempdir().unwrap();
    let work = mine(RunLease::acquire(runs.path(), "lnln-11").unwrap());
    let dir = work.dir.clone();
    work.fail(failure("loss is NaN")).unwrap();
    assert_eq!(dir.read_failure().unwrap().error, ["loss is NaN"]);
    let again = mine(RunLease::acquire(runs.path(), "lnln-11").unwrap());
    again.stop().unwrap();
}

#[test]
fn a_crashed_process_s_attempt_is_marked_as_failed() {
    let runs = tempfile::tempdir().unwrap();
    let dir = kill(mine(RunLease::acquire(runs.path(), "lnln-11").unwrap()));
    let mut failure = failure("killed by signal 9");
    record_crash(runs.path(), "lnln-11", u32::MAX - 7, &mut failure).unwrap();
    assert_eq!(dir.read_failure(), Some(failure));
    assert_eq!(dir.read_attempts()[0].outcome, Some(Outcome::Failed));
}
