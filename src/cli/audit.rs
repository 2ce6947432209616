//! `audit`: finds impossible or copied numbers in published tables.

use std::path::PathBuf;

use anyhow::ensure;
use clap::ValueEnum;
use lnln_bench::data::dataset::{Corpus, SplitName};
use lnln_bench::published::audit::{self, AuditSettings, TestSetStatistics, render};
use lnln_bench::published::parse::{self, LeftOut, Naming, Options};
use lnln_bench::support::{Classify, ErrorClass};

use super::output;

/// Find impossible or copied numbers in published tables, and cells no better than a constant.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench audit table9.csv
  lnln-bench audit table9.csv table14.csv --seeds 3 --json
  lnln-bench audit mine.csv --dataset mosi --metric acc7 --data data/mosi.h5

A table is CSV (commas, semicolons or tabs), Markdown or LaTeX with headings in
one of three layouts: a line per number (dataset, method, rate, metric, value),
a column per metric (mosi_acc7, mosi_mae, ...) or a column per condition (0,
0.1, ..., mean; LA, AV, ...). Cells may hold 43.05, 43.05%, 43.05 ± 0.30,
(43.05, 0.30), 82.8/81.2 (Non0 and Has0), - or nothing. What a table leaves open
(units, the order of pairs, whether LA is missing or present) is read in the
way that fits, and noted. Tables are also compared with each other and with the
published numbers that are built in.

Exit code 7: part of a table was not understood; the findings are of the rest.
Rules: lnln-bench list rules. Details: docs/audit.md.")]
pub struct Args {
    /// Tables: CSV, Markdown or LaTeX.
    #[arg(required = true, value_name = "TABLE")]
    tables: Vec<PathBuf>,
    /// Print JSON with every cell of every finding.
    #[arg(long)]
    json: bool,
    /// Prepared files with the test labels behind the tables [default: built-in class counts].
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Runs averaged in every number [default: inferred from the table].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    seeds: Option<u32>,
    /// Where scores were rounded [default: both are tried].
    #[arg(long, value_enum)]
    rounding: Option<Rounding>,
    /// Data set of cells without one in the table.
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// Metric of cells without one in the table.
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// Further columns that distinguish rows.
    #[arg(long, value_name = "HEADING,...", value_delimiter = ',')]
    key: Vec<String>,
    /// Order of the two numbers in cells like 82.8/81.2 [default: the one that fits].
    #[arg(long, value_enum)]
    pair: Option<Pair>,
    /// What letters like LA name: the missing or the present modalities [default: what fits].
    #[arg(long, value_enum)]
    modalities: Option<Modalities>,
    /// Exit with code 3 if a finding is impossible or very unlikely.
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Rounding {
    /// Each run's score to four decimals, then the mean.
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

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Modalities {
    /// LA is a test on vision alone.
    Missing,
    /// LA is a test on language and audio.
    Present,
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    let options = Options {
        dataset: args.dataset.clone(),
        metric: args.metric.clone(),
        keys: args.key.clone(),
        pair: args.pair.map(Pair::suffixes),
        modalities: args.modalities.map(Modalities::into),
    };
    let read = |path: &PathBuf| parse::read_all(path, &options);
    let tables: Vec<Vec<_>> = args.tables.iter().map(read).collect::<Result<_, _>>()?;
    let tables = tables.concat();
    let left_out: LeftOut = tables.iter().map(|t| t.left_out).sum();
    let names = || tables.iter().map(|t| t.name.as_str()).collect::<Vec<_>>();
    let cells: usize = tables.iter().map(|t| t.cells.len()).sum();
    ensure!(
        cells > 0 || !left_out.is_empty(),
        NoNumbers(names().join(", "))
    );
    let mut statistics = TestSetStatistics::published();
    for path in &args.data {
        let corpus = Corpus::open(path)?;
        let spec = &corpus.spec;
        let labels = corpus.labels(SplitName::Test)?;
        statistics.add_labels(&spec.name, &spec.protocol, spec.label_range, &labels)?;
    }
    let settings = AuditSettings {
        seeds: args.seeds,
        rounding: args.rounding.map(Rounding::into),
    };
    let findings = audit::audit(&tables, &statistics, settings);
    if args.json {
        output::json(&render::document(&tables, &findings))?
    } else {
        output::write(&render::text(&tables, &findings))?
    }
    let strong = findings.iter().filter(|f| f.strength.strong()).count();
    ensure!(!args.strict || strong == 0, Strong(strong));
    ensure!(left_out.is_empty(), PartlyRead(left_out));
    Ok(())
}

/// Error of `--strict`.
#[derive(Debug, thiserror::Error)]
#[error("{0} findings are impossible or very unlikely")]
pub struct Strong(usize);

impl Classify for Strong {
    fn class(&self) -> ErrorClass {
        ErrorClass::BadData
    }
}

/// Error of tables that have headings alone.
#[derive(Debug, thiserror::Error)]
#[error("{0}: expected lines of numbers below the headings, found none")]
pub struct NoNumbers(String);

impl Classify for NoNumbers {
    fn class(&self) -> ErrorClass {
        ErrorClass::BadData
    }
}

/// What was left out of every check.
#[derive(Debug, thiserror::Error)]
#[error("{0} of the tables not understood and not checked; the notes name them")]
pub struct PartlyRead(LeftOut);

impl Classify for PartlyRead {
    fn class(&self) -> ErrorClass {
        ErrorClass::PartlyRead
    }
}

impl Pair {
    fn suffixes(self) -> [String; 2] {
        match self {
            Self::Non0Has0 => ["non0", "has0"],
            Self::Has0Non0 => ["has0", "non0"],
        }
        .map(str::to_owned)
    }
}

impl From<Modalities> for Naming {
    fn from(modalities: Modalities) -> Self {
        match modalities {
            Modalities::Missing => Self::Missing,
            Modalities::Present => Self::Present,
        }
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
