//! `demo`: runs the whole pipeline on synthetic corpora, as a user would.

use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::synthetic::{self, Demo};
use lnln_bench::support::Progress;
use lnln_bench::sweep::Suite;

use super::processes::{Processes, sweep};
use super::workspace::{ComputeOptions, Workspace};
use super::{export, import, output, prepare, report};

/// The suites, with and without `--questions`.
const SUITE: &str = include_str!("../../benchmarks/demo.toml");
const QUESTIONS: &str = include_str!("../../benchmarks/questions.toml");

/// The version that trained models are tested on: the film corpus with this share of its words lost.
const VERSION: &str = "lost-words";
const LOST: f64 = 0.3;

/// Make synthetic corpora, prepare them, train four models and write a report.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench demo
  lnln-bench demo --questions
  lnln-bench demo --out /tmp/demo --seed 7

A second call repeats nothing that is prepared or trained.")]
pub struct Args {
    /// Folder for corpora, prepared data, runs and the report.
    #[arg(long, default_value = "demo", value_name = "DIR")]
    out: PathBuf,
    /// Seed of the synthetic corpora.
    #[arg(long, default_value_t = 1111, value_name = "N")]
    seed: u64,
    /// One model on the film corpus with every analysis of a report instead: contributions of modalities, training rates,
    /// selection gap, other test data, missing blocks (docs/questions.md).
    #[arg(long)]
    questions: bool,
    /// Device: auto (CUDA if there is one), cpu, cuda or cuda:N.
    #[arg(long, default_value = "cpu", value_name = "DEVICE", value_parser = |text: &str| text.parse::<lnln_bench::train::DeviceSpec>())]
    device: lnln_bench::train::DeviceSpec,
}

/// Run the subcommand.
pub fn run(args: Args, progress: &Progress) -> anyhow::Result<()> {
    let (name, suite) = if args.questions {
        ("questions", QUESTIONS)
    } else {
        ("demo", SUITE)
    };
    let suite: Suite = toml::from_str(suite)?;
    let data = args.out.join("data");
    let corpora = synthetic::write_all(&args.out.join("corpora"), args.seed)?;
    let files = format!("{} --data {}", list(&corpora), data.display());
    announce("prepare", &files);
    let into_data = import::Args::into_folder(&data);
    prepare::run(
        prepare::Args::for_demo(corpora, into_data, &suite),
        progress,
    )?;
    if args.questions {
        prepare_version(&args.out, &data, &suite, progress)?;
    }
    let of_demo = |folder: &str, of_questions: &str| {
        args.out
            .join(if args.questions { of_questions } else { folder })
    };
    let runs = of_demo("runs", "questions");
    announce(
        "run",
        &format!(
            "benchmarks/{name}.toml --data {} --runs {}",
            data.display(),
            runs.display()
        ),
    );
    let workspace = Workspace {
        data: data.clone(),
        runs: runs.clone(),
        compute: ComputeOptions::on(args.device),
    };
    sweep(&suite, name, &workspace, &Processes::default(), progress)?;
    let out = of_demo("report", "questions-report");
    let words = args.questions.then_some(&*data);
    let with_words = words.map_or(String::new(), |data| format!(" --data {}", data.display()));
    announce(
        "report",
        &format!("{} --out {}{with_words}", runs.display(), out.display()),
    );
    report::run(report::Args::for_demo(&runs, &out, words))?;
    output::write(&format!("open {}", out.join("index.html").display()))
}

/// Prepares [`VERSION`] of the film corpus.
fn prepare_version(
    out: &Path,
    data: &Path,
    suite: &Suite,
    progress: &Progress,
) -> anyhow::Result<()> {
    let film = Demo::Film.name();
    let source = data.join(format!("{film}.h5"));
    let pickle = out.join("corpora").join(format!("{VERSION}.pkl"));
    announce(
        "export",
        &format!(
            "{} --masks mixed --rate l={LOST},a=0,v=0 --out {} --force",
            source.display(),
            pickle.display()
        ),
    );
    export::run(export::Args::for_demo(source, pickle.clone(), LOST))?;
    announce(
        "prepare",
        &format!(
            "{} --dataset {film} --version {VERSION} --data {}",
            pickle.display(),
            data.display()
        ),
    );
    let import = import::Args::into_folder(data).of_version(film, VERSION);
    prepare::run(
        prepare::Args::for_demo(vec![pickle], import, suite),
        progress,
    )
}

/// Logs the command for the next step, as a user would type it.
fn announce(subcommand: &str, rest: &str) {
    tracing::info!("lnln-bench {subcommand} {rest}");
}

fn list(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    names.join(" ")
}
