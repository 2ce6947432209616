//! Trains and evaluates one planned run: build, fit, predict, finish.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::error::Error;
use super::metadata::{self, Measured};
use super::plan::PlannedRun;
use super::settings::Settings;
use crate::mask::NoiseSpec;
use crate::record::training::Computing;
use crate::record::{self, Predictions, RunDir};
use crate::support::Bar;
use crate::support::fs::write_atomic;
use crate::train::data::{TrainData, ValidationMasks};
use crate::train::state::State;
use crate::train::test_masks::TestMasks;
use crate::train::training::{Compute, Training, TrainingSpec};
use crate::train::{Files, memory};

/// What a run is given besides its plan and its data.
pub struct RunContext<'a> {
    pub interrupt: &'a AtomicBool,
    pub bar: &'a Bar,
    pub compute: Compute,
    /// Folder of TensorBoard's event files, where they are wanted.
    pub events: Option<PathBuf>,
}

/// Trains and evaluates `run` in `dir`, resuming an earlier attempt where it stopped.
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
    let (evaluation, mask_seeds) = (&run.settings.evaluation, &run.settings.mask_seeds);
    let masks = TestMasks::draw(data, evaluation, mask_seeds)?;
    let mut training = Training::build(&spec, data)?;
    let state = training.fit(&files, context.interrupt, context.bar)?;
    context
        .bar
        .note("predicting the test split at every condition");
    let predictions = training.predict(&masks, &state, &files, context.interrupt)?;
    let seconds = before + started.elapsed().as_secs_f64();
    let trained = Trained {
        training: &training,
        state,
        masks: &masks,
        predictions,
        seconds,
    };
    finish(run, data, trained, dir)
}

/// What a training has made.
struct Trained<'a> {
    training: &'a Training<'a>,
    state: State,
    masks: &'a TestMasks,
    predictions: Predictions,
    seconds: f64,
}

/// Writes manifest, scores and predictions, and last the mark of a finished run.
fn finish(
    run: &PlannedRun,
    data: &TrainData<'_>,
    trained: Trained<'_>,
    dir: &RunDir,
) -> Result<(), Error> {
    let Trained {
        training,
        state,
        masks,
        predictions,
        seconds,
    } = trained;
    let computing = Computing {
        precision: run.config.precision,
        engine: run.config.engine,
        recompute_encoder: training.engine.recompute,
        micro_batch: state.micro_batch,
        evaluation_batch: training.evaluation_batch,
    };
    let measured = Measured {
        masks: masks.metadata()?,
        monitored: training.monitored_masks()?,
        first_noise: training.first_noise()?,
        computing,
        wall_seconds: seconds,
    };
    let manifest = metadata::manifest(run, data, &training.store, &state, measured)?;
    Ok(dir.finish(&manifest, &predictions)?)
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
        rule: run.rule.clone(),
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
    }
}
