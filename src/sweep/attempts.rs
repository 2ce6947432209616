//! The record of an attempt at a cell: who tries, how it ends, what went wrong.

use super::Error;
use crate::record::attempt::{self, Attempt, Failure, Outcome, SlurmTask};
use crate::record::{self, RunDir};
use crate::train;

/// Does the work of a cell in `dir` between a record of its start and one of its end; `command` is what
/// a failure tells people to repeat.
///
/// # Errors
/// Those of the work, and of writing the records.
pub fn recorded(
    dir: &RunDir,
    command: &str,
    work: impl FnOnce() -> Result<(), Error>,
) -> Result<(), Error> {
    let mut attempt = Attempt {
        host: attempt::host(),
        pid: std::process::id(),
        slurm: slurm_task(),
        started: attempt::now(),
        ended: None,
        outcome: None,
    };
    attempt.write(dir)?;
    let result = work();
    attempt.ended = Some(attempt::now());
    attempt.outcome = Some(outcome(&result));
    let written = attempt.write(dir);
    if let (Err(error), Some(Outcome::Failed)) = (&result, attempt.outcome) {
        // The error itself matters more than where it could not be written.
        if let Err(unwritten) = failure(&attempt, error, command).write(dir) {
            tracing::warn!("{unwritten}");
        }
    }
    result.and(written.map_err(record::Error::into))
}

fn outcome(result: &Result<(), Error>) -> Outcome {
    use train::Error::{Interrupted, InterruptedEvaluation};
    match result {
        Ok(()) => Outcome::Done,
        Err(Error::Train(Interrupted { .. } | InterruptedEvaluation)) => Outcome::Stopped,
        Err(_) => Outcome::Failed,
    }
}

fn failure(attempt: &Attempt, error: &Error, command: &str) -> Failure {
    let mut words = vec![error.to_string()];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_words = cause.to_string();
        // Some errors quote their cause.
        if words.last().is_none_or(|last| !last.contains(&cause_words)) {
            words.push(cause_words);
        }
        source = cause.source();
    }
    Failure {
        attempt: attempt.name(),
        time: attempt::now(),
        error: words,
        log: None,
        command: command.to_owned(),
    }
}

/// The task of a job array that this process is, if any.
fn slurm_task() -> Option<SlurmTask> {
    let variable = |name: &str| std::env::var(name).ok();
    Some(SlurmTask {
        array_job: variable("SLURM_ARRAY_JOB_ID")?,
        task: variable("SLURM_ARRAY_TASK_ID")?,
        restarts: variable("SLURM_RESTART_COUNT").map_or(0, |count| count.parse().unwrap_or(0)),
    })
}
