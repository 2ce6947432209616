//! `prepare`: MMSA pickles to checked HDF5 files and their mask variants.

use std::path::{Path, PathBuf};

use lnln_bench::dataset::{self, Corpus, ImportOptions, Imported};
use lnln_bench::mask::{self, Conditions, MaskFile, Variants};
use lnln_bench::ui::{Bar, Progress};

use super::output;

/// Convert, check and clean pickles into DATA/NAME.h5, and write their masks beside them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench prepare MOSI/Processed/unaligned_50.pkl
  lnln-bench prepare mosi.pkl sims.pkl --data data --rates 0:1:0.1 --mask-seeds 1111,1112
  lnln-bench prepare mosi.pkl --rates 0:1:0.1 --mask-seeds 1111,1112,1113 --masks random,modality
  lnln-bench prepare features.pkl --dataset mosi --force

The data set is recognised by what the file holds. A file that is there already and was made from
the same source is left as it is.")]
pub struct Args {
    /// MMSA pickles with splits train, valid and test.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Name of the data set, where a file does not tell (`lnln-bench list datasets`).
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// Folder for prepared data.
    #[arg(long, default_value = "data", value_name = "DIR")]
    data: PathBuf,
    /// How much is missing: FROM:TO:STEP (TO included), rates, missing modalities like LA, or
    /// l=RATE,a=RATE,v=RATE; a list of any. Every family takes those of its kind.
    #[arg(long, default_value = "0:1:0.1")]
    rates: String,
    /// Mask seeds.
    #[arg(long, value_delimiter = ',', default_value = "1111")]
    mask_seeds: Vec<u64>,
    /// Mask families (`lnln-bench list masks`).
    #[arg(long, value_delimiter = ',', default_value = "random")]
    masks: Vec<String>,
    /// Replace prepared data made from another file.
    #[arg(long)]
    force: bool,
}

impl Args {
    /// As the demo would type it.
    #[cfg(feature = "torch")]
    pub fn for_demo(files: Vec<PathBuf>, data: &Path, suite: &lnln_bench::sweep::Suite) -> Self {
        Self {
            files,
            dataset: None,
            data: data.to_owned(),
            rates: suite.rates.clone(),
            mask_seeds: suite.mask_seeds.clone(),
            masks: suite.masks.clone(),
            force: false,
        }
    }
}

/// Run the subcommand.
pub fn run(args: Args, progress: &Progress) -> anyhow::Result<()> {
    // Before any file is read, so that a slip in a flag costs nothing.
    let conditions = Conditions::deal(&args.masks, &mask::parse_list(&args.rates)?)?;
    for file in &args.files {
        let imported = import(file, &args, progress)?;
        imported
            .warnings
            .iter()
            .for_each(|text| tracing::warn!("{}: {text}", file.display()));
        let masks = MaskFile::beside(&imported.path);
        write_masks(&masks, &imported.path, &conditions, &args.mask_seeds)?;
        output::write(&report(&imported, &masks))?;
    }
    Ok(())
}

fn import(file: &Path, args: &Args, progress: &Progress) -> anyhow::Result<Imported> {
    let options = ImportOptions {
        dataset: args.dataset.clone(),
        force: args.force,
        ..ImportOptions::new(&args.data)
    };
    let label = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut bar: Option<Bar> = None;
    let imported = dataset::prepare(file, &options, &mut |state| {
        let bar = bar.get_or_insert_with(|| progress.bytes(label.clone(), state.total));
        bar.set(state.done);
    })?;
    if let Some(bar) = bar {
        bar.finish();
    }
    Ok(imported)
}

/// The masks of every family and seed, in one file.
fn write_masks(
    path: &Path,
    data: &Path,
    conditions: &[Conditions],
    seeds: &[u64],
) -> anyhow::Result<()> {
    let corpus = Corpus::open(data)?;
    let mut variants = Vec::new();
    for Conditions { family, levels } in conditions {
        for seed in seeds {
            variants.push(Variants::of_corpus(*family, &corpus, *seed, levels)?);
        }
    }
    Ok(MaskFile::write(path, &corpus.content_hash, &variants)?)
}

fn report(imported: &Imported, masks: &Path) -> String {
    let [train, valid, test] = imported.counts;
    let state = if imported.existed {
        "already prepared"
    } else {
        "prepared"
    };
    let known = match imported.published {
        Some(_) => "the published file",
        None => "no published file",
    };
    format!(
        "{} {} ({}): {train} train, {valid} valid, {test} test clips\n  source  sha256 {} ({known})\n  \
         data    {}\n  masks   {}",
        imported.spec.title,
        state,
        imported.layout,
        imported.source_sha256,
        imported.path.display(),
        masks.display(),
    )
}
