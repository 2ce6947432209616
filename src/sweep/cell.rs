//! Runs one cell: build, fit, predict at every rate, leave a record.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tch::nn;

use super::machine::Machine;
use super::plan::Cell;
use super::settings::Settings;
use super::workbench::Workbench;
use super::{Error, facts};
use crate::data::dataset::SplitName;
use crate::mask::{Condition, EvaluationMasks, MaskProtocol, Variants};
use crate::model::{Choice, EncoderSetup, Engine, Model, Profile, Setup};
use crate::record::manifest::{Computing, MaskMetadata};
use crate::record::{self, PredictionKey, Predictions, RunDir};
use crate::support::Bar;
use crate::train::evaluate::Evaluator;
use crate::train::memory::{self, Demand, MemoryPlan};
use crate::train::monitored::Monitored;
use crate::train::resume;
use crate::train::state::State;
use crate::train::tensors::SplitTensors;
use crate::train::trainer::{self, Data, Plan};
use crate::train::view::View;
use crate::train::{self, Files, order, out_of_memory};

/// What a cell needs beside its data.
pub struct Bench<'a> {
    pub interrupt: &'a AtomicBool,
    pub bar: &'a Bar,
    pub machine: &'a Machine,
    /// Where TensorBoard's event files go, if they are wanted.
    pub events: Option<PathBuf>,
}

impl Bench<'_> {
    /// After training everything is stored, and evaluation starts anew.
    fn stop_if_asked(&self) -> Result<(), Error> {
        if self.interrupt.load(Ordering::Relaxed) {
            Err(train::Error::InterruptedEvaluation.into())
        } else {
            Ok(())
        }
    }
}

/// Train and evaluate `cell`, going on where an earlier attempt stopped.
pub fn run(
    cell: &Cell,
    data: &Workbench<'_>,
    bench: &Bench<'_>,
    dir: &RunDir,
) -> Result<(), Error> {
    let (started, before) = (Instant::now(), record::epochs::trained_seconds(dir));
    memory::reset_peak(data.device);
    write_config(cell, dir)?;
    // Before the training, so that masks which must not be used cost no time.
    let settings = &*cell.settings;
    let masks = test_masks(data, settings)?;
    let mut store = nn::VarStore::new(data.device);
    tch::manual_seed(order::seed_for(cell.seed, "init", 0) as i64);
    let mut model = build(&cell.choice, data, &store)?;
    let engine = engine(cell, data, bench, model.as_ref())?;
    model.set_engine(engine);
    let files = files(dir, bench);
    // Also where the number is libtorch's default: `predict` sets the one that the manifest records, and
    // MKL may use fewer than it is allowed unless libtorch was given a number.
    tch::set_num_threads(tch::get_num_threads());
    let evaluator = Evaluator::new(settings.precision, bench.interrupt);
    let state = fit(
        cell,
        data,
        bench,
        &evaluator,
        &files,
        model.as_mut(),
        &mut store,
    )?;
    bench
        .bar
        .say("predicting the test split at every condition");
    // Epochs that several metrics picked are evaluated once.
    let epochs: BTreeSet<u32> = state.epochs().into_values().collect();
    let epochs = if epochs.is_empty() {
        BTreeSet::from([0])
    } else {
        epochs
    };
    let (predictions, mask_facts) = loop {
        let batch = evaluator.batch();
        let mut predictions = Predictions::default();
        let mut mask_facts = Vec::new();
        for &epoch in &epochs {
            resume::load_weights(&mut store, &files.picked(&cell.rule, epoch))?;
            predictions.set_epoch(if cell.rule.is_single() { 0 } else { epoch });
            mask_facts = predict(
                data,
                (bench, &evaluator),
                (settings, &masks),
                model.as_ref(),
                &mut predictions,
            )?;
        }
        // All of a run's predictions are made in passes of one size, which its manifest names.
        if evaluator.batch() == batch {
            break (predictions, mask_facts);
        }
    };
    let computing = Computing {
        precision: cell.config.precision.clone(),
        engine: cell.config.engine.clone(),
        recompute_encoder: engine.recompute,
        micro_batch: state.micro_batch,
        evaluation_batch: evaluator.batch(),
    };
    let mut manifest = facts::manifest(cell, data, &store, &state, mask_facts, computing);
    manifest.selection.hashes = monitored_hashes(cell, data)?;
    manifest.wall_seconds = before + started.elapsed().as_secs_f64();
    Ok(dir.finish(&manifest, &predictions)?)
}

/// The model for a data set, its parameters in `store`.
pub(super) fn build(
    choice: &Choice,
    data: &Workbench<'_>,
    store: &nn::VarStore,
) -> Result<Box<dyn Model>, Error> {
    let profile = Profile::for_dataset(data.corpus.name());
    let setup = Setup {
        path: store.root(),
        profile,
        shapes: data.shapes,
        encoder: data.encoder.clone(),
        labels: data.labels,
        label_range: data.corpus.spec.label_range.map(f64::from),
        config: choice.config(profile),
    };
    let what = format!("the parameters of {}", choice.name());
    Ok(out_of_memory::named(&what, || {
        Ok((choice.entry.build)(&setup)?)
    })?)
}

fn write_config(cell: &Cell, dir: &RunDir) -> Result<(), Error> {
    let text = toml::to_string(&cell.config).map_err(|e| Error::Unexpected(e.to_string()))?;
    Ok(record::write_atomic(&dir.config(), text.as_bytes())?)
}

/// How this model computes: refused where it cannot do as it is told.
fn engine(
    cell: &Cell,
    data: &Workbench<'_>,
    bench: &Bench<'_>,
    model: &dyn Model,
) -> Result<Engine, Error> {
    let trained = matches!(data.encoder, EncoderSetup::Bert { .. }) && cell.choice.entry.trained;
    let recompute = bench.machine.recompute_encoder && trained;
    if recompute && model.text_encoder().is_none() {
        return Err(train::Error::NoRecompute {
            model: cell.choice.entry.name,
        }
        .into());
    }
    Ok(Engine {
        reference: cell.settings.reference,
        recompute,
    })
}

fn files(dir: &RunDir, bench: &Bench<'_>) -> Files {
    Files {
        best: dir.checkpoint(),
        last: dir.last_checkpoint(),
        log: dir.metrics(),
        events: bench.events.clone(),
    }
}

/// Fit the model, or store it as it is where there is nothing to fit.
fn fit(
    cell: &Cell,
    data: &Workbench<'_>,
    bench: &Bench<'_>,
    evaluator: &Evaluator<'_>,
    files: &Files,
    model: &mut dyn Model,
    store: &mut nn::VarStore,
) -> Result<State, Error> {
    if !cell.choice.entry.trained || cell.recipe.epochs == 0 {
        train::checkpoint::save(&files.best, &resume::weights(store), "{}")?;
        return Ok(State::default());
    }
    let settings = &*cell.settings;
    let train = &data.tensors[SplitName::Train as usize];
    settings.precision.check_range(&cell.dataset, train)?;
    let splits = monitored_splits(cell);
    let views = splits
        .iter()
        .map(|&split| monitored_views(data, settings, split));
    let views = views.collect::<Result<Vec<_>, Error>>()?;
    let mut monitored = splits.iter().zip(&views).map(|(&split, views)| Monitored {
        split: &data.tensors[split as usize],
        views,
        truth: &data.splits[split as usize].labels,
        evaluator,
    });
    let complete = Rc::new(data.complete()?);
    let noisy = |epoch: u32| match settings.noise.draw(epoch - 1) {
        Some(draw) => data.noisy(settings, cell.seed, draw),
        None => Ok(Rc::clone(&complete)),
    };
    let Some(first) = monitored.next() else {
        return Err(Error::Unexpected("no split is watched".to_owned()));
    };
    let view = Data {
        train,
        complete: &complete,
        noisy: &noisy,
        monitored: first,
        valid: monitored.next(),
    };
    let memory = plan_memory(cell, data, bench, &view, model, store)?;
    let plan = Plan {
        entry: cell.choice.entry,
        recipe: cell.recipe.clone(),
        schedule: cell.config.schedule,
        rule: cell.rule.clone(),
        seed: cell.seed,
        precision: settings.precision,
        micro_batch: memory.micro_batch,
    };
    Ok(trainer::fit(
        &plan,
        &view,
        model,
        store,
        files,
        bench.interrupt,
        bench.bar,
    )?)
}

/// Counts the memory of the fit and says so.
fn plan_memory(
    cell: &Cell,
    data: &Workbench<'_>,
    bench: &Bench<'_>,
    view: &Data<'_>,
    model: &dyn Model,
    store: &nn::VarStore,
) -> Result<MemoryPlan, Error> {
    let machine = bench.machine;
    let splits: u64 = data.tensors.iter().map(SplitTensors::bytes).sum();
    let monitored = [Some(view.monitored), view.valid].into_iter().flatten();
    let views: u64 = monitored.flat_map(|w| w.views).map(View::bytes).sum();
    // The noisy view is as large as the complete one.
    let texts = views + 2 * view.complete.bytes();
    let bytes = splits + texts + data.host_bytes() + data.encoder_bytes();
    let budget = match machine.memory_budget {
        Some(budget) => budget,
        None => memory::default_budget(data.device)?,
    };
    let demand = Demand {
        data: bytes,
        batch_size: cell.recipe.batch_size,
        text_steps: data.shapes.text_steps,
        micro_batch: machine.micro_batch,
        budget,
    };
    let plan = MemoryPlan::new(cell.choice.entry, model, store, demand)?;
    tracing::info!("{} on {}: {plan}", cell.choice.entry.name, cell.dataset);
    Ok(plan)
}

/// The split whose scores decide, and the validation split where trainer options look at that as well.
pub(super) fn monitored_splits(cell: &Cell) -> Vec<SplitName> {
    let mut splits = vec![cell.rule.split()];
    if cell.recipe.trainer_options.watch() && splits[0] != SplitName::Valid {
        splits.push(SplitName::Valid);
    }
    splits
}

/// A split at every condition of validation, under the first mask seed of evaluation.
pub(super) fn monitored_views(
    data: &Workbench<'_>,
    settings: &Settings,
    split: SplitName,
) -> Result<Vec<View>, Error> {
    let under = |(mask_protocol, condition): &(&'static dyn MaskProtocol, Condition)| {
        let seed = settings.mask_seeds[0];
        let masks = data.masks(*mask_protocol, split, seed, &[*condition])?;
        Ok(data.under(split, &masks.keeps(split, *condition)?, *condition)?)
    };
    settings.validation.iter().map(under).collect()
}

/// Hashes of the masks under which the split of the rule was monitored, by mask protocol, seed and condition.
fn monitored_hashes(cell: &Cell, data: &Workbench<'_>) -> Result<BTreeMap<String, String>, Error> {
    if !cell.choice.entry.trained || cell.recipe.epochs == 0 {
        return Ok(BTreeMap::new());
    }
    let (split, seed) = (cell.rule.split(), cell.settings.mask_seeds[0]);
    let hash = |(mask_protocol, condition): &(&'static dyn MaskProtocol, Condition)| {
        let masks = data.masks(*mask_protocol, split, seed, &[*condition])?;
        let name = format!(
            "{}-v{}/{seed}/{condition}",
            masks.mask_protocol, masks.version
        );
        Ok((name, masks.hash(split, *condition)?))
    };
    cell.settings.validation.iter().map(hash).collect()
}

/// The masks of the test split of every mask protocol, for every mask seed that makes a difference.
pub(super) fn test_masks(
    data: &Workbench<'_>,
    settings: &Settings,
) -> Result<Vec<Vec<Variants>>, Error> {
    let of_mask_protocol = |evaluation: &EvaluationMasks| -> Result<Vec<Variants>, Error> {
        let EvaluationMasks {
            mask_protocol,
            conditions,
        } = evaluation;
        let masks =
            |seed: &u64| Ok(data.masks(*mask_protocol, SplitName::Test, *seed, conditions)?);
        let seeds = evaluation.seeds(&settings.mask_seeds);
        seeds.iter().map(masks).collect()
    };
    settings.evaluation.iter().map(of_mask_protocol).collect()
}

/// Adds predictions for the test split under every mask; gives what there is to say of the masks.
fn predict(
    data: &Workbench<'_>,
    (bench, evaluator): (&Bench<'_>, &Evaluator<'_>),
    (settings, masks): (&Settings, &[Vec<Variants>]),
    model: &dyn Model,
    predictions: &mut Predictions,
) -> Result<Vec<MaskMetadata>, Error> {
    let mut facts = Vec::new();
    for (evaluation, masks) in settings.evaluation.iter().zip(masks) {
        let EvaluationMasks {
            mask_protocol,
            conditions,
        } = evaluation;
        let (mut hashes, mut realised) = (BTreeMap::new(), BTreeMap::new());
        for masks in masks {
            let seed = masks.seed;
            for &condition in conditions {
                let hash = masks.hash(SplitName::Test, condition)?;
                hashes.insert(format!("{seed}/{condition}"), hash);
                let rates = masks.realised(SplitName::Test, condition)?;
                realised.insert(format!("{seed}/{condition}"), rates);
            }
            for conditions in conditions.chunks(conditions_at_once(data)) {
                bench.stop_if_asked()?;
                predict_under(data, evaluator, (masks, conditions), model, predictions)?;
            }
        }
        facts.push(facts::masks(
            *mask_protocol,
            evaluation.seeds(&settings.mask_seeds),
            conditions,
            hashes,
            realised,
        ));
    }
    Ok(facts)
}

/// Conditions whose views are in memory together: an encoder inside the model reads a text that they
/// share once. Hidden states take much room and share nothing.
fn conditions_at_once(data: &Workbench<'_>) -> usize {
    match data.encoder {
        EncoderSetup::Bert { .. } => 12,
        EncoderSetup::States { .. } => 1,
    }
}

/// Adds the predictions for the test split under the masks of these conditions.
fn predict_under(
    data: &Workbench<'_>,
    evaluator: &Evaluator<'_>,
    (masks, conditions): (&Variants, &[Condition]),
    model: &dyn Model,
    predictions: &mut Predictions,
) -> Result<(), Error> {
    let (split, tensors) = (
        &data.splits[SplitName::Test as usize],
        &data.tensors[SplitName::Test as usize],
    );
    let under = |&condition: &Condition| -> Result<View, Error> {
        let keeps = masks.keeps(SplitName::Test, condition)?;
        Ok(data.under(SplitName::Test, &keeps, condition)?)
    };
    let views = conditions
        .iter()
        .map(under)
        .collect::<Result<Vec<_>, _>>()?;
    let predicted = evaluator.predict(model, tensors, &views)?;
    for (&condition, predicted) in conditions.iter().zip(&predicted) {
        check_finite(predicted, &split.ids, condition)?;
        let key = PredictionKey {
            dataset: data.corpus.name().to_owned(),
            split: SplitName::Test.as_str().to_owned(),
            mask_protocol: masks.mask_protocol.clone(),
            mask_seed: masks.seed,
            condition,
        };
        predictions.extend(&key, &split.ids, &split.labels, predicted)?;
    }
    Ok(())
}

/// What a record keeps are numbers.
fn check_finite(predicted: &[f32], ids: &[String], condition: Condition) -> Result<(), Error> {
    let broken = predicted.iter().zip(ids).filter(|(p, _)| !p.is_finite());
    let samples: Vec<&str> = broken.map(|(_, id)| id.as_str()).collect();
    if samples.is_empty() {
        Ok(())
    } else {
        Err(train::Error::NotFinitePredictions {
            samples: samples.join(", "),
            condition: condition.to_string(),
        }
        .into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_that_are_no_numbers_are_named_by_sample() {
        let ids = ["a", "b", "c"].map(str::to_owned);
        let condition: Condition = "0.5".parse().unwrap();
        assert!(check_finite(&[1.0, -2.0, 0.0], &ids, condition).is_ok());
        let error = check_finite(&[1.0, f32::NAN, f32::INFINITY], &ids, condition);
        let message = error.unwrap_err().to_string();
        assert!(
            message.contains("for b, c are not finite at condition 0.5"),
            "{message}"
        );
    }
}
