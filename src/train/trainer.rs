//! Fits one model: epochs, evaluation, selection, and a state that survives a kill.

mod stages;
mod step;
mod stored;
mod unread;

use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use tch::nn;

use super::epoch_log::{EpochLine, Means, RuleScores};
use super::files::Files;
use super::monitored::{Monitored, Predictions};
use super::operations::{self, OperationCount};
use super::optimizers::Optimizers;
use super::precision::Precision;
use super::resume::{resume, weights};
use super::schedule::Schedule;
use super::selection::{Rule, Rules, Selection};
use super::state::{Pick, Picks, State};
use super::tensorboard::Board;
use super::tensors::SplitTensors;
use super::view::View;
use super::{Error, memory, native, non_finite, order};
use crate::data::dataset::SplitName;
use crate::metric::Metric;
use crate::model::{Entry, Model, Recipe};
use crate::support::Bar;
use native::KeptCopies;
use stages::Step;
use unread::Taken;
pub use unread::read_interval;

/// Everything that decides a fit but the data.
#[derive(Debug)]
pub struct Plan {
    pub entry: &'static Entry,
    pub recipe: Recipe,
    pub schedule: Schedule,
    pub rules: Rules,
    pub seed: u64,
    pub precision: Precision,
    /// Samples per pass at the start; [`State::micro_batch`] is the present number.
    pub micro_batch: usize,
    /// Steps between two readings of losses, [`read_interval`] of the device. It changes no result.
    pub read_interval: usize,
}

/// Makes the noisy view of the training split for an epoch (counted from 1) and its order of samples.
pub type NoisyViews<'a> = dyn Fn(u32, &[i64]) -> Result<Rc<View>, Error> + 'a;

/// The data of a fit.
pub struct Data<'a> {
    pub train: &'a SplitTensors,
    /// The training split with nothing missing.
    pub complete: &'a View,
    /// The training split as an epoch sees it, given its number (counted from 1) and its order of all
    /// samples.
    pub noisy: &'a NoisyViews<'a>,
    /// The split whose scores decide by the first rule, [`Rule::split`].
    pub monitored: Monitored<'a>,
    /// Splits that other rules or trainer options monitor besides.
    pub others: Vec<(SplitName, Monitored<'a>)>,
}

/// Fits `model`, resuming from `files.last` where it exists. The weights of every picked epoch end
/// up in the file that [`Files::picked`] names.
///
/// # Errors
/// [`Error::Interrupted`] where `interrupt` was raised: the step under way was finished, or the
/// validation broken off, and the state stored, so that the next call resumes after that step.
pub fn fit(
    plan: &Plan,
    data: &Data<'_>,
    model: &mut dyn Model,
    store: &mut nn::VarStore,
    files: &Files,
    interrupt: &AtomicBool,
    bar: &Bar,
) -> Result<State, Error> {
    let mut optimizers = Optimizers::new(store, &plan.recipe, &*model)?;
    let mut state = resume(store, &mut optimizers, files, plan.micro_batch)?;
    let mut board = Board::open(files, state.epoch);
    let mut fit = Fit {
        plan,
        data,
        model,
        optimizers,
        store,
        files,
        interrupt,
        count_operations: files.operations.is_some(),
        unread: Vec::new(),
        copies: match plan.precision {
            Precision::Bf16 => Some(KeptCopies::start()?),
            _ => None,
        },
    };
    fit.settle(&state)?;
    let epochs = plan.recipe.epochs;
    bar.set(u64::from(state.epoch));
    // Moments, which last for the whole fit, are made in the first step, each on pages of its own;
    // gradients are made anew in every step.
    native::keep_large_blocks(false);
    let (started, before) = (Instant::now(), state.epoch);
    while !state.is_over(&plan.recipe) {
        let line = fit.epoch(&mut state)?;
        board.follow(&files.log);
        // Whole epochs, validation included.
        let pace = started.elapsed().as_secs_f64() / f64::from(state.epoch - before);
        bar.line(line.describe(epochs, pace * f64::from(epochs - state.epoch)));
        bar.update(u64::from(state.epoch), line.best(state.selected()));
    }
    Ok(state)
}

/// A fit under way.
struct Fit<'a> {
    plan: &'a Plan,
    data: &'a Data<'a>,
    model: &'a mut dyn Model,
    optimizers: Optimizers,
    store: &'a nn::VarStore,
    files: &'a Files,
    interrupt: &'a AtomicBool,
    /// Until an epoch was counted.
    count_operations: bool,
    /// Steps taken and not read.
    unread: Vec<Taken>,
    /// Of the parameters, where passes are in bfloat16.
    copies: Option<KeptCopies>,
}

impl Fit<'_> {
    /// One pass over the training split, an evaluation of the monitored one, and everything stored.
    fn epoch(&mut self, state: &mut State) -> Result<EpochLine, Error> {
        let line = self.train(state)?;
        // Before anything is stored: a fit cannot continue from weights that are not finite.
        if let Some(parameter) = non_finite::first_of(&weights(self.store)) {
            return Err(Error::NotFiniteWeights {
                parameter: parameter.to_owned(),
                epoch: line.epoch,
            });
        }
        let evaluations = match self.evaluate() {
            // All steps are taken and stored: the next call repeats the evaluation alone.
            Err(Error::InterruptedEvaluation) => return Err(self.stop(state)),
            evaluations => evaluations?,
        };
        let line = self.select(state, line, &evaluations);
        self.keep(state, &line)?;
        Ok(line)
    }

    /// The steps of an epoch, from the one after `state.step` on. The state stays within the epoch: only
    /// [`Self::select`] counts it as finished.
    fn train(&mut self, state: &mut State) -> Result<EpochLine, Error> {
        let (plan, data) = (self.plan, self.data);
        let (started, epoch) = (Instant::now(), state.epoch + 1);
        let factor = plan.schedule.factor(epoch, plan.recipe.epochs) * state.reduction();
        let left: Vec<Step> = self.steps_of(epoch).skip(state.step).collect();
        let samples: usize = left.iter().map(|step| step.rows.len()).sum();
        // Nothing is left where the fit was stopped after the steps: no noise is needed then.
        if !left.is_empty() {
            let order = order::shuffled(data.train.len(), plan.seed, epoch);
            let noisy = (data.noisy)(epoch, &order)?;
            // The first step of a fit makes what lasts, the moments above all.
            let uncounted = usize::from(left.len() > 1);
            let (mut count, counted) = (None, left.len() - uncounted);
            for (number, step) in left.into_iter().enumerate() {
                if number == uncounted && self.count_operations {
                    count = Some(OperationCount::start()?);
                }
                // Between two steps and before the first: a stored state must be worth resuming.
                if self.is_interrupted() {
                    self.read_all(state, &noisy)?;
                    return Err(self.stop(state));
                }
                self.step(state, &noisy, &step, factor)?;
                state.step += 1;
            }
            self.read_all(state, &noisy)?;
            if let Some((count, path)) = count.zip(self.files.operations.as_ref()) {
                let calls = count.finish();
                operations::write(path, &calls, counted)?;
                let sum = operations::sum(&calls);
                let reads = calls.get(operations::READ).copied().unwrap_or_default();
                tracing::info!(
                    "{} operations a step, {} of them not within others, {} of them readings of a number by the host; \
                     see {}",
                    sum.all / counted,
                    sum.outermost / counted,
                    reads.all / counted,
                    path.display()
                );
                self.count_operations = false;
            }
        }
        let seconds = started.elapsed().as_secs_f64();
        Ok(EpochLine {
            epoch,
            learning_rate: plan.recipe.learning_rate * factor,
            losses: state.losses(),
            split: plan.rules.first.split().as_str(),
            scores: Vec::new(),
            selected: Vec::new(),
            other_rules: Vec::new(),
            samples_per_second: samples as f64 / seconds,
            seconds,
            peak_memory: memory::peak(data.train.labels.device()),
            micro_batch: state.micro_batch,
        })
    }

    /// Evaluates the epoch. It changes nothing, so that it can be interrupted and repeated.
    fn evaluate(&self) -> Result<Evaluations, Error> {
        let others = self.data.others.iter();
        Ok(Evaluations {
            scored: self.predict(self.data.monitored)?,
            others: others
                .map(|(_, other)| self.predict(*other))
                .collect::<Result<_, Error>>()?,
        })
    }

    fn predict(&self, monitored: Monitored<'_>) -> Result<Predictions, Error> {
        monitored.predict(self.model)
    }

    /// Counts the epoch as finished: scores it and decides which metrics pick it.
    fn select(
        &self,
        state: &mut State,
        mut line: EpochLine,
        evaluations: &Evaluations,
    ) -> EpochLine {
        (state.epoch, state.step) = (line.epoch, 0);
        state.means = Means::default();
        state.stage_means.clear();
        self.monitor(state, evaluations);
        let rules = &self.plan.rules;
        let first = self.of_split(rules.first.split(), evaluations);
        (line.scores, line.selected) = pick(&rules.first, first, line.epoch, &mut state.picks);
        let others = &mut state.other_picks;
        others.resize_with(rules.others.len(), Picks::new);
        for (rule, picks) in rules.others.iter().zip(others) {
            let scored = self.of_split(rule.split(), evaluations);
            let (scores, selected) = pick(rule, scored, line.epoch, picks);
            line.other_rules.push(RuleScores {
                rule: rule.selection.to_string(),
                split: rule.split().as_str(),
                scores,
                picked: selected,
            });
        }
        line
    }

    /// A split with its predictions; that of the first rule where no other is monitored.
    fn of_split<'b>(
        &'b self,
        split: SplitName,
        evaluations: &'b Evaluations,
    ) -> (&'b Monitored<'b>, &'b Predictions) {
        let mut others = self.data.others.iter().zip(&evaluations.others);
        match others.find(|((name, _), _)| *name == split) {
            Some(((_, monitored), predictions)) => (monitored, predictions),
            None => (&self.data.monitored, &evaluations.scored),
        }
    }

    /// Passes the validation error of the epoch to the trainer options.
    fn monitor(&self, state: &mut State, evaluations: &Evaluations) {
        let recipe = &self.plan.recipe;
        if recipe.trainer_options.watch() {
            let loss = recipe.trainer_options.monitored;
            let (valid, predictions) = self.of_split(SplitName::Valid, evaluations);
            state.observe(valid.loss(predictions, loss), recipe);
        }
    }
}

/// Predictions for the monitored splits after an epoch.
struct Evaluations {
    /// Of the split whose scores decide by the first rule.
    scored: Predictions,
    /// Of [`Data::others`].
    others: Vec<Predictions>,
}

/// Scores an epoch by the metrics that a rule monitors, and picks it for those it is the best of; gives the
/// scores, and the metrics that picked it.
fn pick(
    rule: &Rule,
    (monitored, predictions): (&Monitored<'_>, &Predictions),
    epoch: u32,
    picks: &mut Picks,
) -> (Vec<(String, Option<f64>)>, Vec<String>) {
    let (mut scores, mut selected) = (Vec::new(), Vec::new());
    for metric in &rule.monitored {
        let score = monitored.score(metric, predictions);
        let known = picks.get(metric.name);
        let picked = rule.selection == Selection::Last
            || known.is_none_or(|known| better(metric, score, known.score));
        if picked {
            picks.insert(metric.name.to_owned(), Pick { epoch, score });
            selected.push(metric.name.to_owned());
        }
        scores.push((metric.name.to_owned(), score));
    }
    (scores, selected)
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
