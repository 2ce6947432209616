//! Plans the runs of a stage: every training under the settings of its trials.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use super::halving::{self, Rung, rungs};
use super::{SEED, Stage};
use crate::data::dataset::SplitName;
use crate::model::search_space::{self, Draw, TRAINING};
use crate::record::search::SearchMetadata;
use crate::sweep::plan::PlannedRun;
use crate::sweep::{Error, Suite};
use crate::train::Overrides;

/// The place of a run in a search.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Of all trainings of a model under one training protocol: the id of the first with the published settings.
    pub search: String,
    pub number: u32,
    pub rungs: Rc<[Rung]>,
}

/// The runs without a search under these seeds.
pub type Plain<'a> = dyn Fn(&[u64]) -> Result<Vec<PlannedRun>, Error> + 'a;

/// The runs of a stage for one training protocol of a model, made of `plain`: the runs of each of its trainings
/// without a search, under the seed of the trials and under every seed of the suite.
///
/// # Errors
/// [`Error::SearchTrials`]; [`Error::SearchOnTest`] where a rule selects on the test split.
pub fn trials(suite: &Suite, stage: &Stage, plain: &Plain<'_>) -> Result<Vec<PlannedRun>, Error> {
    let own = [stage.training_seed];
    let base = plain(&own)?;
    let (Some(count), Some(first)) = (suite.search, base.first()) else {
        return Ok(Vec::new());
    };
    if count < 2 {
        return Err(Error::SearchTrials { found: count });
    }
    if first.rules.splits().contains(&SplitName::Test) {
        return Err(Error::SearchOnTest {
            model: first.choice.name(),
        });
    }
    let rungs: Rc<[Rung]> = rungs(count, first.recipe.epochs).into();
    let (numbers, epochs) = match stage.rung {
        Some(0) => ((0..count).collect(), rungs[0].epochs),
        Some(rung) if rung >= rungs.len() => return Ok(Vec::new()),
        Some(rung) => (stage.trials_of(&first.id)?, rungs[rung].epochs),
        None => (stage.trials_of(&first.id)?, first.recipe.epochs),
    };
    let overrides = suite.overrides(&first.choice.name());
    let mut all = Vec::new();
    for number in numbers {
        let trial = Trial {
            search: first.id.clone(),
            number,
            rungs: Rc::clone(&rungs),
        };
        let drawn = settings(suite, first, &overrides, number);
        let seeds = match stage.rung {
            Some(_) => &own[..],
            None => &suite.seeds,
        };
        for mut run in plain(seeds)? {
            if stage.rung.is_some() {
                run.masks.clear();
            }
            run.recipe.epochs = epochs;
            set(&mut run, &drawn);
            run.config.search = Some(SearchMetadata {
                trials: count,
                total_epochs: halving::total_epochs(&rungs),
                seed: suite.search_seed.unwrap_or(SEED),
                training_seed: stage.training_seed,
                trial: number,
                settings: drawn.clone(),
            });
            run.trial = Some(trial.clone());
            run.identify();
            all.push(run);
        }
    }
    Ok(all)
}

/// Checks that every model on a data set is searched with the same number of epochs.
///
/// # Errors
/// [`Error::SearchEpochs`].
pub fn check_equal(runs: &[PlannedRun]) -> Result<(), Error> {
    let full =
        |run: &PlannedRun| Some((run.choice.name(), run.trial.as_ref()?.rungs.last()?.epochs));
    let epochs: BTreeMap<String, u32> = runs.iter().filter_map(full).collect();
    let (Some(run), Some(first)) = (runs.first(), epochs.values().next()) else {
        return Ok(());
    };
    if epochs.values().all(|epochs| epochs == first) {
        return Ok(());
    }
    let found = epochs
        .iter()
        .map(|(model, epochs)| format!("{model} {epochs}"));
    Err(Error::SearchEpochs {
        dataset: run.dataset.clone(),
        found: found.collect::<Vec<_>>().join(", "),
    })
}

impl Stage {
    fn trials_of(&self, search: &str) -> Result<Vec<u32>, Error> {
        let trials = self.trials.get(search).cloned();
        trials.ok_or_else(|| {
            Error::Unexpected(format!(
                "the stage of the search names no trial of {search}: its data set, its encoder or this program \
                 changed since it was planned; give `lnln-bench run` again"
            ))
        })
    }
}

/// The settings that a trial draws: all that the model declares and the user did not set. Trial 0 draws none.
fn settings(
    suite: &Suite,
    run: &PlannedRun,
    overrides: &Overrides,
    number: u32,
) -> BTreeMap<String, Value> {
    if number == 0 {
        return BTreeMap::new();
    }
    let draw = Draw {
        seed: suite.search_seed.unwrap_or(SEED),
        model: run.choice.entry.name,
        trial: number,
    };
    let recipe = &run.recipe;
    let fixed = [
        (
            search_space::LEARNING_RATE,
            overrides.learning_rate.is_some(),
            Value::from(recipe.learning_rate),
        ),
        (
            search_space::WEIGHT_DECAY,
            overrides.weight_decay.is_some(),
            Value::from(recipe.weight_decay),
        ),
        (
            search_space::BATCH_SIZE,
            overrides.batch_size.is_some(),
            Value::from(recipe.batch_size),
        ),
    ];
    let of_recipe = TRAINING.iter().zip(&fixed).filter(|(_, (_, set, _))| !set);
    let of_recipe = of_recipe.map(|(one, (_, _, published))| (one, published));
    let own = run.choice.entry.space.iter();
    let own = own.filter(|one| !run.choice.sets(one.setting));
    let own = own.filter_map(|one| Some((one, run.config.hyper_parameters.get(one.setting)?)));
    let all = of_recipe.chain(own);
    all.map(|(one, published)| (one.setting.to_owned(), one.draw(&draw, published)))
        .collect()
}

/// Puts drawn settings into a run's recipe and hyper-parameters.
fn set(run: &mut PlannedRun, drawn: &BTreeMap<String, Value>) {
    let real = |name: &str| drawn.get(name).and_then(Value::as_f64);
    let recipe = &mut run.recipe;
    recipe.learning_rate = real(search_space::LEARNING_RATE).unwrap_or(recipe.learning_rate);
    recipe.weight_decay = real(search_space::WEIGHT_DECAY).unwrap_or(recipe.weight_decay);
    let batch_size = drawn.get(search_space::BATCH_SIZE).and_then(Value::as_u64);
    recipe.batch_size = batch_size.map_or(recipe.batch_size, |size| size as usize);
    run.config.recipe = run.recipe.clone();
    for (name, value) in drawn {
        if let Some(own) = run.config.hyper_parameters.get_mut(name) {
            *own = value.clone();
        }
    }
}
