//! How much memory a fit needs, and how many samples fit into one pass.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor, nn};

use super::Error;
use super::native::{self, CudaMemory};
use crate::model::{Entry, Model};
use crate::support::host;
pub use crate::support::words::bytes as show;

/// What is allowed where nobody says otherwise: a 12 GB card.
const USUAL_BUDGET: u64 = 12 << 30;

/// What the program and libtorch hold on a CPU beside tensors (measured: 0.3 to 0.4 GiB).
const PROGRAM: u64 = 400 << 20;

/// Share of the activations by which temporaries of one operation may exceed what is kept.
const TEMPORARIES: f64 = 0.1;

/// The text encoder among the parts of a model.
const ENCODER: &str = "text encoder";

/// How many samples go through the model at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MicroBatch {
    /// As many as the memory budget allows.
    #[default]
    Auto,
    Clips(usize),
}

impl FromStr for MicroBatch {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match (text, text.parse()) {
            ("auto", _) => Ok(Self::Auto),
            (_, Ok(samples)) if samples > 0 => Ok(Self::Clips(samples)),
            _ => Err(Error::MicroBatchName {
                found: text.to_owned(),
            }),
        }
    }
}

/// A number of bytes as written on the command line: `12GiB`, `800MiB`, `6GB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        const UNITS: [(&str, u64); 6] = [
            ("GiB", 1 << 30),
            ("MiB", 1 << 20),
            ("GB", 1_000_000_000),
            ("MB", 1_000_000),
            ("G", 1 << 30),
            ("M", 1 << 20),
        ];
        let unknown = || Error::BytesName {
            found: text.to_owned(),
        };
        let (unit, size) = UNITS
            .iter()
            .find(|(unit, _)| text.ends_with(unit))
            .ok_or_else(unknown)?;
        let number: f64 = text
            .trim_end_matches(unit)
            .trim()
            .parse()
            .map_err(|_| unknown())?;
        if number.is_finite() && number > 0.0 {
            Ok(Self((number * *size as f64) as u64))
        } else {
            Err(unknown())
        }
    }
}

/// What a device allows where no budget is given: [`USUAL_BUDGET`] or all a CPU's machine has,
/// whichever is less, so that a run's passes do not depend on what else runs there; of a CUDA device
/// what is free or this process's already, less a tenth for its fragments.
pub fn default_budget(device: Device) -> Result<u64, Error> {
    match device {
        Device::Cuda(index) => Ok(allowed(native::cuda_memory(index)?)),
        _ => {
            let memory = host::memory();
            Ok(memory.map_or(USUAL_BUDGET, |memory| USUAL_BUDGET.min(memory.total)))
        }
    }
}

/// Blocks in libtorch's cache are there for the next cell, and what the cell has put onto the device
/// before it is planned is in its plan: neither makes the budget smaller.
fn allowed(memory: CudaMemory) -> u64 {
    (memory.free + memory.reserved) as u64 / 10 * 9
}

/// The most memory held since [`reset_peak`], in bytes: by this process, or by its tensors on a CUDA
/// device; 0 where the system does not say.
pub fn peak(device: Device) -> u64 {
    if let Device::Cuda(index) = device {
        return native::cuda_memory(index).map_or(0, |memory| memory.peak as u64);
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| {
        rest.trim()
            .trim_end_matches("kB")
            .trim()
            .parse::<u64>()
            .ok()
    });
    kib.unwrap_or(0) << 10
}

/// Starts the count of [`peak`] anew, from what is held now: a process trains one cell after another.
pub fn reset_peak(device: Device) {
    // What the cell before has freed is not held by this one. Where the system has no such thing, the
    // peak is that of the process.
    let _ = match device {
        Device::Cuda(index) => {
            let released = native::release_cuda_memory(device);
            released
                .and_then(|()| native::reset_cuda_peak(index))
                .is_ok()
        }
        _ => {
            native::trim_heap();
            std::fs::write("/proc/self/clear_refs", "5").is_ok()
        }
    };
}

/// What a fit is to do, and what it may use.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// Bytes of splits and masks.
    pub data: u64,
    pub batch_size: usize,
    /// Padded positions of a text.
    pub text_steps: i64,
    pub micro_batch: MicroBatch,
    /// Bytes.
    pub budget: u64,
}

/// The memory of a fit, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryPlan {
    /// The program itself; 0 on CUDA, where it lives in the machine's memory.
    #[serde(default)]
    pub program: u64,
    pub parameters: u64,
    pub gradients: u64,
    pub optimizer: u64,
    /// Splits and masks; on CUDA those on the device.
    pub data: u64,
    /// Activations per sample by part, temporaries included; `None` where nobody has counted.
    pub per_sample: Option<Vec<(String, u64)>>,
    /// Whether these are all: of a model that does not count its own parts, the text encoder's alone
    /// are known.
    #[serde(default = "yes")]
    pub is_whole: bool,
    pub batch_size: usize,
    /// Samples per pass.
    pub micro_batch: usize,
    pub budget: u64,
}

impl MemoryPlan {
    /// Counts a fit of `model` and settles its micro-batch.
    ///
    /// # Errors
    /// [`Error::DoesNotFit`] where not even one sample fits, or a batch that cannot be divided does
    /// not, or what lasts for the whole fit alone does not, however many samples are asked for;
    /// [`Error::NotDivisible`] where a smaller micro-batch is asked of such a model.
    pub fn new(
        entry: &Entry,
        model: &dyn Model,
        store: &nn::VarStore,
        demand: Demand,
    ) -> Result<Self, Error> {
        let bytes = |tensors: Vec<Tensor>| tensors.iter().map(size).sum::<u64>();
        let parameters = bytes(store.variables().into_values().collect());
        let gradients = bytes(store.trainable_variables());
        let own = model.kept();
        let is_whole = own.is_some();
        let kept = own.or_else(|| encoder_alone(entry, model, demand.text_steps));
        let per_sample = kept.map(|parts| {
            let part = |(name, floats): (&str, i64)| {
                let bytes = floats as f64 * 4.0 * (1.0 + TEMPORARIES);
                (name.to_owned(), bytes as u64)
            };
            parts.into_iter().map(part).collect()
        });
        let program = match store.device() {
            Device::Cpu => PROGRAM,
            _ => 0,
        };
        let mut plan = Self {
            program,
            parameters,
            gradients,
            optimizer: 2 * gradients,
            data: demand.data,
            per_sample,
            is_whole,
            batch_size: demand.batch_size,
            micro_batch: demand.batch_size,
            budget: demand.budget,
        };
        plan.micro_batch = plan.settle(entry, model, demand.micro_batch)?;
        Ok(plan)
    }

    fn settle(&self, entry: &Entry, model: &dyn Model, wish: MicroBatch) -> Result<usize, Error> {
        let (most, fits) = match wish {
            MicroBatch::Clips(samples) if samples < self.batch_size && !model.is_divisible() => {
                return Err(Error::NotDivisible { model: entry.name });
            }
            // Whether their activations fit is for whoever asks to know.
            MicroBatch::Clips(samples) => (samples, true),
            MicroBatch::Auto => {
                let most = self.samples_within_budget();
                let whole = most >= self.batch_size;
                (most, whole || (most > 0 && model.is_divisible()))
            }
        };
        if fits && self.with(0) <= self.budget {
            Ok(even(self.batch_size, most))
        } else {
            Err(Error::DoesNotFit {
                model: entry.name,
                needs: show(self.with(if model.is_divisible() {
                    1
                } else {
                    self.batch_size
                })),
                budget: show(self.budget),
                advice: self.advice(model, most),
            })
        }
    }

    /// Samples per pass that the budget has room for; all where nobody has counted.
    fn samples_within_budget(&self) -> usize {
        match self.sample() {
            0 => self.batch_size,
            sample => (self.budget.saturating_sub(self.with(0)) / sample) as usize,
        }
    }

    /// Activations of one sample.
    fn sample(&self) -> u64 {
        self.per_sample
            .iter()
            .flatten()
            .map(|(_, bytes)| bytes)
            .sum()
    }

    /// Everything with this many samples per pass.
    fn with(&self, samples: usize) -> u64 {
        let fixed = self.program + self.parameters + self.gradients + self.optimizer + self.data;
        fixed + samples as u64 * self.sample()
    }

    /// Everything at once.
    pub fn total(&self) -> u64 {
        self.with(self.micro_batch)
    }

    /// What would fit.
    fn advice(&self, model: &dyn Model, most: usize) -> String {
        let mut ways = Vec::new();
        let samples = if model.is_divisible() {
            1
        } else {
            self.batch_size
        };
        if most > 0 && self.with(0) <= self.budget {
            ways.push(format!("--batch-size {most} fits"));
        }
        if let Some(encoder) = model.text_encoder()
            && let Some(bytes) = encoder.trained_bytes()
        {
            let text = self.per_sample.iter().flatten();
            let text: u64 = text.filter(|(n, _)| n == ENCODER).map(|(_, b)| b).sum();
            let frozen = self.with(samples) - 4 * bytes - samples as u64 * text;
            ways.push(format!("--encoder frozen:DIR needs {}", show(frozen)));
            let again = (text as f64 * encoder.recomputed_share()) as u64;
            let recomputed = self.with(samples) - samples as u64 * (text - again);
            ways.push(format!("--recompute-encoder needs {}", show(recomputed)));
        }
        let mebibytes = self.with(samples).div_ceil(1 << 20);
        ways.push(format!("--memory-budget {mebibytes}MiB allows it"));
        ways.join("; ")
    }
}

impl fmt::Display for MemoryPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passes = self.batch_size.div_ceil(self.micro_batch.max(1));
        write!(
            f,
            "batch of {} in {passes} pass{} of {}: program {} + parameters {} + gradients {} + optimiser {} + \
             data {} + activations ",
            self.batch_size,
            if passes == 1 { "" } else { "es" },
            self.micro_batch.min(self.batch_size),
            show(self.program),
            show(self.parameters),
            show(self.gradients),
            show(self.optimizer),
            show(self.data),
        )?;
        let Some(parts) = &self.per_sample else {
            return write!(f, "(not counted for this model) of {}", show(self.budget));
        };
        let samples = self.micro_batch.min(self.batch_size) as u64;
        let part = |(name, bytes): &(String, u64)| format!("{name} {}", show(bytes * samples));
        let mut parts: Vec<String> = parts.iter().map(part).collect();
        if !self.is_whole {
            parts.push("rest not counted".to_owned());
        }
        write!(
            f,
            "{} ({}) = {}{} of {}",
            show(samples * self.sample()),
            parts.join(", "),
            if self.is_whole { "" } else { "at least " },
            show(self.total()),
            show(self.budget)
        )
    }
}

/// What is known of a model that does not count its parts: its text encoder, once per version of the
/// samples.
fn encoder_alone(
    entry: &Entry,
    model: &dyn Model,
    text_steps: i64,
) -> Option<Vec<(&'static str, i64)>> {
    let encoder = model.text_encoder()?;
    let versions = 1 + i64::from(entry.needs_complete);
    Some(vec![(ENCODER, versions * encoder.kept(text_steps))])
}

fn yes() -> bool {
    true
}

/// Bytes of a tensor's elements.
pub fn size(tensor: &Tensor) -> u64 {
    (tensor.numel() * tensor.kind().elt_size_in_bytes()) as u64
}

/// The size of the largest part when `batch` is cut into equal parts of at most `most`.
fn even(batch: usize, most: usize) -> usize {
    let parts = batch.div_ceil(most.clamp(1, batch.max(1))).max(1);
    batch.div_ceil(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EncoderSetup, LabelStats, Profile, Setup, Shapes, constant};

    #[test]
    fn bytes_are_read() {
        assert_eq!("12GiB".parse::<Bytes>().unwrap(), Bytes(12 << 30));
        assert_eq!("0.5 GiB".parse::<Bytes>().unwrap(), Bytes(1 << 29));
        assert_eq!("6GB".parse::<Bytes>().unwrap(), Bytes(6_000_000_000));
        for text in ["", "12", "GiB", "-1GiB", "nanGiB", "many"] {
            assert!(text.parse::<Bytes>().is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn a_cell_s_budget_does_not_depend_on_what_ran_before_it() {
        let budget = |free: usize, reserved: usize| {
            allowed(CudaMemory {
                free: free << 30,
                reserved: reserved << 30,
                ..CudaMemory::default()
            })
        };
        // A fresh process, one with its data on the device, one after a cell that needed much.
        let all = [(70, 0), (67, 3), (10, 60)].map(|(free, reserved)| budget(free, reserved));
        assert_eq!(all, [63 << 30; 3]);
    }

    #[test]
    fn what_lasts_must_fit_however_few_samples_are_asked_for() {
        let entry = &constant::ENTRY;
        let store = nn::VarStore::new(Device::Cpu);
        let model = (entry.build)(&Setup {
            path: store.root(),
            profile: Profile::Mosi,
            shapes: Shapes {
                text_steps: 2,
                audio_steps: 2,
                vision_steps: 2,
                audio_width: 1,
                vision_width: 1,
            },
            encoder: EncoderSetup::States { width: 1 },
            labels: LabelStats::of(&[0.0]),
            label_range: [-3.0, 3.0],
            config: (entry.config)(Profile::Mosi),
        })
        .unwrap();
        let plan = |budget: u64| {
            let demand = Demand {
                data: 0,
                batch_size: 8,
                text_steps: 2,
                micro_batch: MicroBatch::Clips(4),
                budget,
            };
            MemoryPlan::new(entry, model.as_ref(), &store, demand)
        };
        assert_eq!(plan(1 << 30).unwrap().micro_batch, 4);
        // The program alone is more.
        let refused = plan(PROGRAM - 1).unwrap_err().to_string();
        assert!(refused.contains("--memory-budget"), "{refused}");
    }

    #[test]
    fn parts_are_even() {
        assert_eq!(even(64, 64), 64);
        assert_eq!(even(64, 40), 32);
        assert_eq!(even(64, 23), 22);
        assert_eq!(even(5, 100), 5);
        assert_eq!(even(64, 1), 1);
    }
}
