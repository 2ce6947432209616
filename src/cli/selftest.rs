//! `selftest`: this build against numbers of the reference implementations.

use std::path::{Path, PathBuf};

use anyhow::bail;
use comfy_table::Table;
#[cfg(feature = "torch")]
use lnln_bench::model::Engine;
use lnln_bench::selftest::{self, Comparison, Setting};
#[cfg(feature = "torch")]
use lnln_bench::train::{DeviceSpec, device, native};

use super::output;

/// Check this build against stored numbers of the reference implementations, models in double and in
/// single precision.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench selftest --golden tests/golden
  lnln-bench selftest --golden tests/golden/lnln --all
  lnln-bench selftest --golden tests/golden --device cuda
  lnln-bench selftest --golden tests/golden --plain")]
pub struct Args {
    /// Folder with cases; every case below it is run.
    #[arg(long)]
    golden: PathBuf,
    /// Where the models run: cpu, cuda or cuda:N.
    #[cfg(feature = "torch")]
    #[arg(long, default_value = "cpu", value_parser = |text: &str| text.parse::<DeviceSpec>())]
    device: DeviceSpec,
    /// The computation to the letter in place of the lean one.
    #[cfg(feature = "torch")]
    #[arg(long)]
    plain: bool,
    /// Print every quantity, not only the largest error of each case.
    #[arg(long)]
    all: bool,
}

impl Args {
    #[cfg(feature = "torch")]
    fn setting(&self) -> anyhow::Result<Setting> {
        let device = device::open(self.device)?;
        if device.is_cuda() {
            native::deterministic(true)?;
            // cuDNN's recurrent networks take it unless told otherwise.
            native::allow_tf32(false)?;
        }
        Ok(Setting {
            device,
            engine: Engine {
                reference: self.plain,
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
pub fn run(args: Args) -> anyhow::Result<()> {
    let report = selftest::run(&args.golden, args.setting()?)?;
    output::write(&render(&report.comparisons, args.all).to_string())?;
    for skipped in &report.skipped {
        tracing::warn!("skipped {skipped}");
    }
    let failed = report
        .comparisons
        .iter()
        .filter(|comparison| !comparison.passed())
        .count();
    let cases = per_case(&report.comparisons).len();
    let skipped = match report.skipped.len() {
        0 => String::new(),
        several => format!("; {several} skipped: {}", report.skipped.join("; ")),
    };
    match (report.comparisons.is_empty(), failed) {
        (true, _) => bail!(nothing_found(&args.golden)),
        (_, 0) => output::write(&format!("{cases} cases within tolerance{skipped}")),
        _ => bail!("{failed} quantities are above their tolerance{skipped}"),
    }
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
