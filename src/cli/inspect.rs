//! `inspect`: what a pickle or a prepared file holds.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use comfy_table::Table;
use lnln_bench::dataset::{self, digest};
use lnln_bench::pickle::{self, ArrayRef, Leaf, Pickle, Value, Walk};
use lnln_bench::store::Reader;
use serde_json::json;

use super::output;

/// Show what pickles or prepared files hold; nothing in a pickle is executed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench inspect MOSI/Processed/unaligned_50.pkl
  lnln-bench inspect data/mosi.h5
  lnln-bench inspect features.pkl --json

With --json, one line per file: its size and SHA-256, whether it can be read (outcome OK, REFUSED
or ERROR, with the refused name or the error in detail), and for a pickle every array and numpy
scalar as [path, dtype, shape, order, SHA-256 of its elements in row-major order].")]
pub struct Args {
    /// Pickles, or files made by prepare.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// One line of JSON per file.
    #[arg(long)]
    json: bool,
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    let mut failed = None;
    for file in &args.files {
        let shown = match args.json {
            true => json_line(file),
            false => table(file),
        };
        if let Err(error) = shown
            && let Some(earlier) = failed.replace(error)
        {
            tracing::error!("{earlier}");
        }
    }
    failed.map_or(Ok(()), Err)
}

fn table(file: &Path) -> anyhow::Result<()> {
    let mut table = output::table();
    let head = match is_hdf5(file) {
        true => prepared_rows(file, &mut table)?,
        false => pickle_rows(file, &mut table)?,
    };
    output::write(&format!("{}\n{table}", head.trim_end()))
}

/// HDF5's signature.
fn is_hdf5(file: &Path) -> bool {
    use std::io::Read;
    let mut magic = [0; 4];
    let read = std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && magic == *b"\x89HDF"
}

fn prepared_rows(file: &Path, table: &mut Table) -> anyhow::Result<String> {
    let reader = Reader::open(file)?;
    let source = reader.provenance()?;
    table.set_header(["column", "type", "shape", "non-finite, now 0"]);
    for column in reader.columns()? {
        let shape = format!("{:?}", reader.shape(&column)?);
        let replaced = source
            .non_finite
            .get(&column)
            .map(u64::to_string)
            .unwrap_or_default();
        table.add_row([
            column.clone(),
            reader.kind(&column)?.to_owned(),
            shape,
            replaced,
        ]);
    }
    Ok(format!(
        "{}: {} {} from {} ({} bytes)\nsha256 of the source {} ({})\ncontent hash {}\n",
        file.display(),
        source.layout,
        source.dataset,
        source.source_name,
        source.source_bytes,
        source.source_sha256,
        published(&source.source_sha256),
        reader.content_hash()?
    ))
}

fn pickle_rows(file: &Path, table: &mut Table) -> anyhow::Result<String> {
    let pickle = open(file)?;
    table.set_header([
        "path",
        "type",
        "shape",
        "order",
        "smallest",
        "largest",
        "non-finite",
    ]);
    for (path, leaf) in Walk::new(&pickle) {
        if let Leaf::Array(array) = leaf {
            table.add_row(array_row(path, array)?);
        }
    }
    for (path, list) in lists(pickle.root()) {
        let length = list.items().map_or(0, |items| items.len());
        table.add_row([path, list.kind().to_owned(), format!("[{length}]")]);
    }
    let sha256 = digest::sha256(file, &AtomicBool::new(false))?.unwrap_or_default();
    let size = std::fs::metadata(file)?.len();
    Ok(format!(
        "{}: pickle of {size} bytes\nsha256 {sha256} ({})\n",
        file.display(),
        published(&sha256)
    ))
}

/// Opens a pickle, naming the file in an error.
fn open(file: &Path) -> Result<Pickle, dataset::Error> {
    Pickle::open(file).map_err(|source| dataset::Error::Pickle {
        path: file.to_owned(),
        source,
    })
}

fn array_row(path: String, array: ArrayRef<'_>) -> anyhow::Result<[String; 7]> {
    let stats = array.stats()?;
    let range = stats.and_then(|stats| stats.range);
    let non_finite = stats.map(|stats| stats.non_finite.to_string());
    Ok([
        path,
        array.dtype().to_string(),
        format!("{:?}", array.shape()),
        order(array).to_owned(),
        range.map(|(low, _)| rounded(low)).unwrap_or_default(),
        range.map(|(_, high)| rounded(high)).unwrap_or_default(),
        non_finite.unwrap_or_default(),
    ])
}

/// At most four decimals.
fn rounded(value: f64) -> String {
    ((value * 1e4).round() / 1e4).to_string()
}

fn order(array: ArrayRef<'_>) -> &'static str {
    if array.is_fortran() { "F" } else { "C" }
}

/// Lists in the splits of an MMSA pickle: texts, ids, lengths.
fn lists(root: Value<'_>) -> Vec<(String, Value<'_>)> {
    let mut lists = Vec::new();
    for (split, columns) in root.entries() {
        for (name, value) in columns.entries() {
            if let (Some(split), Some(name), Some(_)) =
                (split.as_str(), name.as_str(), value.items())
            {
                lists.push((format!("$['{split}']['{name}']"), value));
            }
        }
    }
    lists
}

fn published(sha256: &str) -> String {
    match dataset::published(sha256) {
        Some((spec, file)) => format!("the published {} {} file", file.layout, spec.title),
        None => "no published file".to_owned(),
    }
}

/// One line of JSON whatever the file is; the error, if any, comes back as well.
fn json_line(file: &Path) -> anyhow::Result<()> {
    let name = file.display().to_string();
    let size = std::fs::metadata(file).map(|metadata| metadata.len()).ok();
    let sha256 = digest::sha256(file, &AtomicBool::new(false)).ok().flatten();
    let head = json!({ "file": name, "size": size, "sha256": sha256 });
    let (rest, result) = match rows(file) {
        Ok(rest) => (rest, Ok(())),
        Err(error) => (outcome(&error), Err(error)),
    };
    let mut line = head.as_object().cloned().unwrap_or_default();
    line.extend(rest.as_object().cloned().unwrap_or_default());
    output::write(&serde_json::Value::from(line).to_string())?;
    result
}

fn outcome(error: &anyhow::Error) -> serde_json::Value {
    match error
        .chain()
        .find_map(|cause| cause.downcast_ref::<pickle::Error>())
    {
        Some(pickle::Error::ForbiddenGlobal { name, offset }) => {
            json!({ "outcome": "REFUSED", "detail": name, "offset": offset })
        }
        _ => json!({ "outcome": "ERROR", "detail": error.to_string() }),
    }
}

fn rows(file: &Path) -> anyhow::Result<serde_json::Value> {
    if is_hdf5(file) {
        return prepared_json(file);
    }
    let pickle = open(file)?;
    let (mut rows, mut arrays, mut scalars) = (Vec::new(), 0, 0);
    for (path, leaf) in Walk::new(&pickle) {
        match leaf {
            Leaf::Array(array) => {
                arrays += 1;
                let (dtype, shape) = (array.dtype().to_string(), array.shape());
                rows.push(json!([path, dtype, shape, order(array), array.sha256()?]));
            }
            Leaf::Scalar(value) => {
                scalars += 1;
                let (dtype, bytes) = value.scalar().unzip();
                let dtype = dtype.map(|dtype| format!("scalar {dtype}"));
                rows.push(json!([
                    path,
                    dtype,
                    [],
                    "C",
                    bytes.map(|b| pickle::sha256(&b))
                ]));
            }
        }
    }
    Ok(json!({ "outcome": "OK", "n_arrays": arrays, "n_np_scalars": scalars, "arrays": rows }))
}

fn prepared_json(file: &Path) -> anyhow::Result<serde_json::Value> {
    let reader = Reader::open(file)?;
    let source = reader.provenance()?;
    let mut columns = Vec::new();
    for column in reader.columns()? {
        columns.push(json!([
            column,
            reader.kind(&column)?,
            reader.shape(&column)?
        ]));
    }
    Ok(json!({
        "outcome": "OK",
        "dataset": source.dataset,
        "layout": source.layout,
        "source_name": source.source_name,
        "source_sha256": source.source_sha256,
        "content_hash": reader.content_hash()?,
        "non_finite": source.non_finite,
        "columns": columns,
    }))
}
