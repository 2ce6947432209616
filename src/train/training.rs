//! Trains one model on a data set: builds it, fits it, predicts the test split.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;

use tch::nn;

use super::checkpoint;
use super::data::{TrainData, ValidationMasks};
use super::error::Error;
use super::evaluate::{self, Evaluator};
use super::files::Files;
use super::memory::{self, MicroBatch};
use super::memory_plan::{Demand, MemoryPlan};
use super::monitored::Monitored;
use super::optimizers::Optimizers;
use super::order;
use super::probe::{self, Probe};
use super::resume;
use super::schedule::Schedule;
use super::selection::{Rule, Rules};
use super::state::State;
use super::test_masks::{TestMasks, TestPredictor};
use super::test_split::TestSplit;
use super::trainer::{self, Data, Plan};
use super::view::View;
use crate::data::dataset::SplitName;
use crate::mask::{Condition, MaskProtocol, NoiseDraw, NoiseSpec};
use crate::model::{Choice, EncoderSetup, Engine, Model, Recipe};
use crate::record::selection::MonitoredMask;
use crate::record::training::EngineKind;
use crate::record::{Precision, Predictions};
use crate::support::Bar;

/// Everything that decides a training but the data, and how it computes.
#[derive(Clone)]
pub struct TrainingSpec {
    pub choice: Choice,
    pub recipe: Recipe,
    pub schedule: Schedule,
    pub rules: Rules,
    /// Seed of initialization, order and dropout.
    pub seed: u64,
    pub noise: NoiseSpec,
    pub validation: ValidationMasks,
    pub precision: Precision,
    pub engine: EngineKind,
    pub compute: Compute,
}

/// How a training uses its device. No part of a run's identity; what of it may show in the last bits
/// is in the run's manifest.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compute {
    pub micro_batch: MicroBatch,
    /// Bytes a fit may use; `None` for the device's own.
    pub memory_budget: Option<u64>,
    /// Compute the text encoder twice instead of keeping its activations.
    pub recompute_encoder: bool,
}

impl TrainingSpec {
    /// Whether there is anything to fit.
    fn is_trained(&self) -> bool {
        self.choice.entry.trained && self.recipe.epochs > 0
    }

    /// How the model computes.
    ///
    /// # Errors
    /// [`Error::NoRecompute`] where it has no text encoder that could be computed twice.
    fn engine(&self, data: &TrainData<'_>, model: &dyn Model) -> Result<Engine, Error> {
        let has_encoder = matches!(data.encoder, EncoderSetup::Bert { .. });
        let recompute = self.compute.recompute_encoder && has_encoder && self.choice.entry.trained;
        if recompute && model.text_encoder().is_none() {
            return Err(Error::NoRecompute {
                model: self.choice.entry.name,
            });
        }
        Ok(Engine {
            reference: self.engine == EngineKind::Reference,
            recompute,
        })
    }
}

/// The splits that are scored after every epoch: those whose scores decide, and the validation split
/// where trainer options look at that as well.
pub fn monitored_splits(rules: &Rules, recipe: &Recipe) -> Vec<SplitName> {
    let mut splits = rules.splits();
    if recipe.trainer_options.watch() && !splits.contains(&SplitName::Valid) {
        splits.push(SplitName::Valid);
    }
    splits
}

/// A model on a data set.
pub struct Training<'a> {
    pub store: nn::VarStore,
    pub engine: Engine,
    /// Samples per pass of evaluations, fewer than at the start if memory ran out.
    pub evaluation_batch: usize,
    spec: &'a TrainingSpec,
    data: &'a TrainData<'a>,
    model: Box<dyn Model>,
}

impl<'a> Training<'a> {
    /// Builds the model, its parameters drawn from the seed.
    ///
    /// # Errors
    /// As [`TrainData::model`]; [`Error::NoRecompute`].
    pub fn build(spec: &'a TrainingSpec, data: &'a TrainData<'a>) -> Result<Self, Error> {
        // Also where the number is libtorch's default: `predict` sets the one that the manifest records,
        // and MKL may use fewer than it is allowed unless libtorch was given a number.
        tch::set_num_threads(tch::get_num_threads());
        let store = nn::VarStore::new(data.device);
        tch::manual_seed(order::seed_for(spec.seed, "init", 0) as i64);
        let mut model = data.model(&spec.choice, &store)?;
        let engine = spec.engine(data, model.as_ref())?;
        model.set_engine(engine);
        Ok(Self {
            store,
            engine,
            evaluation_batch: evaluate::BATCH,
            spec,
            data,
            model,
        })
    }

    /// Fits the model, or stores it as it is where there is nothing to fit.
    ///
    /// # Errors
    /// As [`trainer::fit`] and [`MemoryPlan::new`].
    pub fn fit(
        &mut self,
        files: &Files,
        interrupt: &AtomicBool,
        bar: &Bar,
    ) -> Result<State, Error> {
        let (spec, data) = (self.spec, self.data);
        if !spec.is_trained() {
            checkpoint::save(&files.best, &resume::weights(&self.store), "{}")?;
            return Ok(State::default());
        }
        let train = &data.tensors[SplitName::Train as usize];
        spec.precision.check_range(data.corpus.name(), train)?;
        self.model.check_recipe(&spec.recipe)?;
        let evaluator = Evaluator::new(spec.precision, interrupt).with_batch(self.evaluation_batch);
        let splits = monitored_splits(&spec.rules, &spec.recipe);
        let views = splits
            .iter()
            .map(|&split| data.monitored(split, &spec.validation))
            .collect::<Result<Vec<_>, Error>>()?;
        let mut monitored = splits.iter().zip(&views).map(|(&split, views)| {
            let monitored = Monitored {
                split: &data.tensors[split as usize],
                views,
                truth: &data.splits[split as usize].labels,
                evaluator: &evaluator,
            };
            (split, monitored)
        });
        let Some((_, deciding)) = monitored.next() else {
            return Err(Error::Unexpected("no split is monitored".to_owned()));
        };
        let complete = Rc::new(data.complete()?);
        let noisy = |epoch: u32, order: &[i64]| {
            let batches = (order, spec.recipe.batch_size);
            match NoiseDraw::of_epoch(spec.noise.kind, spec.seed, epoch - 1, batches) {
                Some(draw) => data.noisy(&spec.noise, draw),
                None => Ok(Rc::clone(&complete)),
            }
        };
        let fit = Data {
            train,
            complete: &complete,
            noisy: &noisy,
            monitored: deciding,
            others: monitored.collect(),
        };
        let memory = self.plan_memory(&fit)?;
        let plan = Plan {
            entry: spec.choice.entry,
            recipe: spec.recipe.clone(),
            schedule: spec.schedule,
            rules: spec.rules.clone(),
            seed: spec.seed,
            precision: spec.precision,
            micro_batch: memory.micro_batch,
            read_interval: trainer::read_interval(data.device),
        };
        let (model, store) = (self.model.as_mut(), &mut self.store);
        let state = trainer::fit(&plan, &fit, model, store, files, interrupt, bar)?;
        self.evaluation_batch = evaluator.batch();
        Ok(state)
    }

    /// Plans the memory of the fit and logs the plan.
    fn plan_memory(&mut self, fit: &Data<'_>) -> Result<MemoryPlan, Error> {
        let (spec, data) = (self.spec, self.data);
        let others = fit.others.iter().map(|(_, monitored)| monitored);
        let monitored = std::iter::once(&fit.monitored).chain(others);
        let views: u64 = monitored.flat_map(|m| m.views).map(View::bytes).sum();
        let budget = match spec.compute.memory_budget {
            Some(budget) => budget,
            None => memory::default_budget(data.device)?,
        };
        let demand = Demand {
            // The noisy view is as large as the complete one.
            data: data.bytes() + views + 2 * fit.complete.bytes(),
            batch_size: spec.recipe.batch_size,
            accumulates: spec.recipe.trainer_options.grad_accum > 1,
            stages: Optimizers::new(&self.store, &spec.recipe, self.model.as_ref())?.stage_bytes(),
            micro_batch: spec.compute.micro_batch,
            budget,
            engine: self.engine,
        };
        let entry = spec.choice.entry;
        let is_noisy = spec.noise.kind.draw(0).is_some();
        let probe = Probe {
            store: &self.store,
            precision: spec.precision,
            batch: &|samples| probe::batch(entry, fit.train, fit.complete, is_noisy, samples),
        };
        let plan = MemoryPlan::new(entry, self.model.as_mut(), &probe, demand)?;
        tracing::debug!(
            "memory plan of {} on {}: {plan}",
            entry.name,
            data.corpus.name()
        );
        Ok(plan)
    }

    /// Predictions of a test split under every mask, by the stored weights of every epoch in `epochs`: those
    /// that metrics chose, or 0 alone where one set of weights serves all of them.
    ///
    /// # Errors
    /// As [`TestPredictor::predict`]; those of reading a checkpoint.
    pub fn predict(
        &mut self,
        test: &TestSplit<'_>,
        masks: &TestMasks,
        epochs: &BTreeSet<u32>,
        files: &Files,
        interrupt: &AtomicBool,
    ) -> Result<Predictions, Error> {
        let rules = &self.spec.rules;
        let evaluator =
            Evaluator::new(self.spec.precision, interrupt).with_batch(self.evaluation_batch);
        loop {
            let mut predictions = Predictions::default();
            self.evaluation_batch = evaluator.batch();
            for &epoch in epochs {
                resume::load_weights(&mut self.store, &files.picked(rules, epoch))?;
                predictions.set_epoch(epoch);
                let predictor = TestPredictor {
                    test,
                    model: self.model.as_ref(),
                    evaluator: &evaluator,
                };
                predictor.predict(masks, &mut predictions)?;
            }
            // All of a run's predictions are made in passes of one size, which its manifest records.
            if evaluator.batch() == self.evaluation_batch {
                return Ok(predictions);
            }
        }
    }

    /// Hash of the masks that the first epoch trained on; `None` where nothing is fitted or the data are
    /// complete.
    ///
    /// # Errors
    /// As [`TrainData::noise_hash`].
    pub fn first_noise(&self) -> Result<Option<String>, Error> {
        let (spec, data) = (self.spec, self.data);
        let order = order::shuffled(data.splits[SplitName::Train as usize].len(), spec.seed, 1);
        let batches = (&order[..], spec.recipe.batch_size);
        let draw = NoiseDraw::of_epoch(spec.noise.kind, spec.seed, 0, batches);
        let hash = |draw| data.noise_hash(&spec.noise, &draw);
        Ok(draw.filter(|_| spec.is_trained()).map(hash).transpose()?)
    }

    /// The masks under which the split of a rule was monitored; none where nothing is fitted.
    ///
    /// # Errors
    /// As [`TrainData::masks`].
    pub fn monitored_masks(&self, rule: &Rule) -> Result<Vec<MonitoredMask>, Error> {
        if !self.spec.is_trained() {
            return Ok(Vec::new());
        }
        let split = rule.split();
        let ValidationMasks {
            conditions,
            mask_seed,
        } = &self.spec.validation;
        let mask = |&(mask_protocol, condition): &(&'static dyn MaskProtocol, Condition)| {
            let masks = (self.data).masks(mask_protocol, split, *mask_seed, &[condition])?;
            Ok(MonitoredMask {
                hash: masks.hash(split, condition)?,
                mask_protocol: masks.mask_protocol,
                version: masks.version,
                mask_seed: *mask_seed,
                condition,
            })
        };
        conditions.iter().map(mask).collect()
    }
}
