//! Where a sweep happens and how it uses the machine: flags of `run` and `run-one`.

use std::path::{Path, PathBuf};

use lnln_bench::sweep::Options;
use lnln_bench::train::training::Compute;
use lnln_bench::train::{Bytes, DeviceSpec, MicroBatch, device};

/// Where a sweep happens.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// Folder of prepared data sets.
    #[arg(long, default_value = "data")]
    pub data: PathBuf,
    /// Folder of run directories.
    #[arg(long, default_value = "runs")]
    pub runs: PathBuf,
    #[command(flatten)]
    pub machinery: ComputeOptions,
}

/// How the machine is used.
#[derive(Debug, clap::Args)]
pub struct ComputeOptions {
    /// auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto", value_parser = |text: &str| text.parse::<DeviceSpec>())]
    pub device: DeviceSpec,
    /// Threads to compute with [default: all cores, or those that Slurm gave].
    #[arg(long)]
    pub threads: Option<u16>,
    /// Samples per pass: auto (as many as the memory budget allows) or a number. Gradients of the
    /// passes add up to that of the batch.
    #[arg(long, default_value = "auto", value_parser = |text: &str| text.parse::<MicroBatch>())]
    pub micro_batch: MicroBatch,
    /// Memory a training may use, like 12GiB [default: 12GiB or what the machine has; on CUDA what
    /// is free].
    #[arg(long, value_parser = |text: &str| text.parse::<Bytes>())]
    pub memory_budget: Option<Bytes>,
    /// Compute a fine-tuned text encoder twice in place of keeping its activations: less memory,
    /// a third more work.
    #[arg(long)]
    pub recompute_encoder: bool,
    /// Let CUDA use algorithms whose results vary from run to run.
    #[arg(long)]
    pub nondeterministic: bool,
    /// Write the curves of every run as event files: `tensorboard --logdir RUNS/tensorboard`.
    #[arg(long)]
    pub tensorboard: bool,
}

impl ComputeOptions {
    /// The machine's own way, on one device.
    pub fn on(device: DeviceSpec) -> Self {
        Self {
            device,
            threads: None,
            micro_batch: MicroBatch::Auto,
            memory_budget: None,
            recompute_encoder: false,
            nondeterministic: false,
            tensorboard: false,
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
            tensorboard: self.tensorboard,
            log: None,
            flags: self.common_flags(&data),
            data,
            runs,
        }
    }

    /// Flags of `run-one` that repeat this use of data and machine.
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

    /// [`Self::flags`] but device and threads. The folder of data is that of this call, whatever that of
    /// the sweep's first was.
    fn common_flags(&self, data: &Path) -> Vec<String> {
        let data = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
        let mut flags = vec!["--data".to_owned(), data.display().to_string()];
        if let MicroBatch::Clips(samples) = self.micro_batch {
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
        if self.tensorboard {
            flags.push("--tensorboard".to_owned());
        }
        flags
    }
}

/// Holds libtorch and rayon to so many threads. Rayon's cannot be changed once they run, which they do
/// not yet where a command begins.
fn limit_threads(threads: u16) {
    tch::set_num_threads(i32::from(threads));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads));
    if let Err(error) = pool.thread_name(|n| format!("rayon-{n}")).build_global() {
        tracing::debug!("rayon keeps its threads: {error}");
    }
}

/// The threads this process may use where Slurm gave it some of a node's: without binding, the
/// machine itself looks free.
fn threads_of_slurm() -> Option<u16> {
    let number = |name: &str| std::env::var(name).ok()?.parse().ok();
    number("SLURM_CPUS_PER_TASK").or_else(|| number("SLURM_CPUS_ON_NODE"))
}

/// Cores this process may use.
pub fn cores() -> usize {
    threads_of_slurm().map_or_else(
        || std::thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    )
}
