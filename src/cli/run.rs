//! `run`: trains and evaluates a sweep.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use lnln_bench::mask::{Noise, RateDistribution};
use lnln_bench::record::{EngineKind, Precision};
use lnln_bench::support::Progress;
use lnln_bench::sweep::{ConditionList, MaskName, Protocol, Suite, TrainOnList};
use lnln_bench::train::{EncoderSpec, OptionOverride, Schedule, Selections};

use super::launch::{self, Launcher};
use super::processes::{Processes, sweep};
use super::workspace::{MACHINE, TRAINING, Workspace};
use super::{dry_run, output, print_config};

/// Train and evaluate a sweep; finished runs are kept, unfinished ones continue.
///
/// A sweep is every combination of data set, model and seed; each combination is one run, a folder
/// below --runs. Running the same command again continues where it stopped. With more rates or masks,
/// trained runs are evaluated under them with their stored weights.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Run `lnln-bench run --help` for all options.",
    after_long_help = "\
Examples:
  lnln-bench run --datasets mosi --models lnln,almt,lf_dnn,constant --dry-run
  lnln-bench run --datasets mosi --models lnln --rates 0:1:0.1 --seeds 1,2,3
  lnln-bench run --datasets mosi --models lnln --encoder bert:models/bert
  lnln-bench run --datasets sims --models lnln --device cuda
  lnln-bench run --datasets mosi --models tfn,mult --train-on mixed,clean
  lnln-bench run --datasets mosi --models lnln --test-on mosi-asr
  lnln-bench run --datasets mosi --models lnln,tfn --search 12 --epochs 100
  lnln-bench run --datasets mosi --models lnln --memory-budget 6GiB
  lnln-bench run benchmarks/demo.toml --data demo/data --runs demo/runs
  lnln-bench run benchmarks/paper-mosi.toml --devices cuda:0,cuda:1

  # The protocol of the LNLN paper (selects epochs on the test split)
  lnln-bench run --datasets mosi --models lnln --protocol paper \\
      --encoder bert:models/bert-base-uncased

  # A frozen BERT, encoded once and cached
  lnln-bench run --datasets mosi --models lnln --noise cycle:4 \\
      --encoder frozen:models/bert-base-uncased

  # A Slurm cluster
  lnln-bench run benchmarks/paper-mosi.toml --launcher slurm \\
      --sbatch=--gres=gpu:1 --sbatch=--time=4:00:00

Where a BERT folder comes from: on a machine with network, download any BERT
with the Hugging Face command line,
  hf download bert-base-uncased --local-dir models/bert-base-uncased
copy the folder here and give --encoder bert:models/bert-base-uncased. CH-SIMS
wants bert-base-chinese. Needed files: config.json, vocab.txt, and
model.safetensors or pytorch_model.bin."
)]
pub struct Args {
    /// Suite file (TOML, examples in benchmarks/); flags override its settings.
    suite: Option<PathBuf>,
    /// Prepared data sets, by name: mosi, sims, mosi@asr (a version), mmmo:fold=2 (a fold), mmmo:fold=* (all
    /// that are prepared).
    #[arg(
        long,
        value_delimiter = ',',
        value_parser = super::trimmed,
        value_name = "NAME,...",
        display_order = 1
    )]
    #[arg(required_unless_present = "suite")]
    datasets: Vec<String>,
    /// Models, by name (`lnln-bench list models`): lnln, lnln:no-rec (a variant), lnln:alpha=0.5
    /// (a setting), lnln@clean (--train-on for this model).
    #[arg(
        long,
        value_delimiter = ',',
        value_parser = super::trimmed,
        value_name = "NAME,...",
        display_order = 2
    )]
    #[arg(required_unless_present = "suite")]
    models: Vec<String>,
    /// Conditions of evaluation: missing rates as FROM:TO:STEP (TO included) or a list, missing
    /// modalities (LA: text and audio missing), or a rate per modality (l=0.2,a=0.7,v=0.7)
    /// [default: 0:1:0.1].
    #[arg(long, value_name = "LIST", display_order = 3)]
    rates: Option<ConditionList>,
    /// Training seeds: initialization, order, dropout and training noise [default: 1111,1112,1113].
    #[arg(long, value_delimiter = ',', value_name = "N,...", display_order = 4)]
    seeds: Vec<u64>,
    /// Text encoder: features (the file's text features), bert:DIR (fine-tuned), frozen:DIR, tiny
    /// (small random BERT) or auto: the BERT folder in $LNLN_BENCH_BERT if set, else features, and
    /// tiny for synthetic data. DATASET=ENCODER sets one data set [default: auto].
    #[arg(long, value_delimiter = ',', value_name = "ENCODER", display_order = 5)]
    encoder: Vec<EncoderFlag>,
    /// Training noise: clean (none), fixed (one masked copy), cycle:K (K copies in turn), fresh (a
    /// new copy every epoch), reference, reference-loader:W or reference-refresh (the LNLN code's, with
    /// one copy, W loader processes or none) [default: fresh].
    #[arg(long, value_name = "NOISE", display_order = 6)]
    noise: Option<Noise>,
    /// Training epochs [default: each model's published number].
    #[arg(long, value_name = "N", display_order = 7)]
    epochs: Option<u32>,
    /// Samples of each split, the first ones, for a quick look at your own data: runs are on a data set
    /// of its own, NAME-first-N, made in --data, and never mixed with those on all samples.
    #[arg(long, value_name = "N", display_order = 12, hide_short_help = true)]
    limit: Option<NonZeroUsize>,
    /// Print the runs, which are done, and what the others will cost; start nothing.
    #[arg(long, display_order = 10)]
    dry_run: bool,
    /// Print the settings as a suite file (TOML) that `run` takes again, with every default and flag
    /// filled in; start nothing. Folders, device, threads and memory are not part of a suite.
    #[arg(long, display_order = 11, hide_short_help = true, conflicts_with_all = ["dry_run", "json"])]
    print_config: bool,
    /// With --dry-run: print JSON.
    #[arg(long, requires = "dry_run", display_order = 11, hide_short_help = true)]
    json: bool,

    /// Other prepared data sets whose test splits the trained models predict too, under the same
    /// conditions: sections of their own in the report. They need the shapes of the training data.
    #[arg(long, value_delimiter = ',', value_name = "NAME,...")]
    #[arg(help_heading = MASKS, hide_short_help = true)]
    test_on: Vec<String>,
    /// Mask protocols of evaluation: ways to draw masks (`lnln-bench list masks`); each takes the
    /// conditions of its kind [default: random].
    #[arg(long, value_delimiter = ',', value_name = "NAME,...")]
    #[arg(help_heading = MASKS, hide_short_help = true)]
    masks: Vec<MaskName>,
    /// Mask seeds of evaluation [default: 1111].
    #[arg(long, value_delimiter = ',', value_name = "N,...")]
    #[arg(help_heading = MASKS, hide_short_help = true)]
    mask_seeds: Vec<u64>,

    /// Training protocols, a row of the report each: mixed (one model trained on many rates, as
    /// --noise and --noise-rate set), clean (one model trained on complete samples), tested-rate
    /// (one model per condition of --rates), rate:0,0.3,0.6 (one model per rate, each trained at it
    /// alone and tested at all) [default: as --noise and --noise-rate set].
    #[arg(long, value_name = "NAME,...")]
    #[arg(help_heading = NOISE, hide_short_help = true)]
    train_on: Option<TrainOnList>,
    /// Mask protocol of the training noise [default: random].
    #[arg(long, value_name = "NAME")]
    #[arg(help_heading = NOISE, hide_short_help = true)]
    noise_masks: Option<MaskName>,
    /// Distribution of training rates: half-complete (per modality half of the samples complete, the
    /// others at rates uniform in [0, 1)), or one condition for all [default: half-complete].
    #[arg(long, value_name = "RATE")]
    #[arg(help_heading = NOISE, hide_short_help = true)]
    noise_rate: Option<RateDistribution>,

    /// Defaults to follow: own, or paper for those of the LNLN paper (rates 0 to 0.9, its masks,
    /// noise and schedule, per metric the best epoch on the test split; give --encoder bert:DIR
    /// too) [default: own].
    #[arg(long, value_name = "NAME")]
    #[arg(help_heading = TRAINING, hide_short_help = true)]
    protocol: Option<Protocol>,
    /// Epoch to evaluate: valid:METRIC (best on the validation split), last, or paper (best on the
    /// test split, per metric). Several, as valid:mae,paper, are evaluated from one training: reports
    /// show the first, and their differences (selection gap) [default: valid:mae].
    #[arg(long, value_name = "RULE,...")]
    #[arg(help_heading = TRAINING, hide_short_help = true)]
    select: Option<Selections>,
    /// Conditions of validation [default: 0,0.3,0.6,0.9].
    #[arg(long, value_name = "LIST")]
    #[arg(help_heading = TRAINING, hide_short_help = true)]
    valid_rates: Option<ConditionList>,
    /// Learning-rate schedule: cosine (with warm-up), reference (LNLN's) or constant
    /// [default: cosine].
    #[arg(long, value_name = "NAME")]
    #[arg(help_heading = TRAINING, hide_short_help = true)]
    schedule: Option<Schedule>,
    /// Settings that are tried for each model, its published ones and N - 1 random draws of learning rate, weight
    /// decay, batch size and dropout; the worse half ends after each of several rounds, by validation. Every model
    /// gets the same number of trials and epochs [default: no search].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=1000))]
    #[arg(help_heading = TRAINING, hide_short_help = true)]
    search: Option<u32>,
    /// Seed of the draws of --search [default: 1111].
    #[arg(long, value_name = "N")]
    #[arg(help_heading = TRAINING, hide_short_help = true)]
    search_seed: Option<u64>,
    /// Peak learning rate [default: each model's published value].
    #[arg(long, value_name = "RATE")]
    #[arg(help_heading = TRAINING, hide_short_help = true)]
    learning_rate: Option<f64>,
    /// Weight decay [default: each model's published value].
    #[arg(long, value_name = "DECAY")]
    #[arg(help_heading = TRAINING, hide_short_help = true)]
    weight_decay: Option<f64>,
    /// Samples per optimizer step [default: each model's published value].
    #[arg(long, value_name = "N")]
    #[arg(help_heading = TRAINING, hide_short_help = true)]
    batch_size: Option<usize>,
    /// Batches whose gradients are summed for one step: a number, published (each model's own) or
    /// none [default: none].
    #[arg(long, value_name = "K")]
    #[arg(help_heading = TRAINING, hide_short_help = true)]
    grad_accum: Option<OptionOverride>,
    /// Epochs without a lower validation loss after which the learning rate is divided by 10: a
    /// number, published or none [default: none].
    #[arg(long, value_name = "K")]
    #[arg(help_heading = TRAINING, hide_short_help = true)]
    lr_plateau: Option<OptionOverride>,
    /// Epochs without a lower validation loss after which training ends: a number, published or none
    /// [default: none].
    #[arg(long, value_name = "K")]
    #[arg(help_heading = TRAINING, hide_short_help = true)]
    early_stop: Option<OptionOverride>,

    /// Arithmetic: fp32, tf32 (CUDA's tensor cores) or bf16 (autocast) [default: fp32].
    #[arg(long, value_name = "NAME")]
    #[arg(help_heading = MACHINE, hide_short_help = true)]
    precision: Option<Precision>,
    /// Computation: fast (the same function with less work) or reference (every step as published)
    /// [default: fast].
    #[arg(long, value_name = "NAME")]
    #[arg(help_heading = MACHINE, hide_short_help = true)]
    engine: Option<EngineKind>,
    #[command(flatten)]
    workspace: Workspace,
    #[command(flatten)]
    processes: Processes,
    #[command(flatten)]
    launch: launch::Args,
}

/// Headings of the options that few runs need.
const MASKS: &str = "Masks of evaluation";
const NOISE: &str = "Training noise";

/// Run the subcommand.
pub fn run(args: &Args, progress: &Progress) -> anyhow::Result<()> {
    args.launch.check(&args.processes, args.json)?;
    let suite = args.suite()?;
    let stem = args.suite.as_ref().and_then(|path| path.file_stem());
    let stem = plain(&stem.map_or("run".into(), |stem| stem.to_string_lossy()));
    if args.print_config {
        return print_config::show(suite, &args.launch, &args.workspace.data);
    }
    if args.launch.launcher == Launcher::Slurm {
        return launch::run(&args.launch, suite, &stem, &args.workspace, args.dry_run);
    }
    if args.dry_run {
        let workspace = &args.workspace;
        let options =
            workspace
                .compute
                .open(workspace.data.clone(), workspace.runs.clone(), None)?;
        let planned = lnln_bench::sweep::dry_run::dry_run(&suite, &options)?;
        return dry_run::show(&planned, args.json);
    }
    let summary = sweep(&suite, &stem, &args.workspace, &args.processes, progress)?;
    output::write(&format!(
        "{} runs done ({} before) in {}; next: lnln-bench report {} --out reports/NAME",
        summary.ran + summary.kept,
        summary.kept,
        args.workspace.runs.display(),
        args.workspace.runs.display()
    ))
}

/// A text encoder, for all data sets or for one: `[DATASET=]ENCODER`.
#[derive(Clone, Debug)]
struct EncoderFlag {
    dataset: Option<String>,
    encoder: EncoderSpec,
}

impl FromStr for EncoderFlag {
    type Err = lnln_bench::train::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (dataset, encoder) = match text.split_once('=') {
            Some((dataset, encoder)) => (Some(dataset.to_owned()), encoder),
            None => (None, text),
        };
        Ok(Self {
            dataset,
            encoder: encoder.parse()?,
        })
    }
}

/// A name that can be a folder's.
fn plain(stem: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "-_".contains(c) {
            c
        } else {
            '-'
        }
    };
    stem.chars().map(plain).collect()
}

impl Args {
    /// The suite file with the flags on top, or the flags alone.
    fn suite(&self) -> anyhow::Result<Suite> {
        let mut suite = match &self.suite {
            Some(path) => Suite::read(path, self.protocol)?,
            None => Suite::new(
                self.datasets.clone(),
                self.models.clone(),
                self.protocol.unwrap_or_default(),
            )?,
        };
        if !self.datasets.is_empty() {
            suite.replace_datasets(&self.datasets);
        }
        replace(&mut suite.test_on, &self.test_on);
        if let Some(samples) = self.limit {
            suite.limit(samples);
        }
        suite.name_folds(&self.workspace.data)?;
        if !self.models.is_empty() {
            suite.replace_models(&self.models);
        }
        if let Some(train_on) = &self.train_on {
            train_on.0.clone_into(&mut suite.train_on);
        }
        suite.search = self.search.or(suite.search);
        suite.search_seed = self.search_seed.or(suite.search_seed);
        replace(&mut suite.seeds, &self.seeds);
        replace(&mut suite.mask_seeds, &self.mask_seeds);
        set(&mut suite.rates, &self.rates);
        replace(&mut suite.masks, &self.masks);
        set(&mut suite.train.noise, &self.noise);
        suite.train.noise_masks = self.noise_masks.or(suite.train.noise_masks);
        set(&mut suite.train.noise_rate, &self.noise_rate);
        set(&mut suite.train.selection, &self.select);
        set(&mut suite.train.precision, &self.precision);
        set(&mut suite.train.engine, &self.engine);
        set(&mut suite.train.schedule, &self.schedule);
        set(&mut suite.train.valid_rates, &self.valid_rates);
        let train = &mut suite.train;
        train.epochs = self.epochs.or(train.epochs);
        train.batch_size = self.batch_size.or(train.batch_size);
        train.learning_rate = self.learning_rate.or(train.learning_rate);
        train.weight_decay = self.weight_decay.or(train.weight_decay);
        train.grad_accum = self.grad_accum.or(train.grad_accum);
        train.lr_plateau = self.lr_plateau.or(train.lr_plateau);
        train.early_stop = self.early_stop.or(train.early_stop);
        for EncoderFlag { dataset, encoder } in &self.encoder {
            match dataset {
                Some(dataset) => drop(suite.encoders.insert(dataset.clone(), encoder.clone())),
                None => encoder.clone_into(&mut suite.encoder),
            }
        }
        Ok(suite)
    }
}

fn replace<T: Clone>(value: &mut Vec<T>, flag: &[T]) {
    if !flag.is_empty() {
        *value = flag.to_vec();
    }
}

fn set<T: Clone>(value: &mut T, flag: &Option<T>) {
    if let Some(flag) = flag {
        flag.clone_into(value);
    }
}
