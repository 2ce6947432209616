//! Describes layouts of other projects, and finds splits under other names.

use std::path::Path;

use crate::data::dataset::split_name::SplitName;
use crate::data::pickle::Value;
use crate::support::FileKind;
use crate::support::file_kind::Target;

/// Other names of the splits.
const NAMES: [(SplitName, &[&str]); 3] = [
    (
        SplitName::Train,
        &["training", "Train", "TRAIN", "Training", "TRAINING"],
    ),
    (
        SplitName::Valid,
        &[
            "dev",
            "val",
            "validation",
            "development",
            "Valid",
            "Val",
            "Dev",
            "Validation",
            "Development",
            "VALID",
            "VAL",
            "DEV",
            "VALIDATION",
        ],
    ),
    (
        SplitName::Test,
        &["testing", "Test", "TEST", "Testing", "TESTING"],
    ),
];

/// Keys of a dict that a message lists.
const KEYS: usize = 12;

/// The key under which the root holds a split: its name, or the one other name that is there.
pub fn key(root: Value<'_>, split: SplitName) -> &'static str {
    let name = split.as_str();
    if root.get(name).is_some() {
        return name;
    }
    let others = NAMES.iter().find(|(known, _)| *known == split);
    let others = others.map_or(&[][..], |(_, names)| names);
    let mut there = others.iter().filter(|other| root.get(other).is_some());
    match (there.next(), there.next()) {
        (Some(only), None) => only,
        _ => name,
    }
}

/// The split that a key names.
pub fn official(key: &str) -> Option<SplitName> {
    let names = |split: &SplitName, others: &[&str]| split.as_str() == key || others.contains(&key);
    let known = NAMES.iter().find(|(split, others)| names(split, others));
    known.map(|(split, _)| *split)
}

/// The keys of a dict, some of them if they are many.
pub fn keys(dict: Value<'_>) -> String {
    let mut keys = Vec::new();
    let total = dict.entries().count();
    for (key, _) in dict.entries().take(KEYS) {
        keys.push(match key.text() {
            Some(text) if key.is_bytes() => format!("b'{text}'"),
            Some(text) if text.trim() != text => format!("{text:?}"),
            Some(text) => text.into_owned(),
            None => key
                .as_i64()
                .map_or_else(|| key.kind().to_owned(), |number| number.to_string()),
        });
    }
    match total {
        0 => "nothing".into(),
        _ if total > KEYS => format!("{} and {} more", keys.join(", "), total - KEYS),
        _ => keys.join(", "),
    }
}

/// A root that is no dict of splits, with the way to one where its form is known.
pub fn describe_root(root: Value<'_>) -> String {
    let split = |value: Value<'_>| value.get("id").is_some() && value.get("audio").is_some();
    if let Some(items) = root.items()
        && items.len() == 3
        && root.items().is_some_and(|mut items| items.all(split))
    {
        let kind = root.kind();
        return format!(
            "{kind} of three splits; write dict(zip(('train', 'valid', 'test'), data))"
        );
    }
    let inner = |(key, value): (Value<'_>, Value<'_>)| {
        let name = key.text()?.into_owned();
        value.get("train").map(|_| name)
    };
    if root.is_dict() && root.entries().next().is_none() {
        return "an empty dict".to_owned();
    }
    if root.entries().filter_map(inner).count() > 1 {
        return format!(
            "keys {}, each with the splits inside; write {{s: {{k: data[k][s] for k in data}} for s in \
             ('train', 'valid', 'test')}}",
            keys(root)
        );
    }
    match root.entries().find_map(inner) {
        Some(name) => format!("keys {}; write data['{name}'] alone", keys(root)),
        None if root.is_dict() => format!("keys {}{}", keys(root), behind(root)),
        None => describe(root),
    }
}

/// The dicts of further pickles in the file, of which `pickle.load` gives the first alone; empty if there are none.
fn behind(root: Value<'_>) -> String {
    let mut all = Vec::new();
    let mut next = root.pickle().following();
    while let Some(Ok(pickle)) = next {
        if !pickle.root().is_dict() || all.len() >= KEYS {
            break;
        }
        all.push(format!("keys {}", keys(pickle.root())));
        next = pickle.following();
    }
    if all.is_empty() {
        return String::new();
    }
    format!(
        " in the first pickle of the file, {} in those after it, as several calls of pickle.dump write them: write one \
         dict, in Python: f = open('FILE', 'rb'); data = {{}}; for i in range({}): data.update(pickle.load(f))",
        all.join(" and "),
        all.len() + 1
    )
}

/// A value that is no dict of columns, with the way to one where its form is known.
pub fn describe(value: Value<'_>) -> String {
    let Some(mut items) = value.items() else {
        return value.kind().to_owned();
    };
    let (kind, count) = (value.kind(), items.len());
    let first = items.next();
    let form = match first {
        Some(sample) if is_tuple(sample) => {
            "the form of MISA's and MAG-BERT's files, a list of ((words, vision, audio), label, id); \
             docs/pickle.md has the script that converts them"
        }
        Some(sample) if sample.is_dict() => {
            "a list of dicts, one per sample; write one list per column: {k: [s[k] for s in split] for \
             k in split[0]}"
        }
        _ => return format!("{kind} of {count}"),
    };
    format!("{kind} of {count}: {form}")
}

/// Whether a sample is ((words, vision, audio), label, id), the first part of three or four arrays.
fn is_tuple(sample: Value<'_>) -> bool {
    let Some(mut parts) = sample.items() else {
        return false;
    };
    let inner = parts.next().and_then(Value::items);
    matches!(parts.len(), 1 | 2) && inner.is_some_and(|parts| matches!(parts.len(), 3 | 4))
}

/// A file whose first stream is no dict of splits because it is of another kind: its name and what to do.
pub fn other_kind(path: &Path) -> Option<(&'static str, String)> {
    match FileKind::of(path).ok()? {
        kind @ (FileKind::TorchLegacy | FileKind::Joblib) => {
            Some((kind.name(), kind.remedy(Target::Pickle)))
        }
        _ => None,
    }
}
