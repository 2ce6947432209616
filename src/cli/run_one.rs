//! `run-one`: trains and evaluates runs of a planned sweep by index.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use lnln_bench::record::{self, SweepDir, SweepRun};
use lnln_bench::support::Progress;
use lnln_bench::sweep::slurm::{jobs, requeue};
use lnln_bench::sweep::{self, FailedToStart, Options, Summary, Sweep};

use super::workspace::ComputeOptions;
use super::{exit_code, interrupt, output, processes};

/// Train and evaluate runs of a planned sweep, by index.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench run-one --index 7 \\
      --manifest runs/sweeps/paper-mosi-3f2a9c/manifest.json
  lnln-bench run-one --manifest $M --count 4 \\
      --index $((4 * JOB_COMPLETION_INDEX))

A finished run is skipped, so any batch system may call this any number of times. The error of a
failed run is stored in its folder, and the next run starts.")]
pub struct Args {
    /// manifest.json of the sweep, written by `run`.
    #[arg(long)]
    manifest: PathBuf,
    /// Index of the (first) run in the manifest, from 0.
    #[arg(long)]
    index: usize,
    /// Number of runs from there on; indices past the last are skipped.
    #[arg(long, default_value_t = 1)]
    count: usize,
    /// Folder of prepared data sets [default: the one in the manifest].
    #[arg(long)]
    data: Option<PathBuf>,
    /// File that stderr is redirected to, named where a run fails [default: the log of the Slurm task].
    #[arg(long)]
    log: Option<PathBuf>,
    /// Largest number of times that a task of a Slurm array queues itself again at its time limit.
    #[arg(long, default_value_t = 10, value_name = "N")]
    max_requeues: u32,
    #[command(flatten)]
    compute: ComputeOptions,
}

/// Run the subcommand.
pub fn run(args: &Args, progress: &Progress) -> anyhow::Result<()> {
    let result = run_all(args, progress);
    let stopped = result
        .as_ref()
        .is_err_and(|error| exit_code::of(error) == exit_code::INTERRUPTED);
    // SIGUSR1 comes before the end of a task's time, SIGTERM is the end.
    if stopped && interrupt::was_warned() {
        if interrupt::was_ended() {
            // A cancel looks like this, and what was cancelled must not come back.
            tracing::warn!(
                "not queued again: its end came while it stored its state, by a cancel or the time limit; \
                 `run --launcher slurm` resumes it"
            );
        } else if !advanced(args)? {
            tracing::warn!(
                "not queued again: nothing was stored in the time given, so the next would end as this \
                 one; expected a longer --time"
            );
        } else if requeue::again(args.max_requeues) {
            interrupt::wait_for_end();
        }
    }
    result
}

/// Whether this process advanced one of its runs.
fn advanced(args: &Args) -> anyhow::Result<bool> {
    let dir = SweepDir::open(args.manifest.parent().unwrap_or(Path::new(".")));
    let runs = dir.read()?.runs.into_iter();
    Ok(runs
        .skip(args.index)
        .take(args.count)
        .any(|run| record::run_dir(&dir.runs(), &run.id).advanced_here()))
}

fn run_all(args: &Args, progress: &Progress) -> anyhow::Result<()> {
    let raised = interrupt::watch().context("cannot watch for Ctrl-C")?;
    let dir = SweepDir::open(args.manifest.parent().unwrap_or(Path::new(".")));
    let manifest = dir.read()?;
    let (index, count) = (args.index, manifest.runs.len());
    let last = index.saturating_add(args.count).min(count);
    if index >= count {
        return Err(sweep::Error::NoRun { index, count }.into());
    }
    let task = Task {
        args,
        data: args.data.clone().unwrap_or(manifest.data),
        log: args.log.clone().or_else(|| slurm_log(&dir)),
        dir,
        raised: &raised,
        progress,
    };
    let all = task.run_all(&manifest.runs[index..last])?;
    let all = processes::finish(all)?;
    output::write(&format!(
        "{} runs done ({} before)",
        all.ran + all.kept,
        all.kept
    ))
}

/// The log of the Slurm task that this process is, if it is one of the sweep's arrays.
fn slurm_log(dir: &SweepDir) -> Option<PathBuf> {
    let here = requeue::here()?;
    let log = jobs::log(dir, &here.array_job, &here.index);
    log.is_file().then_some(log)
}

/// Some runs of a sweep, one after the other.
struct Task<'a> {
    args: &'a Args,
    dir: SweepDir,
    data: PathBuf,
    log: Option<PathBuf>,
    raised: &'a AtomicBool,
    progress: &'a Progress,
}

impl Task<'_> {
    /// A run that fails to start counts as failed, and the next one starts; the error of a single run is
    /// returned as it is.
    fn run_all(&self, runs: &[SweepRun]) -> anyhow::Result<Summary> {
        let (mut all, mut options) = (Summary::default(), None);
        for run in runs {
            match self.run(run, &mut options) {
                Ok(summary) => all.add(summary),
                Err(error) if exit_code::of(&error) == exit_code::INTERRUPTED => return Err(error),
                Err(error) => match self.failed_to_start(run, &error) {
                    _ if runs.len() == 1 => return Err(error),
                    Some(failed) => all.failed.push(failed),
                    // Another sweep, or this one before something changed, has finished it.
                    None => all.kept += 1,
                },
            }
        }
        Ok(all)
    }

    fn run(&self, run: &SweepRun, options: &mut Option<Options>) -> anyhow::Result<Summary> {
        let sweep = Sweep::one(self.dir.clone(), run.index, &self.data)?;
        let options = match options {
            Some(options) => options,
            none => none.insert(self.args.compute.open(
                self.data.clone(),
                self.dir.runs(),
                self.log.clone(),
            )?),
        };
        Ok(sweep.run(options, self.raised, self.progress)?)
    }

    fn failed_to_start(&self, run: &SweepRun, error: &anyhow::Error) -> Option<sweep::FailedRun> {
        let failed = FailedToStart {
            dir: &self.dir,
            runs: &self.dir.runs(),
            run,
            log: self.log.as_ref(),
            flags: &self.args.compute.flags(&self.data),
        };
        let mut messages = vec![error.to_string()];
        messages.extend(exit_code::causes(error));
        failed.record(messages)
    }
}
