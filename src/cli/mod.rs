//! One file per subcommand; nothing here but wiring.

pub mod audit;
#[cfg(feature = "torch")]
pub mod demo;
pub mod doctor;
#[cfg(feature = "torch")]
pub mod dry_run;
#[cfg(feature = "torch")]
pub mod environment;
pub mod exit_code;
pub mod export;
pub mod import;
pub mod inspect;
#[cfg(feature = "torch")]
pub mod interrupt;
#[cfg(feature = "torch")]
pub mod launch;
pub mod list;
pub mod mask;
pub mod output;
#[cfg(feature = "torch")]
pub mod place;
#[cfg(feature = "torch")]
pub mod predict;
pub mod prepare;
#[cfg(feature = "torch")]
pub mod processes;
pub mod report;
#[cfg(feature = "torch")]
pub mod run;
#[cfg(feature = "torch")]
pub mod run_one;
pub mod runs;
pub mod score;
pub mod selftest;
pub mod verify;

use clap::{CommandFactory, Parser, Subcommand};
use lnln_bench::support::{self, Progress};

/// Benchmark suite for multimodal sentiment analysis with missing data.
#[derive(Debug, Parser)]
#[command(name = "lnln-bench", version = version(), propagate_version = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 unexpected, 2 usage, 3 bad data, 4 runs failed, \
    5 device or encoder missing, 6 input/output, 75 interrupted (the same command goes on).\n\n\
    Try `lnln-bench demo`: synthetic corpora, four models, a report; nothing to download."
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags of every subcommand.
#[derive(Debug, clap::Args)]
struct Global {
    /// Say more on stderr.
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Say only warnings and errors on stderr, and draw no bars.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Synthetic corpora -> prepare -> run -> report, in a few minutes on two cores.
    #[cfg(feature = "torch")]
    Demo(demo::Args),
    /// Convert MMSA pickles to checked HDF5 files and their masks.
    Prepare(prepare::Args),
    /// Show what a pickle holds.
    Inspect(inspect::Args),
    /// Recompute every checksum of a prepared file.
    Verify(verify::Args),
    /// Masks as data for other tools, as a picture, as numbers.
    Mask(mask::Args),
    /// Write prepared data as an MMSA pickle, complete or masked.
    Export(export::Args),
    /// Train and evaluate a sweep; finished runs are never repeated.
    #[cfg(feature = "torch")]
    Run(Box<run::Args>),
    /// Train and evaluate runs of a planned sweep by their indices, as batch systems call it.
    #[cfg(feature = "torch")]
    RunOne(run_one::Args),
    /// Predict one split or one sample with the weights of a finished run.
    #[cfg(feature = "torch")]
    Predict(predict::Args),
    /// Turn runs into tables, figures and a page.
    Report(report::Args),
    /// Show how runs and sweeps stand, and remove what is superseded.
    Runs(runs::Args),
    /// Turn predictions made elsewhere into runs.
    Score(score::Args),
    /// Find impossible, copied or cells no better than a constant in published tables.
    Audit(audit::Args),
    /// Check this build against numbers of the reference implementations.
    Selftest(selftest::Args),
    /// List data sets, models, masks, metrics or audit rules.
    List(list::Args),
    /// Say what this machine offers and what each missing thing would enable.
    Doctor,
    /// Print a completion script for a shell.
    Completions {
        /// The shell to complete for.
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// Whether it computes with tensors.
    #[cfg(feature = "torch")]
    fn computes(&self) -> bool {
        matches!(
            self,
            Self::Demo(_) | Self::Run(_) | Self::RunOne(_) | Self::Predict(_) | Self::Selftest(_)
        )
    }

    /// Whether a signal lets it store its state first.
    #[cfg(feature = "torch")]
    fn is_resumable(&self) -> bool {
        matches!(self, Self::Demo(_) | Self::Run(_) | Self::RunOne(_))
    }
}

impl Cli {
    /// Run the subcommand.
    pub fn run(self) -> anyhow::Result<()> {
        #[cfg(feature = "torch")]
        if self.command.is_resumable() {
            interrupt::watch()?;
        }
        #[cfg(feature = "torch")]
        if self.command.computes() {
            environment::settle();
        }
        let progress = if self.global.quiet {
            Progress::hidden()
        } else {
            Progress::stderr()
        };
        support::logging::start(&progress, self.global.quiet, self.global.verbose);
        match self.command {
            #[cfg(feature = "torch")]
            Command::Demo(args) => demo::run(args, &progress),
            Command::Prepare(args) => prepare::run(args, &progress),
            Command::Inspect(args) => inspect::run(args),
            Command::Verify(args) => verify::run(args),
            Command::Mask(args) => mask::run(args),
            Command::Export(args) => export::run(args),
            #[cfg(feature = "torch")]
            Command::Run(args) => run::run(&args, &progress),
            #[cfg(feature = "torch")]
            Command::RunOne(args) => run_one::run(&args, &progress),
            #[cfg(feature = "torch")]
            Command::Predict(args) => predict::run(args, &progress),
            Command::Report(args) => report::run(args),
            Command::Runs(args) => runs::run(args),
            Command::Score(args) => score::run(args),
            Command::Audit(args) => audit::run(args),
            Command::Selftest(args) => selftest::run(args),
            Command::List(args) => list::run(args),
            Command::Doctor => doctor::run(),
            Command::Completions { shell } => completions(shell),
        }
    }
}

fn completions(shell: clap_complete::Shell) -> anyhow::Result<()> {
    let mut command = Cli::command();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "lnln-bench", &mut script);
    output::write(&String::from_utf8_lossy(&script))
}

/// Version and commit.
fn version() -> &'static str {
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("LNLN_BENCH_GIT"), ")")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
