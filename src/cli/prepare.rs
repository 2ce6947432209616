//! `prepare`: MMSA pickles to checked HDF5 files and their mask variants.

use std::path::PathBuf;

use lnln_bench::data::dataset::Corpus;
use lnln_bench::mask::{self, EvaluationMasks, MaskFile};
use lnln_bench::support::Progress;

use super::{import, output};

/// Convert, check and clean pickles into DATA/NAME.h5, and write their masks beside them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench prepare MOSI/Processed/unaligned_50.pkl
  lnln-bench prepare mosi.pkl sims.pkl --jobs 2 --rates 0:1:0.1 --mask-seeds 1111,1112
  lnln-bench prepare mosi.pkl --rates 0:1:0.1 --mask-seeds 1111,1112,1113 --masks random,modality
  lnln-bench prepare features.pkl --dataset mosi --force
  lnln-bench prepare sims.pkl --standardize --compress blosc-lz4
  lnln-bench prepare mosi_data_noalign.pkl --padding left --check

The data set is recognised by what the file holds. What is wrong with a file stops it and is said
with the sample; what is only odd is a warning. A file that is there already and was made from the
same source with the same options is left as it is. Memory stays small however large the file is.

Masks are added to those that are there: mask protocols, seeds and conditions of earlier calls for the same
data stay. `modality` depends on no seed and is drawn under the first one alone.")]
pub struct Args {
    /// MMSA pickles with splits train, valid and test.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    import: import::Args,
    /// How much is missing: FROM:TO:STEP (TO included), rates, missing modalities like LA, or
    /// l=RATE,a=RATE,v=RATE; a list of any. Every mask protocol takes those of its kind.
    #[arg(long, default_value = "0:1:0.1")]
    rates: String,
    /// Mask seeds; with reference-tfr also three side by side (docs/masks.md).
    #[arg(long, value_delimiter = ',', default_value = "1111")]
    mask_seeds: Vec<u64>,
    /// Mask protocols (`lnln-bench list masks`).
    #[arg(long, value_delimiter = ',', default_value = "random")]
    masks: Vec<String>,
}

impl Args {
    /// As the demo would type it.
    #[cfg(feature = "torch")]
    pub fn for_demo(
        files: Vec<PathBuf>,
        data: &std::path::Path,
        suite: &lnln_bench::sweep::Suite,
    ) -> Self {
        Self {
            files,
            import: import::Args::into_folder(data),
            rates: suite.rates.to_string(),
            mask_seeds: suite.mask_seeds.clone(),
            masks: suite.masks.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Run the subcommand.
pub fn run(args: Args, progress: &Progress) -> anyhow::Result<()> {
    // Before any file is read, so that a slip in a flag costs nothing.
    let evaluation = EvaluationMasks::deal(&args.masks, &mask::parse_list(&args.rates)?)?;
    EvaluationMasks::check_seeds(&evaluation, &args.mask_seeds)?;
    args.import.for_each(&args.files, |file| {
        let imported = args.import.import(file, progress)?;
        imported
            .warnings
            .iter()
            .for_each(|text| tracing::warn!("{}: {text}", file.display()));
        let mut report = import::report(&imported, args.import.check);
        if !args.import.check {
            let masks = MaskFile::beside(&imported.path);
            let corpus = Corpus::open(&imported.path)?;
            MaskFile::prepare(&masks, &corpus, &evaluation, &args.mask_seeds)?;
            report += &format!("\n  masks   {}", masks.display());
        }
        output::write(&report)
    })
}
