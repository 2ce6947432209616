//! `mask export`: writes masks of evaluation or of training for other tools.

use std::path::PathBuf;

use lnln_bench::mask::{self, Condition, EvaluationMasks, Noise};

use super::{Chosen, absent, noise, several};
use crate::cli::export::{self, Masks};
use crate::cli::export_record::{ExportRecord, MasksRecord};
use crate::cli::output;

/// Write masks of evaluation or training as HDF5 or npz, or masked data as an MMSA pickle.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["rate", "rates", "noise"]))]
#[command(after_help = "Examples:
  lnln-bench mask export data/mosi.h5 --rate 0.5 --out mosi-50.npz
  lnln-bench mask export data/mosi.h5 --rate LA --masks modality --out LA.h5
  lnln-bench mask export data/mosi.h5 --rate 0.5 --masks reference --out 50.pkl
  lnln-bench mask export data/mosi.h5 --rates 0:1:0.1 --out mosi-masks.npz
  lnln-bench mask export data/mosi.h5 --noise fresh --seed 1111 --epochs 0:199 \\
      --out mosi-noise.h5

The extension selects the format:
  .npz  bool arrays SPLIT_text, SPLIT_audio, SPLIT_vision, true where kept;
        shape (samples, positions). Also SPLIT_id, SPLIT_hash, SPLIT_realized,
        nominal, content_hash and mask (protocol, version, seed, data set,
        condition)
  .h5   the same, masks as uint8, in groups train, valid and test
  .pkl  the masked data in MMSA's layout, the file that `export --rate` writes

With --rates the arrays have one axis more in front, for the conditions, whose names
are in `condition`; all of them are datasets in .h5. With --noise the file holds the masks
that `run --noise` trains on instead: `train` only, an axis in front for the epochs, counted
from 0, with `epoch`, `draw` and train_rates (epochs, samples, 3), the missing rates of every
sample in text, audio and vision. Without --noise all masks are those of evaluation.")]
pub struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// Condition: a missing rate from 0 to 1, missing modalities like LA, or l=RATE,a=RATE,v=RATE.
    #[arg(long, value_name = "CONDITION")]
    rate: Option<Condition>,
    /// Several conditions in one file: FROM:TO:STEP (TO included), or a list.
    #[arg(long, value_name = "LIST")]
    rates: Option<String>,
    /// Masks of training: fixed, cycle:K, fresh, reference or reference-refresh; --seed is then the
    /// run's seed.
    #[arg(long, value_name = "NOISE")]
    noise: Option<Noise>,
    #[command(flatten)]
    training: noise::Args,
    /// File to write: .npz, .h5 or .pkl.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace an existing file.
    #[arg(long)]
    force: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
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
    let Some(condition) = args.rate else {
        if extension == "pkl" {
            return Err(mask::Error::ExportSeveral { path: args.out }.into());
        }
        return match args.noise {
            Some(kind) => several_epochs(args, kind),
            None => several_conditions(args),
        };
    };
    let mut evaluation = EvaluationMasks::one(args.chosen.protocol(), condition)?;
    let (corpus, source) = args.chosen.open()?;
    let absent = absent::leave_out(&corpus, &mut evaluation)?;
    let (mask_protocol, seed) = (evaluation.mask_protocol, args.chosen.seed);
    let masks = Masks::of(&corpus, &source, mask_protocol, seed, condition)?;
    let ids = masks.outlines.each_ref();
    let ids = ids.map(|outline| (outline.name, outline.ids.as_slice()));
    let with = (corpus.content_hash.as_str(), &ids[..]);
    let variants = &masks.variants;
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
    if args.json {
        let record = ExportRecord::new(args.out, &corpus);
        return output::json(&record.with_masks(masks.record()?));
    }
    let absent = absent::note(&absent);
    output::write(&format!("{text}\n{}{absent}", masks.describe()?))
}

fn several_conditions(args: Args) -> anyhow::Result<()> {
    let mut several = several::read(&args.chosen, args.rates.as_deref().unwrap_or_default())?;
    let columns = std::mem::take(&mut several.columns);
    mask::write_columns(columns, &args.out, args.force)?;
    if args.json {
        let masks = MasksRecord::new(&several.masks, &several.conditions)?;
        return output::json(&ExportRecord::new(args.out, &several.corpus).with_masks(masks));
    }
    output::write(&format!("{}: {}", args.out.display(), several.describe()))
}

fn several_epochs(args: Args, kind: Noise) -> anyhow::Result<()> {
    let mut noise = noise::draw(kind, &args.chosen, &args.training)?;
    let columns = std::mem::take(&mut noise.columns);
    mask::write_columns(columns, &args.out, args.force)?;
    if args.json {
        let record = ExportRecord::new(args.out, &noise.corpus);
        return output::json(&record.with_noise(noise.record));
    }
    output::write(&format!("{}: {}", args.out.display(), noise.describe()))
}
