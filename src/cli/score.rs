//! `score`: imports predictions of an external model as runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::Corpus;
use lnln_bench::mask::MASK_PROTOCOLS;
use lnln_bench::metric::fixed;
use lnln_bench::record::import::{self, Check, Options, Outcome, Role};
use lnln_bench::report::format::citations;
use lnln_bench::support::nearest::hint;

use clap::builder::NonEmptyStringValueParser;
use schemars::JsonSchema;
use serde::Serialize;

use super::output;

/// Digits of scores that are compared with those of other programs.
const DECIMALS: usize = 4;

/// Import predictions of a model of your own as runs, to be reported next to the built-in models.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench score predictions.csv --data data/mosi.h5
  lnln-bench score predictions.parquet --data data/mosi.h5 --model mine
  lnln-bench report runs --out reports/mosi

PREDICTIONS is CSV with headings or Parquet. Columns: id (sample id of the
prepared file), rate or condition (0.5, LA, ...), seed (of training), prediction
(in label units); optional: model, mask_protocol, mask_seed, mask_hash (the hash
of the masks in hexadecimal, which is compared with that of this program), and
truth or label, which must agree with the data. Each test sample must occur once per model, seed
and condition. If one is missing, duplicate, unknown or not finite, the message
names it and nothing is written. What is assumed about a file is printed. Scoring
the same predictions again changes nothing. Each run is printed with MAE and Corr of
the condition that leaves most: compare them with your own evaluation. --title,
--citation and --parameters need a file of one model. Reports say whether masks are
verified by their hashes or as stated by the maker of the predictions. docs/score.md
has a Python example that uses the masks of `prepare`.")]
pub struct Args {
    /// Predictions, CSV or Parquet.
    #[arg(value_name = "PREDICTIONS")]
    file: PathBuf,
    /// Prepared file with the labels.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// Folder of run directories.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    runs: PathBuf,
    /// Model of rows without one [default: the file's name].
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Title in tables [default: the model's name].
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    title: Option<String>,
    /// Citation for citations.bib, as `Authors: Title. Venue Year` [default: none].
    #[arg(long, value_name = "TEXT", value_parser = citation)]
    citation: Option<String>,
    /// Number of trainable parameters [default: unknown].
    #[arg(long, value_name = "N")]
    parameters: Option<u64>,
    /// Mask protocol of rows without one.
    #[arg(long, value_name = "NAME", default_value = "random")]
    mask_protocol: String,
    /// Mask seed of rows without one.
    #[arg(long, value_name = "N", default_value_t = 1111)]
    mask_seed: u64,
    /// Column of a role, as in `prediction=y_hat`; `truth=` leaves out a column. Roles: id, condition,
    /// seed, prediction, model, mask_protocol, mask_seed, mask_hash, truth, dataset, split [default: by the headings].
    #[arg(long = "column", value_name = "ROLE=NAME", value_parser = column)]
    columns: Vec<(Role, String)>,
    /// Checks of predictions whose findings are taken: range, scale, classes, probabilities, constant,
    /// order, copies, rates [default: none].
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    allow: Vec<Check>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What `score --json` prints.
#[derive(Serialize, JsonSchema)]
pub struct ScoreRecord<'a> {
    dataset: &'a str,
    runs: Vec<ScoredRecord<'a>>,
    /// What was assumed about the file.
    assumed: &'a [String],
    /// What is dubious about the predictions.
    warnings: &'a [String],
}

/// A run that was imported.
#[derive(Serialize, JsonSchema)]
struct ScoredRecord<'a> {
    path: &'a Path,
    model: &'a str,
    seed: u64,
    /// Whether it is new.
    new: bool,
    /// Its mask protocols that this program does not know.
    unknown_masks: &'a [String],
    /// Whether hashes in the file prove the masks of all its predictions.
    masks_verified: bool,
    /// Those of the condition that leaves most.
    first_scores: Option<FirstScoresRecord>,
}

/// Scores to compare with an evaluation of one's own.
#[derive(Serialize, JsonSchema)]
struct FirstScoresRecord {
    condition: String,
    /// In label units.
    mae: f64,
    /// Null where predictions are constant.
    corr: Option<f64>,
}

impl From<&import::FirstScores> for FirstScoresRecord {
    fn from(scores: &import::FirstScores) -> Self {
        Self {
            condition: scores.condition.to_string(),
            mae: scores.mae,
            corr: scores.corr,
        }
    }
}

impl<'a> From<&'a import::Scored> for ScoredRecord<'a> {
    fn from(run: &'a import::Scored) -> Self {
        Self {
            path: &run.path,
            model: &run.model,
            seed: run.seed,
            new: run.new,
            unknown_masks: &run.unknown_masks,
            masks_verified: run.masks_verified,
            first_scores: run.first_scores.as_ref().map(Into::into),
        }
    }
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    let corpus = Corpus::open(&args.data)?;
    let options = Options {
        model: args.model,
        title: args.title,
        citation: args.citation,
        parameters: args.parameters,
        mask_protocol: args.mask_protocol,
        mask_seed: args.mask_seed,
        columns: args.columns,
        allowed: args.allow,
    };
    let Outcome {
        runs: scored,
        notes,
        warnings,
    } = import::score(&args.file, &corpus, &args.runs, &options)?;
    for note in &notes {
        tracing::info!("assumed: {note}");
    }
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    warn_of_masks(&scored);
    warn_of_names(&scored);
    if args.json {
        return output::json(&ScoreRecord {
            dataset: corpus.name(),
            runs: scored.iter().map(ScoredRecord::from).collect(),
            assumed: &notes,
            warnings: &warnings,
        });
    }
    let line = |run: &import::Scored| {
        let state = if run.new { "" } else { " (there before)" };
        let (path, dataset) = (run.path.display(), corpus.name());
        let scores = run.first_scores.as_ref().map_or(String::new(), shown);
        format!(
            "{path}  {dataset} {} {}{scores}{state}\n",
            run.model, run.seed
        )
    };
    output::write(&scored.iter().map(line).collect::<String>())
}

/// `  rate 0: MAE 0.8059, Corr 0.7440`
fn shown(scores: &import::FirstScores) -> String {
    let corr = scores
        .corr
        .map_or("n/a".to_string(), |corr| fixed(corr, DECIMALS));
    let condition = match scores.condition.rate() {
        Some(rate) => format!("rate {rate}"),
        None => scores.condition.to_string(),
    };
    format!(
        "  {condition}: MAE {}, Corr {corr}",
        fixed(scores.mae, DECIMALS)
    )
}

/// Warns of unknown mask protocols: they are allowed, but a misspelt one separates the model from all
/// others in a report.
fn warn_of_masks(scored: &[import::Scored]) {
    let unknown: BTreeSet<&String> = scored.iter().flat_map(|run| &run.unknown_masks).collect();
    let known = MASK_PROTOCOLS.iter().map(|f| f.name()).collect::<Vec<_>>();
    let known = known.join(", ");
    for name in unknown {
        tracing::warn!(
            "mask protocol `{name}`{} is none of {known}: reports show these runs in a section of their own, \
             without the other models",
            hint(name, &known)
        );
    }
}

/// Warns of names that built-in models have: reports then show both under one name, told apart by their
/// settings.
fn warn_of_names(scored: &[import::Scored]) {
    let names: BTreeSet<&str> = scored.iter().map(|run| run.model.as_str()).collect();
    for name in names.into_iter().filter(|name| is_built_in(name)) {
        tracing::warn!(
            "model `{name}` has the name of a model of this program: reports tell its runs from those of the \
             program by their settings alone; --model NAME gives another"
        );
    }
}

#[cfg(feature = "torch")]
fn is_built_in(name: &str) -> bool {
    lnln_bench::model::MODELS
        .iter()
        .any(|entry| entry.name == name)
}

#[cfg(not(feature = "torch"))]
fn is_built_in(_: &str) -> bool {
    false
}

/// A role and a heading, as `prediction=y_hat`.
fn column(text: &str) -> Result<(Role, String), String> {
    let (role, name) = text
        .split_once('=')
        .ok_or_else(|| "expected ROLE=NAME, as in `prediction=y_hat`".to_string())?;
    Ok((role.parse()?, name.to_string()))
}

/// A citation that becomes an entry of `citations.bib`.
fn citation(text: &str) -> Result<String, String> {
    if text.is_empty() || citations::entry(text).is_some() {
        Ok(text.to_string())
    } else {
        Err(
            "expected `Authors: Title. Venue Year`, as in `Zhang, Wang, Yu: Towards Robust \
                  Multimodal Sentiment Analysis. NeurIPS 2024`"
                .to_string(),
        )
    }
}
