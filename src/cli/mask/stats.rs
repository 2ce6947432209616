//! `mask stats`: realised missing rates.

use lnln_bench::data::dataset::SplitName;
use lnln_bench::mask::{self, Conditions, Level, Realised, SplitShape, Spread};
use serde_json::json;

use super::Chosen;
use crate::cli::output;

/// Print realised missing rates with their spread over clips.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench mask stats data/mosi.h5
  lnln-bench mask stats data/mosi.h5 --masks block --rates 0:1:0.25 --split train
  lnln-bench mask stats data/mosi.h5 --masks modality --json

`pooled` is lost positions / valid positions of all clips together; mean, sd, min and max are over
clips. CLS and SEP are valid and never lost, so text stays below its nominal rate.")]
pub struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// Levels: FROM:TO:STEP (TO included), rates, modalities like LA, l=RATE,a=RATE,v=RATE.
    #[arg(long, default_value = "0:1:0.1")]
    rates: String,
    /// Split.
    #[arg(long, default_value = "test", value_parser = split)]
    split: SplitName,
    /// One line of JSON per level and modality.
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
    let levels = mask::parse_list(&args.rates)?;
    let conditions = Conditions::deal(&[&args.chosen.masks], &levels)?.swap_remove(0);
    let (corpus, source) = args.chosen.open()?;
    let outline = corpus.outline(args.split)?;
    let (shape, seed) = (SplitShape::from(&outline), args.chosen.seed);
    let mut masks = source.masks(conditions.family, &shape, seed, &conditions.levels)?;
    // Stored masks may hold more levels than were asked for.
    masks.restrict(&conditions.levels);
    let realised = mask::realised(&masks, &shape)?;
    let rows = masks.levels.iter().zip(&realised);
    match args.json {
        true => rows
            .flat_map(|(level, of)| of.iter().map(move |of| (level, of)))
            .try_for_each(|(level, of)| {
                output::write(&serde_json::to_string(&json!({
                    "dataset": corpus.name(), "split": args.split, "family": masks.family,
                    "version": masks.version, "seed": seed, "level": level, "realised": of,
                }))?)
            }),
        false => {
            let mut table = output::table();
            table.set_header([
                "level", "modality", "nominal", "pooled", "mean", "sd", "min", "max", "clips",
            ]);
            table.add_rows(rows.flat_map(|(level, of)| of.iter().map(|of| row(level, of))));
            let (name, split) = (&corpus.spec.title, args.split);
            let head = format!(
                "{name} {split}: {} v{} masks, seed {seed}",
                masks.family, masks.version
            );
            output::write(&format!("{head}\n{table}"))
        }
    }
}

fn row(level: &Level, of: &Realised) -> Vec<String> {
    let show = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
    let of_clips = |get: &dyn Fn(&Spread) -> f64| show(of.spread.as_ref().map(get));
    vec![
        level.to_string(),
        of.modality.to_string(),
        of.nominal.to_string(),
        show(of.pooled),
        of_clips(&|spread| spread.mean),
        of_clips(&|spread| spread.sd),
        of_clips(&|spread| spread.min),
        of_clips(&|spread| spread.max),
        of.spread.map_or(0, |spread| spread.clips).to_string(),
    ]
}
