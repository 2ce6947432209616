//! How a run stands, from its files and, on this machine, its process.

use std::time::{Duration, SystemTime};

use crate::record::attempt::{self, Attempt, Outcome};

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

/// A process of another machine, or of an older version, that has written nothing for so long is
/// taken for dead, unless its epochs are longer.
const QUIET: Duration = Duration::from_secs(1800);

/// Epochs without a word until a process is taken for dead.
const EPOCHS: f64 = 3.0;

/// The state of an unfinished run by its last attempt, the last change of a file of it, and the
/// seconds of an epoch.
pub fn unfinished(last: Option<&Attempt>, changed: SystemTime, epoch_seconds: f64) -> State {
    let quiet = QUIET.max(Duration::from_secs_f64((epoch_seconds * EPOCHS).max(0.0)));
    let lively = changed.elapsed().is_ok_and(|age| age < quiet);
    match last {
        Some(attempt) => match attempt.outcome {
            Some(Outcome::Failed) => State::Failed,
            Some(_) => State::Stopped,
            None if attempt.host == attempt::host() => attempt.is_alive_here().into(),
            None => lively.into(),
        },
        None => lively.into(),
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

    fn attempt(host: &str, pid: u32, outcome: Option<Outcome>) -> Attempt {
        Attempt {
            host: host.to_owned(),
            pid,
            slurm: None,
            started: attempt::now(),
            ended: outcome.map(|_| attempt::now()),
            outcome,
        }
    }

    #[test]
    fn an_ended_attempt_says_how_it_ended() {
        let now = SystemTime::now();
        let state = |outcome| unfinished(Some(&attempt("x", 1, Some(outcome))), now, 0.0);
        assert_eq!(state(Outcome::Failed), State::Failed);
        assert_eq!(state(Outcome::Stopped), State::Stopped);
    }

    #[test]
    fn here_the_process_decides_and_elsewhere_the_files() {
        let (now, host) = (SystemTime::now(), attempt::host());
        let old = now - 2 * QUIET;
        let state = |host: &str, pid, changed, epoch| {
            unfinished(Some(&attempt(host, pid, None)), changed, epoch)
        };
        assert_eq!(state(&host, std::process::id(), old, 0.0), State::Running);
        assert_eq!(state(&host, u32::MAX - 7, now, 0.0), State::Stopped);
        assert_eq!(state("elsewhere", 1, now, 0.0), State::Running);
        assert_eq!(state("elsewhere", 1, old, 0.0), State::Stopped);
        let hours = 2.0 * QUIET.as_secs_f64();
        assert_eq!(state("elsewhere", 1, old, hours), State::Running);
        assert_eq!(unfinished(None, old, 0.0), State::Stopped);
    }

    #[test]
    fn a_process_number_that_was_given_away_is_dead() {
        let mut early = attempt(&attempt::host(), std::process::id(), None);
        early.started = 1000;
        let old = SystemTime::now() - 2 * QUIET;
        assert_eq!(unfinished(Some(&early), old, 0.0), State::Stopped);
    }
}
