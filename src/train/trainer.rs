//! Fits one model: epochs, scores, selection, and a state that survives a kill.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tch::{Tensor, nn};

use super::epoch_log::{EpochLine, Means};
use super::fault::{self, Fault};
use super::optimizer::Optimizer;
use super::precision::Precision;
use super::schedule::Schedule;
use super::selection::{Rule, Selection};
use super::state::{Pick, State};
use super::tensors::SplitTensors;
use super::view::View;
use super::watch::{Predictions, Watched};
use super::{Error, checkpoint, epoch_log, memory, native, order, trouble};
use crate::metric::Metric;
use crate::model::{Batch, Entry, Model, Recipe, Trace, backward};
use crate::ui::Bar;

/// Everything that decides a fit but the data.
#[derive(Debug)]
pub struct Plan {
    pub entry: &'static Entry,
    pub recipe: Recipe,
    pub schedule: Schedule,
    pub rule: Rule,
    pub seed: u64,
    pub precision: Precision,
    /// Clips per pass at the start; [`State::micro_batch`] says how it went.
    pub micro_batch: usize,
}

/// The data of a fit.
pub struct Data<'a> {
    pub train: &'a SplitTensors,
    /// The training split with nothing missing.
    pub complete: &'a View,
    /// The training split as an epoch (counted from 1) sees it.
    pub noisy: &'a dyn Fn(u32) -> Result<Rc<View>, Error>,
    /// The split whose scores decide, [`Rule::split`].
    pub watched: Watched<'a>,
    /// The validation split, where habits look at it and the scores are another's.
    pub valid: Option<Watched<'a>>,
}

/// Where a fit leaves its files.
#[derive(Clone, Debug)]
pub struct Files {
    /// The selected weights, where one epoch serves every metric.
    pub best: PathBuf,
    /// Weights, optimiser and state of the last finished epoch, or of the step where a signal
    /// stopped the fit.
    pub last: PathBuf,
    /// One line per epoch.
    pub log: PathBuf,
}

impl Files {
    /// The weights of a picked epoch.
    pub fn picked(&self, rule: &Rule, epoch: u32) -> PathBuf {
        // Epoch 0 is a model that was not trained.
        match rule.is_single() || epoch == 0 {
            true => self.best.clone(),
            false => self
                .folder()
                .join(format!("checkpoint-epoch-{epoch}.safetensors")),
        }
    }

    fn folder(&self) -> &Path {
        self.best.parent().unwrap_or(Path::new("."))
    }

    /// Removes the weights of epochs that nothing picks any more.
    fn forget_unpicked(&self, rule: &Rule, state: &State) -> Result<(), Error> {
        if rule.is_single() {
            return Ok(());
        }
        let kept: Vec<PathBuf> = state
            .epochs()
            .values()
            .map(|&e| self.picked(rule, e))
            .collect();
        let folder = self.folder();
        for entry in std::fs::read_dir(folder).map_err(|e| Error::io(folder, e))? {
            let path = entry.map_err(|e| Error::io(folder, e))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("checkpoint-epoch-") && !kept.contains(&path) {
                std::fs::remove_file(&path).map_err(|e| Error::io(&path, e))?;
            }
        }
        Ok(())
    }
}

/// Fits `model`, going on from `files.last` where it exists. The weights of every picked epoch end
/// up in the file that [`Files::picked`] names.
///
/// # Errors
/// [`Error::Interrupted`] where `interrupt` was raised: the step under way was finished and the
/// state stored, so that the next call goes on after that very step.
pub fn fit(
    plan: &Plan,
    data: &Data<'_>,
    model: &mut dyn Model,
    store: &mut nn::VarStore,
    files: &Files,
    interrupt: &AtomicBool,
    bar: &Bar,
) -> Result<State, Error> {
    let mut optimizer = Optimizer::new(store, &plan.recipe, &model.groups(&plan.recipe))?;
    let mut state = resume(store, &mut optimizer, files)?;
    if state.micro_batch == 0 {
        state.micro_batch = plan.micro_batch;
    }
    let mut fit = Fit {
        plan,
        data,
        model,
        optimizer,
        store,
        files,
        interrupt,
    };
    bar.set(u64::from(state.epoch));
    // Gradients and moments are made in the first step, each on pages of its own.
    native::keep_large_blocks(false);
    while !state.is_over(&plan.recipe) {
        let line = fit.epoch(&mut state)?;
        let left = plan.recipe.epochs - state.epoch;
        bar.update(u64::from(state.epoch), line.summary(state.selected(), left));
    }
    Ok(state)
}

/// The weights in `path` into the store.
pub fn load_weights(store: &mut nn::VarStore, path: &Path) -> Result<(), Error> {
    restore(store, &checkpoint::load(path)?.0)
}

/// A fit under way.
struct Fit<'a> {
    plan: &'a Plan,
    data: &'a Data<'a>,
    model: &'a mut dyn Model,
    optimizer: Optimizer,
    store: &'a nn::VarStore,
    files: &'a Files,
    interrupt: &'a AtomicBool,
}

impl Fit<'_> {
    /// One pass over the training split, its scores, and everything stored.
    fn epoch(&mut self, state: &mut State) -> Result<EpochLine, Error> {
        let line = self.train(state)?;
        let line = self.select(state, line)?;
        let last = state.is_over(&self.plan.recipe);
        let final_only = self.plan.rule.selection == Selection::Last;
        if !line.selected.is_empty() && (last || !final_only) {
            let path = self.files.picked(&self.plan.rule, state.epoch);
            checkpoint::save(&path, &weights(self.store), "{}")?;
        }
        epoch_log::append(&self.files.log, &line)?;
        self.save(state)?;
        self.files.forget_unpicked(&self.plan.rule, state)?;
        Ok(line)
    }

    /// The steps of an epoch, from the one after `state.step` on.
    fn train(&mut self, state: &mut State) -> Result<EpochLine, Error> {
        let (plan, data) = (self.plan, self.data);
        let (started, epoch) = (Instant::now(), state.epoch + 1);
        let factor = plan.schedule.factor(epoch, plan.recipe.epochs) * state.reduction();
        let noisy = (data.noisy)(epoch)?;
        let rows = order::shuffled(data.train.len(), plan.seed, epoch);
        // Batches whose gradients are summed are one step: a fit stops and goes on between those.
        let rows_of_step = plan.recipe.batch_size * plan.recipe.habits.accumulate as usize;
        let first = state.step * rows_of_step;
        for rows in rows[first.min(rows.len())..].chunks(rows_of_step) {
            // Between two steps and before the first: a state that is stored is worth going on from.
            self.stop_if_asked(state)?;
            let sums = self.step(state, &noisy, rows, epoch, factor)?;
            state.means = sums;
            state.step += 1;
        }
        self.stop_if_asked(state)?;
        let seconds = started.elapsed().as_secs_f64();
        Ok(EpochLine {
            epoch,
            learning_rate: plan.recipe.learning_rate * factor,
            losses: std::mem::take(&mut state.means).finish(),
            split: plan.rule.split().as_str(),
            scores: Vec::new(),
            selected: Vec::new(),
            samples_per_second: (rows.len() - first.min(rows.len())) as f64 / seconds,
            seconds,
            peak_memory: memory::peak(data.train.labels.device()),
            micro_batch: state.micro_batch,
        })
    }

    /// Stores the state and ends the fit where a signal asked for it.
    fn stop_if_asked(&self, state: &State) -> Result<(), Error> {
        if !self.interrupt.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.save(state)?;
        Err(Error::Interrupted {
            epoch: state.epoch,
            step: state.step,
        })
    }

    fn save(&self, state: &State) -> Result<(), Error> {
        let mut everything = weights(self.store);
        everything.extend(self.optimizer.state());
        let text = serde_json::to_string(state).map_err(|e| Error::Unexpected(e.to_string()))?;
        checkpoint::save(&self.files.last, &everything, &text)
    }

    /// One optimiser step over the batches of `rows`, in smaller passes where memory runs out. Returns
    /// the epoch's sums with these rows in them.
    fn step(
        &mut self,
        state: &mut State,
        noisy: &View,
        rows: &[i64],
        epoch: u32,
        factor: f64,
    ) -> Result<Means, Error> {
        loop {
            let mut means = state.means.clone();
            let (micro_batch, step) = (state.micro_batch, state.step);
            // Dropout is a function of (seed, epoch, step), so that a resumed run draws what it
            // would have drawn.
            tch::manual_seed(order::seed_for_step(self.plan.seed, "dropout", epoch, step) as i64);
            let result = fault::caught(|| {
                self.optimizer.zero_grad();
                for (i, batch) in rows.chunks(self.plan.recipe.batch_size).enumerate() {
                    if i > 0 {
                        // As MMSA does it: after every batch, the step's own clipping after the last.
                        self.optimizer.clip();
                    }
                    let place = Place {
                        noisy,
                        epoch,
                        step,
                        rows: batch.len(),
                    };
                    for part in batch.chunks(micro_batch) {
                        let values = self.pass(&place, part)?;
                        means.add(&values, part.len());
                    }
                }
                Ok(())
            });
            match result {
                Ok(()) => {
                    self.optimizer.step(factor)?;
                    native::keep_large_blocks(true);
                    return Ok(means);
                }
                Err(Fault::Other(error)) => return Err(error),
                Err(Fault::Memory(reason)) => {
                    let batch = rows.len().min(self.plan.recipe.batch_size);
                    state.micro_batch = self.smaller(micro_batch.min(batch), reason)?;
                }
            }
        }
    }

    /// Forward and backward over part of a batch; its loss weighs as much as its share of rows.
    fn pass(&mut self, place: &Place<'_>, part: &[i64]) -> Result<Vec<(&'static str, f64)>, Error> {
        let device = self.data.train.labels.device();
        let batch = batch(self.plan.entry, self.data, place.noisy, part, place.epoch);
        if let Some(encoder) = self.model.text_encoder() {
            encoder.clear_tape();
        }
        let guard = self.plan.precision.enter(device)?;
        let losses = self.model.train(&batch, &mut Trace::off())?;
        drop(guard);
        let values = losses.values();
        if let Some((term, value)) = losses.broken(&values) {
            return Err(Error::NotFinite {
                term: term.to_owned(),
                value,
                epoch: place.epoch,
                step: place.step + 1,
                clips: trouble::clips(self.data.train, part),
                first: trouble::first_non_finite(self.model, &batch, &weights(self.store)),
            });
        }
        let share = part.len() as f64 / place.rows as f64;
        match part.len() == place.rows {
            true => backward(self.model, &losses.total)?,
            false => backward(self.model, &(&losses.total * share))?,
        }
        Ok(values)
    }

    /// Half the clips per pass, where that is possible.
    fn smaller(&self, clips: usize, reason: String) -> Result<usize, Error> {
        if clips <= 1 || !self.model.is_divisible() {
            return Err(Error::OutOfMemory {
                model: self.plan.entry.name,
                clips,
                reason,
            });
        }
        let half = clips.div_ceil(2);
        tracing::warn!("{reason}; going on with {half} clips per pass in place of {clips}");
        native::release_cuda_memory(self.data.train.labels.device())?;
        Ok(half)
    }

    /// Scores the epoch and decides which metrics pick it.
    fn select(&self, state: &mut State, mut line: EpochLine) -> Result<EpochLine, Error> {
        (state.epoch, state.step) = (line.epoch, 0);
        let watched = self.data.watched;
        let predictions = watched.predict(self.model, self.plan.precision)?;
        self.watch(state, &predictions)?;
        for metric in &self.plan.rule.watched {
            let score = watched.score(metric, &predictions);
            let pick = state.picks.get(metric.name);
            let picked = self.plan.rule.selection == Selection::Last
                || pick.is_none_or(|pick| better(metric, score, pick.score));
            if picked {
                let epoch = line.epoch;
                state
                    .picks
                    .insert(metric.name.to_owned(), Pick { epoch, score });
                line.selected.push(metric.name.to_owned());
            }
            line.scores.push((metric.name.to_owned(), score));
        }
        Ok(line)
    }

    /// Shows the habits how the epoch went on the validation split.
    fn watch(&self, state: &mut State, predictions: &Predictions) -> Result<(), Error> {
        let recipe = &self.plan.recipe;
        if recipe.habits.watch() {
            let loss = recipe.habits.watched;
            let value = match self.data.valid {
                Some(valid) => valid.loss(&valid.predict(self.model, self.plan.precision)?, loss),
                None => self.data.watched.loss(predictions, loss),
            };
            state.see(value, recipe);
        }
        Ok(())
    }
}

/// Where in a fit a pass happens.
struct Place<'a> {
    noisy: &'a View,
    epoch: u32,
    /// Steps of the epoch before this one.
    step: usize,
    /// Rows of the whole batch.
    rows: usize,
}

fn batch(entry: &Entry, data: &Data<'_>, noisy: &View, rows: &[i64], epoch: u32) -> Batch {
    let index = Tensor::from_slice(rows).to_device(data.train.labels.device());
    Batch {
        masked: noisy.inputs(data.train, &index),
        complete: entry
            .needs_complete
            .then(|| data.complete.inputs(data.train, &index)),
        label: data.train.labels.index_select(0, &index),
        missing_rate: noisy.rates(&index),
        index: rows.to_vec(),
        epoch,
    }
}

fn better(metric: &Metric, new: Option<f64>, old: Option<f64>) -> bool {
    match (new, old) {
        (Some(new), Some(old)) => metric.is_better(new, old),
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// Go on where the stored state left off; a fresh start where there is none.
fn resume(
    store: &mut nn::VarStore,
    optimizer: &mut Optimizer,
    files: &Files,
) -> Result<State, Error> {
    if !files.last.exists() {
        epoch_log::truncate(&files.log, 0)?;
        return Ok(State::default());
    }
    let (tensors, state) = checkpoint::load(&files.last)?;
    let state: State = serde_json::from_str(&state).map_err(|e| Error::Checkpoint {
        path: files.last.clone(),
        reason: e.to_string(),
    })?;
    restore(store, &tensors)?;
    optimizer.load_state(&tensors)?;
    // A kill may have come between the log line of an epoch and its state.
    epoch_log::truncate(&files.log, state.epoch as usize)?;
    tracing::info!("going on after epoch {}, step {}", state.epoch, state.step);
    Ok(state)
}

/// All variables of the store, sorted by name.
pub fn weights(store: &nn::VarStore) -> Vec<(String, Tensor)> {
    let mut weights: Vec<_> = store.variables().into_iter().collect();
    weights.sort_by(|a, b| a.0.cmp(&b.0));
    weights
}

fn restore(store: &mut nn::VarStore, tensors: &[(String, Tensor)]) -> Result<(), Error> {
    let stored: HashMap<&str, &Tensor> = tensors.iter().map(|(n, t)| (n.as_str(), t)).collect();
    for (name, mut variable) in store.variables() {
        let stored = stored.get(name.as_str()).ok_or_else(|| {
            Error::Unexpected(format!(
                "expected parameter {name} in the checkpoint, found none"
            ))
        })?;
        tch::no_grad(|| variable.f_copy_(stored))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
