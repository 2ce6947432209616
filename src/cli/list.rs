//! `list`: prints the registries (data sets, models, masks, metrics, audit rules) and runs.

use std::path::PathBuf;

use clap::CommandFactory;
use clap::error::ErrorKind;

use super::registries::{Registries, What};
use super::{output, runs};

/// List data sets, models, masks, metrics or audit rules, or the runs of a folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench list
  lnln-bench list models
  lnln-bench list models --json
  lnln-bench list datasets --data /scratch/data
  lnln-bench list runs
  lnln-bench list runs /scratch/runs --json")]
pub struct Args {
    /// What to list [default: everything built in].
    what: Option<What>,
    /// Folder of runs, with `list runs` [default: runs].
    folder: Option<PathBuf>,
    /// Folder of prepared data, of which `list datasets` shows data sets, versions and folds.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    if args.what == Some(What::Runs) {
        let folder = args.folder.unwrap_or_else(|| "runs".into());
        return runs::list(&folder, args.json);
    }
    if args.folder.is_some() {
        let mut command = super::Cli::command();
        let message = "only `list runs` takes a folder";
        command.error(ErrorKind::ArgumentConflict, message).exit();
    }
    let registries = Registries::of(args.what, &args.data);
    if args.json {
        return output::json(&registries);
    }
    output::write(&registries.tables().join("\n\n"))
}
