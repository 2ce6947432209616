//! `export`: writes prepared data as an MMSA pickle.

use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::{Corpus, Outline, SplitName, export};
use lnln_bench::mask::{
    self, Condition, EvaluationMasks, ExportMasks, MaskProtocol, MaskSource, SplitShape, Variants,
};

use super::export_record::{ExportRecord, MasksRecord};
use super::output;

/// Write prepared data as an MMSA pickle, complete or masked at one condition.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench export data/mosi.h5 --out mosi.pkl
  lnln-bench export data/mosi.h5 --out mosi-50.pkl --rate 0.5 --seed 1111

The pickle has MMSA's layout (a dict of train, valid and test, each a dict of columns), so that any
code written for MMSA's files trains on exactly the same data. Features are float32, non-finite
values are 0. Preparing a complete export again gives the same content hash.

With --rate, masked tokens of text_bert become 100 ([UNK]), masked rows of text, audio and vision
zeros. CLS, SEP, attention mask, lengths and raw_text (the complete transcript) are not changed.
Splits other than train, valid and test are left out.")]
pub struct Args {
    /// A file made by prepare.
    #[arg(value_name = "DATA.h5")]
    data: PathBuf,
    /// The pickle to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Condition: a missing rate from 0 to 1, missing modalities like LA, or l=RATE,a=RATE,v=RATE
    /// [default: complete data].
    #[arg(long, value_name = "CONDITION")]
    rate: Option<Condition>,
    /// Mask protocol (`lnln-bench list masks`).
    #[arg(
        long,
        default_value = "random",
        value_name = "PROTOCOL",
        requires = "rate"
    )]
    masks: String,
    /// Mask seed.
    #[arg(long, default_value_t = 1111, requires = "rate")]
    seed: u64,
    /// Replace an existing file.
    #[arg(long)]
    force: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Arguments of the demo: this share of the words is lost, and nothing else.
    #[cfg(feature = "torch")]
    pub fn for_demo(data: PathBuf, out: PathBuf, share: f64) -> Self {
        Self {
            data,
            out,
            rate: Condition::new([share, 0.0, 0.0]),
            masks: "mixed".to_owned(),
            seed: 1111,
            force: true,
            json: false,
        }
    }
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    // The mask protocol is checked against the condition before the data are opened.
    let mut evaluation = args
        .rate
        .map(|rate| EvaluationMasks::one(&args.masks, rate))
        .transpose()?;
    let corpus = Corpus::open(&args.data)?;
    if let Some(evaluation) = &mut evaluation {
        super::mask::absent::leave_out(&corpus, evaluation)?;
    }
    let masks = match (evaluation, args.rate) {
        (Some(evaluation), Some(rate)) => {
            let source = MaskSource::open(&args.data, corpus.name(), &corpus.content_hash)?;
            let mask_protocol = evaluation.mask_protocol;
            Some(Masks::of(&corpus, &source, mask_protocol, args.seed, rate)?)
        }
        _ => None,
    };
    let written = write_pickle(&corpus, masks.as_ref(), &args.out, args.force)?;
    if args.json {
        let record = ExportRecord::new(args.out, &corpus);
        return output::json(&match &masks {
            Some(masks) => record.with_masks(masks.record()?),
            None => record,
        });
    }
    let mut text = report(&args.out, &corpus, args.rate, &written);
    if let Some(masks) = &masks {
        text.push_str(&format!("\n{}", masks.describe()?));
    }
    output::write(&text)
}

/// The masks of train, valid and test at one condition.
pub struct Masks {
    pub variants: Variants,
    pub condition: Condition,
    pub outlines: [Outline; 3],
}

impl Masks {
    /// Reads stored masks and draws those that are not stored.
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

    /// These masks in `--json`.
    pub fn record(&self) -> Result<MasksRecord, mask::Error> {
        MasksRecord::new(&self.variants, &[self.condition])
    }

    /// Mask protocol, seed and condition, and the hash of each split.
    pub fn describe(&self) -> anyhow::Result<String> {
        let masks = &self.variants;
        let mut text = format!(
            "  {} v{} masks, seed {}, condition {}",
            masks.mask_protocol, masks.version, masks.seed, self.condition
        );
        for split in SplitName::ALL {
            let hash = masks.hash(split, self.condition)?;
            text.push_str(&format!("\n  {:5}  hash {hash}", split.as_str()));
        }
        Ok(text)
    }
}

/// Writes the data, masked if there are masks, and warns of what was left out.
pub fn write_pickle(
    corpus: &Corpus,
    masks: Option<&Masks>,
    out: &Path,
    force: bool,
) -> anyhow::Result<export::Exported> {
    let masks = masks.map(|masks| ExportMasks::new(&masks.variants, masks.condition));
    let masks = masks.transpose()?;
    let masks = masks.as_ref().map(|masks| masks as &dyn export::ApplyMasks);
    let written = export::export(corpus.reader(), out, masks, force)?;
    if !written.left_out.is_empty() {
        tracing::warn!("left out: {}", written.left_out.join(", "));
    }
    Ok(written)
}

/// Describes what was written, on one line.
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
