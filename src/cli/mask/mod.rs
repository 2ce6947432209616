//! `mask`: masks as data for other tools, as a picture, as numbers.

mod export;
mod show;
mod stats;

use std::path::PathBuf;

use lnln_bench::data::dataset::Corpus;
use lnln_bench::mask::MaskSource;

/// Masks as data for other tools, as a picture, as numbers.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Write the masks of one condition as HDF5 or npz, or the data under them as an MMSA pickle.
    Export(export::Args),
    /// Draw the masks of one sample with the words that survive.
    Show(show::Args),
    /// Print realised missing rates with their spread over samples.
    Stats(stats::Args),
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    match args.what {
        What::Export(args) => export::run(args),
        What::Show(args) => show::run(args),
        What::Stats(args) => stats::run(args),
    }
}

/// Which masks of a prepared data set.
#[derive(Debug, clap::Args)]
struct Chosen {
    /// A file made by prepare.
    #[arg(value_name = "DATA.h5")]
    data: PathBuf,
    /// Mask protocol (`lnln-bench list masks`).
    #[arg(long, default_value = "random", value_name = "FAMILY")]
    masks: String,
    /// Mask seed.
    #[arg(long, default_value_t = 1111)]
    seed: u64,
}

impl Chosen {
    /// The data, and where their masks come from: the file beside them, or the key.
    fn open(&self) -> anyhow::Result<(Corpus, MaskSource)> {
        let corpus = Corpus::open(&self.data)?;
        let source = MaskSource::beside(&self.data, corpus.name(), &corpus.content_hash)?;
        Ok((corpus, source))
    }
}
