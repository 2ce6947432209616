//! Constant baseline: predicts the same label for every sample.
//!
//! The constant is the median of the training labels, which minimizes their mean absolute error. A model
//! that is no better has learned nothing.

use serde_json::{Value, json};
use tch::Tensor;

use super::batch::{Batch, Inputs};
use super::entry::{Entry, Model};
use super::error::Result;
use super::losses::Losses;
use super::recipe::{GradClip, Recipe, Rule};
use super::setup::{Profile, Setup};
use super::trace::Trace;
use super::trainer_options::TrainerOptions;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: "constant",
    title: "Constant",
    citation: "",
    summary: "predicts the median training label for every sample; the baseline of every metric",
    trained: false,
    needs_complete: false,
    recipe,
    config,
    space: &[],
    variants: &[],
    check: None,
    build,
    case: None,
};

fn recipe(_: Profile) -> Recipe {
    Recipe {
        rule: Rule::Adam,
        learning_rate: 0.0,
        weight_decay: 0.0,
        batch_size: 64,
        epochs: 0,
        clip: GradClip::None,
        trainer_options: TrainerOptions::NONE,
    }
}

fn config(_: Profile) -> Value {
    json!({ "statistic": "median" })
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    let options = (setup.path.kind(), setup.path.device());
    let value = Tensor::full([1], setup.labels.median, options);
    Ok(Box::new(Constant {
        value: setup.path.add("value", value, false),
    }))
}

/// One number, in the store so that a checkpoint holds it.
#[derive(Debug)]
pub struct Constant {
    value: Tensor,
}

impl Model for Constant {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(ENTRY.name)?;
        let prediction = self.predict(&batch.masked, trace)?;
        Ok(Losses::l1(prediction, &batch.label))
    }

    fn is_divisible(&self) -> bool {
        true
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        let prediction = self.value.expand([inputs.len(), 1], false);
        trace.record("pred", &prediction);
        Ok(prediction)
    }
}
