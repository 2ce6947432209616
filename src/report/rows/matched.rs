//! Joins runs that were trained and tested at one condition each into one curve over the conditions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::config::{self, RowSettings, TrainingNoise};
use super::scores::ScoredRun;
use super::trained::Trained;
use crate::mask::Condition;
use crate::record::masks::MaskMetadata;
use crate::report::error::{Error, Result};

/// Joins the runs of a model that differ only in the condition they were trained and tested at,
/// seed by seed; others stay as they are.
///
/// # Errors
/// [`Error::Twice`] where two runs of a seed were trained and tested at the same condition.
pub fn join(runs: Vec<ScoredRun>) -> Result<Vec<ScoredRun>> {
    let mut all = Vec::new();
    let mut curves: BTreeMap<(RowSettings, u64), BTreeMap<Condition, ScoredRun>> = BTreeMap::new();
    for run in runs {
        let Some(condition) = Trained::matched(&run) else {
            all.push(run);
            continue;
        };
        let key = (shared(&run, condition), run.manifest.seed);
        let parts = curves.entry(key).or_default();
        if let Some(first) = parts.get(&condition) {
            return Err(twice(first, &run, condition));
        }
        parts.insert(condition, run);
    }
    all.extend(
        curves
            .into_values()
            .map(|parts| curve(parts.into_values().collect())),
    );
    Ok(all)
}

fn twice(first: &ScoredRun, second: &ScoredRun, condition: Condition) -> Error {
    let (a, b) = (&first.manifest, &second.manifest);
    Error::Twice {
        first: a.id.clone(),
        second: b.id.clone(),
        row: format!(
            "{} trained at {condition} on {}",
            a.model.title, a.dataset.name
        ),
        seed: a.seed,
        differ: config::differences(a, b),
    }
}

/// The settings of a run without those that follow from its condition.
fn shared(run: &ScoredRun, condition: Condition) -> RowSettings {
    let mut settings = RowSettings::of(run);
    settings.noise = settings.noise.map(TrainingNoise::at_tested_rate);
    if run.manifest.selection.conditions == [condition] {
        settings.selection_conditions = None;
    }
    settings
}

/// One curve of runs of one seed, each under conditions of its own.
pub fn curve(parts: Vec<ScoredRun>) -> ScoredRun {
    let first = &parts[0];
    let mut manifest = (*first.manifest).clone();
    let ids = parts.iter().map(|part| part.manifest.id.as_str());
    manifest.id = ids.collect::<Vec<_>>().join("+");
    manifest.wall_seconds = parts.iter().map(|part| part.manifest.wall_seconds).sum();
    let conditions = parts
        .iter()
        .flat_map(|part| &part.manifest.selection.conditions);
    manifest.selection.conditions = conditions.copied().collect();
    manifest.selection.conditions.sort();
    manifest.selection.conditions.dedup();
    let masks = parts.iter().map(|part| part.mask.clone());
    let mask = masks.reduce(together).unwrap_or_else(|| first.mask.clone());
    let mut conditions = first.conditions.clone();
    for part in &parts[1..] {
        for (metric, curve) in &part.conditions {
            conditions.entry(metric).or_default().extend(curve.clone());
        }
    }
    ScoredRun::of_parts(Arc::new(manifest), mask, conditions, parts)
}

fn together(mut all: MaskMetadata, more: MaskMetadata) -> MaskMetadata {
    all.conditions.extend(more.conditions);
    all.conditions.sort();
    all.variants.extend(more.variants);
    all.variants
        .sort_by_key(|variant| (variant.mask_seed, variant.condition));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{manifest, noise, scored};

    fn at(seed: u64, rate: f64) -> ScoredRun {
        let mut metadata = manifest("lnln", seed, &[rate]);
        metadata.id = format!("lnln-{seed}-{rate}");
        let condition = Condition::of_number(rate).unwrap();
        metadata.training.noise = Some(noise("fresh", &condition.to_string()));
        metadata.selection.conditions = vec![condition];
        scored(metadata)
    }

    #[test]
    fn a_training_per_rate_becomes_a_curve_per_seed() {
        let mixed = scored(manifest("lnln", 1, &[0.0, 0.5]));
        let runs = vec![
            at(2, 0.5),
            at(1, 0.5),
            mixed.clone(),
            at(1, 0.0),
            at(2, 0.0),
        ];
        let joined = join(runs).unwrap();
        assert_eq!(joined.len(), 3);
        let curve = joined
            .iter()
            .find(|run| run.manifest.id == "lnln-1-0+lnln-1-0.5");
        let curve = curve.unwrap();
        assert_eq!(curve.mask, mixed.mask);
        let shared = shared(&at(1, 0.5), Condition::of_number(0.5).unwrap());
        assert_eq!(RowSettings::of(curve).noise, shared.noise);
        assert_eq!(
            curve.conditions["mae"], mixed.conditions["mae"],
            "the toy model knows its seed alone"
        );
        let samples = [curve, &mixed].map(|run| run.samples().unwrap());
        assert_eq!(samples[0], samples[1]);
        assert_eq!(curve.trainings().count(), 2);
    }

    #[test]
    fn another_setting_is_another_curve_and_a_second_run_is_not_swallowed() {
        let mut other = at(1, 0.5);
        let mut metadata = (*other.manifest).clone();
        metadata.training.batch_size = 99;
        other.manifest = Arc::new(metadata);
        assert_eq!(join(vec![at(1, 0.0), other]).unwrap().len(), 2);
        let twice = join(vec![at(1, 0.0), at(1, 0.5), at(1, 0.5)]);
        let message = twice.unwrap_err().to_string();
        assert!(message.contains("LNLN trained at 0.5 on toy"), "{message}");
    }
}
