//! `runs` and `list runs`: the state of runs and sweeps, and the removal of superseded files.

mod clean;
mod list;
mod rows;
mod status;

pub use list::list;
#[cfg(feature = "torch")]
pub use rows::word;

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
