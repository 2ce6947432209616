//! The command line: one file per subcommand, nothing but wiring.

pub mod audit;
mod color;
#[cfg(feature = "torch")]
pub mod demo;
pub mod doctor;
#[cfg(feature = "torch")]
pub mod dry_run;
pub mod end;
#[cfg(feature = "torch")]
pub mod environment;
pub mod exit_code;
pub mod export;
mod export_record;
#[cfg(all(test, feature = "torch"))]
mod help_tests;
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
pub mod predict;
pub mod prepare;
mod prepare_record;
#[cfg(feature = "torch")]
pub mod print_config;
#[cfg(feature = "torch")]
pub mod processes;
mod registries;
pub mod report;
#[cfg(feature = "torch")]
pub mod run;
#[cfg(feature = "torch")]
pub mod run_one;
pub mod runs;
mod schema;
pub mod score;
pub mod selftest;
pub mod thread_variables;
pub mod verify;
#[cfg(not(feature = "torch"))]
pub mod without_libtorch;
#[cfg(feature = "torch")]
pub mod workspace;

use std::path::{Path, PathBuf};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use lnln_bench::data::dataset;
use lnln_bench::support::{self, Progress, fs};

#[cfg(not(feature = "torch"))]
use self::{
    without_libtorch as demo, without_libtorch as predict, without_libtorch as run,
    without_libtorch as run_one,
};

/// Benchmark suite for multimodal sentiment analysis with missing data.
#[derive(Debug, Parser)]
#[command(name = "lnln-bench", version = version(), propagate_version = true)]
#[command(after_help = "\
Steps of a benchmark:
  lnln-bench prepare mosi.pkl
  lnln-bench run --datasets mosi --models lnln,lf_dnn,constant
  lnln-bench report runs --out reports/mosi
or all of it on synthetic data, with nothing to download:
  lnln-bench demo

Exit codes: 0 done, 1 unexpected, 2 usage, 3 bad data, 4 runs failed,
5 device or encoder missing, 6 input/output, 75 interrupted (the same command
continues).")]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags of every subcommand.
#[derive(Debug, clap::Args)]
struct Global {
    /// Log details on stderr, the memory plan of each run included.
    #[arg(short, long, global = true, display_order = 1000)]
    verbose: bool,
    /// Log only warnings and errors, and draw no progress bars.
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        display_order = 1001
    )]
    quiet: bool,
    /// File with tables of data sets, besides datasets.toml in the working folder and in
    /// ~/.config/lnln-bench (docs/own-data.md).
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        display_order = 1003,
        hide_short_help = true
    )]
    datasets_file: Option<PathBuf>,
    /// Color: auto (on a terminal, unless NO_COLOR is set), always or never.
    #[arg(long, global = true, value_name = "WHEN", display_order = 1002)]
    #[arg(value_enum, default_value = "auto", hide_possible_values = true)]
    color: color::When,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prepare, run and report on synthetic data, in a few minutes on two cores.
    Demo(demo::Args),
    /// Convert pickles or archives of arrays to checked HDF5 and draw their masks.
    Prepare(prepare::Args),
    /// Show the contents of a pickle or prepared file.
    Inspect(inspect::Args),
    /// Recompute every checksum of a prepared file.
    Verify(verify::Args),
    /// Show or export masks.
    Mask(mask::Args),
    /// Write prepared data as an MMSA pickle, complete or masked.
    Export(export::Args),
    /// Train and evaluate a sweep; finished runs are kept, unfinished ones continue.
    Run(Box<run::Args>),
    /// Train and evaluate runs of a planned sweep by index, for batch systems.
    RunOne(run_one::Args),
    /// Predict a split, a sample or a new file with a finished run.
    Predict(predict::Args),
    /// Make tables, figures and a page from runs.
    Report(report::Args),
    /// Show the state of runs and sweeps, and remove superseded files.
    Runs(runs::Args),
    /// Import predictions of a model of your own as runs.
    Score(score::Args),
    /// Find impossible or copied numbers in published tables.
    Audit(audit::Args),
    /// Compare this build with stored numbers of the reference implementations.
    Selftest(selftest::Args),
    /// List data sets, models, masks, metrics, audit rules or runs.
    List(list::Args),
    /// Show what this machine has, and what each missing thing would enable.
    Doctor(doctor::Args),
    /// Print the JSON Schema of suite files or of a command's --json output.
    Schema(schema::Args),
    /// Print a shell completion script.
    Completions {
        /// Shell to complete for.
        shell: clap_complete::Shell,
    },
    /// Write a manual page for every command, in section 1.
    Man {
        /// Folder of the pages, created if needed, like ~/.local/share/man/man1.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

impl Command {
    /// Whether the command computes with tensors.
    #[cfg(feature = "torch")]
    fn computes(&self) -> bool {
        matches!(
            self,
            Self::Demo(_) | Self::Run(_) | Self::RunOne(_) | Self::Predict(_) | Self::Selftest(_)
        )
    }

    /// Whether the command stores its state on a signal.
    #[cfg(feature = "torch")]
    fn is_resumable(&self) -> bool {
        matches!(self, Self::Demo(_) | Self::Run(_) | Self::RunOne(_))
    }
}

/// A name of a list without the blanks around it.
#[allow(clippy::unnecessary_wraps, reason = "clap calls it")]
fn trimmed(name: &str) -> Result<String, std::convert::Infallible> {
    Ok(name.trim().to_owned())
}

impl Cli {
    /// Parses the command line; ends the program where it asks for help or is wrong.
    pub fn from_command_line() -> Self {
        let matches = Self::command().color(color::choose()).try_get_matches();
        let parsed = matches.and_then(|matches| Self::from_arg_matches(&matches));
        parsed.unwrap_or_else(|error| {
            // As clap does: nothing is left to tell where this cannot be printed.
            let _ = error.print();
            end::end(error.exit_code())
        })
    }

    /// Run the subcommand. `removed` are variables that were removed from the environment.
    pub fn run(self, removed: &[thread_variables::Removed]) -> anyhow::Result<()> {
        #[cfg(feature = "torch")]
        if self.command.is_resumable() {
            interrupt::watch()?;
        }
        #[cfg(feature = "torch")]
        if self.command.computes() {
            environment::settle(removed);
        }
        let progress = if self.global.quiet {
            Progress::hidden()
        } else {
            Progress::stderr()
        };
        support::logging::start(&progress, self.global.quiet, self.global.verbose);
        thread_variables::warn(removed);
        #[cfg(feature = "torch")]
        if self.command.computes() {
            thread_variables::limit_torch();
        }
        let tables = dataset::load(self.global.datasets_file.as_deref());
        let tables = match self.command {
            // It shows what is wrong with them among the other findings.
            Command::Doctor(_) => tables,
            _ => {
                tables?;
                Ok(own_settings()?)
            }
        };
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
            Command::Selftest(args) => selftest::run(args, &progress),
            Command::List(args) => list::run(args),
            Command::Doctor(args) => doctor::run(&args, tables),
            Command::Schema(args) => schema::run(&args),
            Command::Completions { shell } => completions(shell),
            Command::Man { out } => man(&out),
            #[cfg(not(feature = "torch"))]
            Command::Demo(_) | Command::Run(_) | Command::RunOne(_) | Command::Predict(_) => {
                Err(without_libtorch::WithoutLibtorch.into())
            }
        }
    }
}

/// Checks the settings of models in the tables of files.
fn own_settings() -> anyhow::Result<()> {
    #[cfg(feature = "torch")]
    for spec in dataset::registry() {
        lnln_bench::train::settings::check(spec)?;
    }
    Ok(())
}

fn completions(shell: clap_complete::Shell) -> anyhow::Result<()> {
    let mut command = Cli::command();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "lnln-bench", &mut script);
    output::write(&String::from_utf8_lossy(&script))
}

fn man(out: &Path) -> anyhow::Result<()> {
    let failed = |e| fs::Error {
        path: out.to_owned(),
        source: e,
    };
    std::fs::create_dir_all(out).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), out).map_err(failed)?;
    Ok(())
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
