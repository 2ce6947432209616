//! `schema`: prints the JSON Schema of suite files and of every `--json` output.

use clap::builder::PossibleValuesParser;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::{
    doctor, export_record, mask, output, prepare_record, registries, report, runs, score, selftest,
    verify,
};

/// Print the JSON Schema (draft 2020-12) of suite files or of what a command prints with --json.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench schema
  lnln-bench schema suite > suite.schema.json
  lnln-bench schema runs-status

Editors with a TOML language server check and complete a suite file that begins with
  #:schema ./suite.schema.json")]
pub struct Args {
    /// Name of a schema [default: list all].
    #[arg(value_parser = PossibleValuesParser::new(SCHEMAS.iter().map(|one| one.name)))]
    #[arg(hide_possible_values = true)]
    name: Option<String>,
}

/// A schema by name.
struct Named {
    name: &'static str,
    describes: &'static str,
    schema: fn() -> Schema,
}

/// Every schema in the order of commands.
const SCHEMAS: &[Named] = &[
    #[cfg(feature = "torch")]
    Named {
        name: "suite",
        describes: "suite files of `run` (TOML)",
        schema: lnln_bench::sweep::Suite::schema,
    },
    Named {
        name: "prepare",
        describes: "lines of `prepare --json`",
        schema: of::<prepare_record::PrepareRecord<'_>>,
    },
    Named {
        name: "inspect",
        describes: "lines of `inspect --json`",
        schema: of::<lnln_bench::data::inspect::Object>,
    },
    Named {
        name: "verify",
        describes: "lines of `verify --json`",
        schema: of::<verify::VerifyRecord>,
    },
    Named {
        name: "mask-show",
        describes: "`mask show --json`",
        schema: of::<mask::ShowRecord<'_>>,
    },
    Named {
        name: "mask-stats",
        describes: "lines of `mask stats --json`",
        schema: of::<mask::StatsRecord<'_>>,
    },
    Named {
        name: "export",
        describes: "`export --json` and `mask export --json`",
        schema: of::<export_record::ExportRecord>,
    },
    #[cfg(feature = "torch")]
    Named {
        name: "dry-run",
        describes: "`run --dry-run --json`",
        schema: of::<super::dry_run::DryRun<'_>>,
    },
    #[cfg(feature = "torch")]
    Named {
        name: "progress",
        describes: "lines of `run --progress-json`",
        schema: of::<lnln_bench::sweep::events::Event<'_>>,
    },
    #[cfg(feature = "torch")]
    Named {
        name: "predict",
        describes: "`predict --json`",
        schema: of::<super::predict::PredictRecord<'_>>,
    },
    Named {
        name: "report",
        describes: "`report --json`",
        schema: of::<report::ReportRecord>,
    },
    Named {
        name: "report-check",
        describes: "`report --check --json`",
        schema: of::<report::CheckRecord>,
    },
    Named {
        name: "runs-status",
        describes: "`runs status --json`",
        schema: of::<runs::StatusRecord<'_>>,
    },
    Named {
        name: "runs-clean",
        describes: "`runs clean --json`",
        schema: of::<runs::CleanRecord>,
    },
    Named {
        name: "score",
        describes: "`score --json`",
        schema: of::<score::ScoreRecord<'_>>,
    },
    Named {
        name: "audit",
        describes: "`audit --json`",
        schema: of::<lnln_bench::published::audit::render::Document<'_>>,
    },
    Named {
        name: "selftest",
        describes: "`selftest --json`",
        schema: of::<selftest::SelftestRecord<'_>>,
    },
    Named {
        name: "list",
        describes: "`list --json`, `list models --json`, ...",
        schema: of::<registries::Registries>,
    },
    Named {
        name: "list-runs",
        describes: "`list runs --json`",
        schema: of::<Vec<runs::RunRow<'_>>>,
    },
    Named {
        name: "doctor",
        describes: "`doctor --json`",
        schema: of::<Vec<doctor::Finding>>,
    },
];

/// The schema of what is written for this type.
fn of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<T>()
}

/// Run the subcommand.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let named = SCHEMAS
        .iter()
        .find(|one| args.name.as_deref() == Some(one.name));
    if let Some(named) = named {
        return output::json(&(named.schema)());
    }
    let mut table = output::table();
    table.set_header(["schema", "of"]);
    table.add_rows(SCHEMAS.iter().map(|one| [one.name, one.describes]));
    output::write(&table.to_string())
}
