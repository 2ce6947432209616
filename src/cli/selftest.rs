//! `selftest`: compares this build with stored numbers of the reference implementations.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use comfy_table::Table;
#[cfg(feature = "torch")]
use lnln_bench::model::Engine;
use lnln_bench::selftest::{self, Comparison, Setting};
use lnln_bench::support::Progress;
#[cfg(feature = "torch")]
use lnln_bench::train::{DeviceSpec, device, native};

use schemars::JsonSchema;
use serde::Serialize;

use super::output;

/// Compare this build with stored numbers of the reference implementations, models in double and
/// in single precision.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench selftest
  lnln-bench selftest --golden tests/golden/lnln --all
  lnln-bench selftest --device cuda
  lnln-bench selftest --engine reference")]
pub struct Args {
    /// Folder of cases; every case below it is run [default: those that were installed with the program,
    /// else tests/golden].
    #[arg(long, value_name = "DIR")]
    golden: Option<PathBuf>,
    /// Device of the models: cpu, cuda or cuda:N.
    #[cfg(feature = "torch")]
    #[arg(long, value_name = "DEVICE", default_value = "cpu", value_parser = |text: &str| text.parse::<DeviceSpec>())]
    device: DeviceSpec,
    /// Computation: fast (the same function with less work) or reference (every step as published).
    #[cfg(feature = "torch")]
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    engine: EngineName,
    /// Print every quantity instead of the largest error of each case.
    #[arg(long)]
    all: bool,
    /// Print JSON, with every quantity.
    #[arg(long, conflicts_with = "all")]
    json: bool,
}

/// What `selftest --json` prints.
#[derive(Serialize, JsonSchema)]
pub struct SelftestRecord<'a> {
    comparisons: Vec<ComparisonRecord<'a>>,
    /// Cases that this build has nothing to compare with, with the reason.
    skipped: &'a [String],
    /// Comparisons above their tolerance.
    failed: usize,
}

/// A quantity of a case.
#[derive(Serialize, JsonSchema)]
struct ComparisonRecord<'a> {
    case: &'a str,
    quantity: &'a str,
    /// Largest distance; null where shapes differ or a number is not finite.
    error: Option<f64>,
    tolerance: f64,
    passed: bool,
}

impl<'a> From<&'a Comparison> for ComparisonRecord<'a> {
    fn from(comparison: &'a Comparison) -> Self {
        Self {
            case: &comparison.case,
            quantity: &comparison.quantity,
            error: Some(comparison.error).filter(|error| error.is_finite()),
            tolerance: comparison.tolerance,
            passed: comparison.passed(),
        }
    }
}

/// The two ways to compute a model.
#[cfg(feature = "torch")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum EngineName {
    #[default]
    Fast,
    Reference,
}

impl Args {
    #[cfg(feature = "torch")]
    fn setting(&self) -> anyhow::Result<Setting> {
        let device = device::open(self.device)?;
        if device.is_cuda() {
            native::deterministic(true)?;
            // cuDNN's recurrent networks use TF32 by default.
            native::allow_tf32(false)?;
        }
        Ok(Setting {
            device,
            engine: Engine {
                reference: self.engine == EngineName::Reference,
                recompute: false,
            },
            ..Setting::default()
        })
    }

    #[cfg(not(feature = "torch"))]
    fn setting(&self) -> anyhow::Result<Setting> {
        Ok(())
    }
}

/// Run the subcommand.
pub fn run(args: Args, progress: &Progress) -> anyhow::Result<()> {
    let golden = match &args.golden {
        Some(folder) => folder.clone(),
        None => installed()?,
    };
    let report = selftest::run(&golden, args.setting()?, progress)?;
    let failed = report
        .comparisons
        .iter()
        .filter(|comparison| !comparison.passed())
        .count();
    if args.json {
        output::json(&SelftestRecord {
            comparisons: report
                .comparisons
                .iter()
                .map(ComparisonRecord::from)
                .collect(),
            skipped: &report.skipped,
            failed,
        })?;
    } else {
        output::write(&render(&report.comparisons, args.all).to_string())?;
    }
    for skipped in &report.skipped {
        tracing::warn!("skipped {skipped}");
    }
    let cases = per_case(&report.comparisons).len();
    let skipped = match report.skipped.len() {
        0 => String::new(),
        several => format!("; {several} skipped: {}", report.skipped.join("; ")),
    };
    match (report.comparisons.is_empty(), failed) {
        (true, _) => bail!(nothing_found(&golden)),
        (_, 0) if args.json => Ok(()),
        (_, 0) => output::write(&format!("{cases} cases within tolerance{skipped}")),
        _ => bail!("{failed} quantities are above their tolerance{skipped}"),
    }
}

/// The cases in the wheel, in the place of `make install`, or in the source folder that this is called in.
fn installed() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let above = program.ancestors().nth(2).unwrap_or(Path::new("/"));
    let places = [
        above.join("golden"),
        above.join("share/lnln-bench/golden"),
        PathBuf::from("tests/golden"),
    ];
    let found = places.iter().find(|place| place.is_dir()).cloned();
    found.with_context(|| {
        let places = places.each_ref().map(|place| place.display().to_string());
        format!(
            "expected reference cases in {}, found none; give their folder with --golden",
            places.join(", ")
        )
    })
}

fn nothing_found(folder: &Path) -> String {
    format!(
        "expected cases (case.json, *.safetensors, *.json) under `{}`, found none",
        folder.display()
    )
}

/// The comparison nearest to (or furthest above) its tolerance, for every case in order.
fn per_case(comparisons: &[Comparison]) -> Vec<&Comparison> {
    let mut worst: Vec<&Comparison> = Vec::new();
    for comparison in comparisons {
        // The quantities of a case follow each other.
        match worst.last_mut() {
            Some(known) if known.case == comparison.case => {
                if ratio(comparison) > ratio(known) {
                    *known = comparison;
                }
            }
            _ => worst.push(comparison),
        }
    }
    worst
}

/// Error in units of its tolerance; an error that is not a number counts as infinite.
fn ratio(comparison: &Comparison) -> f64 {
    let ratio = if comparison.tolerance > 0.0 {
        comparison.error / comparison.tolerance
    } else if comparison.error == 0.0 {
        0.0
    } else {
        f64::INFINITY
    };
    if ratio.is_nan() { f64::INFINITY } else { ratio }
}

fn render(comparisons: &[Comparison], all: bool) -> Table {
    let shown = if all {
        comparisons.iter().collect()
    } else {
        per_case(comparisons)
    };
    let quantity = if all { "quantity" } else { "largest error at" };
    let mut table = output::table();
    table.set_header(["case", quantity, "error", "tolerance", ""]);
    for comparison in shown {
        let verdict = if comparison.passed() { "ok" } else { "FAILED" };
        table.add_row([
            comparison.case.clone(),
            comparison.quantity.clone(),
            format!("{:.1e}", comparison.error),
            format!("{:.0e}", comparison.tolerance),
            verdict.to_owned(),
        ]);
    }
    table
}
