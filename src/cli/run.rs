//! `run`: train and evaluate a sweep.

use std::path::PathBuf;
use std::str::FromStr;

use lnln_bench::mask::{Noise, RateDistribution};
use lnln_bench::record::{EngineKind, Precision};
use lnln_bench::support::Progress;
use lnln_bench::sweep::{ConditionList, MaskName, Protocol, Suite, TrainOn};
use lnln_bench::train::{EncoderSpec, OptionOverride, Schedule, Selection};

use super::launch::{self, Launcher};
use super::place::Place;
use super::processes::{Processes, sweep};
use super::{dry_run, output};

/// Train and evaluate a sweep; finished runs are never repeated, unfinished ones go on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench run --datasets mosi --models lnln,almt,lf_dnn,constant --rates 0:1:0.1 --seeds 1111,1112
  lnln-bench run --datasets mosi --models lnln --encoder frozen:models/minilm --noise cycle:4
  lnln-bench run --datasets mosi --models tfn,mult --train-on mixed,clean,tested-rate
  lnln-bench run --datasets mosi --models lnln --encoder bert:models/bert-base-uncased --protocol paper
  lnln-bench run --datasets mosi --models lnln --encoder bert:models/bert-base-uncased --memory-budget 6GiB
  lnln-bench run benchmarks/demo.toml --data demo/data --runs demo/runs
  lnln-bench run benchmarks/paper-mosi.toml --dry-run
  lnln-bench run benchmarks/paper-mosi.toml --devices cuda:0,cuda:1
  lnln-bench run benchmarks/demo.toml --jobs 2 --threads 1
  lnln-bench run benchmarks/paper-mosi.toml --launcher slurm --sbatch=--gres=gpu:1 --sbatch=--time=4:00:00
  lnln-bench run --datasets sims --models lnln --device cuda --encoder bert:models/bert-base-chinese")]
pub struct Args {
    /// A suite file of benchmarks/; the flags below change what it says.
    suite: Option<PathBuf>,
    /// Prepared data sets, by name.
    #[arg(long, value_delimiter = ',', required_unless_present = "suite")]
    datasets: Vec<String>,
    /// Models, by name, changed after a colon (`lnln:no-rec`, `lnln:alpha=0.5+beta=0.2`;
    /// `lnln-bench list models`); `lnln@clean` is --train-on for one of them.
    #[arg(long, value_delimiter = ',', required_unless_present = "suite")]
    models: Vec<String>,
    /// Training protocols, a row of the report each: mixed (one training on samples of many rates, as
    /// --noise has it), clean (one on complete samples), tested-rate (one per condition of --rates, trained
    /// and validated at it) [default: as --noise and --noise-rate say].
    #[arg(long, value_delimiter = ',')]
    train_on: Vec<TrainOn>,
    /// Seeds of initialization, order and dropout [default: 1111,1112,1113].
    #[arg(long, value_delimiter = ',')]
    seeds: Vec<u64>,
    /// Conditions of evaluation: FROM:TO:STEP (TO included), rates, missing modalities like LA, or
    /// l=RATE,a=RATE,v=RATE; a list of any. Every mask protocol takes those of its kind
    /// [default: 0:1:0.1].
    #[arg(long)]
    rates: Option<ConditionList>,
    /// Mask protocols of evaluation (`lnln-bench list masks`) [default: random].
    #[arg(long, value_delimiter = ',')]
    masks: Vec<MaskName>,
    /// Mask seeds of evaluation [default: 1111].
    #[arg(long, value_delimiter = ',')]
    mask_seeds: Vec<u64>,
    /// Text encoder: auto, tiny, features, bert:DIR, frozen:DIR; DATASET=ENCODER for one data set.
    #[arg(long, value_delimiter = ',')]
    encoder: Vec<EncoderFlag>,
    /// Training noise: clean, fixed, cycle:K, fresh, reference, reference-refresh [default: fresh].
    #[arg(long)]
    noise: Option<Noise>,
    /// Mask protocol of the training noise [default: random].
    #[arg(long)]
    noise_masks: Option<MaskName>,
    /// How damaged training samples are: half-complete (in each modality half of the samples whole,
    /// the others at a rate of their own), or one condition for all [default: half-complete].
    #[arg(long)]
    noise_rate: Option<RateDistribution>,
    /// Whose way the defaults follow: own, or paper for LNLN's published one (rates 0 to 0.9, its
    /// masks and noise, its schedule with a first epoch at rate 0, for each metric the best epoch
    /// on the test split) [default: own].
    #[arg(long)]
    protocol: Option<Protocol>,
    /// Which epoch is evaluated: valid:METRIC (best on the validation split), last, or paper (best
    /// on the test split, for each metric its own) [default: valid:mae].
    #[arg(long, alias = "selection")]
    select: Option<Selection>,
    /// Learning rate over the epochs: cosine, reference or constant [default: cosine].
    #[arg(long)]
    schedule: Option<Schedule>,
    /// Conditions of validation [default: 0,0.3,0.6,0.9].
    #[arg(long)]
    valid_rates: Option<ConditionList>,
    /// Epochs, in place of each model's own number.
    #[arg(long)]
    epochs: Option<u32>,
    /// Batch size, in place of each model's own.
    #[arg(long)]
    batch_size: Option<usize>,
    /// Peak learning rate, in place of each model's own.
    #[arg(long)]
    learning_rate: Option<f64>,
    /// Weight decay, in place of each model's own.
    #[arg(long)]
    weight_decay: Option<f64>,
    /// Batches whose gradients make one step: a number, published (as each model's authors had it)
    /// or none [default: none].
    #[arg(long, value_name = "K")]
    grad_accum: Option<OptionOverride>,
    /// A tenth of the learning rate after this many epochs without a smaller validation error:
    /// a number, published or none [default: none].
    #[arg(long, value_name = "K")]
    lr_plateau: Option<OptionOverride>,
    /// The end after this many epochs without a smaller validation error: a number, published or
    /// none [default: none].
    #[arg(long, value_name = "K")]
    early_stop: Option<OptionOverride>,
    /// fp32, tf32 (CUDA's tensor cores) or bf16 (autocast) [default: fp32].
    #[arg(long)]
    precision: Option<Precision>,
    /// fast, or reference for the reference's computation to the letter [default: fast].
    #[arg(long)]
    engine: Option<EngineKind>,
    /// Print the planned runs with their state and an estimate of time and memory; start nothing.
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: as JSON, for other tools.
    #[arg(long, requires = "dry_run")]
    json: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    processes: Processes,
    #[command(flatten)]
    launch: launch::Args,
}

/// Run the subcommand.
pub fn run(args: &Args, progress: &Progress) -> anyhow::Result<()> {
    args.launch.check(&args.processes, args.json)?;
    let suite = args.suite()?;
    let stem = args.suite.as_ref().and_then(|path| path.file_stem());
    let stem = plain(&stem.map_or("run".into(), |stem| stem.to_string_lossy()));
    if args.launch.launcher == Launcher::Slurm {
        return launch::run(&args.launch, suite, &stem, &args.place, args.dry_run);
    }
    if args.dry_run {
        let place = &args.place;
        let options = place
            .machinery
            .open(place.data.clone(), place.runs.clone(), None)?;
        let runs = lnln_bench::sweep::dry_run::dry_run(&suite, &options)?;
        return dry_run::show(&runs, args.json);
    }
    let summary = sweep(&suite, &stem, &args.place, &args.processes, progress)?;
    output::write(&format!(
        "{} runs done ({} before) in {}; next: lnln-bench report {} --out reports/NAME",
        summary.ran + summary.kept,
        summary.kept,
        args.place.runs.display(),
        args.place.runs.display()
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
        replace(&mut suite.datasets, &self.datasets);
        replace(&mut suite.models, &self.models);
        replace(&mut suite.train_on, &self.train_on);
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
