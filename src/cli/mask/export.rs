//! `mask export`: writes the masks of one condition for other tools.

use std::path::PathBuf;

use lnln_bench::mask::{self, Condition, EvaluationMasks};

use super::Chosen;
use crate::cli::export::{self, Masks};
use crate::cli::output;

/// Write the masks of one condition as HDF5 or npz, or the masked data as an MMSA pickle.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench mask export data/mosi.h5 --rate 0.5 --out mosi-50.npz
  lnln-bench mask export data/mosi.h5 --rate LA --masks modality --out LA.h5
  lnln-bench mask export data/mosi.h5 --rate 0.5 --masks reference --out 50.pkl

The extension selects the format:
  .npz  bool arrays SPLIT_text, SPLIT_audio, SPLIT_vision, true where kept;
        shape (samples, positions). Also SPLIT_id, SPLIT_hash, SPLIT_realized,
        nominal, content_hash and mask (protocol, version, seed, data set,
        condition)
  .h5   the same, masks as uint8, in groups train, valid and test
  .pkl  the masked data in MMSA's layout, the file that `export --rate` writes

These are evaluation masks, for all three splits. Training noise of runs is different:
docs/masks.md, \"Training noise\".")]
pub struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// Condition: a missing rate from 0 to 1, missing modalities like LA, or l=RATE,a=RATE,v=RATE.
    #[arg(long, value_name = "CONDITION")]
    rate: Condition,
    /// File to write: .npz, .h5 or .pkl.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace an existing file.
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
    let text = match extension.as_str() {
        "pkl" => {
            let written = export::write_pickle(&corpus, Some(&masks), &args.out, args.force)?;
            export::report(&args.out, &corpus, Some(condition), &written)
        }
        extension => {
            match extension {
                "npz" => mask::to_npz(variants, condition, with, &args.out, args.force)?,
                _ => mask::to_hdf5(variants, condition, with, &args.out, args.force)?,
            }
            format!("{}: {}", args.out.display(), corpus.spec.title)
        }
    };
    output::write(&format!("{text}\n{}", masks.describe()?))
}
