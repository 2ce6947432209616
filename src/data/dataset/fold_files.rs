//! Finds the data sets, versions and folds that are prepared in a folder.

use std::path::Path;

use super::dataset_name::{self, DatasetName, every_fold, file_name, fold_name};
use super::error::{Error, Result};
use super::limited_name;

/// `names`, with the prepared folds of a data set in place of `NAME:fold=*`, and of the name of a data set
/// of which nothing but folds is prepared.
///
/// # Errors
/// [`Error::NoFolds`] where `NAME:fold=*` has none.
pub fn with_folds(names: &[String], data: &Path) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for name in names {
        let samples = limited_name::parse(name).map(|(_, samples)| samples);
        let whole = limited_name::whole(name);
        let (of, needed) = match every_fold(whole) {
            Some(of) => (of, true),
            None => (whole, false),
        };
        let is_file = |name: &str| data.join(file_name(name)).is_file();
        if !needed && (DatasetName::of(of).fold.is_some() || is_file(of)) {
            all.push(name.clone());
            continue;
        }
        let folds = prepared(of, data)
            .into_iter()
            .map(|fold| fold_name(of, fold));
        let folds: Vec<String> = match samples {
            Some(samples) => folds
                .map(|name| limited_name::name(&name, samples))
                .collect(),
            None => folds.collect(),
        };
        if needed && folds.is_empty() {
            return Err(Error::NoFolds {
                name: of.to_owned(),
                folder: data.to_owned(),
            });
        }
        if folds.is_empty() {
            all.push(name.clone());
        }
        all.extend(folds);
    }
    let mut known = std::collections::BTreeSet::new();
    all.retain(|name| known.insert(name.clone()));
    Ok(all)
}

/// Numbers of the prepared folds of a data set, ascending.
fn prepared(name: &str, data: &Path) -> Vec<u32> {
    let fold = |found: &String| {
        let fold = DatasetName::of(found).fold?;
        (*found == fold_name(name, fold)).then_some(fold)
    };
    prepared_names(data).iter().filter_map(fold).collect()
}

/// The names after which the prepared files of a folder are named, without limited data sets; versions behind
/// their data set, folds by number.
pub fn prepared_names(data: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(data).into_iter().flatten().flatten();
    let name = |entry: std::fs::DirEntry| {
        let file = entry.file_name();
        let found = dataset_name::name_of_stem(file.to_str()?.strip_suffix(".h5")?);
        // Neither a limited data set nor a file of masks.
        let whole = limited_name::parse(&found).is_none() && !found.contains('.');
        whole.then_some(found)
    };
    let mut names: Vec<String> = entries.filter_map(name).collect();
    names.sort_by_key(|name| {
        let DatasetName {
            base,
            version,
            fold,
        } = DatasetName::of(name);
        (base.to_owned(), version.map(str::to_owned), fold)
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_its_folds_where_nothing_else_is_prepared() {
        let folder = tempfile::tempdir().unwrap();
        for file in [
            "mmmo@fold=10.h5",
            "mmmo@fold=2.h5",
            "mmmo@fold=2.masks.h5",
            "mmmo@fold=2-first-5.h5",
            "mmmo@v@fold=3.h5",
            "mosi.h5",
            "mosi@fold=1.h5",
        ] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        let of = |name: &str| with_folds(&[name.to_owned()], folder.path());
        let two = ["mmmo:fold=2", "mmmo:fold=10"];
        assert_eq!(of("mmmo").unwrap(), two);
        assert_eq!(of("mmmo:fold=*").unwrap(), two);
        assert_eq!(of("mmmo:fold=2").unwrap(), ["mmmo:fold=2"]);
        assert_eq!(of("mmmo@v").unwrap(), ["mmmo@v:fold=3"]);
        assert_eq!(of("mmmo-first-5").unwrap()[0], "mmmo:fold=2-first-5");
        assert_eq!(of("mosi").unwrap(), ["mosi"]);
        assert_eq!(of("mosi:fold=*").unwrap(), ["mosi:fold=1"]);
        assert_eq!(of("sims").unwrap(), ["sims"]);
        assert!(
            of("sims:fold=*")
                .unwrap_err()
                .to_string()
                .contains("sims:fold=1")
        );
        let names = prepared_names(folder.path());
        let expected = [
            "mmmo:fold=2",
            "mmmo:fold=10",
            "mmmo@v:fold=3",
            "mosi",
            "mosi:fold=1",
        ];
        assert_eq!(names, expected);
        let twice = ["mmmo".to_owned(), "mmmo:fold=2".to_owned()];
        assert_eq!(with_folds(&twice, folder.path()).unwrap(), two);
    }
}
