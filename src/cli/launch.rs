//! `run --launcher slurm`: submits a sweep to a cluster.

use std::num::NonZeroUsize;
use std::path::Path;

use lnln_bench::record::SweepDir;
use lnln_bench::support::shell::quote;
use lnln_bench::sweep::slurm;
use lnln_bench::sweep::slurm::script::Task;
use lnln_bench::sweep::slurm::submit::{self, Request, Submission};
use lnln_bench::sweep::{Suite, Sweep};

use super::processes::Processes;
use super::workspace::Workspace;
use super::{environment, output};

/// Where runs are executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Launcher {
    /// This machine.
    #[default]
    Local,
    /// A Slurm cluster: job arrays, then a report.
    Slurm,
}

/// Heading of the options below.
const SLURM: &str = "Slurm (docs/sweeps.md)";

/// Options for Slurm; a number overrides that of the suite's table `[slurm]`, a list is appended to
/// its list.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where runs are executed.
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    #[arg(help_heading = SLURM, hide_short_help = true)]
    pub launcher: Launcher,
    /// Option of sbatch for the runs, like --sbatch=--partition=gpu; may be repeated.
    #[arg(long, value_name = "OPT", allow_hyphen_values = true)]
    #[arg(help_heading = SLURM, hide_short_help = true)]
    sbatch: Vec<String>,
    /// Option of sbatch for the report that follows the runs; may be repeated.
    #[arg(long, value_name = "OPT", allow_hyphen_values = true)]
    #[arg(help_heading = SLURM, hide_short_help = true)]
    sbatch_report: Vec<String>,
    /// Shell line to execute before the program, like 'module load cuda'; may be repeated.
    #[arg(long, value_name = "LINE")]
    #[arg(help_heading = SLURM, hide_short_help = true)]
    setup: Vec<String>,
    /// Array tasks at a time [default: no limit].
    #[arg(long, value_name = "N")]
    #[arg(help_heading = SLURM, hide_short_help = true)]
    max_parallel: Option<NonZeroUsize>,
    /// Runs per array task, one after another [default: 1].
    #[arg(long, value_name = "K")]
    #[arg(help_heading = SLURM, hide_short_help = true)]
    runs_per_task: Option<NonZeroUsize>,
    /// Times a task may requeue itself at its time limit [default: 10].
    #[arg(long, value_name = "N")]
    #[arg(help_heading = SLURM, hide_short_help = true)]
    max_requeues: Option<u32>,
    /// Submit even if the queue cannot be read.
    #[arg(long)]
    #[arg(help_heading = SLURM, hide_short_help = true)]
    submit_anyway: bool,
}

impl Args {
    /// Refuses flags that the launcher does not use.
    pub fn check(&self, processes: &Processes, json: bool) -> Result<(), slurm::Error> {
        let slurm = self.launcher == Launcher::Slurm;
        let here = [
            (
                "--jobs, --devices or --progress-json",
                "runs on this machine",
                processes.are_asked_for(),
            ),
            ("--json", "the estimate for this machine", json),
        ];
        let there = [
            ("--sbatch", !self.sbatch.is_empty()),
            ("--sbatch-report", !self.sbatch_report.is_empty()),
            ("--setup", !self.setup.is_empty()),
            ("--max-parallel", self.max_parallel.is_some()),
            ("--runs-per-task", self.runs_per_task.is_some()),
            ("--max-requeues", self.max_requeues.is_some()),
            ("--submit-anyway", self.submit_anyway),
        ];
        let here = here.into_iter().find(|(.., given)| *given && slurm);
        if let Some((flag, what, _)) = here {
            let expected = "without --launcher slurm";
            return Err(slurm::Error::Flag {
                flag,
                what,
                expected,
            });
        }
        match there.into_iter().find(|(_, given)| *given && !slurm) {
            None => Ok(()),
            Some((flag, _)) => Err(slurm::Error::Flag {
                flag,
                what: "runs on a Slurm cluster",
                expected: "with --launcher slurm",
            }),
        }
    }

    /// Puts the flags on the suite's own options.
    pub fn override_suite(&self, suite: &mut Suite) {
        let options = &mut suite.slurm;
        options.sbatch.extend_from_slice(&self.sbatch);
        options.report_sbatch.extend_from_slice(&self.sbatch_report);
        options.setup.extend_from_slice(&self.setup);
        options.max_parallel = self.max_parallel.or(options.max_parallel);
        options.runs_per_task = self.runs_per_task.unwrap_or(options.runs_per_task);
        options.max_requeues = self.max_requeues.unwrap_or(options.max_requeues);
    }
}

/// Plans the sweep and submits runs that are neither done nor queued; with `dry_run` prints the scripts.
pub fn run(
    args: &Args,
    mut suite: Suite,
    stem: &str,
    workspace: &Workspace,
    dry_run: bool,
) -> anyhow::Result<()> {
    args.override_suite(&mut suite);
    suite.slurm.check()?;
    if suite.search.is_some() {
        return Err(slurm::Error::Flag {
            flag: "--search",
            what: "runs on this machine, where the scores of one round decide on the next",
            expected: "without --launcher slurm",
        }
        .into());
    }
    let runs = std::path::absolute(&workspace.runs)?;
    let sweep = Sweep::outline(&suite, stem, &workspace.data, &runs)?;
    let dir = &sweep.dir;
    let request = Request {
        dir,
        manifest: &sweep.manifest,
        runs: &runs,
        task: Task {
            sweep: sweep.manifest.id.clone(),
            program: std::env::current_exe()?,
            manifest: dir.manifest(),
            folder: dir.slurm(),
            environment: environment::variables(),
            flags: workspace.compute.flags(&workspace.data),
        },
        options: &suite.slurm,
        anyway: args.submit_anyway,
    };
    if dry_run {
        return show(&submit::show(&request)?);
    }
    SweepDir::create(&runs, &sweep.manifest)?;
    report(&submit::submit(&request)?, dir.path())
}

fn show(submission: &Submission) -> anyhow::Result<()> {
    let mut text = String::new();
    for (path, script) in &submission.scripts {
        let path = quote(&path.display().to_string());
        text += &format!("# sbatch {path}\n{script}\n");
    }
    let Submission { done, runs, .. } = submission;
    text += &format!("# {runs} runs to submit, {done} done; nothing was submitted");
    output::write(&text)
}

fn report(submission: &Submission, sweep: &Path) -> anyhow::Result<()> {
    let Submission {
        done,
        queued,
        runs,
        jobs,
        report,
        ..
    } = submission;
    let counts = format!("{done} runs done, {queued} queued already, {runs} submitted");
    let numbers = match report {
        Some(report) if jobs.is_empty() => format!("; report: job {report}"),
        Some(report) => format!(" as {}; report: job {report}", jobs.join(", ")),
        None => String::new(),
    };
    output::write(&format!(
        "{counts}{numbers}\nnext: lnln-bench runs status {}",
        sweep.display()
    ))
}
