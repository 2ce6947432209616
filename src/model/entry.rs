//! Describes a model to the trainer: the trait it implements and its entry in the registry.

use serde_json::Value;
use tch::Tensor;

use super::batch::{Batch, Inputs};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::error::{ModelError, Result};
use super::losses::Losses;
use super::recipe::{ParamGroup, Recipe};
use super::search_space::Dimension;
use super::setup::{Check, Profile, ReadCase, Setup};
use super::stage::Stage;
use super::trace::Trace;
use super::variant::Variant;

/// A network whose parameters are in the store it was built in.
///
/// State that must survive a restart belongs in that store too, as a variable that is not
/// trained, so that a checkpoint of the store is a checkpoint of the model.
pub trait Model: Send {
    /// Forward pass in training mode (dropout active, batch statistics, auxiliary heads) with all
    /// loss terms.
    ///
    /// # Errors
    /// [`ModelError::Input`] where the batch does not fit the model.
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses>;

    /// (B, 1) prediction in evaluation mode. Wrap calls in [`tch::no_grad`].
    ///
    /// # Errors
    /// [`ModelError::Input`] where the inputs do not fit the model.
    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor>;

    /// The text encoder inside, where there is one.
    fn text_encoder(&self) -> Option<&TextEncoder> {
        None
    }

    /// Sets how to compute from now on; no effect on a model with one way to compute.
    fn set_engine(&mut self, _engine: Engine) {}

    /// The small number that Adam adds to the root of the second moment.
    fn adam_epsilon(&self) -> f64 {
        ADAM_EPSILON
    }

    /// Whether every loss is a mean over samples of a term that depends on one sample alone, so that a
    /// batch may be computed in parts. False with batch statistics or state shared by samples.
    fn is_divisible(&self) -> bool {
        false
    }

    /// Parameter groups under this recipe, with multiples of its rate and decay; one group of all
    /// parameters unless the authors use several.
    fn groups(&self, recipe: &Recipe) -> Vec<ParamGroup> {
        vec![ParamGroup::all(recipe)]
    }

    /// Stages besides the main one, each with an optimizer of its own, in the order in which they run.
    fn stages(&self, _recipe: &Recipe) -> Vec<Stage> {
        Vec::new()
    }

    /// Forward pass of a stage that [`Self::stages`] declares, as [`Self::train`] is that of the main one.
    ///
    /// # Errors
    /// As [`Self::train`].
    fn train_stage(
        &mut self,
        _stage: &'static str,
        batch: &Batch,
        trace: &mut Trace,
    ) -> Result<Losses> {
        self.train(batch, trace)
    }

    /// Follows a step of the main stage: updates what no optimizer moves, such as a teacher that averages
    /// the parameters. What it updates belongs in the store, among the variables that are not trained.
    fn after_step(&mut self) {}

    /// Whether, where gradients of several batches are summed, the parameters are updated after every batch
    /// on the sum so far and once more after the last of a full group (a reference bug of TFR-Net), rather
    /// than once for all.
    fn updates_within_group(&self) -> bool {
        false
    }

    /// Takes over what a reference case prescribes for its single training pass besides parameters: state
    /// of samples or batches before it. `given` has the tensors `in.NAME` of the case.
    fn prescribe(&mut self, _given: &dyn Fn(&str) -> Option<Tensor>) {}

    /// Checks that the model can be trained under this recipe, before anything is.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the reason and what to run instead.
    fn check_recipe(&self, _recipe: &Recipe) -> Result<()> {
        Ok(())
    }
}

/// Forward pass of a stage, `None` for the main one: [`Model::train`] or [`Model::train_stage`].
///
/// # Errors
/// Theirs.
pub fn train(
    model: &mut dyn Model,
    stage: Option<&'static str>,
    batch: &Batch,
    trace: &mut Trace,
) -> Result<Losses> {
    match stage {
        None => model.train(batch, trace),
        Some(stage) => model.train_stage(stage, batch, trace),
    }
}

/// PyTorch's own.
pub const ADAM_EPSILON: f64 = 1e-8;

/// Backward pass from `loss`, the text encoder's second half included.
///
/// # Errors
/// [`ModelError::Torch`].
pub fn backward(model: &dyn Model, loss: &Tensor) -> Result<()> {
    loss_backward(loss)?;
    if let Some(encoder) = model.text_encoder() {
        encoder.finish_backward();
    }
    Ok(())
}

/// The first half of [`backward`]; the text encoder's [`TextEncoder::finish_backward`] is the second.
///
/// # Errors
/// [`ModelError::Torch`].
pub fn loss_backward(loss: &Tensor) -> Result<()> {
    loss.f_backward().map_err(|source| ModelError::Torch {
        doing: "computing gradients".to_owned(),
        source,
    })
}

/// One line of the registry.
#[derive(Debug)]
pub struct Entry {
    /// Name on the command line.
    pub name: &'static str,
    /// Title in tables.
    pub title: &'static str,
    /// Authors, title, venue; empty for a model without a paper.
    pub citation: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Whether it is trained by gradient descent.
    pub trained: bool,
    /// Whether training needs the complete inputs in addition to the masked ones.
    pub needs_complete: bool,
    /// The authors' training defaults.
    pub recipe: fn(Profile) -> Recipe,
    /// Resolved hyper-parameters, for the record of a run.
    pub config: fn(Profile) -> Value,
    /// Hyper-parameters that a search draws, beside those of the recipe ([`TRAINING`](super::search_space::TRAINING)).
    pub space: &'static [Dimension],
    /// Named departures from `config`.
    pub variants: &'static [Variant],
    /// Refuses what the model cannot read when a sweep is planned; `None` where it reads everything.
    pub check: Option<Check>,
    /// Builds the model with freshly initialized parameters.
    pub build: for<'a> fn(&Setup<'a>) -> Result<Box<dyn Model>>,
    /// Reads the data of a stored reference case; `None` where no case exists.
    pub case: Option<ReadCase>,
}

/// The registered model of this name.
///
/// # Errors
/// [`ModelError::UnknownModel`] with the known names.
pub fn find(name: &str) -> Result<&'static Entry> {
    super::MODELS
        .iter()
        .copied()
        .find(|entry| entry.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = super::MODELS.iter().map(|entry| entry.name).collect();
            ModelError::UnknownModel {
                name: name.to_owned(),
                known: known.join(", "),
            }
        })
}

/// A model's hyper-parameters as a run records them.
pub(super) fn to_json<T: serde::Serialize>(config: &T) -> Value {
    // Structs of numbers cannot fail to serialize; null would show in the record if one did.
    serde_json::to_value(config).unwrap_or(Value::Null)
}

/// A table of hyper-parameters as the model's own type.
pub(super) fn read_config<T: serde::de::DeserializeOwned>(
    model: &'static str,
    config: &Value,
) -> Result<T> {
    serde_json::from_value(config.clone()).map_err(|error| ModelError::Config {
        model,
        what: "hyper-parameters",
        expected: "those of its published configuration".to_owned(),
        got: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for entry in super::super::MODELS {
            assert!(
                std::ptr::eq(find(entry.name).unwrap(), *entry),
                "{}",
                entry.name
            );
        }
    }

    #[test]
    fn unknown_name_lists_the_known_ones() {
        let message = find("lnl").unwrap_err().to_string();
        assert!(
            message.contains("`lnl`") && message.contains("lnln"),
            "{message}"
        );
    }
}
