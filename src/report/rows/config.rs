//! What must agree before two runs may share a row, and what to call rows that differ in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::Manifest;
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::trained::Trained;

/// Settings by name, in the order of the names.
pub type Settings = BTreeMap<&'static str, String>;

/// The settings under which a score may be averaged with others over seeds. Everything a manifest
/// says of data, masks, training and selection; not the seed, the outcome, or the machine.
pub fn settings(run: &ScoredRun) -> Settings {
    let (m, mask) = (&run.manifest, &run.mask);
    let (training, selection) = (&m.training, &m.selection);
    Settings::from([
        ("encoder", training.encoder.clone()),
        ("noise", training.noise.clone()),
        ("epochs", training.epochs.to_string()),
        ("batch size", training.batch_size.to_string()),
        ("learning rate", training.learning_rate.to_string()),
        ("weight decay", training.weight_decay.to_string()),
        ("habits", either(&training.trainer_options, "none")),
        ("precision", training.computing.precision.clone()),
        ("engine", training.computing.engine.clone()),
        ("parameters", m.model.parameters.to_string()),
        ("rates", join(&mask.conditions, " ")),
        ("mask seeds", join(&mask.seeds, " ")),
        ("masks", short(&format!("{:?}", mask.hashes))),
        ("selection", selection.rule.clone()),
        ("selection metric", selection.metric.clone()),
        ("selection rates", join(&selection.conditions, " ")),
    ])
}

fn either(text: &str, otherwise: &str) -> String {
    if text.is_empty() { otherwise } else { text }.to_owned()
}

/// Anything with a text, joined.
pub fn join<T: ToString>(values: &[T], by: &str) -> String {
    let values: Vec<_> = values.iter().map(T::to_string).collect();
    values.join(by)
}

/// Eight hexadecimal digits that stand for a long text.
pub fn short(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..8].to_string()
}

/// One suffix per element: the settings that are not the same in all of them, as `name value`;
/// empty where nothing differs.
pub fn suffixes(all: &[Settings]) -> Vec<String> {
    let names: BTreeSet<_> = all.iter().flat_map(Settings::keys).copied().collect();
    let differs = |name: &&str| all.iter().any(|s| s.get(*name) != all[0].get(*name));
    let names: Vec<_> = names.into_iter().filter(differs).collect();
    let show = |s: &Settings| {
        let parts = names
            .iter()
            .filter_map(|n| Some(format!("{n} {}", s.get(n)?)));
        parts.collect::<Vec<_>>().join(", ")
    };
    all.iter().map(show).collect()
}

/// What tells rows of one model apart.
pub type RowKey = (Option<Trained>, Settings);

/// Settings that follow from what a model was trained on.
const FOLLOW: [&str; 2] = ["noise", "selection rates"];

/// As [`suffixes`] for the rows of one model, which tables tell apart by what they were trained on:
/// a setting that only follows from that is left out.
pub fn row_suffixes(all: &[RowKey]) -> Vec<String> {
    let follows = |name: &str| {
        let differ = |(a, b): (&RowKey, &RowKey)| a.0 == b.0 && a.1.get(name) != b.1.get(name);
        let mut pairs = all.iter().flat_map(|a| all.iter().map(move |b| (a, b)));
        !pairs.any(differ)
    };
    let without = |(_, settings): &RowKey| {
        let mut settings = settings.clone();
        settings.retain(|name, _| !FOLLOW.contains(name) || !follows(name));
        settings
    };
    suffixes(&all.iter().map(without).collect::<Vec<_>>())
}

/// Names of the manifest fields in which two runs differ, for an error; `id` and times left out.
pub fn differences(a: &Manifest, b: &Manifest) -> String {
    let flat = |m: &Manifest| {
        let mut out = BTreeMap::new();
        flatten("", &serde_json::to_value(m).unwrap_or_default(), &mut out);
        out
    };
    let (a, b) = (flat(a), flat(b));
    let idle = |name: &str| ["id", "wall_seconds", "selection.epoch"].contains(&name);
    let names: Vec<_> = a
        .iter()
        .filter(|(name, value)| !idle(name) && b.get(*name) != Some(*value))
        .map(|(name, value)| format!("{name} ({value} and {})", b.get(name).map_or("", |v| v)))
        .collect();
    if names.is_empty() {
        "nothing their manifests tell".to_string()
    } else {
        names.join(", ")
    }
}

fn flatten(prefix: &str, value: &serde_json::Value, out: &mut BTreeMap<String, String>) {
    match value.as_object() {
        None => drop(out.insert(prefix.to_string(), value.to_string())),
        Some(fields) => {
            for (name, value) in fields {
                let dot = if prefix.is_empty() { "" } else { "." };
                flatten(&format!("{prefix}{dot}{name}"), value, out);
            }
        }
    }
}
