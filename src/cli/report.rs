//! `report`: tables and figures from finished runs.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lnln_bench::mask::Condition;
use lnln_bench::record::{RunDir, SweepDir};
use lnln_bench::report::terminal::{self, Style};
use lnln_bench::report::{Error, Layout, Options, check, write_report};
use lnln_bench::sweep::status::wait;

use super::output;

const EXAMPLES: &str = "\
Examples:
  lnln-bench report runs --out reports/mosi
  lnln-bench report runs --out reports/short --metrics mae,corr --models lnln,almt
  lnln-bench report runs/a1b2c3 runs/d4e5f6 --out reports/two
  lnln-bench report --sweep runs/sweeps/paper-mosi-3f2a9c --out reports/mosi
  lnln-bench report runs --out reports/paper --layout paper
  lnln-bench report --check reports/mosi

The report folder holds report.md, tables.tex, tables.csv, scores.csv, summary.csv, index.html,
citations.bib, figures (SVG and PNG) and manifest.json, which names the runs and predictions behind
every cell. The same runs give the same bytes, so a report can be kept under version control and checked by making it again.";

/// Makes Markdown, LaTeX, CSV and HTML tables and SVG figures from finished runs.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folders of runs, or single run directories
    #[arg(required_unless_present_any = ["check", "sweep"], value_name = "RUNS")]
    runs: Vec<PathBuf>,
    /// The finished runs of one sweep (RUNS/sweeps/SWEEP), whatever else is in its folder of runs
    #[arg(long, value_name = "DIR", conflicts_with_all = ["runs", "check"])]
    sweep: Option<PathBuf>,
    /// Folder for the report; made if needed, an earlier report in it is replaced
    #[arg(long, value_name = "DIR", required_unless_present = "check")]
    out: Option<PathBuf>,
    /// Make the report in DIR again, in memory, and compare it byte by byte; from the runs it
    /// names, or from RUNS
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "metrics", "models", "layout", "matrix_rates", "reference", "resamples"])]
    check: Option<PathBuf>,
    /// `paper` shows the columns of the LNLN paper's tables with the published numbers beside ours
    #[arg(long, value_name = "LAYOUT", value_parser = layout, default_value = "full")]
    layout: Layout,
    /// Wait so long for runs of sweeps in RUNS that are not done: a network file system may show
    /// what other machines wrote a minute late
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    latency_wait: u64,
    /// Show only these metrics
    #[arg(long, value_delimiter = ',', value_name = "NAME,...")]
    metrics: Vec<String>,
    /// Show only these models, and the baseline
    #[arg(long, value_delimiter = ',', value_name = "NAME,...")]
    models: Vec<String>,
    /// Conditions of confusion matrices and histograms (0,0.5 or LA) [default: 0, 0.1, 0.5 and 0.9 where
    /// they were run]
    #[arg(long, value_delimiter = ',', value_name = "RATE,...")]
    matrix_rates: Vec<Condition>,
    /// Test every model against this one; by default lnln, or else the first
    #[arg(long, value_name = "MODEL")]
    reference: Option<String>,
    /// Bootstrap resamples and permutations; 0 tests nothing. By default 2000 and at least 4999, and 0 for
    /// more than 500 runs
    #[arg(long, value_name = "N")]
    resamples: Option<usize>,
}

impl Args {
    /// Everything about `runs`, to `out`.
    #[cfg(feature = "torch")]
    pub fn for_demo(runs: &Path, out: &Path) -> Self {
        Self {
            runs: vec![runs.to_path_buf()],
            sweep: None,
            out: Some(out.to_path_buf()),
            check: None,
            layout: Layout::Full,
            metrics: Vec::new(),
            models: Vec::new(),
            matrix_rates: Vec::new(),
            reference: None,
            resamples: None,
            latency_wait: 0,
        }
    }
}

/// Widest table to print; wider ones leave out spreads.
const WIDTH: u16 = 100;

/// Writes the report; prints its overview, and its path last.
pub fn run(args: Args) -> anyhow::Result<()> {
    let (Some(out), None) = (&args.out, &args.check) else {
        return compare(&args.check.unwrap_or_default(), &args.runs);
    };
    let options = Options {
        layout: args.layout,
        metrics: args.metrics,
        models: args.models,
        matrix_conditions: args.matrix_rates,
        reference: args.reference,
        resamples: args.resamples,
    };
    let latency = Duration::from_secs(args.latency_wait);
    let (runs, waiting) = match &args.sweep {
        Some(sweep) => {
            let runs = wait::for_runs(&SweepDir::open(sweep), latency)?;
            let paths = runs.finished.iter().map(|dir| dir.path().to_owned());
            (paths.collect(), runs.unfinished)
        }
        None => {
            wait::for_sweeps(&args.runs, latency);
            (args.runs, Vec::new())
        }
    };
    let written = write_report(&runs, out, &options)?;
    let unfinished: Vec<&RunDir> = written.unfinished.iter().chain(&waiting).collect();
    if !unfinished.is_empty() {
        tracing::warn!(
            "{} unfinished runs are not in the report: {}; run the sweep again to finish them",
            unfinished.len(),
            named(unfinished.into_iter().map(RunDir::id), 5)
        );
    }
    let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let style = Style {
        width: WIDTH,
        colour,
    };
    let overview = terminal::tables(&written.overviews, style);
    let others = if written.others.is_empty() {
        String::new()
    } else {
        format!(
            "Not shown here: {}\n",
            named(written.others.into_iter(), 12)
        )
    };
    output::write(&format!("{overview}\n{others}{}", written.dir.display()))
}

/// The first names, and how many more there are.
fn named(names: impl Iterator<Item = String>, most: usize) -> String {
    let mut names: Vec<String> = names.collect();
    let more = names.len().saturating_sub(most);
    names.truncate(most);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

/// `--check`: says what differs, and fails if something does.
fn compare(dir: &Path, runs: &[PathBuf]) -> anyhow::Result<()> {
    let checked = check(dir, runs)?;
    for difference in &checked.differences {
        output::write(difference)?;
    }
    match checked.differences.len() {
        0 => output::write(&format!("{} files are what the runs give", checked.files)),
        count => {
            let path = dir.to_path_buf();
            Err(Error::Differs { path, count }.into())
        }
    }
}

fn layout(text: &str) -> Result<Layout, String> {
    match text {
        "full" => Ok(Layout::Full),
        "paper" => Ok(Layout::Paper),
        other => Err(format!("expected `full` or `paper`, found `{other}`")),
    }
}
