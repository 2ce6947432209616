//! Compares the settings of runs: which must agree within a row, and which tell rows apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::mask::{Condition, RateDistribution};
use crate::record::search::SearchMetadata;
use crate::record::training::{Computing, NoiseMetadata, encoder_kind};
use crate::record::{EngineKind, Manifest, Precision, SelectionRule, TrainerOptions};
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::trained::Trained;

/// Registry name of the constant baseline, which every table has.
pub const BASELINE: &str = "constant";

/// The settings under which a score may be averaged with others over seeds: data, mask seeds, training
/// and selection of a manifest; not the seed, the tested conditions, the result, or the machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowSettings {
    pub noise: Option<TrainingNoise>,
    /// Conditions of the selection; `None` where they are the tested ones of such a curve.
    pub selection_conditions: Option<Vec<Condition>>,
    encoder: Option<String>,
    epochs: u32,
    /// `None` where a search chose them.
    own: Option<OwnSettings>,
    /// Trials, epochs and seeds of the search that chose the settings.
    pub search: Option<(u32, u32, u64, u64)>,
    trainer_options: TrainerOptions,
    computing: Option<(Precision, EngineKind)>,
    mask_seeds: Vec<u64>,
    selection: Option<SelectionRule>,
    selection_metric: Option<String>,
    /// Further rules by which weights were kept; mostly none.
    other_rules: Vec<String>,
}

/// Settings of a training that a search may choose, apart from hyper-parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct OwnSettings {
    batch_size: usize,
    learning_rate: Number,
    weight_decay: Number,
}

/// Training noise, of one training or of a training for every tested condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrainingNoise {
    metadata: NoiseMetadata,
    at_tested_rate: bool,
}

impl TrainingNoise {
    /// Of a run, or of a curve of trainings at one condition each; `None` for external predictions.
    pub fn of(run: &ScoredRun) -> Option<Self> {
        let metadata = run.manifest.training.noise.clone()?;
        let noise = Self {
            metadata,
            at_tested_rate: false,
        };
        Some(if run.parts().is_empty() {
            noise
        } else {
            noise.at_tested_rate()
        })
    }

    /// The same noise in a training for every tested condition.
    pub fn at_tested_rate(self) -> Self {
        Self {
            // The rates of the trainings differ, and are not compared.
            metadata: NoiseMetadata {
                rates: RateDistribution::HalfComplete,
                ..self.metadata
            },
            at_tested_rate: true,
        }
    }
}

impl fmt::Display for TrainingNoise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at_tested_rate {
            f.write_str(&self.metadata.at(Some("the tested rate")))
        } else {
            self.metadata.fmt(f)
        }
    }
}

/// A number that is compared bit by bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Number(u64);

impl Number {
    fn new(value: f64) -> Self {
        Self(value.to_bits())
    }

    fn value(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl RowSettings {
    /// Of a run, or of a curve of trainings at one condition each.
    pub fn of(run: &ScoredRun) -> Self {
        let (m, mask) = (&run.manifest, &run.mask);
        let (training, selection) = (&m.training, &m.selection);
        let computing = training.computing.as_ref();
        let settings = Self {
            noise: TrainingNoise::of(run),
            selection_conditions: Some(selection.conditions.clone()),
            encoder: training.encoder.clone(),
            epochs: training.epochs,
            own: m.search.is_none().then(|| OwnSettings {
                batch_size: training.batch_size,
                learning_rate: Number::new(training.learning_rate),
                weight_decay: Number::new(training.weight_decay),
            }),
            search: m.search.as_ref().map(SearchMetadata::budget),
            trainer_options: training.trainer_options,
            computing: computing.map(|c: &Computing| (c.precision, c.engine)),
            mask_seeds: mask.seeds.clone(),
            selection: selection.rule,
            selection_metric: selection.metric.clone(),
            other_rules: m.other_selections.iter().map(|one| one.name()).collect(),
        };
        if m.model.name == BASELINE {
            Self::untrained()
        } else {
            settings
        }
    }

    /// Without settings of training, selection and masks: those of a constant baseline have no effect.
    fn untrained() -> Self {
        Self {
            noise: None,
            selection_conditions: None,
            encoder: None,
            epochs: 0,
            own: None,
            search: None,
            trainer_options: TrainerOptions::default(),
            computing: None,
            mask_seeds: Vec::new(),
            selection: None,
            selection_metric: None,
            other_rules: Vec::new(),
        }
    }

    /// Every setting as text, by its name.
    fn describe(&self) -> Names {
        let options = Some(self.trainer_options.to_string()).filter(|text| !text.is_empty());
        let mut names = Names::from([
            ("encoder", or_external(self.encoder.as_deref().map(encoder))),
            ("noise", or_external(self.noise.as_ref())),
            ("epochs", self.epochs.to_string()),
            (
                "trainer options",
                options.unwrap_or_else(|| "none".to_string()),
            ),
            ("precision", or_external(self.computing.map(|(p, _)| p))),
            ("engine", or_external(self.computing.map(|(_, e)| e))),
            ("mask seeds", join(&self.mask_seeds, " ")),
            ("selection", or_external(self.selection)),
        ]);
        if let Some(own) = self.own {
            names.extend([
                ("batch size", own.batch_size.to_string()),
                ("learning rate", own.learning_rate.value().to_string()),
                ("weight decay", own.weight_decay.value().to_string()),
            ]);
        }
        if let Some((trials, epochs, seed, training_seed)) = self.search {
            names.extend([
                ("trials", trials.to_string()),
                ("search epochs", epochs.to_string()),
                ("search seed", seed.to_string()),
                ("seed of trials", training_seed.to_string()),
            ]);
        }
        names.insert(
            "selection metric",
            match (&self.selection_metric, self.selection) {
                (Some(metric), _) => metric.clone(),
                (None, Some(_)) => "each metric".to_string(),
                (None, None) => EXTERNAL.to_string(),
            },
        );
        if !self.other_rules.is_empty() {
            names.insert(FURTHER_RULES, self.other_rules.join(" "));
        }
        if let Some(conditions) = &self.selection_conditions {
            names.insert("selection rates", join(conditions, " "));
        }
        names
    }
}

/// A text encoder in words, with the hash of its folder.
fn encoder(key: &str) -> String {
    let kind = encoder_kind(key);
    match key.split_once(':') {
        Some((_, hash)) => format!("{kind} {hash}"),
        None => kind.to_string(),
    }
}

/// Shown for a setting that is unknown because the predictions are external.
const EXTERNAL: &str = "external";

/// A value, or [`EXTERNAL`].
pub fn or_external<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| EXTERNAL.to_string(), |value| value.to_string())
}

/// Anything with a text, joined.
pub fn join<T: ToString>(values: &[T], by: &str) -> String {
    let values: Vec<_> = values.iter().map(T::to_string).collect();
    values.join(by)
}

/// Properties as text, by their names.
pub type Names = BTreeMap<&'static str, String>;

/// Properties that either only searched rows have, or only others: compared among those that have them, since
/// that a row is searched is told otherwise.
const BY_SEARCH: [&str; 7] = [
    "batch size",
    "learning rate",
    "weight decay",
    "trials",
    "search epochs",
    "search seed",
    "seed of trials",
];

/// One suffix per element: the properties that are not the same in all of them, each as [`remark`];
/// empty where all are equal.
pub fn suffixes(all: &[Names]) -> Vec<String> {
    let names: BTreeSet<_> = all.iter().flat_map(Names::keys).copied().collect();
    let differs = |name: &&str| {
        let mut values = all.iter().map(|s| s.get(*name));
        let first = if BY_SEARCH.contains(name) {
            values.find(Option::is_some).flatten()
        } else {
            all[0].get(*name)
        };
        values.any(|value| value != first && !(BY_SEARCH.contains(name) && value.is_none()))
    };
    let names: Vec<_> = names.into_iter().filter(differs).collect();
    let suffix = |s: &Names| {
        let parts = names.iter().filter_map(|n| Some(remark(n, s.get(n)?)));
        parts.collect::<Vec<_>>().join(", ")
    };
    all.iter().map(suffix).collect()
}

/// A property with its value, as a label has it.
fn remark(name: &str, value: &str) -> String {
    match (name, value) {
        ("epochs", "1") => "1 epoch".to_string(),
        ("epochs", count) => format!("{count} epochs"),
        ("trials", count) => format!("{count} trials"),
        ("noise", words) => format!("noise: {words}"),
        ("encoder", words) if words != EXTERNAL => words.to_string(),
        _ => format!("{name} {value}"),
    }
}

/// Rules by which weights were kept besides the first.
const FURTHER_RULES: &str = "further selections";

/// Key that tells rows of one model apart.
pub type RowKey = (Option<Trained>, RowSettings);

/// As [`suffixes`] for the rows of one model, which tables tell apart by their training protocol: noise
/// and conditions of selection are left out where they only follow from that.
pub fn row_suffixes(all: &[RowKey]) -> Vec<String> {
    let pairs = (all.iter()).flat_map(|a| all.iter().map(move |b| (a, b)));
    let same: Vec<_> = pairs.filter(|(a, b)| a.0 == b.0).collect();
    let noise_follows = same.iter().all(|(a, b)| a.1.noise == b.1.noise);
    let selection_follows =
        (same.iter()).all(|(a, b)| a.1.selection_conditions == b.1.selection_conditions);
    let names = all.iter().map(|(_, settings)| {
        let mut names = settings.describe();
        if noise_follows {
            names.remove("noise");
        }
        if selection_follows {
            names.remove("selection rates");
        }
        names
    });
    let names: Vec<Names> = names.collect();
    let without: Vec<Names> = (names.iter().cloned())
        .map(|mut names| {
            names.remove(FURTHER_RULES);
            names
        })
        .collect();
    let rows: BTreeSet<_> = all.iter().map(|row| &row.0).zip(&without).collect();
    // Further rules change nothing of what a row shows; a search, for instance, tells rows apart better.
    suffixes(if rows.len() == all.len() {
        &without
    } else {
        &names
    })
}

/// Names of the manifest fields in which two runs differ, for an error; `id` and times left out.
pub fn differences(a: &Manifest, b: &Manifest) -> String {
    let (a, b) = (flat(a), flat(b));
    let ignored = |name: &str| {
        ["id", "wall_seconds", "selection.epoch"].contains(&name) || name.starts_with("weights.")
    };
    let names: Vec<_> = a
        .iter()
        .filter(|(name, value)| !ignored(name) && b.get(*name) != Some(*value))
        .map(|(name, value)| match b.get(name) {
            // Lists, of masks above all, are too long for a message.
            Some(_) if value.starts_with('[') => name.clone(),
            other => format!("{name} ({value} and {})", other.map_or("", |v| v)),
        })
        .collect();
    if names.is_empty() {
        "what their manifests do not hold".to_string()
    } else {
        names.join(", ")
    }
}

/// The fields of a manifest by their paths.
fn flat(manifest: &Manifest) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    // Text, numbers and maps with text as keys cannot fail to serialize.
    let value = serde_json::to_value(manifest).unwrap_or_default();
    flatten("", &value, &mut fields);
    fields
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::manifest;

    #[test]
    fn lists_that_differ_are_named_without_their_content() {
        let (one, mut other) = (manifest("lnln", 11, &[0.5]), manifest("lnln", 11, &[0.5]));
        other.masks[0].seeds.push(2);
        assert_eq!(differences(&one, &other), "masks");
        other.build.device = Some("H100".into());
        let both = "build.device (\"cpu\" and \"H100\"), masks";
        assert_eq!(differences(&one, &other), both);
    }
}
