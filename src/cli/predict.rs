//! `predict`: what a trained run says of one split or one clip.

use std::path::{Path, PathBuf};

use lnln_bench::dataset::SplitName;
use lnln_bench::mask::{self, Level};
use lnln_bench::record::{RunDir, write_atomic};
use lnln_bench::sweep::predict::{self, Request};
use lnln_bench::train::{DeviceSpec, EncoderSpec, device};
use lnln_bench::ui::Progress;

use super::output;

/// Predict one split of the data, or one clip, with the weights of a finished run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench predict runs/3f2a9c81d0b4 --rate 0.5 --out half.csv
  lnln-bench predict runs/3f2a9c81d0b4 --split valid --rate LA --out valid.parquet
  lnln-bench predict runs/3f2a9c81d0b4 --clip 'video$_$7'
  lnln-bench predict runs/3f2a9c81d0b4 --encoder bert:models/bert-base-uncased --out all.csv

Data and text encoder must be those the run was trained with; both are checked by their hashes.")]
pub struct Args {
    /// Directory of a finished run.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Folder of prepared data sets.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// train, valid or test.
    #[arg(long, default_value = "test", value_parser = split)]
    split: SplitName,
    /// Id of a single clip.
    #[arg(long)]
    clip: Option<String>,
    /// What is missing: a rate from 0 to 1, modalities like LA, or l=RATE,a=RATE,v=RATE.
    #[arg(long, default_value = "0")]
    rate: Level,
    /// Mask family (`lnln-bench list masks`).
    #[arg(long, default_value = "random")]
    masks: String,
    /// Mask seed.
    #[arg(long, default_value_t = 1111)]
    mask_seed: u64,
    /// The metric whose weights are used, in a run whose metrics chose different epochs.
    #[arg(long, default_value = "mae")]
    metric: String,
    /// Text encoder of the run: auto, tiny, features, bert:DIR, frozen:DIR.
    #[arg(long, default_value = "auto")]
    encoder: EncoderSpec,
    /// auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto", value_parser = |text: &str| text.parse::<DeviceSpec>())]
    device: DeviceSpec,
    /// Where to: a name ending in .csv or .parquet; without it CSV to the terminal.
    #[arg(long, value_parser = out)]
    out: Option<PathBuf>,
}

fn out(name: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(name);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv" | "parquet") => Ok(path),
        _ => Err("expected a name ending in .csv or .parquet".to_owned()),
    }
}

fn split(name: &str) -> Result<SplitName, String> {
    let found = SplitName::ALL
        .into_iter()
        .find(|split| split.as_str() == name);
    found.ok_or_else(|| format!("expected train, valid or test, found `{name}`"))
}

/// Run the subcommand.
pub fn run(args: Args, progress: &Progress) -> anyhow::Result<()> {
    let request = Request {
        run: RunDir::open(args.run),
        data: args.data,
        split: args.split,
        clip: args.clip,
        family: mask::find(&args.masks)?,
        mask_seed: args.mask_seed,
        level: args.rate,
        metric: args.metric,
        encoder: args.encoder,
        device: device::open(args.device)?,
    };
    let predictions = predict::predict(&request, progress)?;
    match args.out {
        None => output::write(predictions.to_csv().trim_end()),
        Some(path) if is_parquet(&path) => Ok(predictions.write(&path)?),
        Some(path) => Ok(write_atomic(&path, predictions.to_csv().as_bytes())?),
    }
}

fn is_parquet(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "parquet")
}
