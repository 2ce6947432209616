//! Reads what steps leave on the device: their losses, and whether numbers were not finite.
//!
//! Reading makes the host wait for the device. So steps are read several at a time; a step whose numbers are not finite
//! moves no parameter, nor does any after it, and is computed again to name the tensor.

use tch::{Device, Tensor};

use super::Fit;
use super::stages::{Pass, Step};
use crate::model::losses::{Unread, read_back};
use crate::train::resume::weights;
use crate::train::state::State;
use crate::train::view::View;
use crate::train::{Error, non_finite};

/// Steps that wait to be read on a device at most.
const ON_DEVICE: usize = 32;

/// A step that was taken.
pub(super) struct Taken {
    step: Step,
    passes: Vec<PassLosses>,
    /// [`Optimizer::broken`](crate::train::optimizer::Optimizer::broken) after it.
    broken: Tensor,
}

/// The losses of a pass.
pub(super) struct PassLosses {
    /// As [`Pass::batch`] and [`Pass::number`].
    pub place: [usize; 2],
    pub part: Vec<i64>,
    pub losses: Unread,
    /// Scalar.
    pub total: Tensor,
}

/// Steps between two readings on a device: on a CPU there is nothing to wait for.
pub fn read_interval(device: Device) -> usize {
    match device {
        Device::Cpu => 1,
        _ => ON_DEVICE,
    }
}

impl Fit<'_> {
    /// Keeps a step to be read later.
    pub(super) fn keep_unread(&mut self, step: &Step, passes: Vec<PassLosses>) {
        let broken = tch::no_grad(|| self.optimizers.of(step.stage).broken());
        let step = step.clone();
        self.unread.push(Taken {
            step,
            passes,
            broken,
        });
    }

    /// Reads the steps if enough of them wait.
    pub(super) fn read_some(&mut self, state: &mut State, noisy: &View) -> Result<(), Error> {
        if self.unread.len() < self.plan.read_interval {
            return Ok(());
        }
        self.read_all(state, noisy)
    }

    /// Counts the losses of all steps that wait.
    ///
    /// # Errors
    /// [`Error::NotFinite`], [`Error::NotFiniteGradient`].
    pub(super) fn read_all(&mut self, state: &mut State, noisy: &View) -> Result<(), Error> {
        let taken = std::mem::take(&mut self.unread);
        if taken.is_empty() {
            return Ok(());
        }
        let vectors = taken.iter().flat_map(|taken| {
            let losses = taken.passes.iter().map(|pass| &pass.losses.values);
            losses.chain([&taken.broken]).map(Tensor::shallow_clone)
        });
        let mut values = read_back(&vectors.collect::<Vec<_>>()).into_iter();
        let last = taken.len() - 1;
        for (number, taken) in taken.iter().enumerate() {
            let stage = self.name_of(taken.step.stage);
            for pass in &taken.passes {
                let named = pass.losses.named(&mut values);
                if let Some(broken) = pass.losses.broken(&named) {
                    return Err(self.broken_loss(broken, &taken.step, pass, noisy));
                }
                state.means_of(stage).add(&named, pass.part.len());
            }
            if values.next().is_some_and(|flag| flag != 0.0) {
                return Err(self.broken_gradient(&taken.step, number == last, state, noisy));
            }
        }
        Ok(())
    }

    fn broken_loss(
        &mut self,
        (term, value): (&str, f64),
        step: &Step,
        losses: &PassLosses,
        noisy: &View,
    ) -> Error {
        let [batch, number] = losses.place;
        let pass = Pass {
            step,
            noisy,
            batch,
            number,
        };
        let (stage, inputs) = (self.name_of(step.stage), self.batch(&pass, &losses.part));
        // Dropout draws what it drew.
        tch::manual_seed(self.seed_of(&pass) as i64);
        let device = self.data.train.labels.device();
        let guard = match self.plan.precision.enter(device) {
            Ok(guard) => guard,
            Err(error) => return error,
        };
        let (weights, ids) = (weights(self.store), &self.data.train.ids);
        let first = non_finite::first_of_pass(self.model, stage, &inputs, &weights, ids);
        drop(guard);
        Error::NotFinite {
            term: term.to_owned(),
            value,
            epoch: step.epoch,
            step: step.number + 1,
            samples: non_finite::samples(self.data.train, &losses.part),
            first,
        }
    }

    /// `is_last`: no later step has replaced the gradients.
    fn broken_gradient(
        &mut self,
        step: &Step,
        is_last: bool,
        state: &State,
        noisy: &View,
    ) -> Error {
        if !is_last && let Err(error) = self.gradients(noisy, step, state.micro_batch) {
            return error;
        }
        let found = self.optimizers.of(step.stage).broken_gradient();
        let parameter = found.unwrap_or("none when computed again".to_owned());
        Error::NotFiniteGradient {
            parameter,
            epoch: step.epoch,
            step: step.number + 1,
            samples: non_finite::samples(self.data.train, &step.rows),
        }
    }
}
