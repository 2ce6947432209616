//! Arranges named arrays as splits and columns, under the names of MMSA's columns.

use std::collections::BTreeMap;

use super::entry::Entry;
use super::select;
use crate::data::pickle::{Builder, Error, Made, Pickle, Result};

/// Names of columns in archives, and those of MMSA's pickles.
pub const NAMES: [(&str, &str); 2] = [("ids", "id"), ("labels", "regression_labels")];

/// The array that names the split of every sample, where splits are not named by the entries.
const SPLIT: &str = "split";

/// A dict of splits from entries `SPLIT/COLUMN`; or from entries `COLUMN` and the names of splits in
/// `split`, one per sample.
///
/// # Errors
/// [`Error::Entry`] where `split` holds no texts, or where a column is there under both of its names.
pub fn build(entries: Vec<(String, Entry)>) -> Result<Pickle> {
    let mut builder = Builder::default();
    let mut splits: BTreeMap<String, Vec<(String, Made)>> = BTreeMap::new();
    let mut beside = Vec::new();
    let flat = entries.iter().any(|(name, _)| name == SPLIT);
    if flat {
        for (split, columns) in by_sample(entries)? {
            for (column, entry) in columns {
                let made = make(&mut builder, entry);
                splits
                    .entry(split.clone())
                    .or_default()
                    .push((column, made));
            }
        }
    } else {
        for (name, entry) in entries {
            let made = make(&mut builder, entry);
            match name.split_once('/') {
                Some((split, column)) => {
                    let columns = splits.entry(split.to_owned()).or_default();
                    columns.push((plain_name(column), made));
                }
                None => beside.push((plain_name(&name), made)),
            }
        }
    }
    let mut root = beside;
    for (split, columns) in splits {
        check_names(&split, &columns)?;
        let columns = builder.dict(columns);
        root.push((split, columns));
    }
    let root = builder.dict(root);
    Ok(builder.finish(root))
}

fn make(builder: &mut Builder, entry: Entry) -> Made {
    match entry {
        Entry::Array(array) => builder.array(array),
        Entry::Texts(texts) => builder.texts(&texts),
    }
}

/// Checks that no column is there under both of its names, of which one would be lost.
fn check_names(split: &str, columns: &[(String, Made)]) -> Result<()> {
    let count = |name: &str| columns.iter().filter(|(known, _)| known == name).count();
    match NAMES.iter().find(|(_, name)| count(name) > 1) {
        None => Ok(()),
        Some((short, name)) => Err(Error::entry(
            format!("{split}/{name}"),
            "one array",
            format!("two, `{short}` and `{name}`; leave one out"),
        )),
    }
}

fn plain_name(column: &str) -> String {
    let known = NAMES.iter().find(|(name, _)| *name == column);
    known.map_or(column, |(_, name)| *name).to_owned()
}

type Columns = Vec<(String, Entry)>;

/// The columns of every split, each a selection of the samples of an array.
fn by_sample(entries: Columns) -> Result<Vec<(String, Columns)>> {
    let (split, columns): (Columns, Columns) =
        entries.into_iter().partition(|(name, _)| name == SPLIT);
    let names = select::texts(split)?;
    let mut splits: Vec<(String, Vec<bool>)> = Vec::new();
    for name in &names {
        if !splits.iter().any(|(known, _)| known == name) {
            let rows = names.iter().map(|other| other == name).collect();
            splits.push((name.clone(), rows));
        }
    }
    let mut all: Vec<(String, Columns)> = Vec::new();
    for (name, _) in &splits {
        all.push((name.clone(), Vec::new()));
    }
    for (column, entry) in columns {
        let shared = select::share(entry, names.len(), &column)?;
        for ((_, rows), (_, columns)) in splits.iter().zip(&mut all) {
            columns.push((plain_name(&column), shared.rows(rows)));
        }
    }
    Ok(all)
}
