//! `inspect`: shows the contents of pickles, arrays and prepared files.

use std::path::{Path, PathBuf};

use lnln_bench::data::inspect::{self, Description};

use super::output;

/// Show arrays, shapes, types, ranges and lengths of pickles, archives of arrays or prepared files.
///
/// Nothing in a pickle is executed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench inspect MOSI/Processed/unaligned_50.pkl
  lnln-bench inspect data/mosi.h5
  lnln-bench inspect reviews.npz
  lnln-bench inspect features.pkl --json

--json prints a line per pickled object (a file can hold several streams): file,
stream, protocol, outcome (OK, REFUSED or ERROR), reason, consumed bytes, and
each array and numpy scalar as [path, dtype, shape, order, SHA-256 of its
elements in row-major order]. The exit code is 3 if a stream is not OK.")]
pub struct Args {
    /// Pickles, NumPy archives, folders of npy files, HDF5 files of arrays, or files written by prepare.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print JSON, one line per stream.
    #[arg(long)]
    json: bool,
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    let mut failed = None;
    for file in &args.files {
        let shown = if args.json {
            inspect::objects(file, |object| output::json_line(&object))
        } else {
            table(file)
        };
        if let Err(error) = shown
            && let Some(earlier) = failed.replace(error)
        {
            tracing::error!("{earlier:#}");
        }
    }
    failed.map_or(Ok(()), Err)
}

fn table(file: &Path) -> anyhow::Result<()> {
    let Description {
        head,
        header,
        rows,
        details,
        warnings,
    } = inspect::describe(file)?;
    let mut table = output::table();
    table.set_header(header).add_rows(rows);
    let warnings = warnings.into_iter().map(|text| format!("warning  {text}"));
    let below: Vec<String> = details.into_iter().chain(warnings).collect();
    output::write(&format!(
        "{}\n\n{table}\n\n{}",
        head.join("\n"),
        below.join("\n")
    ))
}
