//! `runs`: how runs and sweeps stand, and what of them may go. `list runs` is here as well.

mod clean;
mod list;
mod rows;
mod status;

pub use list::list;
#[cfg(feature = "torch")]
pub use rows::word;

/// Show how runs and sweeps stand, and remove what is superseded.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Progress of every sweep: what is done, runs, waits, failed and why.
    Status(status::Args),
    /// List what is superseded, and remove it with --yes.
    Clean(clean::Args),
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::Status(args) => status::run(&args),
        Command::Clean(args) => clean::run(&args),
    }
}
