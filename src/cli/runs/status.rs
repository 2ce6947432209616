//! `runs status`: prints the progress of every sweep.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

use lnln_bench::record::SweepDir;
use lnln_bench::support::words;
use lnln_bench::sweep::slurm::{self, Queue};
use lnln_bench::sweep::status::overview::{count, state};
use lnln_bench::sweep::status::{self, RunState, Status, StoredRun, SweepStatus};
use schemars::JsonSchema;
use serde::Serialize;

use super::rows::{self, RunRow};
use crate::cli::output;

/// Show the progress of every sweep: runs that are done, running, waiting or failed, and why.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench runs status
  lnln-bench runs status runs/sweeps/paper-mosi-3f2a9c
  lnln-bench runs status /scratch/runs --json

Only reads files, so it can be used from any shell while runs are written.")]
pub struct Args {
    /// Folder of runs, or of one sweep (`runs/sweeps/SWEEP`).
    #[arg(default_value = "runs", value_name = "RUNS")]
    folder: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Run the subcommand.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let status = if super::is_before_any_run(&args.folder) {
        Status::default()
    } else {
        status::status(&args.folder)?
    };
    if args.json {
        return output::json(&StatusRecord {
            sweeps: status.sweeps.iter().map(SweepRecord::from).collect(),
            other_runs: status.others.iter().map(RunRow::from).collect(),
        });
    }
    let mut parts: Vec<String> = status.sweeps.iter().map(sweep_text).collect();
    parts.extend(shared_text(&status.sweeps));
    if !status.others.is_empty() {
        parts.push(others_text(&status.others));
    }
    if parts.is_empty() {
        output::write(&super::no_runs_yet(&args.folder))
    } else {
        output::write(&parts.join("\n"))
    }
}

/// What `runs status --json` prints.
#[derive(Serialize, JsonSchema)]
pub struct StatusRecord<'a> {
    sweeps: Vec<SweepRecord<'a>>,
    /// Runs that no sweep names.
    other_runs: Vec<RunRow<'a>>,
}

/// A sweep in `--json`.
#[derive(Serialize, JsonSchema)]
struct SweepRecord<'a> {
    sweep: &'a str,
    /// Number of runs by state.
    counts: BTreeMap<RunState, usize>,
    /// Number of runs by Slurm's state; null where Slurm's queue cannot be read.
    slurm: Option<BTreeMap<String, usize>>,
    runs: Vec<PlannedRow<'a>>,
}

/// A run of a sweep in `--json`.
#[derive(Serialize, JsonSchema)]
struct PlannedRow<'a> {
    log: Option<PathBuf>,
    index: usize,
    run: &'a str,
    dataset: &'a str,
    model: &'a str,
    seed: u64,
    state: RunState,
    /// Null before it has begun.
    progress: Option<RunRow<'a>>,
}

impl<'a> From<&'a SweepStatus> for SweepRecord<'a> {
    fn from(sweep: &'a SweepStatus) -> Self {
        let runs = sweep.runs.iter().map(|(run, stored)| {
            let stored = stored.as_ref();
            PlannedRow {
                log: stored.and_then(|stored| log(stored, Some(sweep))),
                index: run.index,
                run: &run.id,
                dataset: &run.dataset,
                model: &run.model,
                seed: run.seed,
                state: state(stored, &run.masks),
                progress: stored.map(RunRow::from),
            }
        });
        Self {
            sweep: &sweep.manifest.id,
            counts: sweep.counts(),
            slurm: Queue::of(&sweep.dir).ok().map(|queue| queue.counts()),
            runs: runs.collect(),
        }
    }
}

fn sweep_text(sweep: &SweepStatus) -> String {
    let counts = counted(sweep.counts());
    let mut text = format!(
        "{}: {} runs: {counts}\n",
        sweep.manifest.id,
        sweep.runs.len()
    );
    let begun = || sweep.runs.iter().filter_map(|(_, stored)| stored.as_ref());
    text += &scheduler(&sweep.dir);
    for run in begun().filter(|run| run.state == RunState::Running) {
        text += &running(run);
    }
    for run in begun().filter(|run| run.state == RunState::Stopped) {
        text += &stopped(run, Some(sweep));
    }
    for run in begun().filter(|run| run.state == RunState::Failed) {
        text += &failed(run, Some(sweep));
    }
    text
}

/// How many runs several sweeps count; `None` where none is shared.
fn shared_text(sweeps: &[SweepStatus]) -> Option<String> {
    let ids: Vec<&str> = (sweeps.iter())
        .flat_map(|sweep| &sweep.runs)
        .map(|(planned, _)| &*planned.id)
        .collect();
    let different: BTreeSet<&str> = ids.iter().copied().collect();
    (different.len() < ids.len()).then(|| {
        format!(
            "{} different runs in all: some are part of several sweeps\n",
            different.len()
        )
    })
}

/// State of the Slurm queue, if the sweep was submitted.
fn scheduler(dir: &SweepDir) -> String {
    let text = match Queue::of(dir) {
        Ok(_) if slurm::jobs::read(dir).is_empty() => return String::new(),
        Ok(queue) if queue.runs.is_empty() => "nothing queued".to_owned(),
        Ok(queue) => {
            let counts = queue.counts().into_iter();
            let counts: Vec<String> = counts.map(|(state, n)| format!("{n} {state}")).collect();
            counts.join(", ")
        }
        Err(error) => format!("no answer ({error})"),
    };
    format!("  slurm    {text}\n")
}

fn others_text(runs: &[StoredRun]) -> String {
    let counts = counted(count(runs.iter().map(|run| run.state)));
    let mut text = format!("runs of no sweep: {}: {counts}\n", runs.len());
    for run in runs {
        match run.state {
            RunState::Running => text += &running(run),
            RunState::Stopped => text += &stopped(run, None),
            RunState::Failed => text += &failed(run, None),
            RunState::Done | RunState::Trained | RunState::Waiting => {}
        }
    }
    text
}

/// `7 done, 2 running, 3 waiting`.
fn counted(counts: BTreeMap<RunState, usize>) -> String {
    let known = counts.into_iter().filter(|(_, n)| *n > 0);
    let parts: Vec<String> = known
        .map(|(s, n)| format!("{n} {}", rows::word(s)))
        .collect();
    parts.join(", ")
}

fn name(run: &StoredRun) -> String {
    format!("{} {} {} {}", run.id, run.dataset, run.model, run.seed)
}

fn running(run: &StoredRun) -> String {
    let mut line = format!("  running  {}", name(run));
    let Some(progress) = &run.progress else {
        return line + ": before the end of the first epoch\n";
    };
    // Writing to a string cannot fail.
    let _ = write!(line, ": epoch {}", rows::epochs(run));
    if let Some(last) = &progress.last {
        let _ = write!(line, ", {} {:.3}", last.metric, last.value);
    }
    if let Some(best) = &progress.selected {
        let _ = write!(line, ", best {:.3} in epoch {}", best.value, best.epoch);
    }
    let _ = write!(line, ", {:.0} samples/s", progress.samples_per_second);
    match run.seconds_left() {
        Some(left) if left > 0.0 => {
            let _ = write!(line, ", {} of training left", words::duration(left));
        }
        _ => line += ", evaluating",
    }
    line + "\n"
}

fn stopped(run: &StoredRun, of: Option<&SweepStatus>) -> String {
    let since = words::duration(rows::age(run.changed));
    let epochs = rows::epochs(run);
    let name = name(run);
    format!("  stopped  {name}: epoch {epochs}, unchanged for {since}\n") + &log_line(run, of)
}

fn failed(run: &StoredRun, of: Option<&SweepStatus>) -> String {
    let mut text = format!("  failed   {}", name(run));
    let Some(failure) = &run.failure else {
        return text + ": no message\n" + &log_line(run, of);
    };
    text += &format!(": {}\n", failure.error.join(": "));
    text + &log_line(run, of) + &line("again", &failure.command)
}

fn log_line(run: &StoredRun, of: Option<&SweepStatus>) -> String {
    let log = log(run, of);
    log.map_or_else(String::new, |log| line("log", &log.display().to_string()))
}

/// Log of the last attempt at a run, if it was kept: by a Slurm task or a worker process.
fn log(run: &StoredRun, of: Option<&SweepStatus>) -> Option<PathBuf> {
    let told = run.failure.as_ref().and_then(|failure| failure.log.clone());
    let task = run
        .attempt
        .as_ref()
        .and_then(|attempt| attempt.slurm.as_ref());
    let kept = of.and_then(|sweep| {
        let task = task.map(|task| slurm::jobs::log(&sweep.dir, &task.array_job, &task.task));
        let own = sweep.dir.logs().join(format!("{}.log", run.id));
        task.into_iter().chain([own]).find(|log| log.is_file())
    });
    told.or(kept)
}

fn line(name: &str, text: &str) -> String {
    format!("           {name}: {text}\n")
}
