//! Fits one model: epochs, validation, selection, and a state that survives a kill.

use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tch::{Tensor, nn};

use super::config::Selection;
use super::epoch_log::{EpochLine, Means};
use super::optimizer::Optimizer;
use super::schedule::Schedule;
use super::tensors::SplitTensors;
use super::view::View;
use super::{Error, checkpoint, epoch_log, evaluate, order};
use crate::metric::Metric;
use crate::model::{Batch, Entry, Losses, Model, Recipe, Trace};
use crate::ui::Bar;

/// Everything that decides a fit but the data.
#[derive(Debug)]
pub struct Plan {
    pub entry: &'static Entry,
    pub recipe: Recipe,
    pub schedule: Schedule,
    pub selection: Selection,
    pub seed: u64,
}

/// The data of a fit.
pub struct Data<'a> {
    pub train: &'a SplitTensors,
    /// The training split with nothing missing.
    pub complete: &'a View,
    /// The training split as an epoch (counted from 1) sees it.
    pub noisy: &'a dyn Fn(u32) -> Result<Rc<View>, Error>,
    pub valid: &'a SplitTensors,
    /// One view of the validation split per validation rate.
    pub valid_views: &'a [View],
    pub valid_truth: &'a [f32],
    /// What the selection minimises.
    pub metric: &'static Metric,
}

/// Where a fit leaves its files.
#[derive(Clone, Debug)]
pub struct Files {
    /// The selected weights.
    pub best: PathBuf,
    /// Weights, optimiser and state of the last finished epoch.
    pub last: PathBuf,
    /// One line per epoch.
    pub log: PathBuf,
}

/// How far a fit has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Finished epochs.
    pub epoch: u32,
    /// Epoch of the selected weights, counted from 1; 0 before the first.
    pub selected: u32,
    /// The validation value of that epoch; `None` before the first or where it is undefined.
    pub score: Option<f64>,
}

/// Fits `model`, going on from `files.last` where it exists. The selected weights end up in
/// `files.best` and in `store`.
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
    bar.set(u64::from(state.epoch));
    while state.epoch < plan.recipe.epochs {
        let epoch = state.epoch + 1;
        let line = run_epoch(plan, data, model, &mut optimizer, epoch, interrupt)?;
        let line = select(plan, data, model, &mut state, line)?;
        if line.selected {
            checkpoint::save(&files.best, &weights(store), &json(&state)?)?;
        }
        epoch_log::append(&files.log, &line)?;
        let mut everything = weights(store);
        everything.extend(optimizer.state());
        checkpoint::save(&files.last, &everything, &json(&state)?)?;
        bar.update(u64::from(epoch), line.summary(state.selected));
    }
    restore(store, &checkpoint::load(&files.best)?.0)?;
    Ok(state)
}

/// One pass over the training split.
fn run_epoch(
    plan: &Plan,
    data: &Data<'_>,
    model: &mut dyn Model,
    optimizer: &mut Optimizer,
    epoch: u32,
    interrupt: &AtomicBool,
) -> Result<EpochLine, Error> {
    let started = Instant::now();
    let factor = plan.schedule.factor(epoch, plan.recipe.epochs);
    let noisy = (data.noisy)(epoch)?;
    // Dropout is a function of (seed, epoch), so that a resumed run draws what it would have drawn.
    tch::manual_seed(order::seed_for(plan.seed, "dropout", epoch) as i64);
    let rows = order::shuffled(data.train.len(), plan.seed, epoch);
    let mut means = Means::default();
    for (step, rows) in rows.chunks(plan.recipe.batch_size).enumerate() {
        if interrupt.load(Ordering::Relaxed) {
            return Err(Error::Interrupted { epoch: epoch - 1 });
        }
        let batch = batch(plan.entry, data, &noisy, rows, epoch);
        let losses = model.train(&batch, &mut Trace::off())?;
        means.add(&losses, rows.len());
        check_finite(&losses, epoch, step + 1, rows, data.train)?;
        optimizer.zero_grad();
        losses.total.f_backward()?;
        optimizer.step(factor)?;
    }
    Ok(EpochLine {
        epoch,
        learning_rate: plan.recipe.learning_rate * factor,
        losses: means.finish(),
        valid_metric: data.metric.name,
        valid: None,
        selected: false,
        samples_per_second: rows.len() as f64 / started.elapsed().as_secs_f64(),
    })
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

/// Validate and decide whether this epoch's weights are kept.
fn select(
    plan: &Plan,
    data: &Data<'_>,
    model: &dyn Model,
    state: &mut State,
    mut line: EpochLine,
) -> Result<EpochLine, Error> {
    line.valid = validate(data, model)?;
    line.selected = match plan.selection {
        Selection::Last => true,
        Selection::Validation => {
            state.selected == 0 || better(data.metric, line.valid, state.score)
        }
    };
    state.epoch = line.epoch;
    if line.selected {
        state.selected = line.epoch;
        state.score = line.valid;
    }
    Ok(line)
}

fn better(metric: &Metric, new: Option<f64>, old: Option<f64>) -> bool {
    match (new, old) {
        (Some(new), Some(old)) => metric.is_better(new, old),
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// Mean of the selection metric over the validation views; `None` where it is undefined.
fn validate(data: &Data<'_>, model: &dyn Model) -> Result<Option<f64>, Error> {
    let mut sum = 0.0;
    for view in data.valid_views {
        let predictions = evaluate::predict(model, data.valid, view)?;
        match (data.metric.compute)(&predictions, data.valid_truth) {
            Ok(value) => sum += value,
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(sum / data.valid_views.len() as f64))
}

/// A loss that is not finite ends the run, naming the term and the clips it came from.
fn check_finite(
    losses: &Losses,
    epoch: u32,
    step: usize,
    rows: &[i64],
    train: &SplitTensors,
) -> Result<(), Error> {
    if losses.total.double_value(&[]).is_finite() {
        return Ok(());
    }
    let broken = losses
        .terms
        .iter()
        .find(|term| !term.value.double_value(&[]).is_finite());
    let (term, value) = broken.map_or(("total", f64::NAN), |term| {
        (term.name, term.value.double_value(&[]))
    });
    let clips: Vec<&str> = rows
        .iter()
        .map(|&row| train.ids[row as usize].as_str())
        .collect();
    Err(Error::NotFinite {
        term: term.to_owned(),
        value,
        epoch,
        step,
        clips: clips.join(", "),
    })
}

/// Go on where the last finished epoch left off; a fresh start where there is none.
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
    tracing::info!("going on after epoch {}", state.epoch);
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

fn json(state: &State) -> Result<String, Error> {
    serde_json::to_string(state).map_err(|e| Error::Unexpected(e.to_string()))
}
