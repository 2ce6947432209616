//! Options of `run` and `run-one` for folders, device, threads and memory.

use std::path::{Path, PathBuf};

use lnln_bench::sweep::Options;
use lnln_bench::sweep::events::Events;
use lnln_bench::train::training::Compute;
use lnln_bench::train::{Bytes, DeviceSpec, MicroBatch, device};

use super::thread_variables::{MOST_THREADS, threads_of_slurm};

/// Heading of the options for arithmetic, memory and threads.
pub const MACHINE: &str = "Precision, memory and threads";
/// Heading of the options for training.
pub const TRAINING: &str = "Training";
/// Heading of the options for folders.
const FOLDERS: &str = "Folders";

/// Folders of a sweep, and how it uses the machine.
#[derive(Debug, clap::Args)]
pub struct Workspace {
    /// Folder of prepared data sets.
    #[arg(long, default_value = "data", value_name = "DIR")]
    #[arg(help_heading = FOLDERS, hide_short_help = true)]
    pub data: PathBuf,
    /// Folder of run directories.
    #[arg(long, default_value = "runs", value_name = "DIR")]
    #[arg(help_heading = FOLDERS, hide_short_help = true)]
    pub runs: PathBuf,
    #[command(flatten)]
    pub compute: ComputeOptions,
}

/// How the machine is used.
#[derive(Debug, clap::Args)]
pub struct ComputeOptions {
    /// Device: auto (CUDA if there is one), cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto", value_name = "DEVICE", display_order = 8)]
    #[arg(value_parser = |text: &str| text.parse::<DeviceSpec>())]
    pub device: DeviceSpec,
    /// Threads to compute with [default: all cores, or as many as Slurm assigned].
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(0..=MOST_THREADS as i64))]
    #[arg(help_heading = MACHINE, hide_short_help = true)]
    pub threads: Option<u16>,
    /// Samples per forward and backward pass: auto (as many as the memory budget allows) or a
    /// number. Gradients of the passes add up to the gradient of the batch.
    #[arg(long, default_value = "auto", value_name = "N")]
    #[arg(value_parser = |text: &str| text.parse::<MicroBatch>())]
    #[arg(help_heading = MACHINE, hide_short_help = true)]
    pub micro_batch: MicroBatch,
    /// Memory for training, like 6GiB [default: 12GiB, or all that a smaller machine has; on CUDA 90 %
    /// of what is free].
    #[arg(long, value_name = "SIZE", value_parser = |text: &str| text.parse::<Bytes>())]
    #[arg(help_heading = MACHINE, hide_short_help = true)]
    pub memory_budget: Option<Bytes>,
    /// Recompute a fine-tuned text encoder in the backward pass: less memory, a third more work.
    #[arg(long)]
    #[arg(help_heading = MACHINE, hide_short_help = true)]
    pub recompute_encoder: bool,
    /// Allow CUDA algorithms whose results vary from run to run.
    #[arg(long)]
    #[arg(help_heading = MACHINE, hide_short_help = true)]
    pub nondeterministic: bool,
    /// Train with a BERT whose vocab.txt does not decode the data's token ids to their transcripts.
    #[arg(long)]
    #[arg(help_heading = TRAINING, hide_short_help = true)]
    pub any_vocabulary: bool,
    /// Write TensorBoard event files of every run to RUNS/tensorboard.
    #[arg(long)]
    #[arg(help_heading = "Output", hide_short_help = true)]
    pub tensorboard: bool,
    /// Count the operations that libtorch dispatches in the first epoch's training steps: operations.csv in
    /// the run's folder.
    #[arg(long)]
    #[arg(help_heading = "Output", hide_short_help = true)]
    pub profile: bool,
}

impl ComputeOptions {
    /// Defaults on one device.
    pub fn on(device: DeviceSpec) -> Self {
        Self {
            device,
            threads: None,
            micro_batch: MicroBatch::Auto,
            memory_budget: None,
            recompute_encoder: false,
            nondeterministic: false,
            any_vocabulary: false,
            tensorboard: false,
            profile: false,
        }
    }

    /// With the device opened and the threads set.
    pub fn open(
        &self,
        data: PathBuf,
        runs: PathBuf,
        log: Option<PathBuf>,
    ) -> anyhow::Result<Options> {
        let device = device::open(self.device)?;
        if let Some(threads) = self.threads.or_else(threads_of_slurm) {
            limit_threads(threads.max(1));
        }
        let mut options = self.closed(data, runs);
        options.flags.extend(self.device_and_threads());
        (options.device, options.log) = (device, log);
        Ok(options)
    }

    /// For processes that open a device and set threads themselves.
    pub fn closed(&self, data: PathBuf, runs: PathBuf) -> Options {
        Options {
            device: tch::Device::Cpu,
            compute: Compute {
                micro_batch: self.micro_batch,
                memory_budget: self.memory_budget.map(|bytes| bytes.0),
                recompute_encoder: self.recompute_encoder,
            },
            nondeterministic: self.nondeterministic,
            any_vocabulary: self.any_vocabulary,
            tensorboard: self.tensorboard,
            profile: self.profile,
            events: Events::default(),
            log: None,
            flags: self.common_flags(&data),
            data,
            runs,
        }
    }

    /// Flags for `run-one` that repeat these options.
    pub fn flags(&self, data: &Path) -> Vec<String> {
        let mut flags = self.common_flags(data);
        flags.extend(self.device_and_threads());
        flags
    }

    fn device_and_threads(&self) -> Vec<String> {
        let mut flags = Vec::new();
        if self.device != DeviceSpec::Auto {
            flags.extend(["--device".to_owned(), self.device.to_string()]);
        }
        if let Some(threads) = self.threads {
            flags.extend(["--threads".to_owned(), threads.to_string()]);
        }
        flags
    }

    /// [`Self::flags`] without device and threads. The data folder is that of this call, even where
    /// the sweep was planned with another.
    fn common_flags(&self, data: &Path) -> Vec<String> {
        let data = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
        let mut flags = vec!["--data".to_owned(), data.display().to_string()];
        if let Some(tables) = lnln_bench::data::dataset::given() {
            flags.extend(["--datasets-file".to_owned(), tables.display().to_string()]);
        }
        if let MicroBatch::Samples(samples) = self.micro_batch {
            flags.extend(["--micro-batch".to_owned(), samples.to_string()]);
        }
        if let Some(budget) = self.memory_budget {
            // Exact: a division by a power of two.
            let mebibytes = budget.0 as f64 / f64::from(1 << 20);
            flags.extend(["--memory-budget".to_owned(), format!("{mebibytes}MiB")]);
        }
        if self.recompute_encoder {
            flags.push("--recompute-encoder".to_owned());
        }
        if self.nondeterministic {
            flags.push("--nondeterministic".to_owned());
        }
        if self.any_vocabulary {
            flags.push("--any-vocabulary".to_owned());
        }
        if self.tensorboard {
            flags.push("--tensorboard".to_owned());
        }
        if self.profile {
            flags.push("--profile".to_owned());
        }
        flags
    }
}

/// Sets the number of threads of libtorch and rayon. Rayon's cannot be changed once they run; at the
/// start of a command they do not run yet.
fn limit_threads(threads: u16) {
    tch::set_num_threads(i32::from(threads));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads));
    if let Err(error) = pool.thread_name(|n| format!("rayon-{n}")).build_global() {
        tracing::debug!("rayon keeps its threads: {error}");
    }
}
