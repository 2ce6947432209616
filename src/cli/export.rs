//! `export`: prepared data back as an MMSA pickle.

use std::path::{Path, PathBuf};

use lnln_bench::dataset::{Corpus, Outline, SplitName, export};
use lnln_bench::mask::{self, Erasure, Level, MaskSource, SplitShape};

use super::output;

/// Write prepared data as an MMSA pickle, complete or masked at one level.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench export data/mosi.h5 --out mosi.pkl
  lnln-bench export data/mosi.h5 --out mosi-50.pkl --rate 0.5 --masks random --seed 1111

The pickle has MMSA's layout (a dict of train, valid and test, each a dict of columns), so that any
code written for MMSA's files trains on exactly the same data: features are float32, non-finite
values are 0. Preparing a complete export again gives the same content hash.

With --rate, erased tokens of text_bert become 100 ([UNK]), erased rows of text, audio and vision
zeros; CLS, SEP, attention mask and lengths stay, and so does raw_text, which shows the whole
transcript. Splits beyond train, valid and test are then left out.")]
pub struct Args {
    /// A file made by prepare.
    #[arg(value_name = "DATA.h5")]
    data: PathBuf,
    /// The pickle to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What is missing: a rate from 0 to 1, modalities like LA, or l=RATE,a=RATE,v=RATE; without it
    /// the data stay complete.
    #[arg(long, value_name = "LEVEL")]
    rate: Option<Level>,
    /// Mask family (`lnln-bench list masks`).
    #[arg(
        long,
        default_value = "random",
        value_name = "FAMILY",
        requires = "rate"
    )]
    masks: String,
    /// Mask seed.
    #[arg(long, default_value_t = 1111, requires = "rate")]
    seed: u64,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    let family = mask::find(&args.masks)?;
    let corpus = Corpus::open(&args.data)?;
    let erasure = args
        .rate
        .map(|rate| {
            let source = MaskSource::beside(&args.data, corpus.name(), &corpus.content_hash)?;
            let outlines = SplitName::ALL.map(|name| corpus.outline(name));
            let outlines: Vec<Outline> = outlines.into_iter().collect::<Result<_, _>>()?;
            let shapes: Vec<SplitShape> = outlines.iter().map(SplitShape::from).collect();
            let variants = source.of_splits(family, &shapes, args.seed, &[rate])?;
            anyhow::Ok(Erasure::new(&variants, rate)?)
        })
        .transpose()?;
    let erase = erasure
        .as_ref()
        .map(|erasure| erasure as &dyn export::Erase);
    let written = export::export(corpus.reader(), &args.out, erase, args.force)?;
    if !written.left_out.is_empty() {
        tracing::warn!("left out: {}", written.left_out.join(", "));
    }
    output::write(&report(&args.out, &corpus, args.rate, &written))
}

fn report(out: &Path, corpus: &Corpus, rate: Option<Level>, written: &export::Exported) -> String {
    let clips: Vec<String> = written
        .splits
        .iter()
        .map(|(split, clips)| format!("{clips} {split}"))
        .collect();
    let state = rate.map_or("complete".to_owned(), |rate| format!("missing rate {rate}"));
    format!(
        "{}: {}, {state}, {} clips, {:.1} MiB",
        out.display(),
        corpus.spec.title,
        clips.join(", "),
        written.bytes as f64 / (1 << 20) as f64
    )
}
