//! Runs a suite in this process or in several.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use lnln_bench::support::Progress;
use lnln_bench::sweep::events::Events;
use lnln_bench::sweep::{self, Options, Suite, Summary, Sweep, Worker, WorkerPool, search};
use lnln_bench::train::{DeviceSpec, Precision, device};

use super::thread_variables::cores;
use super::workspace::Workspace;
use super::{exit_code, interrupt};

/// Number of processes and their devices.
#[derive(Debug, Default, clap::Args)]
pub struct Processes {
    /// Runs at a time, each in its own process, so that a crash costs one run; cores are divided
    /// among them [default: one per device; 1 runs everything in this process].
    #[arg(long, value_name = "N", display_order = 9)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Devices for the processes, in turn: cuda:0,cuda:1.
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "DEVICE,...",
        conflicts_with = "device"
    )]
    #[arg(value_parser = |text: &str| text.parse::<DeviceSpec>())]
    #[arg(help_heading = "Processes", hide_short_help = true)]
    devices: Vec<DeviceSpec>,
    /// Append a line of JSON to FILE (or /dev/fd/3, or a named pipe) when a run starts, ends an epoch,
    /// finishes or fails, for programs that follow a sweep (`lnln-bench schema progress`).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "print_config"])]
    #[arg(help_heading = "Output", hide_short_help = true)]
    progress_json: Option<PathBuf>,
}

/// Runs a suite, where it has a search stage by stage; an error where a run failed. `stem` names the sweeps.
pub fn sweep(
    suite: &Suite,
    stem: &str,
    workspace: &Workspace,
    processes: &Processes,
    progress: &Progress,
) -> anyhow::Result<Summary> {
    let raised = interrupt::watch().context("cannot watch for Ctrl-C")?;
    let events = processes.progress_json.as_deref().map(Events::open);
    let events = events.transpose()?.unwrap_or_default();
    let machine = Machine {
        workspace,
        processes,
        events,
        raised: &raised,
        progress,
    };
    let (mut stage, mut all) = (search::begin(suite), Summary::default());
    let mut rungs = Vec::new();
    loop {
        let (sweep, mut summary) = machine.run(&stage, stem)?;
        search::forgive(&mut summary, &sweep, &workspace.runs);
        all.add(summary);
        if !all.failed.is_empty() {
            return finish(all);
        }
        match search::next(&stage, &sweep, &workspace.runs)? {
            Some(next) => stage = next,
            None => {
                search::remove_weights(&rungs, &workspace.runs);
                return finish(all);
            }
        }
        rungs.push(sweep);
    }
}

/// What the sweeps of a command run on and report to.
struct Machine<'a> {
    workspace: &'a Workspace,
    processes: &'a Processes,
    events: Events,
    raised: &'a AtomicBool,
    progress: &'a Progress,
}

impl Machine<'_> {
    /// Plans and runs one sweep.
    fn run(&self, suite: &Suite, stem: &str) -> anyhow::Result<(Sweep, Summary)> {
        let Self {
            workspace,
            progress,
            raised,
            ..
        } = *self;
        let Some((pool, first)) = self.processes.pool(workspace) else {
            let mut options =
                workspace
                    .compute
                    .open(workspace.data.clone(), workspace.runs.clone(), None)?;
            options.events = self.events.clone();
            let sweep = Sweep::plan(suite, stem, &options.data, &options.runs)?;
            let summary = sweep.run(&options, raised, progress)?;
            return Ok((sweep, summary));
        };
        let mut options = workspace
            .compute
            .closed(workspace.data.clone(), workspace.runs.clone());
        options.events = self.events.clone();
        let sweep = Sweep::plan(suite, stem, &options.data, &options.runs)?;
        if suite.train.precision == Precision::Bf16 {
            // The workers warn in logs of their own.
            suite.train.precision.warn_if_slow(device::open(first)?);
        }
        if sweep.shares_encodings(&options.runs) {
            // One process with all threads encodes faster than workers that share the cores.
            let device = device::open(first)?;
            let options = Options {
                device,
                ..options.clone()
            };
            match sweep.prefill(&options, raised, progress) {
                Err(stop) if stop.is_stop() => return Err(stop.into()),
                Err(error) => tracing::warn!("encodings are left to the workers: {error}"),
                Ok(()) => {}
            }
        }
        let summary = pool.run(&sweep, &options, raised, progress)?;
        Ok((sweep, summary))
    }
}

/// The summary, or an error where a run failed.
pub fn finish(summary: Summary) -> anyhow::Result<Summary> {
    match summary.failed.len() {
        0 => Ok(summary),
        failed => Err(sweep::Error::RunsFailed {
            failed,
            total: summary.total(),
        }
        .into()),
    }
}

impl Processes {
    /// Whether a flag is about processes on this machine.
    pub fn are_asked_for(&self) -> bool {
        self.jobs.is_some() || !self.devices.is_empty() || self.progress_json.is_some()
    }

    /// The processes to start, and the device of the first; `None` where this one does.
    fn pool(&self, workspace: &Workspace) -> Option<(WorkerPool, DeviceSpec)> {
        let own = [workspace.compute.device];
        let devices = if self.devices.is_empty() {
            &own[..]
        } else {
            &self.devices
        };
        let jobs = self.jobs.map_or(devices.len(), usize::from);
        if jobs == 1 && self.devices.is_empty() {
            return None;
        }
        let threads = workspace.compute.threads.map(usize::from);
        let threads = threads.unwrap_or_else(|| (cores() / jobs).max(1));
        let worker = |number: usize| Worker {
            flags: vec![
                "--device".into(),
                devices[number % devices.len()].to_string(),
                "--threads".into(),
                threads.to_string(),
            ],
        };
        let pool = WorkerPool {
            // The pool takes from the end.
            workers: (0..jobs).rev().map(worker).collect(),
            resumable: exit_code::INTERRUPTED.into(),
        };
        Some((pool, devices[0]))
    }
}
