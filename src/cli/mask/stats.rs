//! `mask stats`: prints realized missing rates.

use lnln_bench::data::dataset::{Modality, SplitName};
use lnln_bench::mask::{
    self, Condition, EvaluationMasks, MaskProtocol, Realized, SplitShape, Spread,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Chosen, absent};
use crate::cli::output;

/// Print realized missing rates with their spread over samples.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench mask stats data/mosi.h5
  lnln-bench mask stats data/mosi.h5 --masks block --rates 0:1:0.5 --split train
  lnln-bench mask stats data/mosi.h5 --masks modality --json")]
pub struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// Conditions: FROM:TO:STEP (TO included), rates, modalities like LA, or l=RATE,a=RATE,v=RATE.
    #[arg(long, default_value = "0:1:0.1")]
    rates: String,
    /// Split.
    #[arg(long, default_value = "test", value_parser = split)]
    split: SplitName,
    /// One line of JSON per condition and modality.
    #[arg(long)]
    json: bool,
}

/// A line of `mask stats --json`.
#[derive(Serialize, JsonSchema)]
pub struct StatsRecord<'a> {
    dataset: &'a str,
    split: SplitName,
    mask_protocol: &'a str,
    version: u32,
    seed: u64,
    condition: String,
    rate_text: f64,
    rate_audio: f64,
    rate_vision: f64,
    modality: Modality,
    /// Missing rate of the condition.
    nominal: f64,
    /// Masked valid positions / valid positions of all samples together; null if none is valid.
    pooled: Option<f64>,
    /// Over the samples' own missing rates.
    mean: Option<f64>,
    sd: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    samples: usize,
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
    let mut evaluation =
        EvaluationMasks::deal(&[args.chosen.protocol()], &conditions)?.swap_remove(0);
    let (corpus, source) = args.chosen.open()?;
    let absent = absent::leave_out(&corpus, &mut evaluation)?;
    let outline = corpus.outline(args.split)?;
    let (shape, seed) = (SplitShape::from(&outline), args.chosen.seed);
    let masks = source.masks(
        evaluation.mask_protocol,
        &shape,
        seed,
        &evaluation.conditions,
    )?;
    let realized = mask::realized(&masks, &shape)?;
    let rows = masks.conditions.iter().zip(&realized);
    let is_present = |one: &&Realized| !absent.contains(&one.modality);
    let rows = rows.flat_map(|(condition, all)| {
        let present = all.iter().filter(is_present);
        present.map(move |one| (condition, one))
    });
    if args.json {
        for (condition, of_modality) in rows {
            let [rate_text, rate_audio, rate_vision] = condition.rates();
            let spread = of_modality.spread;
            output::json_line(&StatsRecord {
                dataset: corpus.name(),
                split: args.split,
                mask_protocol: &masks.mask_protocol,
                version: masks.version,
                seed,
                condition: condition.to_string(),
                rate_text,
                rate_audio,
                rate_vision,
                modality: of_modality.modality,
                nominal: of_modality.nominal,
                pooled: of_modality.pooled,
                mean: spread.map(|spread| spread.mean),
                sd: spread.map(|spread| spread.sd),
                min: spread.map(|spread| spread.min),
                max: spread.map(|spread| spread.max),
                samples: spread.map_or(0, |spread| spread.samples),
            })?;
        }
        return Ok(());
    }
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
    table.add_rows(rows.map(|(condition, one)| row(condition, one)));
    let (name, split) = (&corpus.spec.title, args.split);
    let head = format!(
        "{name} {split}: {} v{} masks, seed {seed}, realized missing rates",
        masks.mask_protocol, masks.version
    );
    output::write(&format!(
        "{head}\n{table}\n{}{}",
        note(&shape, evaluation.mask_protocol),
        absent::note(&absent)
    ))
}

/// Explains the columns, and why text with token ids at rate 1 is below 1.
fn note(shape: &SplitShape, mask_protocol: &dyn MaskProtocol) -> String {
    let mut note = "pooled: masked valid positions / valid positions of all samples together
mean, sd, min, max: over the samples' own rates; short samples weigh as much as long ones"
        .to_owned();
    let valid: u64 = shape.lengths[0]
        .iter()
        .map(|length| u64::from(*length))
        .sum();
    let protected = shape
        .rows(Modality::Text, mask_protocol)
        .protected_positions();
    if protected > 0 {
        let most = (valid - protected) as f64 / valid as f64;
        note.push_str(&format!(
            "\ntext: CLS and SEP are valid and never masked, so at rate 1 `pooled` is {most:.4}, not 1"
        ));
    }
    note
}

fn row(condition: &Condition, realized: &Realized) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
    let spread = |get: fn(&Spread) -> f64| number(realized.spread.as_ref().map(get));
    vec![
        condition.to_string(),
        realized.modality.to_string(),
        realized.nominal.to_string(),
        number(realized.pooled),
        spread(|spread| spread.mean),
        spread(|spread| spread.sd),
        spread(|spread| spread.min),
        spread(|spread| spread.max),
        realized
            .spread
            .map_or(0, |spread| spread.samples)
            .to_string(),
    ]
}
