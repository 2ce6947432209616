//! The registry of data sets: `datasets.toml`, built into the program.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde::Deserialize;

use super::error::{Error, Result};
use super::limited;

/// A registered data set.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Name in flags and files: `mosi`.
    pub name: String,
    /// Title in tables: `CMU-MOSI`.
    pub title: String,
    /// Authors, title, venue; empty for synthetic data.
    #[serde(default)]
    pub citation: String,
    /// Language of the transcripts, two letters.
    pub language: String,
    /// Name of the metric protocol, `mosi` or `sims`.
    pub protocol: String,
    /// Smallest and largest label.
    pub label_range: [f32; 2],
    /// Samples in train, valid and test of the official split.
    pub counts: [usize; 3],
    pub widths: Widths,
    /// Published files.
    #[serde(default)]
    pub files: Vec<Published>,
    /// Whether the data are synthetic.
    #[serde(default)]
    pub synthetic: bool,
}

/// Features per frame of the published files, used to detect a data set only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widths {
    pub audio: usize,
    pub vision: usize,
}

/// A published file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// `aligned` or `unaligned`.
    pub layout: String,
    /// Size, if known.
    pub bytes: Option<u64>,
    /// Hexadecimal.
    pub sha256: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registry {
    dataset: Vec<Spec>,
}

static REGISTRY: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    let registry: Registry = toml::from_str(include_str!("../../../datasets.toml"))
        // Part of the program, parsed by a test.
        .expect("datasets.toml is well formed");
    registry.dataset
});

/// All data sets in the order of `datasets.toml`.
pub fn registry() -> &'static [Spec] {
    &REGISTRY
}

/// The data set called `name`, or the [limited] form of one.
///
/// # Errors
/// [`Error::UnknownDataset`], which lists the known ones.
pub fn find(name: &str) -> Result<&'static Spec> {
    let Some((whole, samples)) = limited::parse(name) else {
        return registered(name);
    };
    let whole = registered(whole)?;
    // Every name is kept once, as long as the program runs.
    let mut known = LIMITED.lock().unwrap_or_else(PoisonError::into_inner);
    let spec = || &*Box::leak(Box::new(limited::spec(whole, samples)));
    Ok(known.entry(name.to_owned()).or_insert_with(spec))
}

static LIMITED: Mutex<BTreeMap<String, &'static Spec>> = Mutex::new(BTreeMap::new());

/// The data set of this name in `datasets.toml`.
///
/// # Errors
/// As [`find`].
pub(super) fn registered(name: &str) -> Result<&'static Spec> {
    registry()
        .iter()
        .find(|spec| spec.name == name)
        .ok_or_else(|| Error::UnknownDataset {
            name: name.to_owned(),
            known: names(),
        })
}

/// Names of all data sets, for messages.
pub(super) fn names() -> String {
    registry()
        .iter()
        .map(|spec| spec.name.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

/// The published file with this SHA-256.
pub fn published(sha256: &str) -> Option<(&'static Spec, &'static Published)> {
    registry()
        .iter()
        .flat_map(|spec| spec.files.iter().map(move |file| (spec, file)))
        .find(|(_, file)| file.sha256 == sha256)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_table_is_sound() {
        let mut seen = HashSet::new();
        for spec in registry() {
            assert!(seen.insert(&spec.name), "{} twice", spec.name);
            assert!(
                ["mosi", "sims"].contains(&spec.protocol.as_str()),
                "{}",
                spec.name
            );
            assert!(spec.label_range[0] < spec.label_range[1], "{}", spec.name);
            assert!(spec.counts.iter().all(|n| *n > 0), "{}", spec.name);
            for file in &spec.files {
                assert!(["aligned", "unaligned"].contains(&file.layout.as_str()));
                assert_eq!(file.sha256.len(), 64);
                assert_eq!(published(&file.sha256).unwrap().0.name, spec.name);
            }
        }
        assert_eq!(find("mosi").unwrap().counts, [1284, 229, 686]);
    }

    #[test]
    fn widths_tell_data_sets_apart() {
        let widths: HashSet<_> = registry()
            .iter()
            .map(|spec| (spec.widths.audio, spec.widths.vision))
            .collect();
        assert_eq!(widths.len(), registry().len());
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = find("mossi").unwrap_err().to_string();
        assert!(
            error.contains("mossi") && error.contains("mosi, mosei, sims"),
            "{error}"
        );
    }
}
