//! Counts the runs of a sweep and estimates the time left.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The runs of a sweep.
#[derive(Clone, Copy, Debug)]
pub struct SweepRuns {
    pub total: usize,
    /// Runs that were done before.
    pub done: usize,
    /// Runs that are not done and train for at least one epoch.
    pub to_train: usize,
    /// Runs at a time.
    pub jobs: usize,
}

/// Runs begun and ended, and their seconds.
#[derive(Debug)]
pub struct SweepTime {
    runs: SweepRuns,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    begun: usize,
    trainings_begun: usize,
    trainings_ended: usize,
    /// Of ended trainings together.
    seconds: f64,
}

impl SweepTime {
    pub fn new(runs: SweepRuns) -> Self {
        Self {
            runs,
            counts: Mutex::default(),
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number of runs, done ones included.
    pub fn total(&self) -> usize {
        self.runs.total
    }

    /// Counts a run that begins. Gives its number, from 1, and the seconds left for the sweep, this
    /// run included, once a training has ended.
    pub fn begin(&self, is_training: bool) -> (usize, Option<f64>) {
        let mut counts = self.counts();
        counts.begun += 1;
        let waiting = self.runs.to_train.saturating_sub(counts.trainings_begun);
        counts.trainings_begun += usize::from(is_training);
        let number = (self.runs.done + counts.begun).min(self.runs.total);
        let left = (counts.trainings_ended > 0).then(|| {
            let mean = counts.seconds / counts.trainings_ended as f64;
            waiting as f64 * mean / self.runs.jobs.max(1) as f64
        });
        (number, left)
    }

    /// Counts a training that ended after so many seconds.
    pub fn end(&self, seconds: f64) {
        let mut counts = self.counts();
        counts.trainings_ended += 1;
        counts.seconds += seconds;
    }

    /// Seconds left for the sweep while a run that has taken `elapsed` seconds needs `left` more: the
    /// runs that wait take as long as the mean of the ended ones and this one.
    pub fn left(&self, elapsed: f64, left: f64) -> f64 {
        let counts = self.counts();
        let known = (counts.trainings_ended + 1) as f64;
        let mean = (counts.seconds + elapsed + left) / known;
        let waiting = self.runs.to_train.saturating_sub(counts.trainings_begun);
        left + waiting as f64 * mean / self.runs.jobs.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_numbered_after_those_that_were_done() {
        let sweep = SweepTime::new(SweepRuns {
            total: 8,
            done: 2,
            to_train: 5,
            jobs: 1,
        });
        assert_eq!(sweep.begin(true), (3, None));
        sweep.end(60.0);
        // A run without training takes no time.
        assert_eq!(sweep.begin(false), (4, Some(240.0)));
        assert_eq!(sweep.begin(true), (5, Some(240.0)));
        // Half of a training of 120 s; three wait, 90 s each.
        assert_eq!(sweep.left(60.0, 60.0), 330.0);
    }

    #[test]
    fn several_at_a_time_share_what_waits() {
        let sweep = SweepTime::new(SweepRuns {
            total: 6,
            done: 0,
            to_train: 6,
            jobs: 2,
        });
        sweep.begin(true);
        sweep.begin(true);
        assert_eq!(sweep.left(10.0, 10.0), 50.0);
    }
}
