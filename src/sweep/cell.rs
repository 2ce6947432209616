//! Runs one cell: build, fit, predict at every rate, leave a record.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use tch::nn;

use super::plan::{Cell, Settings};
use super::workbench::Workbench;
use super::{Error, facts};
use crate::dataset::SplitName;
use crate::model::{Model, Profile, Setup};
use crate::record::{self, Condition, Predictions, RunDir};
use crate::train::trainer::{self, Data, Files, Plan, State};
use crate::train::view::View;
use crate::train::{self, evaluate, order};
use crate::ui::Bar;

/// What a cell needs beside its data.
pub struct Bench<'a> {
    pub settings: &'a Settings,
    pub interrupt: &'a AtomicBool,
    pub bar: &'a Bar,
}

/// Train and evaluate `cell`, going on where an earlier attempt stopped.
pub fn run(
    cell: &Cell,
    data: &Workbench<'_>,
    bench: &Bench<'_>,
    dir: &RunDir,
) -> Result<(), Error> {
    let started = Instant::now();
    write_config(cell, dir)?;
    let mut store = nn::VarStore::new(data.device);
    tch::manual_seed(order::seed_for(cell.seed, "init", 0) as i64);
    let mut model = (cell.entry.build)(&Setup {
        path: store.root(),
        profile: Profile::for_dataset(&cell.dataset),
        shapes: data.shapes,
        encoder: data.encoder.clone(),
        labels: data.labels,
        compat: false,
    })?;
    let state = fit(cell, data, bench, dir, model.as_mut(), &mut store)?;
    bench.bar.say("predicting the test split at every rate");
    let (predictions, hashes) = predict(data, bench.settings, model.as_ref())?;
    let seconds = started.elapsed().as_secs_f64();
    let manifest = facts::manifest(cell, data, bench.settings, &store, &state, hashes, seconds);
    dir.finish(&manifest, &predictions)?;
    // Nothing goes on from a finished run; what cannot be removed only costs space.
    let _ = std::fs::remove_file(dir.last_checkpoint());
    Ok(())
}

fn write_config(cell: &Cell, dir: &RunDir) -> Result<(), Error> {
    let text = toml::to_string(&cell.config).map_err(|e| Error::Unexpected(e.to_string()))?;
    Ok(record::write_atomic(&dir.config(), text.as_bytes())?)
}

/// Fit the model, or store it as it is where there is nothing to fit.
fn fit(
    cell: &Cell,
    data: &Workbench<'_>,
    bench: &Bench<'_>,
    dir: &RunDir,
    model: &mut dyn Model,
    store: &mut nn::VarStore,
) -> Result<State, Error> {
    let files = Files {
        best: dir.checkpoint(),
        last: dir.last_checkpoint(),
        log: dir.metrics(),
    };
    if !cell.entry.trained || cell.recipe.epochs == 0 {
        train::checkpoint::save(&files.best, &trainer::weights(store), "{}")?;
        return Ok(State::default());
    }
    let settings = bench.settings;
    let valid_views = valid_views(data, settings)?;
    let complete = data.views(SplitName::Train).complete()?;
    let noisy = |epoch: u32| match settings.noise.draw(epoch - 1) {
        Some(draw) => data.noisy(settings, cell.seed, draw),
        None => data.views(SplitName::Train).complete().map(Rc::new),
    };
    let [train, valid, _] = &data.tensors;
    let view = Data {
        train,
        complete: &complete,
        noisy: &noisy,
        valid,
        valid_views: &valid_views,
        valid_truth: &data.splits[SplitName::Valid as usize].labels,
        metric: data.protocol.selection_metric(),
    };
    let plan = Plan {
        entry: cell.entry,
        recipe: cell.recipe.clone(),
        schedule: settings.schedule,
        selection: settings.selection,
        seed: cell.seed,
    };
    Ok(trainer::fit(
        &plan,
        &view,
        model,
        store,
        &files,
        bench.interrupt,
        bench.bar,
    )?)
}

/// The validation split at every validation rate, under the first mask seed of evaluation.
fn valid_views(data: &Workbench<'_>, settings: &Settings) -> Result<Vec<View>, Error> {
    let views = data.views(SplitName::Valid);
    let at_rate = |&rate| views.at_rate(settings.family, settings.mask_seeds[0], rate);
    Ok(settings
        .valid_rates
        .iter()
        .map(at_rate)
        .collect::<Result<_, _>>()?)
}

/// Predictions for the test split under every mask, and the hash of the masks of each seed.
fn predict(
    data: &Workbench<'_>,
    settings: &Settings,
    model: &dyn Model,
) -> Result<(Predictions, BTreeMap<String, String>), Error> {
    let (split, tensors) = (
        &data.splits[SplitName::Test as usize],
        &data.tensors[SplitName::Test as usize],
    );
    let views = data.views(SplitName::Test);
    let mut predictions = Predictions::default();
    let mut hashes = BTreeMap::new();
    for &seed in &settings.mask_seeds {
        hashes.insert(seed.to_string(), data.mask_hash(settings, seed)?);
        for &rate in &settings.rates {
            let view = views.at_rate(settings.family, seed, rate)?;
            let predicted = evaluate::predict(model, tensors, &view)?;
            let condition = Condition {
                dataset: data.corpus.name().to_owned(),
                split: SplitName::Test.as_str().to_owned(),
                family: settings.family.name().to_owned(),
                mask_seed: seed,
                rate,
            };
            predictions.extend(&condition, &split.ids, &split.labels, &predicted)?;
        }
    }
    Ok((predictions, hashes))
}
