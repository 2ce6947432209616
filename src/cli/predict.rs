//! `predict`: what a trained run says of one split or one sample.

use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::SplitName;
use lnln_bench::mask::{self, Condition, EvaluationMasks, MaskProtocol};
use lnln_bench::record::RunDir;
use lnln_bench::support::Progress;
use lnln_bench::support::fs::write_atomic;
use lnln_bench::sweep::predict::{self, Request};
use lnln_bench::train::{DeviceSpec, EncoderSpec, device};

use super::output;

/// Predict one split of the data, or one sample, with the weights of a finished run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench predict runs/3f2a9c81d0b4 --rate 0.5 --out half.csv
  lnln-bench predict runs/3f2a9c81d0b4 --split valid --rate LA --out valid.parquet
  lnln-bench predict runs/3f2a9c81d0b4 --sample 'video$_$7'
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
    /// Id of a single sample.
    #[arg(long)]
    sample: Option<String>,
    /// What is missing: a rate from 0 to 1, modalities like LA, or l=RATE,a=RATE,v=RATE.
    #[arg(long, default_value = "0")]
    rate: Condition,
    /// Mask protocol (`lnln-bench list masks`) [default: the first that takes such a rate]
    #[arg(long)]
    masks: Option<String>,
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
        sample: args.sample,
        mask_protocol: mask_protocol(args.masks.as_deref(), args.rate)?,
        mask_seed: args.mask_seed,
        condition: args.rate,
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

/// The mask protocol of this name, or the first of all, that has masks at this condition.
fn mask_protocol(
    name: Option<&str>,
    condition: Condition,
) -> Result<&'static dyn MaskProtocol, mask::Error> {
    let first = || {
        EvaluationMasks::choose(&[], &[condition])
            .first()
            .map(|one| one.0.name())
    };
    let name = name.or_else(first).unwrap_or("random");
    Ok(EvaluationMasks::one(name, condition)?.mask_protocol)
}

fn is_parquet(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "parquet")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_protocol_takes_the_rate_it_is_asked_for() {
        let found = |name, condition: &str| {
            let found = mask_protocol(name, condition.parse().unwrap());
            found
                .map(MaskProtocol::name)
                .map_err(|error| error.to_string())
        };
        assert_eq!(found(None, "0.5").unwrap(), "random");
        assert_eq!(found(None, "LA").unwrap(), "modality");
        assert_eq!(found(None, "l=0.2,a=0.7,v=0.7").unwrap(), "mixed");
        assert_eq!(found(Some("block"), "0.5").unwrap(), "block");
        let message = found(Some("modality"), "0.5").unwrap_err();
        assert!(message.contains("modality"), "{message}");
    }
}
