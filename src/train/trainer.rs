//! Fits one model: epochs, scores, selection, and a state that survives a kill.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tch::{Tensor, nn};

use super::epoch_log::{EpochLine, Means};
use super::files::Files;
use super::optimizer::{Optimizer, OptimizerError};
use super::out_of_memory::{self, Fault};
use super::precision::Precision;
use super::resume::{resume, weights};
use super::schedule::Schedule;
use super::selection::{Rule, Selection};
use super::state::{Pick, State};
use super::tensorboard::Board;
use super::tensors::SplitTensors;
use super::view::View;
use super::watched::{Predictions, Watched};
use super::{Error, checkpoint, epoch_log, memory, native, non_finite, order};
use crate::metric::Metric;
use crate::model::{Batch, Entry, Model, Recipe, Trace, entry};
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
    let mut state = resume(store, &mut optimizer, files, plan.micro_batch)?;
    let mut board = Board::open(files, state.epoch);
    let mut fit = Fit {
        plan,
        data,
        model,
        optimizer,
        store,
        files,
        interrupt,
    };
    let epochs = plan.recipe.epochs;
    bar.set(u64::from(state.epoch));
    // Gradients and moments are made in the first step, each on pages of its own.
    native::keep_large_blocks(false);
    let (started, before) = (Instant::now(), state.epoch);
    while !state.is_over(&plan.recipe) {
        let line = fit.epoch(&mut state)?;
        board.follow(&files.log);
        // Whole epochs, validation included.
        let pace = started.elapsed().as_secs_f64() / f64::from(state.epoch - before);
        bar.line(line.words(epochs, pace * f64::from(epochs - state.epoch)));
        bar.update(u64::from(state.epoch), line.best(state.selected()));
    }
    Ok(state)
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
        // Before anything is stored: from weights that are not finite no fit goes on.
        if let Some(parameter) = non_finite::first_of(&weights(self.store)) {
            return Err(Error::NotFiniteWeights {
                parameter: parameter.to_owned(),
                epoch: line.epoch,
            });
        }
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
        let place = Place {
            noisy,
            epoch,
            step: state.step,
        };
        loop {
            let (mut means, micro_batch) = (state.means.clone(), state.micro_batch);
            let result = out_of_memory::caught(|| {
                self.gradients(&place, rows, micro_batch, &mut means)?;
                // Moments are allocated here, where running out of memory can still be mended.
                Ok(self.optimizer.make_room()?)
            });
            match result {
                Ok(()) => {
                    self.advance(&place, rows, factor)?;
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

    /// The gradients of the batches of `rows`, in passes of `micro_batch` clips.
    fn gradients(
        &mut self,
        place: &Place<'_>,
        rows: &[i64],
        micro_batch: usize,
        means: &mut Means,
    ) -> Result<(), Error> {
        self.optimizer.zero_grad();
        let mut pass = 0;
        for (i, batch) in rows.chunks(self.plan.recipe.batch_size).enumerate() {
            if i > 0 {
                // As MMSA does it: after every batch, the step's own clipping after the last.
                self.optimizer.clip();
            }
            for part in batch.chunks(micro_batch) {
                let values = self.pass(place, part, batch.len(), pass)?;
                means.add(&values, part.len());
                pass += 1;
            }
        }
        Ok(())
    }

    /// Moves the parameters. It cannot be tried again: some may have moved already.
    fn advance(&mut self, place: &Place<'_>, rows: &[i64], factor: f64) -> Result<(), Error> {
        let moved = out_of_memory::caught(|| Ok(self.optimizer.step(factor)?));
        moved.map_err(|fault| match fault {
            Fault::Other(Error::Optimizer(OptimizerError::NotFinite { parameter })) => {
                Error::NotFiniteGradient {
                    parameter,
                    epoch: place.epoch,
                    step: place.step + 1,
                    clips: non_finite::clips(self.data.train, rows),
                }
            }
            Fault::Other(error) => error,
            Fault::Memory(reason) => Error::OutOfMemory {
                model: self.plan.entry.name,
                clips: rows.len(),
                reason,
            },
        })
    }

    /// Forward and backward over part of a batch of `rows`; its loss weighs as much as its share.
    fn pass(
        &mut self,
        place: &Place<'_>,
        part: &[i64],
        rows: usize,
        pass: usize,
    ) -> Result<Vec<(&'static str, f64)>, Error> {
        let device = self.data.train.labels.device();
        let batch = batch(self.plan.entry, self.data, place.noisy, part, place.epoch);
        if let Some(encoder) = self.model.text_encoder() {
            encoder.clear_tape();
        }
        let seed = order::seed_for_pass(self.plan.seed, "dropout", place.epoch, place.step, pass);
        tch::manual_seed(seed as i64);
        let guard = self.plan.precision.enter(device)?;
        let losses = self.model.train(&batch, &mut Trace::off())?;
        drop(guard);
        let values = losses.values();
        if let Some((term, value)) = losses.broken(&values) {
            // Dropout draws what it drew.
            tch::manual_seed(seed as i64);
            let _guard = self.plan.precision.enter(device)?;
            let (weights, ids) = (weights(self.store), &self.data.train.ids);
            return Err(Error::NotFinite {
                term: term.to_owned(),
                value,
                epoch: place.epoch,
                step: place.step + 1,
                clips: non_finite::clips(self.data.train, part),
                first: non_finite::first_of_pass(self.model, &batch, &weights, ids),
            });
        }
        let share = part.len() as f64 / rows as f64;
        match part.len() == rows {
            true => entry::loss_backward(&losses.total)?,
            false => entry::loss_backward(&(&losses.total * share))?,
        }
        if let Some(encoder) = self.model.text_encoder() {
            // What is computed again here is computed as the first time.
            let _guard = self.plan.precision.enter(device)?;
            encoder.finish_backward();
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

#[cfg(test)]
mod tests;
