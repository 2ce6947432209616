//! `demo`: the whole pipeline on synthetic corpora, exactly as a user would run it.

use std::path::PathBuf;

use lnln_bench::data::dataset::synthetic;
use lnln_bench::support::Progress;
use lnln_bench::sweep::Suite;

use super::place::{ComputeOptions, Place};
use super::processes::{Processes, sweep};
use super::{output, prepare, report};

/// The suite of the demo, kept where users look for suites.
const SUITE: &str = include_str!("../../benchmarks/demo.toml");

/// Synthetic corpora -> prepare -> run -> report.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench demo
  lnln-bench demo --out /tmp/demo --seed 7

Run again, it starts at once: what is prepared and trained is not repeated.")]
pub struct Args {
    /// Folder for corpora, prepared data, runs and the report.
    #[arg(long, default_value = "demo")]
    out: PathBuf,
    /// Seed of the synthetic corpora.
    #[arg(long, default_value_t = 1111)]
    seed: u64,
    /// auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "cpu", value_parser = |text: &str| text.parse::<lnln_bench::train::DeviceSpec>())]
    device: lnln_bench::train::DeviceSpec,
}

/// Run the subcommand.
pub fn run(args: Args, progress: &Progress) -> anyhow::Result<()> {
    let suite: Suite = toml::from_str(SUITE)?;
    let (data, runs) = (args.out.join("data"), args.out.join("runs"));
    let corpora = synthetic::write_all(&args.out.join("corpora"), args.seed)?;
    say(
        "prepare",
        &format!("{} --data {}", list(&corpora), data.display()),
    );
    prepare::run(prepare::Args::for_demo(corpora, &data, &suite), progress)?;
    say(
        "run",
        &format!(
            "benchmarks/demo.toml --data {} --runs {}",
            data.display(),
            runs.display()
        ),
    );
    let place = Place {
        data,
        runs: runs.clone(),
        machinery: ComputeOptions::on(args.device),
    };
    sweep(&suite, "demo", &place, &Processes::default(), progress)?;
    let out = args.out.join("report");
    say(
        "report",
        &format!("{} --out {}", runs.display(), out.display()),
    );
    report::run(report::Args::for_demo(&runs, &out))?;
    output::write(&format!("open {}", out.join("index.html").display()))
}

/// Show the command that a user would type for the step that follows.
fn say(subcommand: &str, rest: &str) {
    tracing::info!("lnln-bench {subcommand} {rest}");
}

fn list(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    names.join(" ")
}
