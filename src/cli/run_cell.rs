//! `run-cell`: cells of a planned sweep by their numbers.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use lnln_bench::record::{self, SweepCell, SweepDir};
use lnln_bench::support::Progress;
use lnln_bench::sweep::slurm::{jobs, requeue};
use lnln_bench::sweep::{self, Options, Summary, Sweep, Unbegun};

use super::workspace::ComputeOptions;
use super::{exit_code, interrupt, output, processes};

/// Train and evaluate cells of a planned sweep.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench run-cell --index 7 \\
      --manifest runs/sweeps/paper-mosi-3f2a9c/manifest.json
  lnln-bench run-cell --manifest $M --count 4 \\
      --index $((4 * JOB_COMPLETION_INDEX))

A cell that is done is left alone, so any batch system may call this any number of times. A cell that fails
says so in its folder, and the next goes on.")]
pub struct Args {
    /// manifest.json of a sweep, as `run` writes it.
    #[arg(long)]
    manifest: PathBuf,
    /// The cell's number, from 0.
    #[arg(long)]
    index: usize,
    /// Cells from there on; numbers past the last are passed over.
    #[arg(long, default_value_t = 1)]
    count: usize,
    /// Folder of prepared data sets [default: that of the sweep's first call].
    #[arg(long)]
    data: Option<PathBuf>,
    /// Where stderr goes, for who looks at a failure [default: the task's log where Slurm runs it].
    #[arg(long)]
    log: Option<PathBuf>,
    /// How often a task of a Slurm array may queue itself again at its time limit.
    #[arg(long, default_value_t = 10, value_name = "N")]
    max_requeues: u32,
    #[command(flatten)]
    compute: ComputeOptions,
}

/// Run the subcommand.
pub fn run(args: &Args, progress: &Progress) -> anyhow::Result<()> {
    let result = cells(args, progress);
    let stopped = result
        .as_ref()
        .is_err_and(|error| exit_code::of(error) == exit_code::INTERRUPTED);
    // SIGUSR1 comes before the end of a task's time, SIGTERM is the end.
    if stopped && interrupt::was_warned() {
        if interrupt::was_ended() {
            // A cancel looks like this, and what was cancelled must not come back.
            tracing::warn!(
                "not queued again: its end came while it stored its state, by a cancel or the time limit; \
                 `run --launcher slurm` goes on with it"
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

/// Whether this process brought one of its cells further.
fn advanced(args: &Args) -> anyhow::Result<bool> {
    let dir = SweepDir::open(args.manifest.parent().unwrap_or(Path::new(".")));
    let cells = dir.read()?.cells.into_iter().skip(args.index);
    let mut runs = cells
        .take(args.count)
        .map(|cell| record::run_dir(&dir.runs(), &cell.run));
    Ok(runs.any(|run| run.advanced_here()))
}

fn cells(args: &Args, progress: &Progress) -> anyhow::Result<()> {
    let raised = interrupt::watch().context("cannot watch for Ctrl-C")?;
    let dir = SweepDir::open(args.manifest.parent().unwrap_or(Path::new(".")));
    let manifest = dir.read()?;
    let (index, count) = (args.index, manifest.cells.len());
    let last = index.saturating_add(args.count).min(count);
    if index >= count {
        return Err(sweep::Error::NoCell { index, count }.into());
    }
    let task = Task {
        args,
        data: args.data.clone().unwrap_or(manifest.data),
        log: args.log.clone().or_else(|| slurm_log(&dir)),
        dir,
        raised: &raised,
        progress,
    };
    let all = task.run(&manifest.cells[index..last])?;
    let all = processes::finish(all)?;
    output::write(&format!(
        "{} cells done ({} before)",
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

/// Some cells of a sweep, one after the other.
struct Task<'a> {
    args: &'a Args,
    dir: SweepDir,
    data: PathBuf,
    log: Option<PathBuf>,
    raised: &'a AtomicBool,
    progress: &'a Progress,
}

impl Task<'_> {
    /// Runs the cells; one that cannot be begun is a failure like others, and the next goes on. Where it
    /// is the only one, its error stands for itself.
    fn run(&self, cells: &[SweepCell]) -> anyhow::Result<Summary> {
        let (mut all, mut options) = (Summary::default(), None);
        for cell in cells {
            match self.cell(cell, &mut options) {
                Ok(summary) => all.add(summary),
                Err(error) if exit_code::of(&error) == exit_code::INTERRUPTED => return Err(error),
                Err(error) => match self.unbegun(cell, &error) {
                    _ if cells.len() == 1 => return Err(error),
                    Some(failed) => all.failed.push(failed),
                    // Another sweep, or this one before something changed, has finished it.
                    None => all.kept += 1,
                },
            }
        }
        Ok(all)
    }

    fn cell(&self, cell: &SweepCell, options: &mut Option<Options>) -> anyhow::Result<Summary> {
        let sweep = Sweep::cell(self.dir.clone(), cell.index, &self.data)?;
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

    fn unbegun(&self, cell: &SweepCell, error: &anyhow::Error) -> Option<sweep::Failed> {
        let unbegun = Unbegun {
            dir: &self.dir,
            runs: &self.dir.runs(),
            cell,
            log: self.log.as_ref(),
            flags: &self.args.compute.flags(&self.data),
        };
        let mut words = vec![error.to_string()];
        words.extend(exit_code::causes(error));
        unbegun.fail(words)
    }
}
