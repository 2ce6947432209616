//! How a run stands, from its files and, on this machine, its process.

use std::time::SystemTime;

use crate::record::attempt::{Attempt, Outcome};
use crate::support::heartbeat::is_stale;

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Finished: it has `DONE`.
    Done,
    /// A process works on it, as far as files and processes tell.
    Running,
    /// Its last attempt ended with an error.
    Failed,
    /// Begun, and nobody works on it; the command that started it goes on with it.
    Stopped,
    /// A sweep names it and nobody has begun it.
    Waiting,
}

/// The state of an unfinished run by its last attempt and the last change of a file of it: by the rule
/// by which others go on with it ([`is_stale`]).
pub fn unfinished(last: Option<&Attempt>, changed: SystemTime) -> State {
    match last {
        Some(attempt) => match attempt.outcome {
            Some(Outcome::Failed) => State::Failed,
            Some(_) => State::Stopped,
            None => attempt.is_alive(changed).into(),
        },
        None => (!is_stale(changed)).into(),
    }
}

impl From<bool> for State {
    fn from(lives: bool) -> Self {
        if lives { Self::Running } else { Self::Stopped }
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
    fn an_ended_attempt_says_how_it_ended() {
        let now = SystemTime::now();
        let state = |outcome| unfinished(Some(&attempt("x", 1, Some(outcome))), now);
        assert_eq!(state(Outcome::Failed), State::Failed);
        assert_eq!(state(Outcome::Stopped), State::Stopped);
    }

    #[test]
    fn here_the_process_decides_and_elsewhere_the_files() {
        let (now, host) = (SystemTime::now(), host::name());
        let old = now - 2 * STALE;
        let state = |host: &str, pid, changed| unfinished(Some(&attempt(host, pid, None)), changed);
        assert_eq!(state(&host, std::process::id(), old), State::Running);
        assert_eq!(state(&host, u32::MAX - 7, now), State::Stopped);
        assert_eq!(state("elsewhere", 1, now), State::Running);
        assert_eq!(state("elsewhere", 1, old), State::Stopped);
        assert_eq!(unfinished(None, old), State::Stopped);
    }

    #[test]
    fn a_process_number_that_was_given_away_is_dead() {
        let mut early = attempt(&host::name(), std::process::id(), None);
        early.started = 1000;
        let old = SystemTime::now() - 2 * STALE;
        assert_eq!(unfinished(Some(&early), old), State::Stopped);
    }
}
