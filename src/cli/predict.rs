//! `predict`: predicts a split or a sample with a finished run.

use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::SplitName;
use lnln_bench::mask::{self, Condition, EvaluationMasks, MaskProtocol};
use lnln_bench::record::{RunDir, write_atomic};
use lnln_bench::support::Progress;
use lnln_bench::sweep::predict::{self, Request};
use lnln_bench::train::{DeviceSpec, EncoderSpec, device};

use super::output;

/// Predict a split of the data, or one sample, with the weights of a finished run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench predict runs/3f2a9c81d0b4 --rate 0.5 --out half.csv
  lnln-bench predict runs/3f2a9c81d0b4 --split valid --rate LA --out LA.parquet
  lnln-bench predict runs/3f2a9c81d0b4 --sample 'video$_$7'

Data and text encoder must be those of the training; both are checked by hash.")]
pub struct Args {
    /// Folder of a finished run.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Folder of prepared data sets.
    #[arg(long, default_value = "data", value_name = "DIR")]
    data: PathBuf,
    /// Split: train, valid or test.
    #[arg(long, value_name = "SPLIT", default_value = "test", value_parser = split)]
    split: SplitName,
    /// Single sample, by id.
    #[arg(long, value_name = "ID")]
    sample: Option<String>,
    /// Condition: a missing rate from 0 to 1, missing modalities (LA: text and audio), or a rate per
    /// modality (l=0.2,a=0.7,v=0.7).
    #[arg(long, value_name = "CONDITION", default_value = "0")]
    rate: Condition,
    /// Mask protocol (`lnln-bench list masks`) [default: the first that takes the condition].
    #[arg(long, value_name = "NAME")]
    masks: Option<String>,
    /// Mask seed.
    #[arg(long, value_name = "N", default_value_t = 1111)]
    mask_seed: u64,
    /// Metric whose epoch is used, in a run of `--select paper`.
    #[arg(long, value_name = "NAME", default_value = "mae")]
    metric: String,
    /// Text encoder: auto (the run's own; a BERT from $LNLN_BENCH_BERT), tiny, features, bert:DIR or
    /// frozen:DIR.
    #[arg(long, value_name = "ENCODER", default_value = "auto")]
    encoder: EncoderSpec,
    /// Device: auto (CUDA if there is one), cpu, cuda or cuda:N.
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = |text: &str| text.parse::<DeviceSpec>())]
    device: DeviceSpec,
    /// Output file, .csv or .parquet [default: CSV to stdout].
    #[arg(long, value_name = "FILE", value_parser = out)]
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

/// The mask protocol of this name, or the first that takes this condition.
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
