//! `run-cell`: cells of a planned sweep by their numbers.

use std::path::{Path, PathBuf};

use anyhow::Context;
use lnln_bench::record::{self, SweepDir};
use lnln_bench::slurm::requeue;
use lnln_bench::sweep::{Summary, Sweep};
use lnln_bench::ui::Progress;

use super::place::Machinery;
use super::{exit_code, interrupt, output, processes};

/// Train and evaluate cells of a planned sweep.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench run-cell --manifest runs/sweeps/paper-mosi-3f2a9c/manifest.json --index 7
  lnln-bench run-cell --manifest $M --index $((4 * JOB_COMPLETION_INDEX)) --count 4

A cell that is done is left alone, so any batch system may call this any number of times.")]
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
    /// Where stderr goes, for who looks at a failure.
    #[arg(long, hide = true)]
    log: Option<PathBuf>,
    /// How often a task of a Slurm array may queue itself again at its time limit.
    #[arg(long, default_value_t = 10, value_name = "N")]
    max_requeues: u32,
    #[command(flatten)]
    machinery: Machinery,
}

/// Run the subcommand.
pub fn run(args: &Args, progress: &Progress) -> anyhow::Result<()> {
    let result = cells(args, progress);
    let stopped = result
        .as_ref()
        .is_err_and(|error| exit_code::of(error) == exit_code::INTERRUPTED);
    // SIGUSR1 comes before the end of a task's time, SIGTERM is the end.
    if stopped && interrupt::was_warned() {
        if !advanced(args)? {
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
    let cells = dir.read()?.cells.len();
    let last = (args.index + args.count).min(cells).max(args.index + 1);
    let mut all = Summary::default();
    let mut options = None;
    for index in args.index..last {
        let sweep = Sweep::cell(dir.clone(), index)?;
        let options = match &mut options {
            Some(options) => options,
            none => none.insert(args.machinery.open(
                sweep.manifest.data.clone(),
                dir.runs(),
                args.log.clone(),
            )?),
        };
        let summary = sweep.run(options, &raised, progress)?;
        all.ran += summary.ran;
        all.kept += summary.kept;
        all.failed.extend(summary.failed);
    }
    let all = processes::finish(all)?;
    output::write(&format!(
        "{} cells done ({} before)",
        all.ran + all.kept,
        all.kept
    ))
}
