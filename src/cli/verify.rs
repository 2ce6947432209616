//! `verify`: recomputes every checksum of prepared files and mask files.

use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::Corpus;
use lnln_bench::data::store;
use lnln_bench::mask::MaskFile;

use schemars::JsonSchema;
use serde::Serialize;

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
    /// Print JSON, one line per file.
    #[arg(long)]
    json: bool,
}

/// A line of `verify --json`: a file that passed.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum VerifyRecord {
    Data {
        file: String,
        columns: usize,
        /// Bytes of values that were read and hashed.
        bytes: u64,
        content_hash: String,
        /// Whether the file has hashes of its attributes, which then are compared too.
        attributes: bool,
    },
    Masks {
        file: String,
        dataset: String,
        /// Of the data that the masks belong to.
        content_hash: String,
        /// Splits of mask protocols and seeds.
        groups: usize,
        masks: usize,
        /// Whether every mask was drawn anew and compared: the prepared data are in the same folder.
        drawn_anew: bool,
        /// Whether there is a manifest, which then is equal.
        manifest: bool,
    },
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    for file in &args.files {
        let record = if MaskFile::is_one(file) {
            masks(file)?
        } else {
            data(file)?
        };
        if args.json {
            output::json_line(&record)?;
        } else {
            output::write(&text(file, &record))?;
        }
    }
    Ok(())
}

fn data(file: &Path) -> anyhow::Result<VerifyRecord> {
    let verified = store::verify(file, |column| {
        tracing::debug!("{}: {column}", file.display())
    })?;
    // Whether the file has the name of its data set, which every other command checks.
    Corpus::open(file)?;
    Ok(VerifyRecord::Data {
        file: file.display().to_string(),
        columns: verified.columns,
        bytes: verified.bytes,
        content_hash: verified.content_hash,
        attributes: verified.attributes,
    })
}

fn masks(file: &Path) -> anyhow::Result<VerifyRecord> {
    let masks = MaskFile::open(file)?;
    let data = MaskFile::data_of(file).filter(|data| data.exists());
    let corpus = data.as_deref().map(Corpus::open).transpose()?;
    let progress = |group: &str| tracing::debug!("{}: {group}", file.display());
    let verified = masks.verify(corpus.as_ref(), progress)?;
    Ok(VerifyRecord::Masks {
        file: file.display().to_string(),
        dataset: masks.dataset,
        content_hash: masks.content_hash,
        groups: verified.groups,
        masks: verified.masks,
        drawn_anew: corpus.is_some(),
        manifest: verified.manifest,
    })
}

fn text(path: &Path, record: &VerifyRecord) -> String {
    match record {
        VerifyRecord::Data {
            file,
            columns,
            bytes,
            content_hash,
            attributes,
        } => {
            let mebibytes = *bytes as f64 / (1 << 20) as f64;
            let attributes = if *attributes {
                ""
            } else {
                "\n  its attributes (data set, label range, note) are not compared: an earlier program stored no \
                 hashes of them"
            };
            format!(
                "{file}: {columns} columns, {mebibytes:.1} MiB, content hash {content_hash}{attributes}"
            )
        }
        VerifyRecord::Masks {
            file,
            dataset,
            content_hash,
            groups,
            masks,
            drawn_anew,
            manifest,
        } => {
            let drawn = if *drawn_anew {
                "equal to masks drawn anew"
            } else {
                "not compared with masks drawn anew: the prepared data are not in this folder"
            };
            let path = MaskFile::manifest_of(path);
            let manifest = if *manifest {
                format!("equal to {}", path.display())
            } else {
                format!("no {}, `prepare` writes it", path.display())
            };
            format!(
                "{file}: {masks} masks of {dataset} in {groups} groups, for data {content_hash}\n  {drawn}\n  {manifest}"
            )
        }
    }
}
