//! `export`: prepared data back as an MMSA pickle.

use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::{Corpus, Outline, SplitName, export};
use lnln_bench::mask::{
    Condition, Erasure, EvaluationMasks, MaskProtocol, MaskSource, SplitShape, Variants,
};

use super::output;

/// Write prepared data as an MMSA pickle, complete or masked at one condition.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench export data/mosi.h5 --out mosi.pkl
  lnln-bench export data/mosi.h5 --out mosi-50.pkl --rate 0.5 --seed 1111

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
    rate: Option<Condition>,
    /// Mask protocol (`lnln-bench list masks`).
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
    // The mask protocol is checked against the condition before the data are opened.
    let evaluation = args
        .rate
        .map(|rate| EvaluationMasks::one(&args.masks, rate))
        .transpose()?;
    let corpus = Corpus::open(&args.data)?;
    let masks = match (evaluation, args.rate) {
        (Some(evaluation), Some(rate)) => {
            let source = MaskSource::beside(&args.data, corpus.name(), &corpus.content_hash)?;
            let mask_protocol = evaluation.mask_protocol;
            Some(Masks::of(&corpus, &source, mask_protocol, args.seed, rate)?)
        }
        _ => None,
    };
    let written = write_pickle(&corpus, masks.as_ref(), &args.out, args.force)?;
    let mut said = report(&args.out, &corpus, args.rate, &written);
    if let Some(masks) = &masks {
        said.push_str(&format!("\n{}", masks.describe()?));
    }
    output::write(&said)
}

/// The masks of train, valid and test at one condition.
pub struct Masks {
    pub variants: Variants,
    pub condition: Condition,
    pub outlines: [Outline; 3],
}

impl Masks {
    /// Those beside the data, or drawn.
    pub fn of(
        corpus: &Corpus,
        source: &MaskSource,
        mask_protocol: &'static dyn MaskProtocol,
        seed: u64,
        condition: Condition,
    ) -> anyhow::Result<Self> {
        let outlines = corpus.outlines()?;
        let shapes = outlines.each_ref().map(SplitShape::from);
        Ok(Self {
            variants: source.of_splits(mask_protocol, &shapes, seed, &[condition])?,
            condition,
            outlines,
        })
    }

    /// Mask protocol, seed and condition, and the hash of each split.
    pub fn describe(&self) -> anyhow::Result<String> {
        let masks = &self.variants;
        let mut said = format!(
            "  {} v{} masks, seed {}, condition {}",
            masks.mask_protocol, masks.version, masks.seed, self.condition
        );
        for split in SplitName::ALL {
            let hash = masks.hash(split, self.condition)?;
            said.push_str(&format!("\n  {:5}  hash {hash}", split.as_str()));
        }
        Ok(said)
    }
}

/// Writes the data, under masks where there are some, and says what could not be written.
pub fn write_pickle(
    corpus: &Corpus,
    masks: Option<&Masks>,
    out: &Path,
    force: bool,
) -> anyhow::Result<export::Exported> {
    let erasure = masks.map(|masks| Erasure::new(&masks.variants, masks.condition));
    let erasure = erasure.transpose()?;
    let erase = erasure
        .as_ref()
        .map(|erasure| erasure as &dyn export::Erase);
    let written = export::export(corpus.reader(), out, erase, force)?;
    if !written.left_out.is_empty() {
        tracing::warn!("left out: {}", written.left_out.join(", "));
    }
    Ok(written)
}

/// What was written, on one line.
pub fn report(
    out: &Path,
    corpus: &Corpus,
    rate: Option<Condition>,
    written: &export::Exported,
) -> String {
    let samples: Vec<String> = written
        .splits
        .iter()
        .map(|(split, samples)| format!("{samples} {split}"))
        .collect();
    let state = rate.map_or("complete".to_owned(), |rate| format!("missing rate {rate}"));
    format!(
        "{}: {}, {state}, {} samples, {:.1} MiB",
        out.display(),
        corpus.spec.title,
        samples.join(", "),
        written.bytes as f64 / (1 << 20) as f64
    )
}
