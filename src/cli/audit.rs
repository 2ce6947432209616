//! `audit`: what is wrong with a published table.

use std::path::PathBuf;

use anyhow::ensure;
use clap::ValueEnum;
use lnln_bench::data::dataset::{Corpus, SplitName};
use lnln_bench::published::audit::{self, AuditSettings, TestSetStatistics, render};
use lnln_bench::published::parse::{self, Options};

use super::output;

/// Find impossible, copied or cells no better than a constant in published tables.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench audit table9.csv
  lnln-bench audit table9.csv table14.csv --seeds 3 --json
  lnln-bench audit mine.csv --dataset mosi --metric acc7 --data data/mosi.h5

A table is CSV with headings: one line per cell (dataset, method, rate, metric, value), a column
per metric (mosi_acc7, mosi_mae, ...), or a column per rate (0, 0.1, ..., mean). Cells may hold
43.05, 43.05%, 43.05 ± 0.30, 82.8/81.2 (Non0/Has0), - or nothing. docs/audit.md has the details;
`lnln-bench list rules` has the rules. Several tables are also compared with each other, and all
with the published numbers that this program carries.")]
pub struct Args {
    /// Tables in CSV.
    #[arg(required = true, value_name = "TABLE")]
    tables: Vec<PathBuf>,
    /// One JSON document with every cell of every finding.
    #[arg(long)]
    json: bool,
    /// Prepared files whose test labels the tables are about; replace the built-in class counts.
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Runs behind every number; found from the table where left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    seeds: Option<u32>,
    /// Where scores were rounded; both are tried where left out.
    #[arg(long, value_enum)]
    rounding: Option<Rounding>,
    /// Data set of cells for which the table names none.
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// Metric of cells for which the table names none.
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// Further columns that set rows apart.
    #[arg(long, value_name = "HEADING,...", value_delimiter = ',')]
    key: Vec<String>,
    /// What the two numbers of 82.8/81.2 are.
    #[arg(long, value_enum, default_value = "non0-has0")]
    pair: Pair,
    /// Exit with 3 if anything impossible or very unlikely is found.
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Rounding {
    /// Every run's score to four decimals, then the mean.
    EveryRun,
    /// Only the mean.
    Mean,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Pair {
    /// Negative / positive first.
    Non0Has0,
    /// Negative / non-negative first.
    Has0Non0,
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    let options = Options {
        dataset: args.dataset.clone(),
        metric: args.metric.clone(),
        keys: args.key.clone(),
        pair: Some(args.pair.suffixes()),
    };
    let read = |path: &PathBuf| parse::read(path, &options);
    let tables: Vec<_> = args.tables.iter().map(read).collect::<Result<_, _>>()?;
    let mut statistics = TestSetStatistics::published();
    for path in &args.data {
        let corpus = Corpus::open(path)?;
        let spec = corpus.spec;
        let labels = corpus.labels(SplitName::Test)?;
        statistics.add_labels(&spec.name, &spec.protocol, spec.label_range, &labels)?;
    }
    let settings = AuditSettings {
        seeds: args.seeds,
        rounding: args.rounding.map(Rounding::into),
    };
    let findings = audit::audit(&tables, &statistics, settings);
    if args.json {
        output::write(&render::json(&tables, &findings)?)?
    } else {
        output::write(&render::text(&tables, &findings))?
    }
    let strong = findings.iter().filter(|f| f.strength.strong()).count();
    ensure!(!args.strict || strong == 0, Strong(strong));
    Ok(())
}

/// What `--strict` ends with.
#[derive(Debug, thiserror::Error)]
#[error("{0} findings are impossible or very unlikely")]
pub struct Strong(usize);

impl Pair {
    fn suffixes(self) -> [String; 2] {
        match self {
            Self::Non0Has0 => ["non0", "has0"],
            Self::Has0Non0 => ["has0", "non0"],
        }
        .map(str::to_owned)
    }
}

impl From<Rounding> for audit::Rounding {
    fn from(rounding: Rounding) -> Self {
        match rounding {
            Rounding::EveryRun => Self::EveryRun,
            Rounding::Mean => Self::Mean,
        }
    }
}
