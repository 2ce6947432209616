//! Describes a pickle, or an archive or folder of arrays, for people.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::contents::Contents;
use super::scan::{Scan, scan};
use super::stream::order;
use super::{Description, Error, Result, published, rounded, warnings};
use crate::data::dataset;
use crate::data::pickle::{self, ArrayRef, ArrayStats, Leaf, Pickle, Shared, Value, Walk};

/// Most rows of the table: a file of single numpy numbers has far more leaves.
const ROWS: usize = 500;

pub fn describe(path: &Path) -> Result<Description> {
    let pickle_error = |source| Error::Pickle {
        path: path.to_owned(),
        source,
    };
    let io_error = |source| Error::Io {
        path: path.to_owned(),
        source,
    };
    let (kind, pickle) = dataset::open_source(path).map_err(pickle_error)?;
    let sha256 = dataset::source_sha256(path, &AtomicBool::new(false)).map_err(io_error)?;
    let sha256 = sha256.unwrap_or_default();
    let size = dataset::source_bytes(path).map_err(io_error)?;
    let protocol = if kind == dataset::PICKLE {
        format!(", protocol {}", pickle.protocol())
    } else {
        String::new()
    };
    let mut scans = Shared::new(&pickle);
    let mut shown = Description {
        head: vec![
            format!("{}: {kind} of {size} bytes{protocol}", path.display()),
            format!("sha256 {sha256} ({})", published(&sha256)),
        ],
        header: vec![
            "path",
            "type",
            "shape",
            "order",
            "min",
            "max",
            "mean",
            "non-finite",
        ],
        ..Description::default()
    };
    shown.rows = rows(&pickle, &mut scans).map_err(pickle_error)?;
    let contents = Contents::read(&pickle, &mut scans).map_err(pickle_error)?;
    shown.warnings = warnings::warnings(&pickle, &contents);
    shown.details = contents.lines();
    Ok(shown)
}

fn rows(
    pickle: &Pickle,
    scans: &mut Shared<Option<Scan>>,
) -> Result<Vec<Vec<String>>, pickle::Error> {
    let (mut rows, mut more) = (Vec::new(), 0usize);
    for leaf in Walk::new(pickle) {
        if rows.len() == ROWS {
            more += 1;
            continue;
        }
        rows.push(match leaf? {
            (path, Leaf::Array(array)) => array_row(path, array, scans.get(array, scan)?),
            (path, Leaf::Scalar(value)) => scalar_row(path, value),
        });
    }
    if more > 0 {
        rows.push(vec![format!("and {more} more")]);
    }
    rows.extend(lists(pickle.root()));
    Ok(rows)
}

fn array_row(path: String, array: ArrayRef<'_>, scan: Option<Scan>) -> Vec<String> {
    let shape = format!("{:?}", array.shape());
    let row = [path, array.type_name(), shape, order(array).to_owned()];
    let numbers = scan.map(|scan| numbers(&scan.stats)).unwrap_or_default();
    row.into_iter().chain(numbers).collect()
}

fn scalar_row(path: String, value: Value<'_>) -> Vec<String> {
    let dtype = value.type_name().map(|name| format!("scalar {name}"));
    let number = value.as_f64().map(rounded).unwrap_or_default();
    let shown = [number.clone(), number];
    let row = [path, dtype.unwrap_or_default(), "[]".into(), "C".into()];
    row.into_iter().chain(shown).collect()
}

fn numbers(stats: &ArrayStats) -> [String; 4] {
    let range = stats.range();
    [
        range.map(|(low, _)| rounded(low)).unwrap_or_default(),
        range.map(|(_, high)| rounded(high)).unwrap_or_default(),
        range.map(|_| rounded(stats.mean())).unwrap_or_default(),
        stats.non_finite.to_string(),
    ]
}

/// Rows for the lists in the splits of an MMSA pickle: texts, ids, lengths.
fn lists(root: Value<'_>) -> impl Iterator<Item = Vec<String>> {
    root.entries().flat_map(|(split, columns)| {
        columns.entries().filter_map(move |(name, value)| {
            let quoted = |key: Value<'_>| {
                let prefix = if key.is_bytes() { "b" } else { "" };
                Some(format!("[{prefix}'{}']", key.text()?))
            };
            let path = format!("${}{}", quoted(split)?, quoted(name)?);
            list_row(path, value)
        })
    })
}

fn list_row(path: String, value: Value<'_>) -> Option<Vec<String>> {
    let length = value.items()?.len();
    let mut stats = ArrayStats::default();
    let all = value
        .items()?
        .all(|item| item.as_f64().inspect(|number| stats.add(*number)).is_some());
    let row = [
        path,
        value.kind().to_owned(),
        format!("[{length}]"),
        String::new(),
    ];
    let numbers = (all && length > 0).then(|| numbers(&stats));
    Some(
        row.into_iter()
            .chain(numbers.into_iter().flatten())
            .collect(),
    )
}
