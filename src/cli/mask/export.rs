//! `mask export`: the masks of one level for other tools.

use std::path::PathBuf;

use lnln_bench::dataset::{self, Outline, SplitName};
use lnln_bench::mask::{self, Conditions, Erasure, Level, SplitShape};

use super::Chosen;
use crate::cli::output;

/// Write the masks of one level as HDF5 or npz, or the data under them as an MMSA pickle.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench mask export data/mosi.h5 --rate 0.5 --out mosi-50.npz
  lnln-bench mask export data/mosi.h5 --rate LA --masks modality --out mosi-LA.h5
  lnln-bench mask export data/mosi.h5 --rate 0.5 --masks reference --out mosi-50.pkl

The name says the form. NAME.npz: bool arrays SPLIT_text, SPLIT_audio, SPLIT_vision of shape (clips,
positions), true where a position is kept, with SPLIT_id, SPLIT_hash and mask (family, version, seed,
data set, level). NAME.h5: the same as uint8 in groups train, valid and test. NAME.pkl: MMSA's own
layout with the erased tokens [UNK] and the erased frames zero, for any code that reads MMSA's files.")]
pub struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// What is missing: a rate from 0 to 1, modalities like LA, or l=RATE,a=RATE,v=RATE.
    #[arg(long, value_name = "LEVEL")]
    rate: Level,
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
    let conditions = Conditions::deal(&[&args.chosen.masks], &[args.rate])?;
    let (corpus, source) = args.chosen.open()?;
    let outlines = SplitName::ALL.map(|name| corpus.outline(name));
    let outlines: Vec<Outline> = outlines.into_iter().collect::<Result<_, _>>()?;
    let shapes: Vec<SplitShape> = outlines.iter().map(SplitShape::from).collect();
    let (family, levels) = (conditions[0].family, &conditions[0].levels);
    let variants = source.of_splits(family, &shapes, args.chosen.seed, levels)?;
    let ids: Vec<mask::Ids> = outlines
        .iter()
        .map(|o| (o.name, o.ids.as_slice()))
        .collect();
    match extension.as_str() {
        "npz" => mask::to_npz(&variants, args.rate, &ids, &args.out, args.force)?,
        "pkl" => {
            let erasure = Erasure::new(&variants, args.rate)?;
            let reader = corpus.reader();
            dataset::export::export(reader, &args.out, Some(&erasure), args.force)?;
        }
        _ => mask::to_hdf5(&variants, args.rate, &ids, &args.out, args.force)?,
    }
    let mut said = format!(
        "{}: {} v{} masks of {}, seed {}, level {}",
        args.out.display(),
        variants.family,
        variants.version,
        corpus.spec.title,
        variants.seed,
        args.rate
    );
    for split in SplitName::ALL {
        said.push_str(&format!(
            "\n  {:5}  hash {}",
            split.as_str(),
            variants.hash(split, args.rate)?
        ));
    }
    output::write(&said)
}
