//! What a sweep would do: its cells, what is done of them, and what the others will cost.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::plan::{self, Cell, Corpora};
use super::planned::Options;
use super::prospect;
use super::{Error, Suite};
use crate::data::dataset::Corpus;
use crate::record;
use crate::sweep::status::{self, Estimate, Measured, Question, Run, State};
use crate::train::EncoderSpec;
use crate::train::device;

/// A cell and what is to be expected of it.
#[derive(Clone, Debug, Serialize)]
pub struct CellForecast {
    pub run: String,
    pub dataset: String,
    pub model: String,
    pub seed: u64,
    /// Noise and selection, in words.
    pub training: String,
    pub state: State,
    /// Finished epochs.
    pub epoch: u32,
    pub epochs: u32,
    /// Of the whole cell; `None` where it is done.
    pub estimate: Option<Estimate>,
    /// Seconds that are left of it; `None` where nothing is known.
    pub seconds_left: Option<f64>,
    /// Memory as the plan counts it before training (docs/training.md), where none was measured.
    pub planned: Option<Planned>,
}

/// The memory plan of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// `None` where it does not fit.
    pub bytes: Option<u64>,
    pub words: String,
}

/// Every cell of the suite in its order; writes nothing and trains nothing.
///
/// # Errors
/// If the suite is wrong, or its data sets are not prepared.
pub fn forecast(suite: &Suite, options: &Options) -> Result<Vec<CellForecast>, Error> {
    let corpora = plan::open_corpora(suite, &options.data)?;
    let cells = plan::cells(suite, &corpora)?;
    let mut oracle = Oracle {
        corpora: &corpora,
        options,
        measured: status::measured(&options.runs),
        estimates: BTreeMap::new(),
        plans: BTreeMap::new(),
    };
    let ids: Vec<&str> = cells.iter().map(|cell| cell.id.as_str()).collect();
    let look = |id: &&str| Run::look(record::run_dir(&options.runs, id));
    let begun: Vec<Option<Run>> = ids.par_iter().map(look).collect();
    let cells = cells.iter().zip(begun);
    Ok(cells
        .map(|(cell, run)| oracle.forecast(cell, run))
        .collect())
}

/// What is known.
struct Oracle<'a> {
    corpora: &'a Corpora,
    options: &'a Options,
    measured: Vec<Measured>,
    /// Seeds change neither these nor the plans.
    estimates: BTreeMap<Kind, Estimate>,
    plans: BTreeMap<Kind, Planned>,
}

/// What cells have in common that cost the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    dataset: String,
    model: String,
    epochs: u32,
    batch_size: usize,
    /// Conditions of evaluation under every mask seed, and of validation.
    conditions: usize,
    validation: usize,
}

impl Kind {
    fn of(cell: &Cell) -> Self {
        let settings = &cell.settings;
        let conditions = settings.evaluation.iter().map(|one| one.conditions.len());
        Self {
            dataset: cell.dataset.clone(),
            model: cell.choice.name(),
            epochs: cell.recipe.epochs,
            batch_size: cell.recipe.batch_size,
            conditions: conditions.sum::<usize>() * settings.mask_seeds.len(),
            validation: settings.validation.len(),
        }
    }
}

impl Oracle<'_> {
    fn forecast(&mut self, cell: &Cell, run: Option<Run>) -> CellForecast {
        let epoch = run.as_ref().map_or(0, Run::epoch);
        let state = status::overview::state(run.as_ref());
        let (corpus, encoder) = &self.corpora[&cell.dataset];
        let estimate = (state != State::Done).then(|| {
            let estimate = self.estimate(cell, corpus);
            let own = run.as_ref().and_then(status::estimate::of_itself);
            match estimate.seconds {
                Some(_) => estimate,
                None => own.unwrap_or(estimate),
            }
        });
        let known = estimate.as_ref().and_then(|e| e.memory).is_some();
        let planned = (estimate.is_some() && !known && cell.choice.entry.trained)
            .then(|| self.plan(cell, corpus, encoder));
        let part = match cell.recipe.epochs {
            0 => 1.0,
            epochs => 1.0 - f64::from(epoch.min(epochs)) / f64::from(epochs),
        };
        let seconds = estimate.as_ref().and_then(|estimate| estimate.seconds);
        CellForecast {
            run: cell.id.clone(),
            dataset: cell.dataset.clone(),
            model: cell.choice.name(),
            seed: cell.seed,
            training: cell.config.training(),
            state,
            epoch,
            epochs: cell.recipe.epochs,
            seconds_left: seconds.map(|seconds| seconds * part),
            estimate,
            planned,
        }
    }

    fn estimate(&mut self, cell: &Cell, corpus: &Corpus) -> Estimate {
        let key = Kind::of(cell);
        if let Some(known) = self.estimates.get(&key) {
            return known.clone();
        }
        let question = Question {
            dataset: &cell.dataset,
            content_hash: &corpus.content_hash,
            counts: corpus.counts,
            steps: steps(corpus),
            model: &cell.choice.name(),
            encoder: &cell.config.encoder,
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
        let path = self.options.data.join(format!("{name}.h5"));
        match self.corpora.get(name) {
            Some((corpus, _)) => Some(steps(corpus)),
            None if path.is_file() => Corpus::open(&path).ok().map(|corpus| steps(&corpus)),
            None => None,
        }
    }

    fn plan(&mut self, cell: &Cell, corpus: &Corpus, encoder: &EncoderSpec) -> Planned {
        let key = Kind::of(cell);
        if let Some(known) = self.plans.get(&key) {
            return known.clone();
        }
        let plan = prospect::memory(cell, corpus, encoder, self.options);
        let planned = match plan {
            Ok(plan) => Planned {
                bytes: plan.per_sample.is_some().then(|| plan.total()),
                words: plan.to_string(),
            },
            Err(error) => Planned {
                bytes: None,
                words: error.to_string(),
            },
        };
        self.plans.insert(key, planned.clone());
        planned
    }
}

/// Padded steps of text, audio and vision together.
fn steps(corpus: &Corpus) -> usize {
    corpus.text_steps + corpus.audio.0 + corpus.vision.0
}
