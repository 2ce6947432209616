//! `score`: predictions made elsewhere, as runs.

use std::collections::BTreeSet;
use std::path::PathBuf;

use lnln_bench::data::dataset::Corpus;
use lnln_bench::mask::MASK_PROTOCOLS;
use lnln_bench::record::import::{self, Options};
use lnln_bench::report::cite;

use super::output;

/// Turn predictions made elsewhere into runs, a model of their own in every report.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench score predictions.csv --data data/mosi.h5
  lnln-bench score predictions.parquet --data data/mosi.h5 --model mine --title 'My model'
  lnln-bench report runs --out reports/mosi

PREDICTIONS is CSV with headings or Parquet, with the columns id (sample id of the prepared file),
rate or condition (0.5, LA, ...), seed (of training) and prediction (in label units); model, mask protocol
and mask_seed are optional. Every test sample must be there once for each model, seed and condition;
missing, duplicate and foreign samples and numbers that are not finite are named, and nothing is
written then. Scoring the same predictions again changes nothing. --title, --citation and
--parameters need a file of one model, and the same words where its runs are there already.
docs/score.md has an example in Python that uses this program's masks.")]
pub struct Args {
    /// CSV or Parquet.
    #[arg(value_name = "PREDICTIONS")]
    file: PathBuf,
    /// Prepared file with the truth.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// Folder of run directories.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    runs: PathBuf,
    /// Model of rows that name none [default: the file's name].
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Title in tables [default: the model's name].
    #[arg(long)]
    title: Option<String>,
    /// `Authors: Title. Venue Year`, for citations.bib [default: none].
    #[arg(long, value_name = "TEXT", value_parser = citation)]
    citation: Option<String>,
    /// Trainable scalars [default: unknown].
    #[arg(long, value_name = "N")]
    parameters: Option<u64>,
    /// Mask protocol of rows that name none.
    #[arg(long, default_value = "random")]
    mask_protocol: String,
    /// Mask seed of rows that name none.
    #[arg(long, value_name = "SEED", default_value_t = 1111)]
    mask_seed: u64,
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    let corpus = Corpus::open(&args.data)?;
    let options = Options {
        model: args.model,
        title: args.title,
        citation: args.citation,
        parameters: args.parameters,
        mask_protocol: args.mask_protocol,
        mask_seed: args.mask_seed,
    };
    let scored = import::score(&args.file, &corpus, &args.runs, &options)?;
    warn_of_masks(&scored);
    let line = |run: &import::Scored| {
        let state = if run.new { "" } else { " (there before)" };
        let (path, dataset) = (run.path.display(), corpus.name());
        format!("{path}  {dataset} {} {}{state}\n", run.model, run.seed)
    };
    output::write(&scored.iter().map(line).collect::<String>())
}

/// A mask protocol of somebody else's is allowed, but a misspelt one would part the model from all others.
fn warn_of_masks(scored: &[import::Scored]) {
    let unknown: BTreeSet<&String> = scored.iter().flat_map(|run| &run.unknown_masks).collect();
    let known = MASK_PROTOCOLS.iter().map(|f| f.name()).collect::<Vec<_>>();
    for name in unknown {
        tracing::warn!(
            "mask protocol `{name}` is none of {}: in reports these runs stand in a section of their \
             own, and no other model beside them",
            known.join(", ")
        );
    }
}

/// A citation that becomes an entry of `citations.bib`.
fn citation(text: &str) -> Result<String, String> {
    if text.is_empty() || cite::entry(text).is_some() {
        Ok(text.to_string())
    } else {
        Err(
            "expected `Authors: Title. Venue Year`, as in `Zhang, Wang, Yu: Towards Robust \
                  Multimodal Sentiment Analysis. NeurIPS 2024`"
                .to_string(),
        )
    }
}
