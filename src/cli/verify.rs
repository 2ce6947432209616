//! `verify`: recompute every checksum of prepared files and mask files.

use std::path::{Path, PathBuf};

use lnln_bench::data::store;
use lnln_bench::mask::MaskFile;

use super::output;

/// Recompute every checksum of prepared files and mask files.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench verify data/mosi.h5
  lnln-bench verify data/mosi.h5 data/mosi.masks.h5")]
pub struct Args {
    /// Files made by prepare, NAME.h5 or NAME.masks.h5.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    for file in &args.files {
        let said = if MaskFile::is_one(file) {
            masks(file)?
        } else {
            data(file)?
        };
        output::write(&said)?;
    }
    Ok(())
}

fn data(file: &Path) -> anyhow::Result<String> {
    let verified = store::verify(file, |column| {
        tracing::debug!("{}: {column}", file.display())
    })?;
    Ok(format!(
        "{}: {} columns, {:.1} MiB, content hash {}",
        file.display(),
        verified.columns,
        verified.bytes as f64 / (1 << 20) as f64,
        verified.content_hash
    ))
}

fn masks(file: &Path) -> anyhow::Result<String> {
    let masks = MaskFile::open(file)?;
    let verified = masks.verify(|group| tracing::debug!("{}: {group}", file.display()))?;
    let manifest = MaskFile::manifest_of(file);
    let manifest = if verified.manifest {
        format!("; {} says the same", manifest.display())
    } else {
        format!("; no {} beside it, `prepare` writes it", manifest.display())
    };
    Ok(format!(
        "{}: {} masks of {} in {} groups, for data {}{manifest}",
        file.display(),
        verified.masks,
        masks.dataset,
        verified.groups,
        masks.content_hash
    ))
}
