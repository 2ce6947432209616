//! Counts the runs of a sweep and estimates the time left.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The runs of a sweep.
#[derive(Clone, Debug)]
pub struct SweepRuns {
    pub total: usize,
    /// Runs that were done before.
    pub done: usize,
    /// Runs that are not done and train for at least one epoch, by what decides their time: data set
    /// and model.
    pub to_train: Vec<String>,
    /// Runs at a time.
    pub jobs: usize,
}

/// Runs begun and ended, and their seconds.
#[derive(Debug)]
pub struct SweepTime {
    total: usize,
    jobs: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Runs done or begun.
    begun: usize,
    /// Trainings not begun.
    waiting: Vec<String>,
    /// Trainings ended and their seconds together.
    ended: BTreeMap<String, (usize, f64)>,
}

impl State {
    /// Seconds of the trainings not begun, one after the other: each takes the mean of its kind, or of
    /// all where none of its kind is known; `running` is a training that has not ended. `None` where
    /// nothing is known.
    fn seconds_waiting(&self, running: Option<(&str, f64)>) -> Option<f64> {
        let mut known = self.ended.clone();
        if let Some((kind, seconds)) = running {
            let (count, sum) = known.entry(kind.to_owned()).or_default();
            (*count, *sum) = (*count + 1, *sum + seconds);
        }
        let mean = |(count, sum): (usize, f64)| (count > 0).then(|| sum / count as f64);
        let all = known.values().fold((0, 0.0), |(n, sum), (count, seconds)| {
            (n + count, sum + seconds)
        });
        let all = mean(all)?;
        let of = |kind: &String| known.get(kind).copied().and_then(mean).unwrap_or(all);
        Some(self.waiting.iter().map(of).sum())
    }
}

impl SweepTime {
    pub fn new(runs: SweepRuns) -> Self {
        Self {
            total: runs.total,
            jobs: runs.jobs.max(1),
            state: Mutex::new(State {
                begun: runs.done,
                waiting: runs.to_train,
                ended: BTreeMap::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number of runs, done ones included.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Counts a run that begins, with its kind if it trains. Gives its number, from 1, and the seconds
    /// left for the sweep, this run included, once a training has ended.
    pub fn begin(&self, training: Option<&str>) -> (usize, Option<f64>) {
        let mut state = self.state();
        state.begun += 1;
        let number = state.begun.min(self.total);
        let left = state.seconds_waiting(None);
        if let Some(kind) = training
            && let Some(index) = state.waiting.iter().position(|waiting| waiting == kind)
        {
            state.waiting.remove(index);
        }
        (number, left.map(|seconds| seconds / self.jobs as f64))
    }

    /// Counts a training that ended after so many seconds.
    pub fn end(&self, kind: &str, seconds: f64) {
        let mut state = self.state();
        let (count, sum) = state.ended.entry(kind.to_owned()).or_default();
        (*count, *sum) = (*count + 1, *sum + seconds);
    }

    /// Seconds left for the sweep while a training that has taken `elapsed` seconds needs `left` more.
    pub fn left(&self, kind: &str, elapsed: f64, left: f64) -> f64 {
        let waiting = self.state().seconds_waiting(Some((kind, elapsed + left)));
        left + waiting.unwrap_or_default() / self.jobs as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(to_train: &[&str], jobs: usize) -> SweepTime {
        SweepTime::new(SweepRuns {
            total: 8,
            done: 2,
            to_train: to_train.iter().map(|&kind| kind.to_owned()).collect(),
            jobs,
        })
    }

    #[test]
    fn runs_are_numbered_after_those_that_were_done() {
        let sweep = sweep(&["lnln", "lnln", "lnln", "tfn", "tfn"], 1);
        assert_eq!(sweep.begin(Some("lnln")), (3, None));
        sweep.end("lnln", 60.0);
        // A run without training takes no time, an unknown model as long as the known ones.
        assert_eq!(sweep.begin(None), (4, Some(240.0)));
        assert_eq!(sweep.begin(Some("tfn")), (5, Some(240.0)));
        // Two of 60 s wait, and one like the training under way.
        assert_eq!(sweep.left("tfn", 5.0, 5.0), 5.0 + 120.0 + 10.0);
        sweep.end("tfn", 10.0);
        assert_eq!(sweep.begin(Some("lnln")), (6, Some(130.0)));
    }

    #[test]
    fn several_at_a_time_share_what_waits() {
        let sweep = sweep(&["lnln"; 6], 2);
        sweep.begin(Some("lnln"));
        sweep.begin(Some("lnln"));
        assert_eq!(sweep.left("lnln", 10.0, 10.0), 50.0);
    }
}
