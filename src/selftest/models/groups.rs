//! Compares a model's parameter groups with a case's, and its published training with a published case's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tch::nn::VarStore;
use tch::{Device, Tensor};

use crate::model::{
    EncoderSetup, Entry, LabelStats, Model, ParamGroup, Profile, Recipe, Setup, TrainerOptions,
    entry,
};
use crate::selftest::Comparison;
use crate::selftest::case::{Case, Members, OptimizerSpec, Parameter, Result};
use crate::selftest::compare::values;
use crate::train::optimizer::OptimizerError;
use crate::train::{Optimizer, Optimizers};

impl OptimizerSpec {
    /// Place of the group that holds this parameter; `None` where it is never updated.
    fn place(&self, parameter: &str) -> Option<usize> {
        let holds = |members: &Members| match members {
            Members::All(_) => !self.excluded.iter().any(|name| name == parameter),
            Members::Names(names) => names.iter().any(|name| name == parameter),
        };
        self.groups.iter().position(|group| holds(&group.params))
    }
}

/// The case's recipe, with the rates of its last group, which is that of the parameters in no special one.
fn recipe(case: &Case) -> Recipe {
    let spec = &case.optimizer;
    let last = spec.groups.last();
    Recipe {
        rule: spec.kind,
        learning_rate: last.map_or(0.0, |group| group.lr),
        weight_decay: last.map_or(0.0, |group| group.weight_decay),
        batch_size: 1,
        epochs: 1,
        clip: spec.clip,
        trainer_options: TrainerOptions::NONE,
    }
}

/// Optimizers for the case's steps: the model's own groups, each with the rates that the case gives the
/// parameters it holds, and the model's further stages.
///
/// # Errors
/// [`OptimizerError::EmptyGroup`].
pub fn of_steps(
    case: &Case,
    model: &dyn Model,
    store: &VarStore,
) -> std::result::Result<Optimizers, OptimizerError> {
    let recipe = recipe(case);
    let mut groups = model.groups(&recipe);
    let theirs = pairs(case, &groups);
    for (place, group) in groups.iter_mut().enumerate() {
        if let Some(theirs) = theirs.get(&place) {
            let theirs = &case.optimizer.groups[*theirs];
            (group.learning_rate, group.weight_decay) = (theirs.lr, theirs.weight_decay);
        }
    }
    Ok(Optimizers {
        main: Optimizer::new(store, &recipe, &groups)?.with_epsilon(case.optimizer.eps),
        ..Optimizers::new(store, &recipe, model)?
    })
}

/// For each of our groups the case's group of the first parameter it holds that is in one.
fn pairs(case: &Case, groups: &[ParamGroup]) -> BTreeMap<usize, usize> {
    let mut pairs = BTreeMap::new();
    for parameter in case.parameters.iter().filter(|p| !p.is_buffer()) {
        let ours = ParamGroup::index(groups, &parameter.name);
        if let (Some(ours), Some(theirs)) = (ours, case.optimizer.place(&parameter.name)) {
            pairs.entry(ours).or_insert(theirs);
        }
    }
    pairs
}

/// Compares which parameters are stepped together, by the model's own groups. Rates, decays, rule and
/// clipping are the case's own settings: the steps are taken with them.
pub fn check(case: &Case, model: &dyn Model, variables: &[Tensor]) -> Comparison {
    let groups = model.groups(&recipe(case));
    Comparison::new(
        &case.name,
        "optimizer.groups",
        strays(case, &groups, variables),
        0.0,
    )
}

/// Compares the published training of the case's model with the optimizer of a case that was made under
/// the published settings: rule, clipping and decays. `None` where this build has no model of its name.
///
/// # Errors
/// [`CaseError`](crate::selftest::case::CaseError) where the case cannot be read or the published model
/// cannot be built.
pub fn published(dir: &Path) -> Result<Option<Vec<Comparison>>> {
    let case = Case::open(dir)?;
    let Ok(entry) = entry::find(&case.model) else {
        return Ok(None);
    };
    let published = (entry.recipe)(Profile::for_dataset(&case.protocol));
    let spec = &case.optimizer;
    let exact = |quantity: &str, differs: bool| {
        Comparison::new(&case.name, quantity, f64::from(u8::from(differs)), 0.0)
    };
    let decays = worst_decay(&case, &published_groups(&case, entry, &published)?);
    Ok(Some(vec![
        exact("published.rule", published.rule != spec.kind),
        exact("published.clip", published.clip != spec.clip),
        Comparison::new(&case.name, "published.weight_decay", decays, 1e-12),
    ]))
}

/// Parameters that are not with those that the case has them with.
fn strays(case: &Case, groups: &[ParamGroup], variables: &[Tensor]) -> f64 {
    let pairs = pairs(case, groups);
    // Two of our groups may not share one of theirs.
    let shared = pairs.len() - pairs.values().collect::<BTreeSet<_>>().len();
    let moved = |(i, (parameter, variable)): (usize, (&Parameter, &Tensor))| {
        let theirs = case.optimizer.place(&parameter.name);
        if !variable.requires_grad() {
            // Never updated here; there it is in no group, or gets no gradient.
            let gradient = case.tensors.get("grad.l2").map(values);
            return theirs.is_some() && gradient.is_none_or(|norms| !norms[i].is_nan());
        }
        match ParamGroup::index(groups, &parameter.name) {
            Some(ours) => theirs.is_none() || pairs.get(&ours).copied() != theirs,
            None => theirs.is_some(),
        }
    };
    let all = case.parameters.iter().zip(variables).enumerate();
    let strays = all.filter(|(_, (parameter, _))| !parameter.is_buffer());
    (strays.filter(|one| moved(*one)).count() + shared) as f64
}

/// Largest relative distance of a group's decay from that of its parameters in the case.
fn worst_decay(case: &Case, groups: &[ParamGroup]) -> f64 {
    let distance = |(ours, theirs): (usize, usize)| {
        let theirs = case.optimizer.groups[theirs].weight_decay;
        let ours = groups[ours].weight_decay;
        (ours - theirs).abs() / theirs.abs().max(f64::MIN_POSITIVE)
    };
    let distances = pairs(case, groups).into_iter().map(distance);
    distances.fold(0.0, f64::max)
}

/// The groups of the model as published, for the case's inputs.
fn published_groups(case: &Case, entry: &Entry, recipe: &Recipe) -> Result<Vec<ParamGroup>> {
    let store = VarStore::new(Device::Cpu);
    let profile = Profile::for_dataset(&case.protocol);
    let read = entry.case.map(|read| read(&case.config));
    let Some(data) = read.transpose().map_err(|source| case.refused(source))? else {
        return Ok(Vec::new());
    };
    let model = (entry.build)(&Setup {
        path: store.root(),
        profile,
        shapes: data.shapes,
        encoder: EncoderSetup::of_case(case.bert.as_ref(), data.text_width),
        labels: LabelStats::of(&vec![0.0; data.samples]),
        label_range: [-3.0, 3.0],
        config: (entry.config)(profile),
    });
    let model = model.map_err(|source| case.refused(source))?;
    Ok(model.groups(recipe))
}
