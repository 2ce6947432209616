//! Formats runs as table rows and as JSON.

use std::time::SystemTime;

use lnln_bench::support::words;
use lnln_bench::sweep::status::log::Score;
use lnln_bench::sweep::status::{RunState, StoredRun};
use schemars::JsonSchema;
use serde::Serialize;

/// A run in `--json`.
#[derive(Serialize, JsonSchema)]
pub struct RunRow<'a> {
    pub run: &'a str,
    pub dataset: &'a str,
    pub model: &'a str,
    pub seed: u64,
    /// Number of the trial of a search, whose settings it has.
    pub trial: Option<u32>,
    pub state: RunState,
    /// Imported by `score`.
    pub external: bool,
    pub epoch: u32,
    pub epochs: u32,
    pub selected: Option<&'a Score>,
    pub last: Option<&'a Score>,
    pub samples_per_second: Option<f64>,
    pub seconds_left: Option<f64>,
    pub seconds_since_change: f64,
    pub bytes: u64,
    pub host: Option<&'a str>,
    pub error: Option<&'a [String]>,
    pub command: Option<&'a str>,
}

impl<'a> From<&'a StoredRun> for RunRow<'a> {
    fn from(run: &'a StoredRun) -> Self {
        let progress = run.progress.as_ref();
        let failure = run.failure.as_ref();
        Self {
            run: &run.id,
            dataset: &run.dataset,
            model: &run.model,
            seed: run.seed,
            trial: run.trial,
            state: run.state,
            external: run.external,
            epoch: run.epoch(),
            epochs: run.epochs,
            selected: progress.and_then(|p| p.selected.as_ref()),
            last: progress.and_then(|p| p.last.as_ref()),
            samples_per_second: progress.map(|p| p.samples_per_second),
            seconds_left: run.seconds_left(),
            seconds_since_change: age(run.changed),
            bytes: run.bytes,
            host: run.attempt.as_ref().map(|attempt| &*attempt.host),
            error: failure.map(|failure| &*failure.error),
            command: failure.map(|failure| &*failure.command),
        }
    }
}

/// Seconds since then; 0 for a time in the future.
pub fn age(then: SystemTime) -> f64 {
    then.elapsed().map_or(0.0, |age| age.as_secs_f64())
}

/// `17/200`; empty where nothing is trained.
pub fn epochs(run: &StoredRun) -> String {
    match run.epochs {
        0 => String::new(),
        epochs => format!("{}/{epochs}", run.epoch()),
    }
}

/// `mae 0.812 (epoch 12)`.
pub fn score(score: &Score) -> String {
    format!(
        "{} {:.3} (epoch {})",
        score.metric, score.value, score.epoch
    )
}

/// Name of a run's state.
fn state(run: &StoredRun) -> &'static str {
    match (run.state, run.external) {
        (RunState::Done, true) => "external",
        (state, _) => word(state),
    }
}

/// Name of a state.
pub fn word(state: RunState) -> &'static str {
    match state {
        RunState::Done => "done",
        RunState::Trained => "trained",
        RunState::Running => "running",
        RunState::Failed => "failed",
        RunState::Stopped => "stopped",
        RunState::Waiting => "waiting",
    }
}

/// Row of a listing.
pub fn row(run: &StoredRun) -> Vec<String> {
    let selected = run.progress.as_ref().and_then(|p| p.selected.as_ref());
    vec![
        run.id.clone(),
        run.dataset.clone(),
        match run.trial {
            Some(trial) => format!("{}, trial {trial}", run.model),
            None => run.model.clone(),
        },
        run.seed.to_string(),
        state(run).to_owned(),
        epochs(run),
        selected.map(score).unwrap_or_default(),
        words::duration(age(run.changed)),
        words::bytes(run.bytes),
    ]
}
