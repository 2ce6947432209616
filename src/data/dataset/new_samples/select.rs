//! Chooses the split of a file that is predicted.

use std::path::Path;

use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::read::columns::Columns;
use crate::data::dataset::read::layouts;
use crate::data::dataset::split_name::SplitName;
use crate::data::pickle::Value;

/// Columns by which a dict is known to be a split.
const COLUMNS: [&str; 5] = ["audio", "vision", "text", "text_bert", "token_ids"];

/// The split that is predicted.
pub struct Selected<'a> {
    pub columns: Columns<'a>,
    /// The split whose masks are drawn.
    pub name: SplitName,
    /// What was assumed about the file.
    pub assumed: Vec<String>,
}

/// The split called `asked`; the only one, or the test split, where there is no choice. A dict of columns without
/// splits is taken as a test split.
///
/// # Errors
/// [`Error::Layout`] where there is no such split, or none at all.
pub fn select<'a>(path: &'a Path, root: Value<'a>, asked: Option<&str>) -> Result<Selected<'a>> {
    let splits = splits(root);
    let wrong = |expected: String, found: String| Error::Layout {
        place: path.display().to_string(),
        expected,
        found,
    };
    if splits.is_empty() {
        return flat(path, root, asked);
    }
    let names = || {
        let names: Vec<&str> = splits.iter().map(|(key, _)| *key).collect();
        names.join(", ")
    };
    let is = |key: &str, name: &str| {
        key == name || layouts::official(key).is_some_and(|official| official.as_str() == name)
    };
    let chosen = match (asked, &splits[..]) {
        (Some(asked), _) => splits.iter().find(|(key, _)| is(key, asked)),
        (None, [only]) => Some(only),
        (None, _) => splits.iter().find(|(key, _)| is(key, "test")),
    };
    let Some(&(key, value)) = chosen else {
        return Err(match asked {
            Some(asked) => wrong(format!("a split {asked}"), format!("splits {}", names())),
            None => wrong(
                "one split, or a split test; choose one with --split".to_owned(),
                format!("splits {}", names()),
            ),
        });
    };
    let mut assumed = Vec::new();
    if asked.is_none() && splits.len() > 1 {
        let others = splits.iter().filter(|(other, _)| *other != key);
        let others: Vec<&str> = others.map(|(key, _)| *key).collect();
        assumed.push(format!(
            "the split {key} is predicted; --split chooses another of {}",
            others.join(", ")
        ));
    } else if !is(key, "test") {
        assumed.push(format!("the split {key} is predicted"));
    }
    Ok(Selected {
        columns: Columns::new(path, key, value),
        name: layouts::official(key).unwrap_or(SplitName::Test),
        assumed,
    })
}

fn flat<'a>(path: &'a Path, root: Value<'a>, asked: Option<&str>) -> Result<Selected<'a>> {
    let column = |name: &&&str| root.get(name).is_some();
    if !root.is_dict() || COLUMNS.iter().find(column).is_none() {
        return Err(Error::Layout {
            place: path.display().to_string(),
            expected: "a dict with a split, as test, or with columns, as audio and vision".into(),
            found: layouts::describe_root(root),
        });
    }
    if let Some(asked) = asked {
        return Err(Error::Layout {
            place: path.display().to_string(),
            expected: format!("a split {asked}"),
            found: "columns without splits; leave out --split".into(),
        });
    }
    let name = SplitName::Test;
    Ok(Selected {
        columns: Columns::new(path, name.as_str(), root),
        name,
        assumed: vec!["the file has no splits: all samples are predicted, as split test".into()],
    })
}

/// Keys and values of the entries that are splits.
fn splits(root: Value<'_>) -> Vec<(&str, Value<'_>)> {
    let is_split = |value: &Value<'_>| {
        value.is_dict() && COLUMNS.iter().any(|column| value.get(column).is_some())
    };
    let mut splits: Vec<(&str, Value<'_>)> = Vec::new();
    for (key, value) in root.entries().filter(|(_, value)| is_split(value)) {
        let Some(text) = key.text() else { continue };
        // Keys of Python 2 are bytes.
        let official = layouts::official(&text).map(SplitName::as_str);
        if let Some(key) = key.as_str().or(official) {
            // Of a key that is set twice the last value counts, as in Python.
            splits.retain(|(known, _)| *known != key);
            splits.push((key, value));
        }
    }
    splits
}
