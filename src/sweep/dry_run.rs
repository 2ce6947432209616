//! Lists the planned runs of a suite: what is done of them, and an estimate of what the others cost.

use std::collections::BTreeMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::Error;
use super::plan::{self, Corpora, PlannedRun};
use super::planned::Options;
use super::search::{self, Budget};
use super::status::{self, Estimate, Measured, Question, RunState, StoredRun};
use super::suite::Suite;
use crate::data::dataset::{Corpus, file_name};
use crate::record::{self, search::SearchMetadata};
use crate::train::device;

/// A planned run with its state and its estimate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunEstimate {
    #[serde(rename = "run")]
    pub id: String,
    pub dataset: String,
    pub model: String,
    pub seed: u64,
    /// Noise and selection, as text.
    pub training: String,
    /// Number of the trial of a search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial: Option<u32>,
    /// Its settings, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<String>,
    pub state: RunState,
    /// Finished epochs.
    pub epoch: u32,
    pub epochs: u32,
    /// Of the whole run; `None` where it is done.
    pub estimate: Option<Estimate>,
    /// Seconds left; `None` where nothing is known.
    pub seconds_left: Option<f64>,
}

/// The runs of a suite, and where it asks for a search those of its present stage.
#[derive(Clone, Debug)]
pub struct DryRun {
    pub runs: Vec<RunEstimate>,
    /// Of each data set; none without a search.
    pub budgets: Vec<Budget>,
    /// The rung that the runs are of, from 0; `None` without a search, and for the settings that it has chosen.
    pub rung: Option<usize>,
    /// Seeds that the chosen settings are trained with.
    pub seeds: usize,
}

/// Every run of the suite in its order; writes nothing and trains nothing.
///
/// # Errors
/// If the suite is wrong, or its data sets are not prepared.
pub fn dry_run(suite: &Suite, options: &Options) -> Result<DryRun, Error> {
    let suite = &search::now(suite, &options.data, &options.runs)?;
    let corpora = plan::open_corpora(suite, &options.data)?;
    let planned = plan::runs(suite, &corpora)?;
    let mut estimator = Estimator {
        corpora: &corpora,
        options,
        measured: status::measured(&options.runs),
        estimates: BTreeMap::new(),
    };
    let ids: Vec<&str> = planned.iter().map(|run| run.id.as_str()).collect();
    let stored: Vec<Option<StoredRun>> = ids
        .par_iter()
        .map(|id| StoredRun::read(record::run_dir(&options.runs, id)))
        .collect();
    let runs = planned.iter().zip(stored);
    let runs = runs.map(|(run, stored)| estimator.estimate(run, stored.as_ref()));
    Ok(DryRun {
        runs: runs.collect(),
        budgets: search::budgets(&planned),
        rung: suite.stage.as_ref().and_then(|stage| stage.rung),
        seeds: suite.seeds.len(),
    })
}

/// Estimates runs from finished ones, each kind of run once.
struct Estimator<'a> {
    corpora: &'a Corpora,
    options: &'a Options,
    measured: Vec<Measured>,
    /// They do not depend on the seed.
    estimates: BTreeMap<RunKind, Estimate>,
}

/// Properties that runs of equal cost share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RunKind {
    dataset: String,
    model: String,
    epochs: u32,
    batch_size: usize,
    /// Conditions of evaluation under every mask seed, and of validation.
    conditions: usize,
    validation: usize,
}

impl RunKind {
    fn of(run: &PlannedRun) -> Self {
        let settings = &run.settings;
        let conditions = settings.evaluation.iter().map(|one| one.conditions.len());
        Self {
            dataset: run.dataset.clone(),
            model: run.choice.name(),
            epochs: run.recipe.epochs,
            batch_size: run.recipe.batch_size,
            conditions: if run.is_trial() {
                0
            } else {
                conditions.sum::<usize>() * settings.mask_seeds.len()
            },
            validation: settings.validation.len(),
        }
    }
}

impl Estimator<'_> {
    fn estimate(&mut self, run: &PlannedRun, stored: Option<&StoredRun>) -> RunEstimate {
        let epoch = stored.map_or(0, StoredRun::epoch);
        let state = status::overview::state(stored, &run.masks);
        let (corpus, _) = &self.corpora[&run.dataset];
        let estimate = (state != RunState::Done).then(|| {
            let estimate = self.cost(run, corpus);
            if estimate.seconds.is_some() {
                estimate
            } else {
                stored
                    .and_then(status::estimate::from_last_epoch)
                    .unwrap_or(estimate)
            }
        });
        let left = match run.recipe.epochs {
            0 => 1.0,
            epochs => 1.0 - f64::from(epoch.min(epochs)) / f64::from(epochs),
        };
        let searched = run.config.search.as_ref();
        let seconds = estimate.as_ref().and_then(|estimate| estimate.seconds);
        RunEstimate {
            id: run.id.clone(),
            dataset: run.dataset.clone(),
            model: run.choice.name(),
            seed: run.seed,
            training: run.config.training(),
            trial: searched.map(|search| search.trial),
            settings: searched.map(SearchMetadata::describe_settings),
            state,
            epoch,
            epochs: run.recipe.epochs,
            seconds_left: seconds.map(|seconds| seconds * left),
            estimate,
        }
    }

    /// Cost of the whole run by finished ones.
    fn cost(&mut self, run: &PlannedRun, corpus: &Corpus) -> Estimate {
        let key = RunKind::of(run);
        if let Some(known) = self.estimates.get(&key) {
            return known.clone();
        }
        let question = Question {
            dataset: &run.dataset,
            content_hash: &corpus.content_hash,
            counts: corpus.counts,
            steps: steps(corpus),
            model: &run.choice.name(),
            encoder: &run.config.encoder,
            epochs: key.epochs,
            batch_size: key.batch_size,
            conditions: key.conditions,
            validation: key.validation,
            threads: tch::get_num_threads() as usize,
            device: &device::describe(self.options.device),
        };
        let estimate = status::estimate(&question, &self.measured, &|name| self.steps_of(name));
        self.estimates.insert(key, estimate.clone());
        estimate
    }

    /// Padded steps of another data set, where its prepared file is at hand.
    fn steps_of(&self, name: &str) -> Option<usize> {
        let path = self.options.data.join(file_name(name));
        match self.corpora.get(name) {
            Some((corpus, _)) => Some(steps(corpus)),
            None if path.is_file() => Corpus::open(&path).ok().map(|corpus| steps(&corpus)),
            None => None,
        }
    }
}

/// Padded steps of text, audio and vision together.
fn steps(corpus: &Corpus) -> usize {
    corpus.text_steps + corpus.audio.0 + corpus.vision.0
}
