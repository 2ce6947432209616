//! Takes one optimizer step: forward and backward over its batches, then the update.

use tch::Tensor;

use super::{Data, Fit};
use crate::model::{Batch, Entry, Trace, entry};
use crate::train::epoch_log::Means;
use crate::train::optimizer::OptimizerError;
use crate::train::out_of_memory::{self, Fault};
use crate::train::resume::weights;
use crate::train::state::State;
use crate::train::view::View;
use crate::train::{Error, native, non_finite, order};

impl Fit<'_> {
    /// Takes one optimizer step over the batches of `rows`, in smaller passes if memory runs out. Returns
    /// the epoch's sums with these rows in them.
    pub(super) fn step(
        &mut self,
        state: &mut State,
        noisy: &View,
        rows: &[i64],
        epoch: u32,
        factor: f64,
    ) -> Result<Means, Error> {
        let place = Place {
            noisy,
            epoch,
            step: state.step,
        };
        loop {
            let (mut means, micro_batch) = (state.means.clone(), state.micro_batch);
            let result = out_of_memory::caught(|| {
                self.gradients(&place, rows, micro_batch, &mut means)?;
                // Moments are allocated here, where running out of memory can still be mended.
                Ok(self.optimizer.make_room()?)
            });
            match result {
                Ok(()) => {
                    self.advance(&place, rows, factor)?;
                    native::keep_large_blocks(true);
                    return Ok(means);
                }
                Err(Fault::Other(error)) => return Err(error),
                Err(Fault::Memory(reason)) => {
                    let batch = rows.len().min(self.plan.recipe.batch_size);
                    state.micro_batch = self.smaller(micro_batch.min(batch), reason)?;
                }
            }
        }
    }

    /// The gradients of the batches of `rows`, in passes of `micro_batch` samples.
    fn gradients(
        &mut self,
        place: &Place<'_>,
        rows: &[i64],
        micro_batch: usize,
        means: &mut Means,
    ) -> Result<(), Error> {
        self.optimizer.zero_grad()?;
        let mut pass = 0;
        for (i, batch) in rows.chunks(self.plan.recipe.batch_size).enumerate() {
            if i > 0 {
                // As MMSA does it: after every batch, the step's own clipping after the last.
                self.optimizer.clip();
            }
            for part in batch.chunks(micro_batch) {
                let values = self.pass(place, part, batch.len(), pass)?;
                means.add(&values, part.len());
                pass += 1;
            }
        }
        Ok(())
    }

    /// Updates the parameters. It cannot be tried again: some may have been updated already.
    fn advance(&mut self, place: &Place<'_>, rows: &[i64], factor: f64) -> Result<(), Error> {
        let moved = out_of_memory::caught(|| Ok(self.optimizer.step(factor)?));
        moved.map_err(|fault| match fault {
            Fault::Other(Error::Optimizer(OptimizerError::NotFinite { parameter })) => {
                Error::NotFiniteGradient {
                    parameter,
                    epoch: place.epoch,
                    step: place.step + 1,
                    samples: non_finite::samples(self.data.train, rows),
                }
            }
            Fault::Other(error) => error,
            Fault::Memory(reason) => Error::OutOfMemory {
                model: self.plan.entry.name,
                samples: rows.len(),
                reason,
            },
        })
    }

    /// Forward and backward over part of a batch of `rows`; its loss weighs as much as its share.
    fn pass(
        &mut self,
        place: &Place<'_>,
        part: &[i64],
        rows: usize,
        pass: usize,
    ) -> Result<Vec<(&'static str, f64)>, Error> {
        let device = self.data.train.labels.device();
        let batch = batch(self.plan.entry, self.data, place.noisy, part, place.epoch);
        if let Some(encoder) = self.model.text_encoder() {
            encoder.clear_tape();
        }
        let seed = order::seed_for_pass(self.plan.seed, "dropout", place.epoch, place.step, pass);
        tch::manual_seed(seed as i64);
        let mut guard = self.plan.precision.enter(device)?;
        let losses = self.model.train(&batch, &mut Trace::off())?;
        // The backward pass follows the kinds that autocast chose in the forward pass. TF32 is a flag that every
        // product reads for itself: it stays on until the pass is over.
        guard.end_autocast()?;
        let values = losses.values();
        if let Some((term, value)) = losses.broken(&values) {
            // Dropout draws what it drew.
            tch::manual_seed(seed as i64);
            let _guard = self.plan.precision.enter(device)?;
            let (weights, ids) = (weights(self.store), &self.data.train.ids);
            return Err(Error::NotFinite {
                term: term.to_owned(),
                value,
                epoch: place.epoch,
                step: place.step + 1,
                samples: non_finite::samples(self.data.train, part),
                first: non_finite::first_of_pass(self.model, &batch, &weights, ids),
            });
        }
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
        Ok(values)
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

/// Where in a fit a pass happens.
struct Place<'a> {
    noisy: &'a View,
    epoch: u32,
    /// Steps of the epoch before this one.
    step: usize,
}

fn batch(entry: &Entry, data: &Data<'_>, noisy: &View, rows: &[i64], epoch: u32) -> Batch {
    let index = Tensor::from_slice(rows).to_device(data.train.labels.device());
    Batch {
        masked: noisy.inputs(data.train, &index),
        complete: entry
            .needs_complete
            .then(|| data.complete.inputs(data.train, &index)),
        label: data.train.labels.index_select(0, &index),
        missing_rate: noisy.rates(&index),
        index: rows.to_vec(),
        epoch,
    }
}
