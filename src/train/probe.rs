//! Measures the memory of training passes before a fit, on a few samples and without a trace.
//!
//! libtorch's allocator reports every tensor that a pass makes and frees. The same pass over four and
//! over eight samples makes and frees the same tensors in the same order, so that the bytes held after
//! each of these steps are a line over the number of samples; the peak of a larger pass is the highest
//! of all lines there. A line through the two peaks would not do: with few samples the peak is at the
//! end of the backward pass, where all gradients exist, with many samples at its start.

use std::time::Instant;

use tch::{Device, Tensor, nn};

use super::native::{MemoryWatch, RandomState};
use super::out_of_memory::{self, Fault};
use super::precision::Precision;
use super::tensors::SplitTensors;
use super::view::View;
use super::{Error, memory, native};
use crate::mask::apply::UNKNOWN;
use crate::model::{Batch, Entry, Inputs, Model, Text, Trace, entry};

/// Samples of the two passes, of two lengths each: with one sample of a length, operations take the
/// other ways that they have for a batch of one, and in less than eight samples recurrent layers hold
/// less per sample than in whole batches.
const SAMPLES: [usize; 2] = [4, 8];

/// Steps that must agree where two passes are alike again.
const ALIKE: usize = 8;

/// The most steps that they may differ in at once.
const SKIPPED: usize = 64;

/// Bytes by which a tensor may exceed its share, since allocators round up.
const SLACK: i64 = 512;

/// Bytes of tensors that training passes hold, gradients included.
#[derive(Clone, Debug, PartialEq)]
pub struct PassMemory {
    /// Bytes of all gradients.
    pub gradients: u64,
    /// A pass that makes the gradients.
    pub first: Curve,
    /// A pass that adds to gradients of passes before it.
    pub later: Curve,
}

/// Peak bytes by number of samples: the highest of some lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// By ascending slope; each is the highest somewhere from one sample on.
    lines: Vec<Line>,
}

/// Bytes as a fixed part and a part per sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    pub fixed: f64,
    pub per_sample: f64,
}

impl Line {
    fn at(&self, samples: f64) -> f64 {
        self.fixed + samples * self.per_sample
    }
}

impl Curve {
    /// The peak of passes whose memory was followed at both numbers of [`SAMPLES`].
    fn new(few: &[i64], more: &[i64]) -> Self {
        let [first, second] = SAMPLES.map(|samples| samples as f64);
        let line = |(few, more): (i64, i64)| {
            let per_sample = (more - few) as f64 / (second - first);
            Line {
                fixed: few as f64 - first * per_sample,
                per_sample,
            }
        };
        let mut lines: Vec<Line> = aligned(few, more).into_iter().map(line).collect();
        // Never above the highest of the others, unless the peak is where the two differ.
        let peak = |held: &[i64]| held.iter().copied().max().unwrap_or(0);
        lines.push(line((peak(few), peak(more))));
        Self::highest(lines)
    }

    /// Of these lines those that are the highest for some number of samples.
    fn highest(mut lines: Vec<Line>) -> Self {
        let by_slope = |a: &Line, b: &Line| {
            (a.per_sample.total_cmp(&b.per_sample)).then(a.fixed.total_cmp(&b.fixed))
        };
        lines.sort_by(by_slope);
        let mut highest: Vec<Line> = Vec::new();
        for line in lines {
            // A steeper line that is no lower at one sample is higher everywhere.
            while highest
                .last()
                .is_some_and(|last| last.at(1.0) <= line.at(1.0))
            {
                highest.pop();
            }
            while let [.., before, last] = highest[..]
                && crossing(before, line) <= crossing(before, last)
            {
                highest.pop();
            }
            highest.push(line);
        }
        Self { lines: highest }
    }

    /// The line that is the highest at this number of samples.
    pub fn line(&self, samples: usize) -> Line {
        let samples = samples as f64;
        let nothing = Line {
            fixed: 0.0,
            per_sample: 0.0,
        };
        let higher = |best: Line, line: &Line| {
            if line.at(samples) > best.at(samples) {
                *line
            } else {
                best
            }
        };
        self.lines.iter().fold(nothing, higher)
    }

    /// Peak bytes of a pass over so many samples.
    pub fn at(&self, samples: usize) -> u64 {
        self.line(samples).at(samples as f64).ceil() as u64
    }
}

/// Pairs of what two passes held at the same step.
///
/// Above some size an operation may need another tensor for a moment, so that one pass has steps that
/// the other lacks; after those, both go on alike.
fn aligned(few: &[i64], more: &[i64]) -> Vec<(i64, i64)> {
    let change = |held: &[i64], step: usize| {
        let now = held.get(step)?;
        Some(now - step.checked_sub(1).map_or(0, |before| held[before]))
    };
    // The same tensor is as large in both, or larger by at most the ratio of samples.
    let same = |i: usize, j: usize| match (change(few, i), change(more, j)) {
        (Some(a), Some(b)) => {
            let most = a.abs() * SAMPLES[1] as i64 / SAMPLES[0] as i64 + SLACK;
            a.signum() == b.signum() && (a.abs()..=most).contains(&b.abs())
        }
        (None, None) => true,
        _ => false,
    };
    let alike = |i: usize, j: usize| (0..ALIKE).all(|step| same(i + step, j + step));
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < few.len() && j < more.len() {
        if same(i, j) {
            pairs.push((few[i], more[j]));
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let skips = (1..=SKIPPED).flat_map(|steps| (0..=steps).map(move |own| (own, steps - own)));
        let mut skips = skips.map(|(a, b)| (i + a, j + b));
        match skips.find(|&(i, j)| alike(i, j)) {
            Some(next) => (i, j) = next,
            None => {
                tracing::debug!(
                    "passes of two sizes differ after {i} of {} steps",
                    few.len()
                );
                break;
            }
        }
    }
    pairs
}

/// The number of samples at which the steeper line overtakes the flatter one.
fn crossing(flat: Line, steep: Line) -> f64 {
    (flat.fixed - steep.fixed) / (steep.per_sample - flat.per_sample)
}

/// How to pass samples through a model.
pub struct Probe<'a> {
    /// Of the model.
    pub store: &'a nn::VarStore,
    pub precision: Precision,
    /// A training batch of so many samples.
    pub batch: &'a dyn Fn(usize) -> Batch,
}

impl Probe<'_> {
    /// Measures passes of `model` with its present engine. Afterwards parameters, other variables of
    /// the store and random numbers are what they were before, to the bit, and no gradient exists.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; those of a pass.
    pub fn measure(&self, model: &mut dyn Model, name: &'static str) -> Result<PassMemory, Error> {
        let (device, started) = (self.store.device(), Instant::now());
        let random = RandomState::save(device)?;
        // A pass writes batch statistics, label banks and the like; nothing moves a parameter.
        let written: Vec<(Tensor, Tensor)> = (self.store.variables().into_values())
            .filter(|variable| !variable.requires_grad())
            .map(|variable| {
                let copy = variable.copy();
                (variable, copy)
            })
            .collect();
        let measured = out_of_memory::caught(|| self.passes(model, device));
        self.forget_gradients()?;
        if let Some(encoder) = model.text_encoder() {
            encoder.clear_tape();
        }
        for (mut variable, copy) in written {
            tch::no_grad(|| variable.f_copy_(&copy))?;
        }
        random.restore()?;
        // Blocks freed by the passes would fragment the heap or the cache of the fit.
        native::trim_heap();
        native::release_cuda_memory(device)?;
        tracing::debug!(
            "{name}: memory measured in {:.2} s",
            started.elapsed().as_secs_f64()
        );
        measured.map_err(|fault| match fault {
            Fault::Other(error) => error,
            Fault::Memory(reason) => Error::OutOfMemory {
                model: name,
                samples: SAMPLES[1],
                reason,
            },
        })
    }

    fn passes(&self, model: &mut dyn Model, device: Device) -> Result<PassMemory, Error> {
        // Tensors that libtorch makes once in a process belong to no pass. This pass makes the gradients.
        self.pass(model, &(self.batch)(SAMPLES[0]))?;
        let gradients = self.gradients();
        let mut later = Vec::new();
        for samples in SAMPLES {
            let held = self.held(model, samples, device)?;
            later.push(held.iter().map(|bytes| bytes + gradients as i64).collect());
        }
        let mut first: Vec<Vec<i64>> = Vec::new();
        for samples in SAMPLES {
            self.forget_gradients()?;
            first.push(self.held(model, samples, device)?);
        }
        let later: [Vec<i64>; 2] = [later.remove(0), later.remove(0)];
        Ok(PassMemory {
            gradients,
            first: Curve::new(&first[0], &first[1]),
            later: Curve::new(&later[0], &later[1]),
        })
    }

    /// Bytes that a pass holds after each allocation and each release, its batch included.
    fn held(
        &self,
        model: &mut dyn Model,
        samples: usize,
        device: Device,
    ) -> Result<Vec<i64>, Error> {
        let batch = (self.batch)(samples);
        let bytes = bytes_of(&batch) as i64;
        let watch = MemoryWatch::start(device)?;
        self.pass(model, &batch)?;
        Ok(watch.held().iter().map(|held| held + bytes).collect())
    }

    /// Forward and backward, as a training step does it.
    fn pass(&self, model: &mut dyn Model, batch: &Batch) -> Result<(), Error> {
        let device = self.store.device();
        if let Some(encoder) = model.text_encoder() {
            encoder.clear_tape();
        }
        let mut guard = self.precision.enter(device)?;
        let losses = model.train(batch, &mut Trace::off())?;
        guard.end_autocast()?;
        entry::loss_backward(&losses.total)?;
        if let Some(encoder) = model.text_encoder() {
            let _guard = self.precision.enter(device)?;
            encoder.finish_backward();
        }
        Ok(())
    }

    fn gradients(&self) -> u64 {
        let gradients = self.store.trainable_variables();
        let gradients = gradients.iter().map(Tensor::grad);
        gradients
            .filter(Tensor::defined)
            .map(|gradient| memory::size(&gradient))
            .sum()
    }

    fn forget_gradients(&self) -> Result<(), Error> {
        let variables = self.store.trainable_variables();
        let variables: Vec<&Tensor> = variables.iter().collect();
        native::forget_gradients(&variables).map_err(Error::Libtorch)
    }
}

/// A batch that needs as much memory as one of the fit may: half of its samples are as long as the
/// longest, half as long as the middle one of the training split, in every modality by itself. Where
/// training has noise everything is masked, so that no sample equals its complete version.
pub fn batch(
    entry: &Entry,
    train: &SplitTensors,
    complete: &View,
    noisy: bool,
    samples: usize,
) -> Batch {
    let device = train.labels.device();
    let rows = |modality: usize| -> Vec<i64> {
        let rows = longest_and_middle(&train.lengths[modality]);
        rows.into_iter().cycle().take(samples).collect()
    };
    let inputs = || {
        let of = |modality: usize| {
            let index = Tensor::from_slice(&rows(modality)).to_device(device);
            complete.inputs(train, &index)
        };
        let [text, audio, vision] = [of(0), of(1), of(2)];
        Inputs {
            audio: audio.audio,
            audio_lengths: audio.audio_lengths,
            vision: vision.vision,
            vision_lengths: vision.vision_lengths,
            ..text
        }
    };
    let index = rows(0);
    let label = train
        .labels
        .index_select(0, &Tensor::from_slice(&index).to_device(device));
    let rate = label.full_like(f64::from(u8::from(noisy)));
    Batch {
        masked: if noisy { masked(inputs()) } else { inputs() },
        complete: entry.needs_complete.then(inputs),
        missing_rate: [rate.shallow_clone(), rate.shallow_clone(), rate],
        label,
        index,
        epoch: 1,
        // As after many: what a model remembers of batches before this one is there.
        position: usize::MAX,
    }
}

/// The samples with everything masked.
fn masked(inputs: Inputs) -> Inputs {
    let text = match &inputs.text {
        Text::States(states) => Text::States(states.zeros_like()),
        Text::Tokens(tokens) => {
            let attended = tokens.narrow(1, 1, 1);
            let ids = &attended * i64::from(UNKNOWN);
            Text::Tokens(Tensor::cat(&[&ids, &tokens.narrow(1, 1, 2)], 1))
        }
    };
    Inputs {
        text,
        audio: inputs.audio.zeros_like(),
        vision: inputs.vision.zeros_like(),
        text_present: inputs.text_present.zeros_like(),
        ..inputs
    }
}

/// The rows of the longest and of the middle one of these lengths (N).
fn longest_and_middle(lengths: &Tensor) -> [i64; 2] {
    let order = lengths.to_device(Device::Cpu).argsort_stable(true, 0, true);
    let middle = (lengths.size()[0] - 1) / 2;
    [0, middle].map(|rank| order.int64_value(&[rank]))
}

fn bytes_of(batch: &Batch) -> u64 {
    let inputs = |inputs: &Inputs| {
        let tensors = [
            inputs.text.tensor(),
            &inputs.audio,
            &inputs.vision,
            &inputs.text_present,
            &inputs.text_lengths,
            &inputs.audio_lengths,
            &inputs.vision_lengths,
        ];
        tensors.into_iter().map(memory::size).sum::<u64>()
    };
    let rates = batch.missing_rate.iter().map(memory::size).sum::<u64>();
    inputs(&batch.masked)
        + batch.complete.as_ref().map_or(0, inputs)
        + memory::size(&batch.label)
        + rates
}

#[cfg(test)]
mod tests;
