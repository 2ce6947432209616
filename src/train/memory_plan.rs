//! Plans the memory of a fit, and how many samples go through the model at once.

use std::fmt;

use tch::{Device, nn};

use super::Error;
use super::memory::{self, MicroBatch, show};
use super::probe::{PassMemory, Probe};
use crate::model::{Engine, Entry, Model};

/// What the program and libtorch hold on a CPU in addition to tensors (measured: 0.3 to 0.4 GiB).
const PROGRAM: u64 = 400 << 20;

/// What a fit needs, and what it may use.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// Bytes of splits and masks.
    pub data: u64,
    pub batch_size: usize,
    /// Whether several batches make a step, so that most passes add to gradients of others.
    pub accumulates: bool,
    /// Bytes of the moments of stages besides the main one.
    pub stages: u64,
    pub micro_batch: MicroBatch,
    /// Bytes.
    pub budget: u64,
    /// How the model computes.
    pub engine: Engine,
}

/// The memory of a fit, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryPlan {
    /// The program itself; 0 on CUDA, where it is in the machine's memory.
    pub program: u64,
    pub parameters: u64,
    /// Both moments of every parameter that has a gradient, and of those that other stages move.
    pub optimizer: u64,
    /// Splits and masks; on CUDA those on the device.
    pub data: u64,
    /// As measured; gradients included.
    pub pass: PassMemory,
    pub batch_size: usize,
    pub accumulates: bool,
    /// Samples per pass.
    pub micro_batch: usize,
    pub budget: u64,
}

impl MemoryPlan {
    /// Measures a pass of `model` and decides on its micro-batch.
    ///
    /// # Errors
    /// [`Error::DoesNotFit`] where not even one sample fits, or a batch that cannot be divided does
    /// not, or what lasts for the whole fit alone does not, however many samples are asked for;
    /// [`Error::NotDivisible`] where a smaller micro-batch is asked of such a model; those of
    /// [`Probe::measure`].
    pub fn new(
        entry: &Entry,
        model: &mut dyn Model,
        probe: &Probe<'_>,
        demand: Demand,
    ) -> Result<Self, Error> {
        let mut plan = Self::of_whole_batches(entry, model, probe, demand)?;
        plan.micro_batch = match demand.micro_batch {
            MicroBatch::Samples(samples) if samples < plan.batch_size && !model.is_divisible() => {
                return Err(Error::NotDivisible { model: entry.name });
            }
            // Whether their activations fit is the user's decision.
            MicroBatch::Samples(samples) if plan.lasting() + plan.pass.gradients <= plan.budget => {
                even(plan.batch_size, samples)
            }
            MicroBatch::Auto => match plan.largest_micro_batch(model.is_divisible()) {
                Some(samples) => even(plan.batch_size, samples),
                None => return Err(plan.refusal(entry, model, probe, demand)?),
            },
            MicroBatch::Samples(_) => return Err(plan.refusal(entry, model, probe, demand)?),
        };
        Ok(plan)
    }

    /// With every batch in one pass.
    fn of_whole_batches(
        entry: &Entry,
        model: &mut dyn Model,
        probe: &Probe<'_>,
        demand: Demand,
    ) -> Result<Self, Error> {
        let pass = probe.measure(model, entry.name)?;
        Ok(Self {
            program: program(probe.store),
            parameters: (probe.store.variables().values()).map(memory::size).sum(),
            optimizer: 2 * pass.gradients + demand.stages,
            data: demand.data,
            pass,
            batch_size: demand.batch_size,
            accumulates: demand.accumulates,
            micro_batch: demand.batch_size,
            budget: demand.budget,
        })
    }

    /// Samples per pass that the budget has room for, at most a batch.
    fn largest_micro_batch(&self, is_divisible: bool) -> Option<usize> {
        let fits = |samples: &usize| self.with(*samples) <= self.budget;
        let least = if is_divisible { 1 } else { self.batch_size };
        (least..=self.batch_size).rev().find(fits)
    }

    /// What lasts for the whole fit, gradients apart.
    fn lasting(&self) -> u64 {
        self.program + self.parameters + self.optimizer + self.data
    }

    /// Peak bytes of a pass over so many samples.
    fn pass(&self, samples: usize) -> u64 {
        if samples >= self.batch_size && !self.accumulates {
            self.pass.first.at(samples)
        } else {
            self.pass.later.at(samples)
        }
    }

    /// Everything with this many samples per pass.
    fn with(&self, samples: usize) -> u64 {
        self.lasting() + self.pass(samples)
    }

    /// Everything at once.
    pub fn total(&self) -> u64 {
        self.with(self.micro_batch)
    }

    /// Why the fit cannot start, and what would fit.
    fn refusal(
        &self,
        entry: &Entry,
        model: &mut dyn Model,
        probe: &Probe<'_>,
        demand: Demand,
    ) -> Result<Error, Error> {
        let least = if model.is_divisible() {
            1
        } else {
            self.batch_size
        };
        let mut ways = Vec::new();
        let whole = |samples: &usize| self.lasting() + self.pass.first.at(*samples) <= self.budget;
        if !model.is_divisible()
            && !self.accumulates
            && let Some(samples) = (1..self.batch_size).rev().find(whole)
        {
            ways.push(format!("--batch-size {samples} fits"));
        }
        let is_trained = model
            .text_encoder()
            .is_some_and(|encoder| encoder.is_trained());
        let freezes = model
            .text_encoder()
            .is_some_and(|encoder| encoder.reads_text_alone());
        if is_trained && freezes {
            ways.push("--encoder frozen:DIR trains no text encoder".to_owned());
        }
        if is_trained && !demand.engine.recompute {
            model.set_engine(Engine {
                recompute: true,
                ..demand.engine
            });
            let recomputed = Self::of_whole_batches(entry, model, probe, demand);
            model.set_engine(demand.engine);
            ways.push(format!(
                "--recompute-encoder needs {}",
                show(recomputed?.with(least))
            ));
        }
        let needs = self.with(least);
        let mebibytes = needs.div_ceil(1 << 20);
        ways.push(format!("--memory-budget {mebibytes}MiB allows it"));
        Ok(Error::DoesNotFit {
            model: entry.name,
            needs: show(needs),
            budget: show(self.budget),
            advice: ways.join("; "),
        })
    }
}

impl fmt::Display for MemoryPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passes = self.batch_size.div_ceil(self.micro_batch.max(1));
        let samples = self.micro_batch.min(self.batch_size);
        let curve = if passes == 1 && !self.accumulates {
            &self.pass.first
        } else {
            &self.pass.later
        };
        let line = curve.line(samples);
        write!(
            f,
            "batch of {} in {passes} pass{} of {samples}: program {} + parameters {} + optimizer {} + data {} + \
             a pass with its gradients {} ({} + {samples} x {}) = {} of {}",
            self.batch_size,
            if passes == 1 { "" } else { "es" },
            show(self.program),
            show(self.parameters),
            show(self.optimizer),
            show(self.data),
            show(self.pass(samples)),
            show(line.fixed.max(0.0) as u64),
            show(line.per_sample as u64),
            show(self.total()),
            show(self.budget)
        )
    }
}

/// What the program holds where the model's parameters are.
fn program(store: &nn::VarStore) -> u64 {
    match store.device() {
        Device::Cpu => PROGRAM,
        _ => 0,
    }
}

/// The size of the largest part when `batch` is cut into equal parts of at most `most`.
fn even(batch: usize, most: usize) -> usize {
    let parts = batch.div_ceil(most.clamp(1, batch.max(1))).max(1);
    batch.div_ceil(parts)
}

#[cfg(test)]
mod tests;
