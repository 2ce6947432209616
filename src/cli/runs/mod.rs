//! `runs` and `list runs`: the state of runs and sweeps, and the removal of superseded files.

use std::path::Path;

mod clean;
mod list;
mod rows;
mod status;

pub use clean::CleanRecord;
pub use list::list;
pub use rows::RunRow;
#[cfg(feature = "torch")]
pub use rows::word;
pub use status::StatusRecord;

/// Show the state of runs and sweeps, and remove superseded files.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show the progress of every sweep: runs that are done, running, waiting or failed, and why.
    Status(status::Args),
    /// List superseded files, and remove them with --yes.
    Clean(clean::Args),
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::Status(args) => status::run(&args),
        Command::Clean(args) => clean::run(&args),
    }
}

/// The folder of runs that `run` makes by default.
const DEFAULT: &str = "runs";

/// Whether this is the default folder and does not exist yet. Any other folder that does not exist is
/// an error: its name is probably misspelt.
fn is_before_any_run(folder: &Path) -> bool {
    folder == Path::new(DEFAULT) && !folder.exists()
}

fn no_runs_yet(folder: &Path) -> String {
    format!(
        "no runs yet in {}; `lnln-bench run` makes them",
        folder.display()
    )
}
