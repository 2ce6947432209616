//! `mask`: exports, shows and measures masks.

pub mod absent;
mod export;
mod noise;
mod several;
mod show;
mod stats;

pub use show::ShowRecord;
pub use stats::StatsRecord;

use std::path::PathBuf;

use lnln_bench::data::dataset::Corpus;
use lnln_bench::mask::MaskSource;

/// Export, show and measure masks.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Write masks of evaluation or training as HDF5 or npz, or masked data as an MMSA pickle.
    Export(export::Args),
    /// Show the masks of one sample with the words that are kept.
    Show(show::Args),
    /// Print realized missing rates with their spread over samples.
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

/// Masks of a prepared data set.
#[derive(Debug, clap::Args)]
struct Chosen {
    /// A file made by prepare.
    #[arg(value_name = "DATA.h5")]
    data: PathBuf,
    /// Mask protocol (`lnln-bench list masks`) [default: random].
    #[arg(long, value_name = "PROTOCOL")]
    masks: Option<String>,
    /// Mask seed.
    #[arg(long, default_value_t = 1111)]
    seed: u64,
}

impl Chosen {
    /// Name of the mask protocol.
    fn protocol(&self) -> &str {
        self.masks.as_deref().unwrap_or("random")
    }

    /// Opens the data and their stored masks.
    fn open(&self) -> anyhow::Result<(Corpus, MaskSource)> {
        let corpus = Corpus::open(&self.data)?;
        let source = MaskSource::open(&self.data, corpus.name(), &corpus.content_hash)?;
        Ok((corpus, source))
    }
}
