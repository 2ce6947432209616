//! Determines the state of a run from its files and, on this machine, its process.

use std::time::SystemTime;

use crate::record::attempt::{Attempt, Outcome};
use crate::support::heartbeat::is_stale;

/// State of a run.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// Finished: it has `DONE`.
    Done,
    /// Finished, but a sweep asks for evaluations that it has not.
    Trained,
    /// A process works on it, by its files and processes.
    Running,
    /// Its last attempt ended with an error.
    Failed,
    /// Begun, and no process works on it; the command that started it resumes it.
    Stopped,
    /// A sweep names it, and no process has begun it.
    Waiting,
}

/// The state of an unfinished run by its last attempt and the last change of its files: the rule by which
/// another process takes it over ([`is_stale`]).
pub fn unfinished(last: Option<&Attempt>, changed: SystemTime) -> RunState {
    match last {
        Some(attempt) => match attempt.outcome {
            Some(Outcome::Failed) => RunState::Failed,
            Some(_) => RunState::Stopped,
            None => running_if(attempt.is_alive(changed)),
        },
        None => running_if(!is_stale(changed)),
    }
}

fn running_if(is_alive: bool) -> RunState {
    if is_alive {
        RunState::Running
    } else {
        RunState::Stopped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::heartbeat::STALE;
    use crate::support::host;

    fn attempt(host: &str, pid: u32, outcome: Option<Outcome>) -> Attempt {
        Attempt {
            host: host.to_owned(),
            pid,
            slurm: None,
            started: host::now(),
            ended: outcome.map(|_| host::now()),
            outcome,
        }
    }

    #[test]
    fn an_ended_attempt_decides_the_state() {
        let now = SystemTime::now();
        let state = |outcome| unfinished(Some(&attempt("x", 1, Some(outcome))), now);
        assert_eq!(state(Outcome::Failed), RunState::Failed);
        assert_eq!(state(Outcome::Stopped), RunState::Stopped);
    }

    #[test]
    fn here_the_process_decides_and_elsewhere_the_files() {
        let (now, host) = (SystemTime::now(), host::name());
        let old = now - 2 * STALE;
        let state = |host: &str, pid, changed| unfinished(Some(&attempt(host, pid, None)), changed);
        assert_eq!(state(&host, std::process::id(), old), RunState::Running);
        assert_eq!(state(&host, u32::MAX - 7, now), RunState::Stopped);
        assert_eq!(state("elsewhere", 1, now), RunState::Running);
        assert_eq!(state("elsewhere", 1, old), RunState::Stopped);
        assert_eq!(unfinished(None, old), RunState::Stopped);
    }

    #[test]
    fn a_reused_process_number_counts_as_dead() {
        let mut early = attempt(&host::name(), std::process::id(), None);
        early.started = 1000;
        let old = SystemTime::now() - 2 * STALE;
        assert_eq!(unfinished(Some(&early), old), RunState::Stopped);
    }
}
