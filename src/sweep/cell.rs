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
use crate::mask::{Conditions, Family, Level, Variants};
use crate::model::{Model, Profile, Setup};
use crate::record::manifest::MaskFacts;
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
    bench.bar.say("predicting the test split at every level");
    let (predictions, masks) = predict(data, bench.settings, model.as_ref())?;
    let seconds = started.elapsed().as_secs_f64();
    let manifest = facts::manifest(cell, data, bench.settings, &store, &state, masks, seconds);
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

/// The validation split at every level of validation, under the first mask seed of evaluation.
fn valid_views(data: &Workbench<'_>, settings: &Settings) -> Result<Vec<View>, Error> {
    let views = data.views(SplitName::Valid);
    let under = |(family, level): &(&'static dyn Family, Level)| {
        let seed = settings.mask_seeds[0];
        let masks = data.masks(*family, SplitName::Valid, seed, &[*level])?;
        Ok(views.under(&masks.keeps(SplitName::Valid, *level)?, *level)?)
    };
    settings.validation.iter().map(under).collect()
}

/// Predictions for the test split under every mask, and what there is to say of the masks.
fn predict(
    data: &Workbench<'_>,
    settings: &Settings,
    model: &dyn Model,
) -> Result<(Predictions, Vec<MaskFacts>), Error> {
    let (mut predictions, mut facts) = (Predictions::default(), Vec::new());
    for Conditions { family, levels } in &settings.conditions {
        let (mut hashes, mut realised) = (BTreeMap::new(), BTreeMap::new());
        for &seed in &settings.mask_seeds {
            let masks = data.masks(*family, SplitName::Test, seed, levels)?;
            for &level in levels {
                let hash = masks.hash(SplitName::Test, level)?;
                hashes.insert(format!("{seed}/{level}"), hash);
                let rates = masks.realised(SplitName::Test, level)?;
                realised.insert(format!("{seed}/{level}"), rates);
                predict_under(data, model, &masks, level, &mut predictions)?;
            }
        }
        facts.push(facts::masks(
            *family,
            &settings.mask_seeds,
            levels,
            hashes,
            realised,
        ));
    }
    Ok((predictions, facts))
}

/// Adds the predictions for the test split under one mask.
fn predict_under(
    data: &Workbench<'_>,
    model: &dyn Model,
    masks: &Variants,
    level: Level,
    predictions: &mut Predictions,
) -> Result<(), Error> {
    let (split, tensors) = (
        &data.splits[SplitName::Test as usize],
        &data.tensors[SplitName::Test as usize],
    );
    let keeps = masks.keeps(SplitName::Test, level)?;
    let view = data.views(SplitName::Test).under(&keeps, level)?;
    let predicted = evaluate::predict(model, tensors, &view)?;
    let condition = Condition {
        dataset: data.corpus.name().to_owned(),
        split: SplitName::Test.as_str().to_owned(),
        family: masks.family.clone(),
        mask_seed: masks.seed,
        level,
    };
    Ok(predictions.extend(&condition, &split.ids, &split.labels, &predicted)?)
}
