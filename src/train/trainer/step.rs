//! Takes one optimizer step: forward and backward over its batches, then the update.

use tch::Tensor;

use super::stages::{Pass, Step};
use super::unread::PassLosses;
use super::{Data, Fit};
use crate::model::{Batch, Entry, Trace, entry};
use crate::train::out_of_memory::{self, Fault};
use crate::train::state::State;
use crate::train::view::View;
use crate::train::{Error, native, order};

impl Fit<'_> {
    /// Takes one step and those of the stages that run before each of the main one's, and counts their
    /// losses.
    pub(super) fn step(
        &mut self,
        state: &mut State,
        noisy: &View,
        step: &Step,
        factor: f64,
    ) -> Result<(), Error> {
        if step.stage.is_none() {
            for stage in self.before_each_step() {
                self.step_alone(state, noisy, &step.before(stage), factor)?;
            }
        }
        let summed = self.plan.recipe.trainer_options.grad_accum > 1;
        if step.stage.is_none() && summed && self.model.updates_within_group() {
            self.step_after_each_batch(state, noisy, step, factor)?;
        } else {
            self.step_alone(state, noisy, step, factor)?;
        }
        if step.stage.is_none() {
            tch::no_grad(|| self.model.after_step());
        }
        Ok(())
    }

    /// Takes one optimizer step over the batches of its samples, in smaller passes if memory runs out.
    fn step_alone(
        &mut self,
        state: &mut State,
        noisy: &View,
        step: &Step,
        factor: f64,
    ) -> Result<(), Error> {
        loop {
            let micro_batch = state.micro_batch;
            let result = out_of_memory::caught(|| {
                let passes = self.gradients(noisy, step, micro_batch)?;
                // Moments are allocated here, where running out of memory can still be mended.
                self.optimizers.of(step.stage).make_room()?;
                Ok(passes)
            });
            match result {
                Ok(passes) => {
                    self.advance(step, factor, passes)?;
                    native::keep_large_blocks(true);
                    return self.read_some(state, noisy);
                }
                Err(Fault::Other(error)) => return Err(error),
                Err(Fault::Memory(reason)) => {
                    let batch = step.rows.len().min(self.plan.recipe.batch_size);
                    state.micro_batch = self.smaller(micro_batch.min(batch), reason)?;
                }
            }
        }
    }

    /// Updates after each batch of the step on the sum of the gradients so far, and once more after the last
    /// of a full group; see [`updates_within_group`](crate::model::Model::updates_within_group).
    fn step_after_each_batch(
        &mut self,
        state: &mut State,
        noisy: &View,
        step: &Step,
        factor: f64,
    ) -> Result<(), Error> {
        let recipe = &self.plan.recipe;
        let (rows, group) = (recipe.batch_size, recipe.trainer_options.grad_accum);
        self.optimizers.main.zero_grad()?;
        for (number, batch) in step.rows.chunks(rows).enumerate() {
            let pass = Pass {
                step,
                noisy,
                batch: number,
                number,
            };
            let losses = out_of_memory::caught(|| self.pass(&pass, batch, batch.len()));
            let losses = losses.map_err(|fault| self.failed(fault, batch))?;
            self.advance(step, factor, vec![losses])?;
            self.read_some(state, noisy)?;
        }
        if step.rows.len().div_ceil(rows) == group as usize {
            self.advance(step, factor, Vec::new())?;
        }
        self.read_some(state, noisy)
    }

    /// The error of a pass over samples that cannot be taken in parts.
    fn failed(&self, fault: Fault, samples: &[i64]) -> Error {
        match fault {
            Fault::Other(error) => error,
            Fault::Memory(reason) => Error::OutOfMemory {
                model: self.plan.entry.name,
                samples: samples.len(),
                reason,
            },
        }
    }

    /// The gradients of the batches of a step, in passes of `micro_batch` samples.
    pub(super) fn gradients(
        &mut self,
        noisy: &View,
        step: &Step,
        micro_batch: usize,
    ) -> Result<Vec<PassLosses>, Error> {
        self.optimizers.of(step.stage).zero_grad()?;
        let mut passes = Vec::new();
        for (i, batch) in step.rows.chunks(self.plan.recipe.batch_size).enumerate() {
            if i > 0 {
                // As MMSA does it: after every batch, the step's own clipping after the last.
                self.optimizers.of(step.stage).clip();
            }
            for part in batch.chunks(micro_batch) {
                let pass = Pass {
                    step,
                    noisy,
                    batch: i,
                    number: passes.len(),
                };
                passes.push(self.pass(&pass, part, batch.len())?);
            }
        }
        Ok(passes)
    }

    /// Updates the parameters. It cannot be tried again: some may have been updated already.
    fn advance(&mut self, step: &Step, factor: f64, passes: Vec<PassLosses>) -> Result<(), Error> {
        let factor = match step.stage {
            Some(index) if !self.optimizers.stages[index].0.scheduled => 1.0,
            _ => factor,
        };
        let totals: Vec<&Tensor> = passes.iter().map(|pass| &pass.total).collect();
        let optimizer = self.optimizers.of(step.stage);
        let moved = out_of_memory::caught(|| Ok(optimizer.advance(factor, &totals)?));
        moved.map_err(|fault| self.failed(fault, &step.rows))?;
        if let Some(copies) = &self.copies {
            copies.refresh()?;
        }
        self.keep_unread(step, passes);
        Ok(())
    }

    /// Forward and backward over part of a batch of `rows`; its loss weighs as much as its share.
    fn pass(&mut self, pass: &Pass<'_>, part: &[i64], rows: usize) -> Result<PassLosses, Error> {
        let (device, step) = (self.data.train.labels.device(), pass.step);
        let batch = self.batch(pass, part);
        if let Some(encoder) = self.model.text_encoder() {
            encoder.clear_tape();
        }
        let stage = self.name_of(step.stage);
        tch::manual_seed(self.seed_of(pass) as i64);
        let mut guard = self.plan.precision.enter(device)?;
        let losses = entry::train(self.model, stage, &batch, &mut Trace::off())?;
        // The backward pass follows the kinds that autocast chose in the forward pass. TF32 is a flag that every
        // product reads for itself: it stays on until the pass is over.
        guard.end_autocast()?;
        let unread = PassLosses {
            place: [pass.batch, pass.number],
            part: part.to_vec(),
            losses: losses.unread(),
            total: losses.total.detach(),
        };
        let share = part.len() as f64 / rows as f64;
        if part.len() == rows {
            entry::loss_backward(&losses.total)?
        } else {
            entry::loss_backward(&(&losses.total * share))?
        }
        if let Some(encoder) = self.model.text_encoder() {
            // What is computed again here is computed as the first time.
            let _guard = self.plan.precision.enter(device)?;
            encoder.finish_backward();
        }
        Ok(unread)
    }

    /// The seed of the draws of a pass.
    pub(super) fn seed_of(&self, pass: &Pass<'_>) -> u64 {
        let step = pass.step;
        let purpose = match self.name_of(step.stage) {
            None => "dropout".to_owned(),
            Some(stage) => format!("dropout, stage {stage}"),
        };
        let (seed, number) = (self.plan.seed, pass.number);
        order::seed_for_pass(seed, &purpose, step.epoch, step.number, number)
    }

    pub(super) fn batch(&self, pass: &Pass<'_>, rows: &[i64]) -> Batch {
        let (entry, data): (&Entry, &Data<'_>) = (self.plan.entry, self.data);
        let index = Tensor::from_slice(rows).to_device(data.train.labels.device());
        let batches = self.plan.recipe.trainer_options.grad_accum as usize;
        Batch {
            masked: pass.noisy.inputs(data.train, &index),
            complete: entry
                .needs_complete
                .then(|| data.complete.inputs(data.train, &index)),
            label: data.train.labels.index_select(0, &index),
            missing_rate: pass.noisy.rates(&index),
            index: rows.to_vec(),
            epoch: pass.step.epoch,
            position: pass.step.number * batches + pass.batch,
        }
    }

    /// Half the samples per pass, where that is possible.
    fn smaller(&self, samples: usize, reason: String) -> Result<usize, Error> {
        if samples <= 1 || !self.model.is_divisible() {
            return Err(Error::OutOfMemory {
                model: self.plan.entry.name,
                samples,
                reason,
            });
        }
        let half = samples.div_ceil(2);
        tracing::warn!("{reason}; going on with {half} samples per pass in place of {samples}");
        native::release_cuda_memory(self.data.train.labels.device())?;
        Ok(half)
    }
}
