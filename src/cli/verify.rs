//! `verify`: recomputes every checksum of prepared files and mask files.

use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::Corpus;
use lnln_bench::data::store;
use lnln_bench::mask::MaskFile;

use super::output;

/// Recompute every checksum of prepared files and mask files.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench verify data/mosi.h5
  lnln-bench verify data/mosi.h5 data/mosi.masks.h5

If the prepared data are in the same folder as a mask file, every stored mask is also drawn anew and
compared.")]
pub struct Args {
    /// Files made by prepare, NAME.h5 or NAME.masks.h5.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    for file in &args.files {
        let text = if MaskFile::is_one(file) {
            masks(file)?
        } else {
            data(file)?
        };
        output::write(&text)?;
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
    let data = MaskFile::data_of(file).filter(|data| data.exists());
    let corpus = data.as_deref().map(Corpus::open).transpose()?;
    let progress = |group: &str| tracing::debug!("{}: {group}", file.display());
    let verified = masks.verify(corpus.as_ref(), progress)?;
    let drawn = if corpus.is_some() {
        "equal to masks drawn anew"
    } else {
        "not compared with masks drawn anew: the prepared data are not in this folder"
    };
    let manifest = MaskFile::manifest_of(file);
    let manifest = if verified.manifest {
        format!("equal to {}", manifest.display())
    } else {
        format!("no {}, `prepare` writes it", manifest.display())
    };
    Ok(format!(
        "{}: {} masks of {} in {} groups, for data {}\n  {drawn}\n  {manifest}",
        file.display(),
        verified.masks,
        masks.dataset,
        verified.groups,
        masks.content_hash
    ))
}
