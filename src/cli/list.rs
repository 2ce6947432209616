//! `list`: prints the registries (data sets, models, masks, metrics, audit rules) and runs.

use std::path::PathBuf;

use clap::CommandFactory;
use clap::error::ErrorKind;
use comfy_table::Table;
use lnln_bench::data::dataset;
use lnln_bench::mask;
use lnln_bench::metric;
use lnln_bench::published::audit;

use super::{output, runs};

/// List data sets, models, masks, metrics or audit rules, or the runs of a folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench list
  lnln-bench list models
  lnln-bench list runs
  lnln-bench list runs /scratch/runs --json")]
pub struct Args {
    /// What to list [default: everything built in].
    what: Option<What>,
    /// Folder of runs, with `list runs` [default: runs].
    folder: Option<PathBuf>,
    /// Print JSON, with `list runs`.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum What {
    Datasets,
    Models,
    Masks,
    Metrics,
    Rules,
    Runs,
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    if args.what == Some(What::Runs) {
        let folder = args.folder.unwrap_or_else(|| "runs".into());
        return runs::list(&folder, args.json);
    }
    if args.folder.is_some() || args.json {
        let mut command = super::Cli::command();
        let message = "only `list runs` takes a folder or --json";
        command.error(ErrorKind::ArgumentConflict, message).exit();
    }
    let all = [
        What::Datasets,
        What::Models,
        What::Masks,
        What::Metrics,
        What::Rules,
    ];
    let mut text = String::new();
    for what in all
        .into_iter()
        .filter(|what| args.what.is_none_or(|one| one == *what))
    {
        text.push_str(&format!("{}\n\n", table(what)));
    }
    output::write(text.trim_end())
}

fn table(what: What) -> Table {
    let (head, rows): (&[&str], Vec<Vec<String>>) = match what {
        What::Datasets => (
            &["data set", "title", "labels", "metrics", "table"],
            datasets(),
        ),
        What::Models => (&["model", "summary", "source"], models()),
        What::Masks => (
            &["mask protocol", "version", "conditions", "definition"],
            masks(),
        ),
        What::Metrics => (&["protocol", "metric", "title", "better"], metrics()),
        What::Rules => (&["audit rule", "looks for", "strength"], rules()),
        // Not built in.
        What::Runs => (&[], Vec::new()),
    };
    let mut table = output::wrapped_table();
    table.set_header(head).add_rows(rows);
    table
}

fn datasets() -> Vec<Vec<String>> {
    let row = |spec: &dataset::Spec| {
        let [low, high] = spec.label_range;
        vec![
            spec.name.clone(),
            spec.title.clone(),
            format!("{low} to {high}"),
            spec.protocol.clone(),
            spec.origin.to_string(),
        ]
    };
    dataset::registry().iter().map(row).collect()
}

#[cfg(feature = "torch")]
fn models() -> Vec<Vec<String>> {
    let row = |name: String, summary: &str, source: &str| {
        vec![name, summary.to_owned(), source.to_owned()]
    };
    let rows = lnln_bench::model::MODELS.iter().flat_map(|entry| {
        let own = row(entry.name.to_owned(), entry.summary, entry.citation);
        let variants = entry.variants.iter();
        let variants = variants.map(|variant| {
            row(
                format!("{}:{}", entry.name, variant.name),
                variant.summary,
                "",
            )
        });
        std::iter::once(own).chain(variants).collect::<Vec<_>>()
    });
    rows.collect()
}

#[cfg(not(feature = "torch"))]
fn models() -> Vec<Vec<String>> {
    vec![vec![
        "(none)".to_owned(),
        "this build has no libtorch".to_owned(),
        String::new(),
    ]]
}

fn masks() -> Vec<Vec<String>> {
    let row = |mask_protocol: &&dyn mask::MaskProtocol| {
        vec![
            mask_protocol.name().to_owned(),
            mask_protocol.version().to_string(),
            mask::describe(mask_protocol.kinds()),
            mask_protocol.summary().to_owned(),
        ]
    };
    mask::MASK_PROTOCOLS.iter().map(row).collect()
}

fn metrics() -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for protocol in metric::PROTOCOLS {
        for metric in protocol.all() {
            let better = match metric.direction {
                metric::Direction::HigherIsBetter => "higher",
                metric::Direction::LowerIsBetter => "lower",
            };
            rows.push(
                [protocol.name, metric.name, metric.title, better]
                    .map(str::to_owned)
                    .to_vec(),
            );
        }
    }
    rows
}

fn rules() -> Vec<Vec<String>> {
    let row = |rule: &&audit::Rule| {
        [rule.name, rule.definition, rule.strength]
            .map(str::to_owned)
            .to_vec()
    };
    audit::RULES.iter().map(row).collect()
}
