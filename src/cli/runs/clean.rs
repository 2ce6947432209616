//! `runs clean`: lists superseded files, and removes them with `--yes`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lnln_bench::record::sweep;
use lnln_bench::support::words;
use lnln_bench::sweep::status::clean::{self, Item, Reason};
use lnln_bench::sweep::status::reports::Used;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::output;

/// List superseded files, and remove them with --yes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench runs clean
  lnln-bench runs clean runs --reports /shared/reports
  lnln-bench runs clean runs --yes

Superseded files are:
- temporary files of killed writers, after a day
- last.safetensors and left-over attempts of finished runs, after a day
- unfinished runs that belong to no sweep of the folder, after a day without
  change
- runs of an older version of this program, if a newer one has finished the same

Runs that a report names and runs that may still be running are kept. Reports
are looked for next to the folder of runs and in the current folder (two folders
deep), in the sweeps of the folder of runs, and below --reports.")]
pub struct Args {
    /// Folder of runs.
    #[arg(default_value = "runs")]
    runs: PathBuf,
    /// Further folder of reports whose runs are kept; may be repeated.
    #[arg(long, value_name = "DIR")]
    reports: Vec<PathBuf>,
    /// Only list; the default.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Remove the listed files.
    #[arg(long)]
    yes: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What `runs clean --json` prints.
#[derive(Serialize, JsonSchema)]
pub struct CleanRecord {
    items: Vec<ItemRecord>,
    /// Reports that were found; the runs they name are kept.
    reports: usize,
    /// Runs that they name.
    named_runs: usize,
}

/// A superseded file or folder.
#[derive(Serialize, JsonSchema)]
struct ItemRecord {
    path: PathBuf,
    bytes: u64,
    reason: &'static str,
    /// The run that supersedes this one.
    by: Option<String>,
    removed: bool,
}

/// Run the subcommand.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let used = used(args)?;
    let items = clean::plan(&args.runs, &used)?;
    if args.json {
        return output::json(&record(args, items, &used)?);
    }
    let mut lines = Vec::new();
    let mut sums: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    for item in &items {
        let kept = args.yes && !clean::remove(item)?;
        let note = if kept { " (kept: it changed)" } else { "" };
        lines.push(format!("{}{note}", line(item)));
        if !kept {
            let sum = sums.entry(word(&item.reason)).or_default();
            *sum = (sum.0 + 1, sum.1 + item.bytes);
        }
    }
    let verb = if args.yes { "removed" } else { "would remove" };
    for (word, (count, bytes)) in &sums {
        lines.push(format!("{verb} {count} ({word}), {}", words::bytes(*bytes)));
    }
    if sums.is_empty() {
        lines.push("nothing is superseded".to_owned());
    }
    lines.push(format!(
        "{} reports name {} runs, which are kept",
        used.reports.len(),
        used.runs.len()
    ));
    if !args.yes && !sums.is_empty() {
        lines.push("--yes removes what is listed".to_owned());
    }
    output::write(&lines.join("\n"))
}

/// Removes the items with `--yes`, and describes them.
fn record(args: &Args, items: Vec<Item>, used: &Used) -> anyhow::Result<CleanRecord> {
    let mut records = Vec::new();
    for item in items {
        records.push(ItemRecord {
            removed: args.yes && clean::remove(&item)?,
            bytes: item.bytes,
            reason: word(&item.reason),
            by: match item.reason {
                Reason::Superseded { by } => Some(by),
                _ => None,
            },
            path: item.path,
        });
    }
    Ok(CleanRecord {
        items: records,
        reports: used.reports.len(),
        named_runs: used.runs.len(),
    })
}

/// Runs that reports name.
fn used(args: &Args) -> anyhow::Result<Used> {
    let mut used = Used::default();
    let runs = std::path::absolute(&args.runs)?;
    let parent = runs.parent().map(Path::to_owned);
    let folders = parent.into_iter().chain([std::path::absolute(".")?]);
    for folder in folders.collect::<BTreeSet<_>>() {
        used.find_below(&folder, 2)?;
    }
    used.find_below(&runs.join(sweep::FOLDER), 2)?;
    for place in &args.reports {
        anyhow::ensure!(
            place.is_dir(),
            "expected a folder of reports, found nothing at {}",
            place.display()
        );
        used.find_below(place, 3)?;
    }
    Ok(used)
}

fn line(item: &Item) -> String {
    let more = match &item.reason {
        Reason::Superseded { by } => format!(" by {by}"),
        _ => String::new(),
    };
    format!(
        "{}  {:>9}  {}{more}",
        item.path.display(),
        words::bytes(item.bytes),
        word(&item.reason)
    )
}

fn word(reason: &Reason) -> &'static str {
    match reason {
        Reason::Temporary => "left by a killed writer",
        Reason::Checkpoint => "state of a run that is done",
        Reason::Attempt => "left by another attempt at a run that is done",
        Reason::Unnamed => "unfinished, of no sweep",
        Reason::Superseded { .. } => "superseded",
    }
}
