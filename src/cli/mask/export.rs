//! `mask export`: the masks of one condition for other tools.

use std::path::PathBuf;

use lnln_bench::mask::{self, Condition, EvaluationMasks};

use super::Chosen;
use crate::cli::export::{self, Masks};
use crate::cli::output;

/// Write the masks of one condition as HDF5 or npz, or the data under them as an MMSA pickle.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench mask export data/mosi.h5 --rate 0.5 --out mosi-50.npz
  lnln-bench mask export data/mosi.h5 --rate LA --masks modality --out LA.h5
  lnln-bench mask export data/mosi.h5 --rate 0.5 --masks reference --out 50.pkl

The name says the form. NAME.npz: bool arrays SPLIT_text, SPLIT_audio, SPLIT_vision of shape (samples,
positions), true where a position is kept, with SPLIT_id, SPLIT_hash, mask (mask protocol, version, seed, data
set, condition) and content_hash (of the data). NAME.h5: the same as uint8 in groups train, valid and test.
NAME.pkl: what `export --rate` writes, MMSA's own layout with the erased tokens [UNK] and the erased
frames zero, for any code that reads MMSA's files.")]
pub struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// What is missing: a rate from 0 to 1, modalities like LA, or l=RATE,a=RATE,v=RATE.
    #[arg(long, value_name = "LEVEL")]
    rate: Condition,
    /// The file to write: .npz, .h5 or .pkl.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    let extension = args
        .out
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    if !["npz", "h5", "hdf5", "pkl"].contains(&extension.as_str()) {
        return Err(mask::Error::ExportForm { path: args.out }.into());
    }
    let evaluation = EvaluationMasks::one(&args.chosen.masks, args.rate)?;
    let (corpus, source) = args.chosen.open()?;
    let (mask_protocol, seed) = (evaluation.mask_protocol, args.chosen.seed);
    let masks = Masks::of(&corpus, &source, mask_protocol, seed, args.rate)?;
    let ids = masks.outlines.each_ref();
    let ids = ids.map(|outline| (outline.name, outline.ids.as_slice()));
    let with = (corpus.content_hash.as_str(), &ids[..]);
    let (variants, condition) = (&masks.variants, args.rate);
    let said = match extension.as_str() {
        "pkl" => {
            let written = export::write_pickle(&corpus, Some(&masks), &args.out, args.force)?;
            export::report(&args.out, &corpus, Some(condition), &written)
        }
        form => {
            match form {
                "npz" => mask::to_npz(variants, condition, with, &args.out, args.force)?,
                _ => mask::to_hdf5(variants, condition, with, &args.out, args.force)?,
            }
            format!("{}: {}", args.out.display(), corpus.spec.title)
        }
    };
    output::write(&format!("{said}\n{}", masks.describe()?))
}
