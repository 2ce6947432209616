//! `predict`: predicts a split, a sample or a new file with a finished run.

mod record;

use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::new_samples::ReadOptions;
use lnln_bench::data::dataset::{MissingAs, Padding, SplitName};
use lnln_bench::mask::{self, Condition, EvaluationMasks, MaskProtocol};
use lnln_bench::record::{Predictions, RunDir};
use lnln_bench::support::Progress;
use lnln_bench::support::fs::write_atomic;
use lnln_bench::sweep::predict::{self, Request};
use lnln_bench::sweep::{ConditionList, MaskName, predict_new};
use lnln_bench::train::new_data::Masking;
use lnln_bench::train::{DeviceSpec, EncoderSpec, device};

use super::output;
pub use record::PredictRecord;

/// Predict a split of the data, one sample, or a new file, with the weights of a finished run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench predict runs/3f2a9c81d0b4 --rates 0.5 --out half.csv
  lnln-bench predict runs/3f2a9c81d0b4 --split valid --rates LA --out LA.parquet
  lnln-bench predict runs/3f2a9c81d0b4 --sample 'video$_$7'
  lnln-bench predict runs/3f2a9c81d0b4 --input new.pkl --out new.csv
  lnln-bench predict runs/3f2a9c81d0b4 --input new.npz --rates 0,0.5,LA --json

Without --input: data and text encoder must be those of the training; both are
checked by hash. With --input: any file that `prepare` reads, or a prepared one,
with features of the run's widths. Labels, ids, other splits and whole modalities
may be absent; the training data are not needed. What is assumed and what is
missing is printed; docs/predict.md has the details.")]
pub struct Args {
    /// Folder of a finished run.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// New file or folder: an MMSA pickle, NumPy archive, folder of npy files, HDF5 or prepared file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "sample"])]
    input: Option<PathBuf>,
    /// Folder of prepared data sets.
    #[arg(long, default_value = "data", value_name = "DIR")]
    data: PathBuf,
    /// Split: train, valid or test; with --input any split of the file [default: test; of a file the
    /// only one, or test].
    #[arg(long, value_name = "SPLIT")]
    split: Option<String>,
    /// Single sample, by id.
    #[arg(long, value_name = "ID")]
    sample: Option<String>,
    /// Conditions: missing rates as FROM:TO:STEP (TO included) or a list, missing modalities (LA: text
    /// and audio missing), or a rate per modality (l=0.2,a=0.7,v=0.7) [default: 0, nothing removed].
    #[arg(long, value_name = "LIST")]
    rates: Option<ConditionList>,
    /// Mask protocols (`lnln-bench list masks`); each takes the conditions of its kind [default: the
    /// first that takes a condition].
    #[arg(long, value_delimiter = ',', value_name = "NAME,...")]
    masks: Vec<MaskName>,
    /// Mask seed.
    #[arg(long, value_name = "N", default_value_t = 1111)]
    mask_seed: u64,
    /// With --input, what is missing: zeros (each frame of zeros), nan (frames of NaN) or none [default:
    /// frames of NaN, and samples with zeros alone].
    #[arg(long, value_name = "WHAT", requires = "input")]
    missing_as: Option<MissingAs>,
    /// With --input, side of the padding frames, left or right: needed for files padded left, and for
    /// files without lengths, which are then counted.
    #[arg(long, value_name = "END", requires = "input")]
    padding: Option<Padding>,
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
    /// Print JSON: what was read and assumed, scores where there are labels, and the predictions unless
    /// they go to --out.
    #[arg(long)]
    json: bool,
}

fn out(name: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(name);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv" | "parquet") => Ok(path),
        _ => Err("expected a name ending in .csv or .parquet".to_owned()),
    }
}

/// Run the subcommand.
pub fn run(args: Args, progress: &Progress) -> anyhow::Result<()> {
    let maskings = maskings(&args)?;
    match args.input.clone() {
        None => stored(args, maskings, progress),
        Some(input) => new(args, input, maskings, progress),
    }
}

/// Predicts a split of the run's own data.
fn stored(args: Args, maskings: Vec<Masking>, progress: &Progress) -> anyhow::Result<()> {
    let name = args.split.as_deref().unwrap_or("test");
    let split = SplitName::ALL.into_iter().find(|one| one.as_str() == name);
    let split = split.ok_or_else(|| lnln_bench::sweep::Error::SplitName {
        found: name.to_owned(),
    })?;
    let run = RunDir::open(args.run);
    let request = Request {
        run: run.clone(),
        data: args.data,
        split,
        sample: args.sample,
        maskings,
        metric: args.metric,
        encoder: args.encoder,
        device: device::open(args.device)?,
    };
    let predictions = predict::predict(&request, progress)?;
    if let Some(path) = &args.out {
        write_stored(&predictions, path)?;
    }
    if args.json {
        let (manifest, _) = run.checked_manifest()?;
        let groups = predictions.groups();
        let record = PredictRecord::stored(&manifest, split.as_str(), &groups)?;
        return output::json(&record.with_out(args.out.as_deref()));
    }
    match args.out {
        None => output::write(predictions.to_csv().trim_end()),
        Some(_) => Ok(()),
    }
}

fn write_stored(predictions: &Predictions, path: &Path) -> anyhow::Result<()> {
    if is_parquet(path) {
        Ok(predictions.write(path)?)
    } else {
        Ok(write_atomic(path, predictions.to_csv().as_bytes())?)
    }
}

/// Predicts a file that is not the run's own data.
fn new(
    args: Args,
    input: PathBuf,
    maskings: Vec<Masking>,
    progress: &Progress,
) -> anyhow::Result<()> {
    let request = predict_new::Request {
        run: RunDir::open(args.run),
        input: input.clone(),
        read: ReadOptions {
            split: args.split,
            padding: args.padding,
            missing_as: args.missing_as.unwrap_or_default(),
        },
        with_masks: args.rates.is_some() || !args.masks.is_empty(),
        maskings,
        metric: args.metric,
        encoder: args.encoder,
        device: device::open(args.device)?,
    };
    let outcome = predict_new::predict(&request, progress)?;
    for note in &outcome.assumed {
        tracing::info!("{}: {note}", input.display());
    }
    for warning in &outcome.warnings {
        tracing::warn!("{}: {warning}", input.display());
    }
    let [low, high] = outcome.manifest.dataset.label_range;
    let predictions = &outcome.predictions;
    tracing::info!(
        "samples predicted: {}, on the scale of the run's labels ({low} to {high}), not clipped",
        predictions.ids.len()
    );
    match &args.out {
        Some(path) if is_parquet(path) => predictions.write_parquet(path)?,
        Some(path) => write_atomic(path, predictions.to_csv().as_bytes())?,
        None => {}
    }
    let record = PredictRecord::new(&outcome, &input)?;
    if args.json {
        return output::json(&record.with_out(args.out.as_deref()));
    }
    if let Some(table) = record.score_table() {
        tracing::info!("scores\n{table}");
    }
    match args.out {
        None => output::write(predictions.to_csv().trim_end()),
        Some(_) => Ok(()),
    }
}

/// The masks that are asked for: no condition means that nothing is removed.
fn maskings(args: &Args) -> Result<Vec<Masking>, mask::Error> {
    let complete = || Condition::of_number(0.0).into_iter().collect();
    let conditions: Vec<Condition> = args
        .rates
        .as_ref()
        .map_or_else(complete, |all| all.0.clone());
    let names: Vec<&str> = args.masks.iter().map(AsRef::as_ref).collect();
    let chosen: Vec<(&'static dyn MaskProtocol, Condition)> = if names.is_empty() {
        EvaluationMasks::choose(&[], &conditions)
    } else {
        let dealt = EvaluationMasks::deal(&names, &conditions)?;
        let each = |one: &EvaluationMasks| {
            let protocol = one.mask_protocol;
            one.conditions
                .iter()
                .map(move |condition| (protocol, *condition))
                .collect::<Vec<_>>()
        };
        dealt.iter().flat_map(each).collect()
    };
    let masking = |(mask_protocol, condition): (&'static dyn MaskProtocol, Condition)| {
        mask_protocol.check_seed(args.mask_seed)?;
        Ok(Masking {
            mask_protocol,
            mask_seed: args.mask_seed,
            condition,
        })
    };
    chosen.into_iter().map(masking).collect()
}

fn is_parquet(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "parquet")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }

    fn masks(flags: &str) -> Result<Vec<String>, String> {
        let line = format!("x run {flags}");
        let args = Command::parse_from(line.split_whitespace()).args;
        let name = |one: &Masking| format!("{} {}", one.mask_protocol.name(), one.condition);
        let found = maskings(&args);
        let found = found.map(|all| all.iter().map(name).collect());
        found.map_err(|error| error.to_string())
    }

    #[test]
    fn a_mask_protocol_takes_the_conditions_it_is_asked_for() {
        assert_eq!(masks("").unwrap(), ["random 0"]);
        let found = masks("--rates 0.5,LA,l=0.2,a=0.7,v=0.7").unwrap();
        assert_eq!(
            found,
            ["random 0.5", "modality LA", "mixed l=0.2,a=0.7,v=0.7"]
        );
        assert_eq!(masks("--rates 0.5 --masks block").unwrap(), ["block 0.5"]);
        let both = masks("--rates 0.5,LA --masks block,modality").unwrap();
        assert_eq!(both, ["block 0.5", "modality LA"]);
        let message = masks("--rates LA --masks random").unwrap_err();
        assert!(message.contains("random"), "{message}");
    }
}
