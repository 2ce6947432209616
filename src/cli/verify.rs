//! `verify`: recompute every checksum of prepared files.

use std::path::PathBuf;

use lnln_bench::store;

use super::output;

/// Recompute every checksum of prepared files.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench verify data/mosi.h5
  lnln-bench verify data/mosi.h5 data/sims.h5")]
pub struct Args {
    /// Files made by prepare.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    for file in &args.files {
        let verified = store::verify(file, |column| {
            tracing::debug!("{}: {column}", file.display())
        })?;
        output::write(&format!(
            "{}: {} columns, {:.1} MiB, content hash {}",
            file.display(),
            verified.columns,
            verified.bytes as f64 / (1 << 20) as f64,
            verified.content_hash
        ))?;
    }
    Ok(())
}
