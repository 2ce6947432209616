//! `report`: makes tables and figures from finished runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lnln_bench::mask::Condition;
use lnln_bench::record::{self, RunDir, SweepDir};
use lnln_bench::report::terminal::{self, Style};
use lnln_bench::report::{
    Curves, Error, FigureFormat, Layout, LeftOut, Options, Reference, ReferenceRow,
    SectionFindings, Sources, Written, check, describe_left_out, write_report,
};
use lnln_bench::support::color;
use lnln_bench::support::file_kind::FileKind;
use lnln_bench::support::nearest::hint;
use lnln_bench::sweep::status::wait;

use schemars::JsonSchema;
use serde::Serialize;

use super::output;

const EXAMPLES: &str = "\
Examples:
  lnln-bench report runs --out reports/mosi
  lnln-bench report runs --out reports/short --metrics mae --models lnln,almt
  lnln-bench report runs/a1b2c3 runs/d4e5f6 --out reports/two
  lnln-bench report --sweep runs/sweeps/paper-mosi-3f2a9c --out reports/mosi
  lnln-bench report --sweep runs/sweeps/mosi-3f2a9c runs --out reports/mine
  lnln-bench report runs --out reports/paper --layout paper
  lnln-bench report runs --out reports/pdf --figures pdf --untitled
  lnln-bench report --check reports/mosi

The report folder holds:
  report.md, index.html          all tables and figures
  tables.tex, citations.bib      for LaTeX
  scores.csv                     every score of every run
  summary.csv, summary.parquet   a line per number: mean, sd, interval, test
  tables/                        each table of tables.tex in a file of its own
  figures/                       SVG, with --figures pdf,png also PDF and PNG
  manifest.json                  the runs and predictions behind every cell

The same runs give the same bytes, so that a report can be kept under version
control and checked with --check.";

/// Make tables (Markdown, LaTeX, HTML, CSV, Parquet) and figures (SVG) from finished runs.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folders of runs, or single run directories; with --sweep only the external runs (of `score`) in them
    #[arg(required_unless_present_any = ["check", "sweep"], value_name = "RUNS")]
    runs: Vec<PathBuf>,
    /// Finished runs of a sweep (RUNS/sweeps/SWEEP) instead of all runs in a folder; may be repeated
    #[arg(long, value_name = "DIR", conflicts_with = "check")]
    sweep: Vec<PathBuf>,
    /// Folder of the report, created if needed; an earlier report in it is replaced
    #[arg(long, value_name = "DIR", required_unless_present = "check")]
    out: Option<PathBuf>,
    /// Make the report in DIR again in memory, from the runs that it names or from RUNS, and compare
    /// every file byte by byte
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "metrics", "models", "layout", "no_baseline", "reference_row", "matrix_rates", "primary", "reference", "resamples", "curves", "figures", "untitled"])]
    check: Option<PathBuf>,
    /// Tables to show: full, or paper (the columns of the LNLN paper's tables, with its numbers)
    #[arg(long, value_name = "LAYOUT", value_parser = layout, default_value = "full")]
    layout: Layout,
    /// Longest wait in seconds for unfinished runs of sweeps in RUNS: a network file system may show
    /// files of other machines late
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    latency_wait: u64,
    /// Metrics to show [default: all but those that `list metrics` calls extra]
    #[arg(long, value_delimiter = ',', value_parser = super::trimmed, value_name = "NAME,...")]
    metrics: Vec<String>,
    /// Models to show, by name or title, in this order; no p-value depends on them [default: all, by the
    /// mean of the primary metric]
    #[arg(long, value_delimiter = ',', value_parser = super::trimmed, value_name = "NAME,...")]
    models: Vec<String>,
    /// Leave out the rows of the baselines, the mark of what is no better, and distances to them
    #[arg(long)]
    no_baseline: bool,
    /// Place of the reference row, first or last of the models [default: as any other]
    #[arg(long, value_name = "PLACE", value_parser = reference_row)]
    reference_row: Option<ReferenceRow>,
    /// Conditions of confusion matrices and histograms, such as 0,0.5 or LA [default: 0, 0.1, 0.5 and
    /// 0.9 where they were run]
    #[arg(long, value_delimiter = ',', value_name = "RATE,...")]
    matrix_rates: Vec<Condition>,
    /// Metric whose mean over the conditions is the primary test of each comparison, not corrected for the
    /// report's other tests [default: the suite's with --sweep, else the one that selects weights, mae]
    #[arg(long, value_name = "METRIC")]
    primary: Option<String>,
    /// Model that every other one is tested against, by name or title [default: lnln, or else the first by
    /// title]
    #[arg(long, value_name = "MODEL")]
    reference: Option<String>,
    /// Permutations of samples per test, 0 for no intervals and tests [default: 4999; 0 for more than
    /// 500 runs]
    #[arg(long, value_name = "N")]
    resamples: Option<usize>,
    /// Curves of many models: all (a color each), focus (the reference, the best five and the baselines in
    /// color, the others in gray) or panels (a panel per model) [default: focus for more than 7 models, else
    /// all]
    #[arg(long, value_name = "HOW", value_parser = curves)]
    curves: Option<Curves>,
    /// Folder of the prepared data: adds the ten samples of each model whose prediction changes most between complete
    /// data and the highest missing rate below 1, with their words
    #[arg(long, value_name = "DIR", conflicts_with = "check")]
    data: Option<PathBuf>,
    /// Formats of figures besides SVG: pdf, png
    #[arg(long, value_delimiter = ',', value_name = "FORMAT,...", value_parser = figure_format)]
    figures: Vec<FigureFormat>,
    /// Leave the titles out of figures, for papers that have captions
    #[arg(long)]
    untitled: bool,
    /// Print JSON: the files of the report, or the result of --check
    #[arg(long)]
    json: bool,
}

/// What `report --json` prints.
#[derive(Serialize, JsonSchema)]
pub struct ReportRecord {
    folder: PathBuf,
    /// Paths within the folder.
    files: Vec<String>,
    /// Runs the report rests on.
    runs: usize,
    /// Ids of runs that are not finished and not in the report.
    unfinished: Vec<String>,
    /// Folders of evaluations without `DONE`, which are not in the report.
    incomplete: Vec<PathBuf>,
    /// The row of each section that others are tested against.
    references: Vec<Reference>,
    /// Conditions at which rows lack numbers that others have.
    left_out: Vec<LeftOut>,
    /// What the numbers of each section say, in words.
    findings: Vec<SectionFindings>,
}

/// What `report --check --json` prints.
#[derive(Serialize, JsonSchema)]
pub struct CheckRecord {
    folder: PathBuf,
    /// Files that were compared.
    files: usize,
    differences: Vec<String>,
}

impl Args {
    /// A full report on `runs` in `out`, with words where the folder of the data is given.
    #[cfg(feature = "torch")]
    pub fn for_demo(runs: &Path, out: &Path, data: Option<&Path>) -> Self {
        Self {
            runs: vec![runs.to_path_buf()],
            sweep: Vec::new(),
            out: Some(out.to_path_buf()),
            check: None,
            layout: Layout::Full,
            metrics: Vec::new(),
            models: Vec::new(),
            no_baseline: false,
            reference_row: None,
            matrix_rates: Vec::new(),
            primary: None,
            reference: None,
            resamples: None,
            curves: None,
            data: data.map(Path::to_path_buf),
            figures: Vec::new(),
            untitled: false,
            json: false,
            latency_wait: 0,
        }
    }
}

/// Refuses files: one of predictions is no run yet.
fn no_files(paths: &[PathBuf]) -> Result<(), record::Error> {
    match paths.iter().find(|path| path.is_file()) {
        None => Ok(()),
        Some(file) => Err(record::Error::NoRun {
            path: file.clone(),
            found: "a file".to_owned(),
            hint: match FileKind::of(file) {
                Ok(kind) if kind.is_archive() => {
                    "unpack it, and name the folder with its runs".to_owned()
                }
                _ => run_around(file).map_or_else(
                    || {
                        format!(
                            "`lnln-bench score {} --data FILE` makes runs of a file of predictions, in the folder runs",
                            file.display()
                        )
                    },
                    |run| format!("it is of the run {}: name that folder", run.display()),
                ),
            },
        }),
    }
}

/// The folder of the run that a file is in.
fn run_around(file: &Path) -> Option<&Path> {
    let mut folders = file.ancestors().skip(1).take(3);
    folders.find(|folder| folder.join("manifest.json").is_file())
}

/// Writes the report, then prints its overview and its path.
pub fn run(args: Args) -> anyhow::Result<()> {
    no_files(&args.runs)?;
    let (Some(out), None) = (&args.out, &args.check) else {
        return compare(&args.check.unwrap_or_default(), &args.runs, args.json);
    };
    let mut options = Options {
        layout: args.layout,
        metrics: args.metrics,
        models: args.models,
        no_baseline: args.no_baseline,
        reference_row: args.reference_row,
        matrix_conditions: args.matrix_rates,
        primary: args.primary,
        reference: args.reference,
        resamples: args.resamples,
        curves: args.curves,
        figures: args.figures,
        untitled: args.untitled,
        data_source: None,
        data: args.data,
        masks: BTreeMap::new(),
    };
    let latency = Duration::from_secs(args.latency_wait);
    let sources = if args.sweep.is_empty() {
        wait::for_sweeps(&args.runs, latency);
        Sources {
            roots: args.runs,
            ..Sources::default()
        }
    } else {
        let sweep = |path: &PathBuf| {
            let sweep = SweepDir::open(path);
            let found = wait::for_runs(&sweep, latency)?;
            Ok((sweep.read()?, found))
        };
        let sweeps: anyhow::Result<Vec<_>> = args.sweep.iter().map(sweep).collect();
        Sources::of_sweeps(sweeps?, &args.runs, options.primary.is_none())?
    };
    options.primary = options.primary.or(sources.primary);
    options.masks = sources.masks;
    if sources.left_out > 0 {
        tracing::warn!(
            "{} passes over the test split are left out: the sweeps evaluate a run under mask seeds that not \
             all conditions share; run one sweep with all mask seeds and conditions to fill them in",
            sources.left_out
        );
    }
    let written = write_report(&sources.roots, out, &options)?;
    let unfinished: Vec<&RunDir> = written
        .unfinished
        .iter()
        .chain(&sources.unfinished)
        .collect();
    if !unfinished.is_empty() {
        tracing::warn!(
            "left out of the report, since not finished ({}): {}; run the sweep again to finish them, score the \
             predictions again, or copy them again where they were copied in part",
            unfinished.len(),
            named(unfinished.iter().map(|run| run.id()), 5)
        );
    }
    if !written.incomplete.is_empty() {
        tracing::warn!(
            "left out of the report, since they lack their DONE ({}), as folders do that were copied in part: {}; copy them again, \
             or remove them and run the sweep again",
            written.incomplete.len(),
            named(
                written
                    .incomplete
                    .iter()
                    .map(|path| path.display().to_string()),
                5
            )
        );
    }
    for sentence in describe_left_out(&written.left_out) {
        tracing::warn!("{sentence}");
    }
    for sentence in &written.warnings {
        tracing::warn!("{sentence}");
    }
    if args.json {
        let record = ReportRecord {
            unfinished: unfinished.iter().map(|run| run.id()).collect(),
            incomplete: written.incomplete,
            folder: written.dir,
            files: written.files,
            runs: written.runs,
            references: written.references,
            left_out: written.left_out,
            findings: written.findings,
        };
        return output::json(&record);
    }
    output::write(&overview(&written))
}

/// The first table of each section, references and findings, then the folder.
fn overview(written: &Written) -> String {
    let style = Style {
        width: terminal::columns(),
        color: color::stdout(),
    };
    let tables = terminal::tables(&written.overviews, style);
    let references = written.references.iter();
    let references: String = references.map(|r| format!("{}\n", r.describe())).collect();
    let findings = written.findings.iter();
    let findings = findings.map(|one| terminal::findings(&one.title, &one.sentences, style.width));
    let findings = findings.collect::<Vec<_>>().join("\n");
    let (count, figures) = (written.tables, written.figures);
    let dir = written.dir.display();
    format!(
        "{tables}\n{references}\n{findings}\nAll {count} tables and {figures} figures: index.html and report.md in {dir}"
    )
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

/// `--check`: prints the differences, and fails if there are some.
fn compare(dir: &Path, runs: &[PathBuf], json: bool) -> anyhow::Result<()> {
    let checked = check(dir, runs)?;
    let count = checked.differences.len();
    if json {
        output::json(&CheckRecord {
            folder: dir.to_path_buf(),
            files: checked.files,
            differences: checked.differences,
        })?;
    } else {
        for difference in &checked.differences {
            output::write(difference)?;
        }
    }
    match count {
        0 if json => Ok(()),
        0 => output::write(&format!("{} files are what the runs give", checked.files)),
        count => {
            let path = dir.to_path_buf();
            Err(Error::Differs { path, count }.into())
        }
    }
}

fn reference_row(text: &str) -> Result<ReferenceRow, String> {
    match text {
        "first" => Ok(ReferenceRow::First),
        "last" => Ok(ReferenceRow::Last),
        other => Err(format!(
            "expected `first` or `last`, found `{other}`{}",
            hint(other, "first, last")
        )),
    }
}

fn figure_format(text: &str) -> Result<FigureFormat, String> {
    match text {
        "svg" => Ok(FigureFormat::Svg),
        "pdf" => Ok(FigureFormat::Pdf),
        "png" => Ok(FigureFormat::Png),
        other => Err(format!(
            "expected `svg`, `pdf` or `png`, found `{other}`{}",
            hint(other, "svg, pdf, png")
        )),
    }
}

fn layout(text: &str) -> Result<Layout, String> {
    match text {
        "full" => Ok(Layout::Full),
        "paper" => Ok(Layout::Paper),
        other => Err(format!(
            "expected `full` or `paper`, found `{other}`{}",
            hint(other, "full, paper")
        )),
    }
}

fn curves(text: &str) -> Result<Curves, String> {
    match text {
        "all" => Ok(Curves::All),
        "focus" => Ok(Curves::Focus),
        "panels" => Ok(Curves::Panels),
        other => Err(format!(
            "expected `all`, `focus` or `panels`, found `{other}`{}",
            hint(other, "all, focus, panels")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_run_leads_to_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("ab12");
        std::fs::create_dir(&run).unwrap();
        for file in ["p.csv", "ab12/manifest.json"] {
            std::fs::write(folder.path().join(file), "{}").unwrap();
        }
        let text = |file: &str| {
            no_files(&[folder.path().join(file)])
                .unwrap_err()
                .to_string()
        };
        assert!(text("p.csv").contains("lnln-bench score"));
        let found = text("ab12/manifest.json");
        assert!(
            found.contains("name that folder") && !found.contains("score"),
            "{found}"
        );
    }
}
