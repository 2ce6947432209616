//! `demo`: runs the whole pipeline on synthetic corpora, as a user would.

use std::path::PathBuf;

use lnln_bench::data::dataset::synthetic;
use lnln_bench::support::Progress;
use lnln_bench::sweep::Suite;

use super::processes::{Processes, sweep};
use super::workspace::{ComputeOptions, Workspace};
use super::{output, prepare, report};

/// The demo's suite.
const SUITE: &str = include_str!("../../benchmarks/demo.toml");

/// Make synthetic corpora, prepare them, train four models and write a report.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench demo
  lnln-bench demo --out /tmp/demo --seed 7

A second call repeats nothing that is prepared or trained.")]
pub struct Args {
    /// Folder for corpora, prepared data, runs and the report.
    #[arg(long, default_value = "demo", value_name = "DIR")]
    out: PathBuf,
    /// Seed of the synthetic corpora.
    #[arg(long, default_value_t = 1111, value_name = "N")]
    seed: u64,
    /// Device: auto (CUDA if there is one), cpu, cuda or cuda:N.
    #[arg(long, default_value = "cpu", value_name = "DEVICE", value_parser = |text: &str| text.parse::<lnln_bench::train::DeviceSpec>())]
    device: lnln_bench::train::DeviceSpec,
}

/// Run the subcommand.
pub fn run(args: Args, progress: &Progress) -> anyhow::Result<()> {
    let suite: Suite = toml::from_str(SUITE)?;
    let (data, runs) = (args.out.join("data"), args.out.join("runs"));
    let corpora = synthetic::write_all(&args.out.join("corpora"), args.seed)?;
    announce(
        "prepare",
        &format!("{} --data {}", list(&corpora), data.display()),
    );
    prepare::run(prepare::Args::for_demo(corpora, &data, &suite), progress)?;
    announce(
        "run",
        &format!(
            "benchmarks/demo.toml --data {} --runs {}",
            data.display(),
            runs.display()
        ),
    );
    let workspace = Workspace {
        data,
        runs: runs.clone(),
        compute: ComputeOptions::on(args.device),
    };
    sweep(&suite, "demo", &workspace, &Processes::default(), progress)?;
    let out = args.out.join("report");
    announce(
        "report",
        &format!("{} --out {}", runs.display(), out.display()),
    );
    report::run(report::Args::for_demo(&runs, &out))?;
    output::write(&format!("open {}", out.join("index.html").display()))
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
