//! Goes from one stage of a search to the next by the scores of its finished runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::halving::{self, Rung, Scored};
use super::{Stage, trial::Trial};
use crate::metric::Metric;
use crate::record::search::SearchMetadata;
use crate::record::{self, RunDir, epochs};
use crate::sweep::plan::PlannedRun;
use crate::sweep::{Error, Suite, Summary, Sweep};

/// The first stage of a suite's search; the suite itself where it asks for none.
pub fn begin(suite: &Suite) -> Suite {
    let stage = suite.search.map(|_| Stage {
        rung: Some(0),
        training_seed: suite.seeds.first().copied().unwrap_or_default(),
        trials: BTreeMap::new(),
    });
    Suite {
        stage,
        ..suite.clone()
    }
}

/// The stage after that of `suite`, whose runs `sweep` are all finished in the folder `runs`; `None` after the last.
///
/// # Errors
/// [`Error::SearchDiverged`] where no trial of a search has a score; those of reading runs.
pub fn next(suite: &Suite, sweep: &Sweep, runs: &Path) -> Result<Option<Suite>, Error> {
    let Some((stage, rung)) = suite.stage.as_ref().and_then(|s| Some((s, s.rung?))) else {
        return Ok(None);
    };
    let (mut trials, mut is_last) = (stage.trials.clone(), true);
    if rung == 0 {
        trials.clear();
    }
    for (search, planned) in searches(&sweep.runs) {
        let Some((first, place)) = planned.first().copied() else {
            continue;
        };
        let metric = monitored(first)?;
        let scores = scores(&planned, metric, runs)?;
        let next = place.rungs.get(rung + 1);
        let chosen = match next {
            Some(next) => halving::survivors(&scores, metric, next.trials),
            None => vec![
                halving::best(&scores, metric).ok_or_else(|| Error::SearchDiverged {
                    search: first.kind(),
                })?,
            ],
        };
        is_last &= next.is_none();
        describe(&planned, metric, rung, &scores, &chosen);
        trials.insert(search.to_owned(), chosen);
    }
    Ok(Some(Suite {
        stage: Some(Stage {
            rung: (!is_last).then_some(rung + 1),
            training_seed: stage.training_seed,
            trials,
        }),
        ..suite.clone()
    }))
}

/// The stage that a suite's search is in, by the runs of the folder `runs`; the suite itself where it asks for none.
///
/// # Errors
/// As [`next`] and [`Sweep::outline`].
pub fn now(suite: &Suite, data: &Path, runs: &Path) -> Result<Suite, Error> {
    let mut suite = begin(suite);
    loop {
        let is_rung = suite
            .stage
            .as_ref()
            .is_some_and(|stage| stage.rung.is_some());
        if !is_rung {
            return Ok(suite);
        }
        let sweep = Sweep::outline(&suite, "search", data, runs)?;
        if !sweep.waiting(runs).0.is_empty() {
            return Ok(suite);
        }
        match next(&suite, &sweep, runs)? {
            Some(next) => suite = next,
            None => return Ok(suite),
        }
    }
}

/// Whether a run needs no further work in this stage although it is not done: a trial that diverged.
pub fn is_settled(run: &PlannedRun, runs: &Path) -> bool {
    run.is_trial() && diverged(runs, &run.id)
}

/// Takes trials that diverged out of the failed runs of a sweep: they lose, and the search goes on.
pub fn forgive(summary: &mut Summary, sweep: &Sweep, runs: &Path) {
    let trials = sweep.runs.iter().filter(|run| run.is_trial());
    let trials: BTreeSet<&str> = trials.map(|run| run.id.as_str()).collect();
    let before = summary.failed.len();
    summary
        .failed
        .retain(|run| !trials.contains(&*run.id) || !diverged(runs, &run.id));
    let lost = before - summary.failed.len();
    if lost > 0 {
        tracing::warn!("diverged and lost: {lost} of {} trials", trials.len());
    }
}

fn diverged(runs: &Path, id: &str) -> bool {
    let dir = record::run_dir(runs, id);
    let failure = || dir.read_failure();
    !dir.is_done() && failure().is_some_and(|failure| failure.diverged)
}

/// Trials and epochs of the searches of a sweep: what each model on a data set is given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Budget {
    pub dataset: String,
    pub rungs: Vec<Rung>,
    /// Of all rungs together, for each training of a model.
    pub total_epochs: u32,
}

/// The budget of each data set.
pub fn budgets(runs: &[PlannedRun]) -> Vec<Budget> {
    let places = runs
        .iter()
        .filter_map(|run| Some((run, run.trial.as_ref()?)));
    let budget = |(run, place): (&PlannedRun, &Trial)| Budget {
        dataset: run.dataset.clone(),
        rungs: place.rungs.to_vec(),
        total_epochs: halving::total_epochs(&place.rungs),
    };
    let all: BTreeSet<Budget> = places.map(budget).collect();
    all.into_iter().collect()
}

/// The runs of trials by their search, each with its place in it.
type Searches<'a> = BTreeMap<&'a str, Vec<(&'a PlannedRun, &'a Trial)>>;

fn searches(runs: &[PlannedRun]) -> Searches<'_> {
    let mut all = Searches::new();
    for run in runs {
        if let Some(place) = &run.trial {
            all.entry(&place.search).or_default().push((run, place));
        }
    }
    all
}

/// The metric whose validation score decides.
fn monitored(run: &PlannedRun) -> Result<&'static Metric, Error> {
    let metric = run.rules.first.metric();
    metric.ok_or_else(|| Error::SearchOnTest {
        model: run.choice.name(),
    })
}

/// The scores of the trials of a search: the mean over the trainings of its protocol.
fn scores(
    planned: &[(&PlannedRun, &Trial)],
    metric: &Metric,
    runs: &Path,
) -> Result<Vec<Scored>, Error> {
    let mut by_trial: BTreeMap<u32, Vec<Option<f64>>> = BTreeMap::new();
    for (run, place) in planned {
        let score = score(run, metric, runs)?;
        by_trial.entry(place.number).or_default().push(score);
    }
    let mean = |scores: Vec<Option<f64>>| {
        let count = scores.len() as f64;
        let sum: Option<f64> = scores.into_iter().sum();
        sum.map(|sum| sum / count)
    };
    let trials = by_trial.into_iter();
    Ok(trials
        .map(|(trial, scores)| (trial, mean(scores)))
        .collect())
}

/// A run's score on the validation split at its selected epoch; `None` where the training diverged.
fn score(run: &PlannedRun, metric: &Metric, runs: &Path) -> Result<Option<f64>, Error> {
    if is_settled(run, runs) {
        return Ok(None);
    }
    let dir = RunDir::open(runs.join(&run.id));
    let (manifest, _) = dir.checked_manifest()?;
    let log = dir.checked_epochs()?;
    let epoch = epochs::parse(&log, metric.name).into_iter();
    let mut chosen = epoch.filter(|epoch| epoch.number == f64::from(manifest.selection.epoch));
    Ok(chosen.next().and_then(|epoch| epoch.monitored))
}

/// Logs which trials go on from a rung, or which is chosen after the last.
fn describe(
    planned: &[(&PlannedRun, &Trial)],
    metric: &Metric,
    rung: usize,
    scores: &[Scored],
    chosen: &[u32],
) {
    let Some((first, place)) = planned.first() else {
        return;
    };
    let score = |trial: u32| {
        let score = scores.iter().find(|(number, _)| *number == trial);
        let score = score.and_then(|(_, score)| *score);
        score.map_or_else(|| "undefined".to_owned(), |score| format!("{score:.4}"))
    };
    let (kind, metric, rungs) = (first.kind(), metric.title, place.rungs.len());
    if let ([trial], true) = (chosen, rung + 1 == rungs) {
        let run = planned.iter().find(|(_, place)| place.number == *trial);
        let settings = run.and_then(|(run, _)| run.config.search.as_ref());
        let settings = settings
            .map(SearchMetadata::describe_settings)
            .unwrap_or_default();
        tracing::info!(
            "search of {kind}: chosen is trial {trial}, {settings}; {metric} on the validation split {}, of the \
             published settings {}",
            score(*trial),
            score(0)
        );
    } else {
        let trials = chosen
            .iter()
            .map(|trial| format!("{trial} ({})", score(*trial)));
        let trials: Vec<String> = trials.collect();
        tracing::info!(
            "search of {kind}, rung {} of {rungs}: these of {} trials go on, by {metric} on the validation split: {}",
            rung + 1,
            scores.len(),
            trials.join(", ")
        );
    }
}
