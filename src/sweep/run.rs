//! Trains and evaluates one planned run: build, fit, predict, finish.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::error::Error;
use super::metadata::{self, Trained};
use super::plan::PlannedRun;
use super::settings::Settings;
use super::stored_weights::{Threads, check_weights, stored_weights};
use crate::mask::NoiseSpec;
use crate::record::manifest::{DatasetMetadata, FORMAT};
use crate::record::training::Computing;
use crate::record::{self, Evaluation, MaskGrid, Predictions, RunDir};
use crate::support::Bar;
use crate::support::fs::write_atomic;
use crate::train::data::{TrainData, ValidationMasks};
use crate::train::model_inputs::ModelInputs;
use crate::train::other_data::OtherData;
use crate::train::test_masks::TestMasks;
use crate::train::test_split::TestSplit;
use crate::train::training::{Compute, Training, TrainingSpec};
use crate::train::{Files, memory};

/// What a run is given besides its plan and its data.
pub struct RunContext<'a> {
    pub interrupt: &'a AtomicBool,
    pub bar: &'a Bar,
    pub compute: Compute,
    /// Folder of TensorBoard's event files, where they are wanted.
    pub events: Option<PathBuf>,
    /// Count the operations of training steps.
    pub profile: bool,
}

/// Trains and, unless it is a trial of a search, evaluates `run` in `dir`, resuming an earlier attempt where it stopped.
///
/// # Errors
/// Those of the training; [`train::Error::Interrupted`](crate::train::Error::Interrupted) and its like
/// where the interrupt was raised.
pub fn run(
    run: &PlannedRun,
    data: &TrainData<'_>,
    context: &RunContext<'_>,
    dir: &RunDir,
) -> Result<(), Error> {
    let (started, before) = (Instant::now(), record::epochs::trained_seconds(dir));
    memory::reset_peak(data.device);
    write_config(run, dir)?;
    let (spec, files) = (training_spec(run, context.compute), files(dir, context));
    // Before the training, so that masks which must not be used cost no time.
    let (test, own) = (data.test_split(), run.masks_on(None));
    let masks = TestMasks::draw(&test, &own)?;
    let mut training = Training::build(&spec, data)?;
    let state = training.fit(&files, context.interrupt, context.bar)?;
    let seconds = before + started.elapsed().as_secs_f64();
    let selections = metadata::selections(run, &state, &training)?;
    let epochs = selections.epochs();
    let evaluated = if run.is_trial() {
        None
    } else {
        let test = Test {
            split: &test,
            masks: &masks,
            tested_on: None,
        };
        Some(evaluate(&mut training, test, &epochs, &files, context)?)
    };
    let trained = Trained {
        first_noise: training.first_noise()?,
        weights: stored_weights(dir, &epochs)?,
        computing: Computing {
            precision: run.config.precision,
            engine: run.config.engine,
            recompute_encoder: training.engine.recompute,
            micro_batch: state.micro_batch,
            evaluation_batch: training.evaluation_batch,
        },
        selections,
        wall_seconds: seconds,
    };
    let manifest = metadata::manifest(run, data, &training.store, trained)?;
    ModelInputs::of(data)?.write(dir)?;
    match evaluated {
        Some((evaluation, predictions)) => dir.finish(&manifest, &evaluation, &predictions)?,
        None => dir.finish_trial(&manifest)?,
    }
    Ok(())
}

/// Evaluates the stored weights of a finished run under those of its masks that it has not yet, on its own
/// data and on `others`; each data set's predictions are an evaluation of their own.
///
/// The passes are those of the run's own evaluation, with its number of threads: predictions have the
/// bits that they would have had there.
///
/// # Errors
/// [`Error::WeightsGone`], [`Error::WeightsChanged`] where the weights are not those that were trained;
/// those of the evaluation.
pub fn evaluate_stored(
    run: &PlannedRun,
    data: &TrainData<'_>,
    others: &[OtherData<'_>],
    context: &RunContext<'_>,
    dir: &RunDir,
) -> Result<(), Error> {
    let (manifest, _) = dir.checked_manifest()?;
    let stored = dir.evaluated();
    let epochs = manifest.evaluated_epochs();
    check_weights(&manifest, dir)?;
    let _threads = Threads::of(&manifest, data.device);
    let (spec, files) = (training_spec(run, context.compute), files(dir, context));
    let mut training = Training::build(&spec, data)?;
    for other in std::iter::once(None).chain(others.iter().map(Some)) {
        let key = other.map(OtherData::key);
        let masks = run.masks_on(key.as_deref());
        let lacking = masks.iter().filter_map(|grid| grid.lacking(&stored));
        let lacking: Vec<MaskGrid> = lacking.collect();
        if lacking.is_empty() {
            continue;
        }
        let split = match other {
            Some(other) => other.test_split(data),
            None => data.test_split(),
        };
        if let Some(computing) = &manifest.training.computing {
            training.evaluation_batch = computing.evaluation_batch;
        }
        let test = Test {
            split: &split,
            masks: &TestMasks::draw(&split, &lacking)?,
            tested_on: other
                .map(|other| metadata::other(other.corpus, data))
                .transpose()?,
        };
        let (evaluation, predictions) = evaluate(&mut training, test, &epochs, &files, context)?;
        dir.add_evaluation(&evaluation, &predictions)?;
    }
    Ok(())
}

/// What is predicted.
struct Test<'a> {
    split: &'a TestSplit<'a>,
    masks: &'a TestMasks,
    /// The data, where they are not those of the training.
    tested_on: Option<DatasetMetadata>,
}

/// Predicts a test split by the stored weights of these epochs.
fn evaluate(
    training: &mut Training<'_>,
    test: Test<'_>,
    epochs: &BTreeSet<u32>,
    files: &Files,
    context: &RunContext<'_>,
) -> Result<(Evaluation, Predictions), Error> {
    let (bar, started) = (context.bar, Instant::now());
    bar.note("predicting the test split at every condition");
    let Test { split, masks, .. } = test;
    let predictions = training.predict(split, masks, epochs, files, context.interrupt)?;
    let evaluation = Evaluation {
        format: FORMAT,
        tested_on: test.tested_on,
        masks: masks.metadata()?,
        build: metadata::build(training.store.device()),
        wall_seconds: started.elapsed().as_secs_f64(),
    };
    Ok((evaluation, predictions))
}

fn write_config(run: &PlannedRun, dir: &RunDir) -> Result<(), Error> {
    let text = toml::to_string(&run.config).map_err(|e| Error::Unexpected(e.to_string()))?;
    Ok(write_atomic(&dir.config(), text.as_bytes())?)
}

/// What decides the training of a run, and how it computes.
fn training_spec(run: &PlannedRun, compute: Compute) -> TrainingSpec {
    let settings = &run.settings;
    TrainingSpec {
        choice: run.choice.clone(),
        recipe: run.recipe.clone(),
        schedule: run.config.schedule,
        rules: run.rules.clone(),
        seed: run.seed,
        noise: noise_spec(settings),
        validation: validation_masks(settings),
        precision: settings.precision,
        engine: settings.engine,
        compute,
    }
}

/// The training noise of these settings.
pub(super) fn noise_spec(settings: &Settings) -> NoiseSpec {
    NoiseSpec {
        kind: settings.noise,
        mask_protocol: settings.noise_protocol,
        distribution: settings.noise_rate,
        mask_seed: settings.mask_seeds[0],
    }
}

/// The masks of validation of these settings.
pub(super) fn validation_masks(settings: &Settings) -> ValidationMasks {
    ValidationMasks {
        conditions: settings.validation.clone(),
        mask_seed: settings.mask_seeds[0],
    }
}

fn files(dir: &RunDir, context: &RunContext<'_>) -> Files {
    Files {
        best: dir.checkpoint(),
        last: dir.last_checkpoint(),
        log: dir.metrics(),
        events: context.events.clone(),
        operations: context.profile.then(|| dir.operations()),
    }
}
