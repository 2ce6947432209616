//! Names versions and folds of data sets, `mosi@asr-ibm` and `mmmo:fold=2`, and their files.

use std::fmt;

use super::limited_name;

/// Between the name of a data set and that of a version of it.
const VERSION: char = '@';

/// Between a name and the number of a fold; in names of files the colon, which Windows does not allow, is `@`.
const FOLD: &str = ":fold=";

/// Every fold that is prepared, in place of a number.
const EVERY: &str = "*";

/// A data set's name in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatasetName<'a> {
    /// The data set that has a table.
    pub base: &'a str,
    /// The version, such as the text of a speech recognizer or other features.
    pub version: Option<&'a str>,
    /// Number of the split into train, valid and test of a cross-validation.
    pub fold: Option<u32>,
}

impl<'a> DatasetName<'a> {
    /// The parts of a name; of a limited data set, those of its whole. A malformed name is that of a base,
    /// which no table has.
    pub fn of(name: &'a str) -> Self {
        let whole = limited_name::whole(name);
        let malformed = Self {
            base: whole,
            version: None,
            fold: None,
        };
        let (rest, fold) = match whole.split_once(FOLD) {
            Some((rest, number)) => match number.parse() {
                Ok(fold) => (rest, Some(fold)),
                Err(_) => return malformed,
            },
            None => (whole, None),
        };
        let parts = match rest.split_once(VERSION) {
            Some((base, version)) => Self {
                base,
                version: Some(version),
                fold,
            },
            None => Self {
                base: rest,
                version: None,
                fold,
            },
        };
        // One data set has one name: no `fold=02`.
        let valid = parts.version.is_none_or(is_version) && parts.to_string() == whole;
        if valid { parts } else { malformed }
    }

    /// Whether it is a data set with a table itself.
    pub fn is_base(&self) -> bool {
        self.version.is_none() && self.fold.is_none()
    }
}

impl fmt::Display for DatasetName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base)?;
        if let Some(version) = self.version {
            write!(f, "{VERSION}{version}")?;
        }
        match self.fold {
            Some(fold) => write!(f, "{FOLD}{fold}"),
            None => Ok(()),
        }
    }
}

/// Whether a text can be the name of a version.
pub fn is_version(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    !text.is_empty() && text.chars().all(plain) && limited_name::parse(text).is_none()
}

/// The name of which `name` has all folds: `mmmo` of `mmmo:fold=*`.
pub(super) fn every_fold(name: &str) -> Option<&str> {
    name.strip_suffix(EVERY)?.strip_suffix(FOLD)
}

/// The name of a fold.
pub(super) fn fold_name(name: &str, fold: u32) -> String {
    format!("{name}{FOLD}{fold}")
}

/// Name of the prepared file of a data set: `mosi@asr-ibm.h5`, `mmmo@fold=2.h5`.
pub fn file_name(name: &str) -> String {
    format!("{}.h5", name.replace(FOLD, "@fold="))
}

/// The data set that a prepared file is named after, by its stem.
pub(super) fn name_of_stem(stem: &str) -> String {
    stem.replace("@fold=", FOLD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_parts_and_files() {
        let of = |name| {
            let DatasetName {
                base,
                version,
                fold,
            } = DatasetName::of(name);
            (base, version, fold)
        };
        assert_eq!(of("mosi"), ("mosi", None, None));
        assert_eq!(of("mosi@asr-ibm"), ("mosi", Some("asr-ibm"), None));
        assert_eq!(of("mmmo:fold=12"), ("mmmo", None, Some(12)));
        assert_eq!(of("mmmo@v_2:fold=0"), ("mmmo", Some("v_2"), Some(0)));
        assert_eq!(of("mmmo:fold=2-first-50"), ("mmmo", None, Some(2)));
        for malformed in [
            "mosi@",
            "mosi@a b",
            "mosi@a.b",
            "mosi@a@b",
            "m:fold=",
            "m:fold=02",
            "m:fold=x",
            "m:fold=1@a",
            "m:fold=*",
        ] {
            assert_eq!(of(malformed), (malformed, None, None));
        }
        for name in ["mosi", "mosi@asr", "mmmo:fold=2", "mmmo@v:fold=2-first-9"] {
            let file = file_name(name);
            let stem = file.strip_suffix(".h5").unwrap();
            assert!(!file.contains(':'));
            assert_eq!(name_of_stem(stem), name);
        }
        assert_eq!(every_fold("mmmo:fold=*"), Some("mmmo"));
        assert_eq!(every_fold("mmmo:fold=1"), None);
    }
}
