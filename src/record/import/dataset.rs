//! Compares the data set that a file names with the data.

use super::error::{Error, Result};
use super::source::Source;
use crate::data::dataset::{Corpus, registry};

/// Checks that no row names another registered data set. A name that is not registered is noted.
pub(super) fn check(file: &str, source: &mut Source, corpus: &Corpus) -> Result<()> {
    let Some(column) = source.dataset.take() else {
        return Ok(());
    };
    // Predictions for a version or a fold may name the data set alone.
    let base = corpus.variant().base;
    let own = [corpus.name(), &corpus.spec.title, base].map(plain);
    let is_other = |key: &String| {
        let mut others = registry().iter().filter(|spec| spec.name != base);
        others.any(|spec| [plain(&spec.name), plain(&spec.title)].contains(key))
    };
    let mut unknown = None;
    for (row, found) in source.rows.iter().zip(column.values) {
        let found = found.unwrap_or_default();
        let key = plain(&found);
        if own.contains(&key) || found.is_empty() {
            continue;
        }
        if is_other(&key) {
            return Err(Error::OtherDataset {
                file: file.to_string(),
                row: row.number,
                column: column.heading,
                found,
                dataset: corpus.name().to_string(),
                remedy: "or leave the column out by --column dataset=",
            });
        }
        unknown.get_or_insert(found);
    }
    if let Some(found) = unknown {
        source.notes.push(format!(
            "column `{}` is `{found}`, which is taken for {}",
            column.heading,
            corpus.name()
        ));
    }
    Ok(())
}

/// Letters and digits in lower case: `CMU-MOSI` and `cmu_mosi` are one name.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.collect::<String>().to_lowercase()
}
