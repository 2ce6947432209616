//! `demo`: runs the whole pipeline on synthetic corpora, as a user would.

use std::path::{Path, PathBuf};

use anyhow::Context;
use lnln_bench::data::dataset::synthetic::{self, Demo};
use lnln_bench::support::Progress;
use lnln_bench::support::fs::write_atomic;
use lnln_bench::sweep::Suite;

use super::processes::{Processes, sweep};
use super::workspace::{ComputeOptions, Workspace};
use super::{export, import, output, prepare, report};

/// Name of a sweep, and its suite.
type NamedSuite = (&'static str, &'static str);

/// The suites, with and without `--questions`.
const DEMO: &[NamedSuite] = &[("demo", include_str!("../../benchmarks/demo.toml"))];
const QUESTIONS: &[NamedSuite] = &[
    ("questions", include_str!("../../benchmarks/questions.toml")),
    // A search cannot select on the test split, as the other suite does.
    (
        "questions-search",
        include_str!("../../benchmarks/questions-search.toml"),
    ),
];

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
    /// selection gap, other test data, missing blocks, equal search (docs/questions.md).
    #[arg(long)]
    questions: bool,
    /// Device: auto (CUDA if there is one), cpu, cuda or cuda:N.
    #[arg(long, default_value = "cpu", value_name = "DEVICE", value_parser = |text: &str| text.parse::<lnln_bench::train::DeviceSpec>())]
    device: lnln_bench::train::DeviceSpec,
}

/// Run the subcommand.
pub fn run(args: Args, progress: &Progress) -> anyhow::Result<()> {
    let suites = if args.questions { QUESTIONS } else { DEMO };
    let suites = write_suites(&args.out, suites)?;
    let data = args.out.join("data");
    let corpora = synthetic::write_all(&args.out.join("corpora"), args.seed)?;
    let files = format!("{} --data {}", list(&corpora), data.display());
    announce("prepare", &files);
    let into_data = import::Args::into_folder(&data);
    let first = &suites[0].suite;
    prepare::run(prepare::Args::for_demo(corpora, into_data, first), progress)?;
    if args.questions {
        prepare_version(&args.out, &data, first, progress)?;
    }
    let of_demo = |folder: &str, of_questions: &str| {
        args.out
            .join(if args.questions { of_questions } else { folder })
    };
    let runs = of_demo("runs", "questions");
    let workspace = Workspace {
        data: data.clone(),
        runs: runs.clone(),
        compute: ComputeOptions::on(args.device),
    };
    for SuiteFile { name, path, suite } in &suites {
        announce(
            "run",
            &format!(
                "{} --data {} --runs {}",
                path.display(),
                data.display(),
                runs.display()
            ),
        );
        sweep(suite, name, &workspace, &Processes::default(), progress)?;
    }
    let out = of_demo("report", "questions-report");
    let words = args.questions.then_some(&*data);
    let with_words = words.map_or(String::new(), |data| format!(" --data {}", data.display()));
    announce(
        "report",
        &format!("{} --out {}{with_words}", runs.display(), out.display()),
    );
    report::run(report::Args::for_demo(&runs, &out, words))?;
    output::write(&format!(
        "Look at {} in a browser.",
        out.join("index.html").display()
    ))
}

/// A suite and the file that holds it.
struct SuiteFile {
    name: &'static str,
    path: PathBuf,
    suite: Suite,
}

/// Writes the suites to `out`, so that every command that is logged works where `demo` was called.
fn write_suites(out: &Path, suites: &[NamedSuite]) -> anyhow::Result<Vec<SuiteFile>> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let write = |&(name, text): &NamedSuite| {
        let path = out.join(format!("{name}.toml"));
        write_atomic(&path, text.as_bytes())?;
        let suite = toml::from_str(text)?;
        Ok(SuiteFile { name, path, suite })
    };
    suites.iter().map(write).collect()
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
