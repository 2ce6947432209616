//! `mask stats`: realised missing rates.

use lnln_bench::data::dataset::SplitName;
use lnln_bench::mask::{self, Condition, EvaluationMasks, Realised, SplitShape, Spread};
use serde_json::json;

use super::Chosen;
use crate::cli::output;

/// Print realised missing rates with their spread over samples.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench mask stats data/mosi.h5
  lnln-bench mask stats data/mosi.h5 --masks block --rates 0:1:0.5 --split train
  lnln-bench mask stats data/mosi.h5 --masks modality --json

`pooled` is lost positions / valid positions of all samples together; mean, sd, min and max are over
samples. CLS and SEP are valid and never lost, so text stays below its nominal rate.")]
pub struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// Conditions: FROM:TO:STEP (TO included), rates, modalities like LA, l=RATE,a=RATE,v=RATE.
    #[arg(long, default_value = "0:1:0.1")]
    rates: String,
    /// Split.
    #[arg(long, default_value = "test", value_parser = split)]
    split: SplitName,
    /// One line of JSON per condition and modality.
    #[arg(long)]
    json: bool,
}

fn split(name: &str) -> Result<SplitName, String> {
    let known = SplitName::ALL
        .into_iter()
        .find(|split| split.as_str() == name);
    known.ok_or_else(|| "expected train, valid or test".to_owned())
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    let conditions = mask::parse_list(&args.rates)?;
    let evaluation = EvaluationMasks::deal(&[&args.chosen.masks], &conditions)?.swap_remove(0);
    let (corpus, source) = args.chosen.open()?;
    let outline = corpus.outline(args.split)?;
    let (shape, seed) = (SplitShape::from(&outline), args.chosen.seed);
    let mut masks = source.masks(
        evaluation.mask_protocol,
        &shape,
        seed,
        &evaluation.conditions,
    )?;
    // Stored masks may hold more conditions than were asked for.
    masks.restrict(&evaluation.conditions);
    let realised = mask::realised(&masks, &shape)?;
    let rows = masks.conditions.iter().zip(&realised);
    if args.json {
        rows
    .flat_map(|(condition, of)| of.iter().map(move |of| (condition, of)))
    .try_for_each(|(condition, of)| {
        output::write(&serde_json::to_string(&json!({
            "dataset": corpus.name(), "split": args.split, "mask_protocol": masks.mask_protocol,
            "version": masks.version, "seed": seed, "condition": condition, "realised": of,
        }))?)
    })
    } else {
        let mut table = output::table();
        table.set_header([
            "condition",
            "modality",
            "nominal",
            "pooled",
            "mean",
            "sd",
            "min",
            "max",
            "samples",
        ]);
        table.add_rows(rows.flat_map(|(condition, of)| of.iter().map(|of| row(condition, of))));
        let (name, split) = (&corpus.spec.title, args.split);
        let head = format!(
            "{name} {split}: {} v{} masks, seed {seed}",
            masks.mask_protocol, masks.version
        );
        output::write(&format!("{head}\n{table}"))
    }
}

fn row(condition: &Condition, of: &Realised) -> Vec<String> {
    let show = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
    let of_samples = |get: &dyn Fn(&Spread) -> f64| show(of.spread.as_ref().map(get));
    vec![
        condition.to_string(),
        of.modality.to_string(),
        of.nominal.to_string(),
        show(of.pooled),
        of_samples(&|spread| spread.mean),
        of_samples(&|spread| spread.sd),
        of_samples(&|spread| spread.min),
        of_samples(&|spread| spread.max),
        of.spread.map_or(0, |spread| spread.samples).to_string(),
    ]
}
