//! Compares the test split of a fold with those of the other folds that are prepared in its folder: reports pool them, and test every
//! sample once.

use std::collections::HashSet;
use std::path::Path;

use crate::data::dataset::dataset_name::{DatasetName, file_name};
use crate::data::dataset::fold_files::prepared_names;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::split_name::SplitName;
use crate::data::store::Reader;

/// Finds other folds beside `path` that test samples of the fold `name`, but for those `known` to be of the same file.
pub fn fold_tests(plans: &[Plan<'_>], path: &Path, name: &str, known: &[String]) -> Vec<String> {
    let tests = plans
        .iter()
        .find(|plan| plan.official() == Some(SplitName::Test));
    tests.map_or_else(Vec::new, |plan| shared(&plan.ids, path, name, known))
}

fn shared(ids: &[String], path: &Path, name: &str, known: &[String]) -> Vec<String> {
    let own = DatasetName::of(name);
    if own.fold.is_none() {
        return Vec::new();
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let is_other_fold = |other: &String| {
        let found = DatasetName::of(other);
        let same = (found.base, found.version) == (own.base, own.version);
        same && found.fold.is_some_and(|fold| Some(fold) != own.fold) && !known.contains(other)
    };
    let column = format!("{}/id", SplitName::Test);
    let others = prepared_names(folder).into_iter().filter(is_other_fold);
    let found = others.filter_map(|other| {
        let file = Reader::open(&folder.join(file_name(&other)));
        let there = file.and_then(|file| file.texts(&column)).ok()?;
        describe(name, ids, &other, &there)
    });
    found.collect()
}

/// What both folds test, if there is anything.
fn describe(name: &str, ids: &[String], other: &str, there: &[String]) -> Option<String> {
    let known: HashSet<&String> = there.iter().collect();
    let mut both = ids.iter().filter(|id| known.contains(id));
    let first = both.next()?;
    let count = 1 + both.count();
    Some(format!(
        "{name} tests {count} of its {} samples in {other} too (first: {first}): were the folds drawn anew for each file (KFold \
         with shuffle and no random_state), or one test split kept? `report` pools folds, and refuses samples that are tested \
         twice: make all folds of one partition",
        ids.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::store::{Provenance, Writer};

    fn ids(range: std::ops::Range<usize>) -> Vec<String> {
        range.map(|i| format!("video{i}$_$0")).collect()
    }

    /// A prepared file that has nothing but test ids.
    fn prepared(folder: &Path, name: &str, ids: &[String]) {
        let mut writer = Writer::create(&folder.join(file_name(name))).unwrap();
        writer.texts("test/id", ids).unwrap();
        writer.finish(&Provenance::default()).unwrap();
    }

    #[test]
    fn folds_that_test_the_same_samples_are_named_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        for (name, range) in [
            ("talks:fold=0", 0..20),
            ("talks:fold=1", 20..40),
            ("talks:fold=2", 33..60),
            ("talks@asr:fold=3", 0..40),
            ("talks", 0..40),
        ] {
            prepared(folder.path(), name, &ids(range));
        }
        let of = |name: &str, range, known: &[String]| {
            let path = folder.path().join(file_name(name));
            shared(&ids(range), &path, name, known)
        };
        let found = of("talks:fold=1", 20..40, &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with(
                "talks:fold=1 tests 7 of its 20 samples in talks:fold=2 too (first: video33$_$0)"
            ),
            "{found:?}"
        );
        assert!(of("talks:fold=1", 20..40, &["talks:fold=2".to_owned()]).is_empty());
        assert_eq!(of("talks:fold=0", 0..20, &[]), [""; 0]);
        assert_eq!(of("talks", 0..40, &[]), [""; 0]);
    }
}
