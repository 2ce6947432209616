//! `prepare`: converts pickles, archives and folders of arrays to checked HDF5 files and draws their masks.

use std::path::PathBuf;

use lnln_bench::data::dataset::Corpus;
use lnln_bench::mask::{self, EvaluationMasks, MaskFile};
use lnln_bench::support::Progress;

use super::prepare_record::PrepareRecord;
use super::{import, output};

/// Convert MMSA pickles, NumPy archives or HDF5 files to DATA/NAME.h5, check them, and write their masks
/// next to them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench prepare MOSI/Processed/unaligned_50.pkl
  lnln-bench prepare mosi.pkl sims.pkl --jobs 2
  lnln-bench prepare mosi.pkl --masks random,modality --mask-seeds 1111,1112
  lnln-bench prepare features.pkl --dataset mosi --force
  lnln-bench prepare asr.pkl --dataset mosi --version asr-ibm
  lnln-bench prepare part-2.npz --dataset reviews:fold=2
  lnln-bench prepare reviews.npz --dataset reviews --datasets-file our.toml
  lnln-bench prepare sims.pkl --standardize --compress blosc-lz4
  lnln-bench prepare mosi_data_noalign.pkl --padding left --check

The data set is recognized by its published widths and sizes; others need
--dataset, with the name of a table in datasets.toml (docs/own-data.md has the
layout of archives and tables). An error names the sample and stops;
a warning does not, and --accept CHECK silences it. A prepared file made from
the same source with the same options is kept. Memory use stays small for files
of any size.

Masks are added to those already stored for the same data. `modality` does not
depend on a seed and is drawn once.

The pickles are MMSA's \"Processed\" files; get them from the authors of the data
sets through MMSA (thuiar/MMSA on GitHub, section Datasets).")]
pub struct Args {
    /// Pickles, NumPy archives, folders of npy files or HDF5 files with splits train, valid and test.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    import: import::Args,
    /// Conditions to draw masks for: missing rates as FROM:TO:STEP (TO included) or a list, missing
    /// modalities (LA: text and audio missing), or a rate per modality (l=0.2,a=0.7,v=0.7). Each
    /// mask protocol takes those of its kind.
    #[arg(long, default_value = "0:1:0.1", value_name = "LIST")]
    rates: String,
    /// Mask seeds (reference-tfr takes three seeds as one number, see docs/masks.md).
    #[arg(
        long,
        value_name = "N,...",
        value_delimiter = ',',
        default_value = "1111"
    )]
    mask_seeds: Vec<u64>,
    /// Mask protocols: ways to draw masks (`lnln-bench list masks`).
    #[arg(
        long,
        value_name = "NAME,...",
        value_delimiter = ',',
        default_value = "random"
    )]
    masks: Vec<String>,
    /// Print JSON, one line per file.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Arguments of the demo.
    #[cfg(feature = "torch")]
    pub fn for_demo(
        files: Vec<PathBuf>,
        import: import::Args,
        suite: &lnln_bench::sweep::Suite,
    ) -> Self {
        Self {
            files,
            import,
            rates: suite.rates.to_string(),
            mask_seeds: suite.mask_seeds.clone(),
            masks: suite.masks.iter().map(ToString::to_string).collect(),
            json: false,
        }
    }
}

/// Run the subcommand.
pub fn run(args: Args, progress: &Progress) -> anyhow::Result<()> {
    // Checked before any file is read.
    let evaluation = EvaluationMasks::deal(&args.masks, &mask::parse_list(&args.rates)?)?;
    EvaluationMasks::check_seeds(&evaluation, &args.mask_seeds)?;
    args.import.for_each(&args.files, |file| {
        let imported = args.import.import(file, progress)?;
        // With --check the list on stdout has them.
        if !args.import.check {
            let warn = |text: &String| tracing::warn!("{}: {text}", file.display());
            imported.warnings.iter().for_each(warn);
            if let Some(names) = import::accepting(&imported) {
                tracing::info!("--accept {names} silences these warnings once they are known");
            }
        }
        let masks = if args.import.check {
            None
        } else {
            let masks = MaskFile::path_for(&imported.path);
            let corpus = Corpus::open(&imported.path)?;
            let absent = corpus.absent()?;
            let left_out = EvaluationMasks::left_out(&evaluation, &absent, corpus.name());
            let evaluation = EvaluationMasks::present(evaluation.clone(), &absent);
            if let Some(left_out) = left_out {
                tracing::info!("{left_out}");
            }
            if evaluation.is_empty() {
                tracing::warn!("{}: no masks drawn: no condition is left", file.display());
            } else {
                MaskFile::prepare(&masks, &corpus, &evaluation, &args.mask_seeds)?;
            }
            (!evaluation.is_empty()).then_some(masks)
        };
        if args.json {
            return output::json_line(&PrepareRecord::new(file, &imported, masks));
        }
        let mut report = import::report(&imported, args.import.check);
        if let Some(masks) = masks {
            report += &format!("\n  masks   {}", masks.display());
        }
        output::write(&report)
    })
}
