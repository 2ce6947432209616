//! Pools the folds of a data set: every sample is predicted once, by the training whose fold tests it, and
//! metrics are computed on the predictions of all folds together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::config::{self, BASELINE, RowSettings};
use super::scores::{Conditions, ScoredRun, curves};
use crate::data::dataset::DatasetName;
use crate::mask::Condition;
use crate::metric::Metric;
use crate::record::manifest::DatasetMetadata;
use crate::record::masks::{MaskMetadata, RealizedRates, VariantMetadata};
use crate::record::scores::ScoreEntry;
use crate::record::{Group, Manifest};
use crate::report::error::{Error, Result};

/// The data set of which this is a fold.
pub fn whole(dataset: &DatasetMetadata) -> Option<String> {
    dataset.fold?;
    let fold = DatasetName::of(&dataset.name);
    Some(DatasetName { fold: None, ..fold }.to_string())
}

/// The data sets of which there are several folds.
pub fn pooled(runs: &[ScoredRun]) -> BTreeSet<String> {
    let mut folds: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for run in runs {
        let dataset = &run.manifest.dataset;
        if let (Some(whole), Some(fold)) = (whole(dataset), dataset.fold) {
            folds.entry(whole).or_default().insert(fold);
        }
    }
    let several = folds.into_iter().filter(|(_, folds)| folds.len() > 1);
    several.map(|(name, _)| name).collect()
}

/// One run per model, settings and seed, of the runs of all folds of one data set; runs of other data stay as
/// they are.
///
/// # Errors
/// [`Error::MissingFolds`], [`Error::TestedTwice`]; [`Error::Twice`] for two runs of one fold and seed; those
/// of reading predictions.
pub fn pool(runs: Vec<ScoredRun>) -> Result<Vec<ScoredRun>> {
    let folds: BTreeSet<u32> = runs.iter().filter_map(fold).collect();
    let (Some(first), Some(last)) = (folds.first(), folds.last()) else {
        return Ok(runs);
    };
    if first == last {
        return Ok(runs);
    }
    let all: Vec<u32> = (*first..=*last).collect();
    let mut groups: BTreeMap<_, BTreeMap<u32, ScoredRun>> = BTreeMap::new();
    for run in runs {
        let number = fold(&run).unwrap_or_default();
        let conditions = run.mask.conditions.clone();
        let settings = RowSettings::of(&run);
        let key = (
            run.manifest.model.name.clone(),
            settings,
            conditions,
            run.manifest.seed,
        );
        let group = groups.entry(key).or_default();
        match group.get(&number) {
            // Sweeps with different settings of training have the same baseline.
            Some(_) if run.manifest.model.name == BASELINE => {}
            Some(known) => return Err(twice(known, &run)),
            None => drop(group.insert(number, run)),
        }
    }
    groups.into_values().map(|group| one(group, &all)).collect()
}

fn fold(run: &ScoredRun) -> Option<u32> {
    run.manifest.dataset.fold
}

fn twice(first: &ScoredRun, second: &ScoredRun) -> Error {
    let (a, b) = (&first.manifest, &second.manifest);
    Error::Twice {
        first: a.id.clone(),
        second: b.id.clone(),
        row: format!("{} on {}", a.model.title, a.dataset.name),
        seed: a.seed,
        differ: config::differences(a, b),
    }
}

/// The runs of all folds as one.
fn one(group: BTreeMap<u32, ScoredRun>, all: &[u32]) -> Result<ScoredRun> {
    let missing = all.iter().filter(|fold| !group.contains_key(fold));
    let missing: Vec<u32> = missing.copied().collect();
    let runs: Vec<ScoredRun> = group.into_values().collect();
    let manifest = manifest(&runs);
    if !missing.is_empty() {
        return Err(Error::MissingFolds {
            dataset: manifest.dataset.name.clone(),
            row: manifest.model.title.clone(),
            seed: manifest.seed,
            missing,
            folds: all.to_vec(),
        });
    }
    let passes = runs.iter().map(|run| Ok((run, own_groups(run)?)));
    let passes = passes.collect::<Result<Vec<_>>>()?;
    check_samples(&manifest.dataset.name, &passes)?;
    let mask = masks(&runs);
    let conditions = scores(&manifest, &mask, &passes);
    Ok(ScoredRun::of_folds(
        Arc::new(manifest),
        mask,
        conditions,
        runs,
    ))
}

/// The predictions of a training under the run's mask protocol.
fn own_groups(run: &ScoredRun) -> Result<Vec<Group>> {
    let mut groups = run.groups()?;
    groups.retain(|group| group.key.mask_protocol == run.mask.mask_protocol);
    Ok(groups)
}

/// Checks that no sample is tested in two folds.
fn check_samples(dataset: &str, passes: &[(&ScoredRun, Vec<Group>)]) -> Result<()> {
    let mut known: HashMap<&str, u32> = HashMap::new();
    for (run, groups) in passes {
        let number = fold(run).unwrap_or_default();
        for sample in groups.first().into_iter().flat_map(|group| &group.ids) {
            if let Some(other) = known.insert(sample, number) {
                return Err(Error::TestedTwice {
                    dataset: dataset.to_owned(),
                    sample: sample.clone(),
                    folds: [other, number],
                });
            }
        }
    }
    Ok(())
}

/// Every metric on the predictions of all folds, each by the weights that its fold chose for the metric.
fn scores(
    manifest: &Manifest,
    mask: &MaskMetadata,
    passes: &[(&ScoredRun, Vec<Group>)],
) -> Conditions {
    let protocol = passes[0].0.protocol;
    let entry = |metric: &'static Metric, seed: u64, condition: Condition| {
        let (mut prediction, mut truth) = (Vec::new(), Vec::new());
        for (run, groups) in passes {
            let epoch = run.manifest.selection.weights_for(metric.name);
            let own = groups.iter().filter(|group| group.epoch == epoch);
            let pass = |g: &&Group| g.key.mask_seed == seed && g.key.condition == condition;
            for group in own.filter(pass) {
                prediction.extend_from_slice(&group.prediction);
                truth.extend_from_slice(&group.truth);
            }
        }
        ScoreEntry::of(
            metric,
            &mask.mask_protocol,
            (seed, condition),
            &prediction,
            &truth,
        )
    };
    let mut entries = Vec::new();
    for &seed in &mask.seeds {
        for &condition in &mask.conditions {
            entries.extend(protocol.all().map(|metric| entry(metric, seed, condition)));
        }
    }
    curves(protocol, manifest, entries.iter())
}

/// What the trainings of all folds share, under the name of the data set.
fn manifest(runs: &[ScoredRun]) -> Manifest {
    let mut all = (*runs[0].manifest).clone();
    let join = |of: &dyn Fn(&Manifest) -> String| {
        let texts = runs.iter().map(|run| of(&run.manifest));
        texts.collect::<Vec<_>>().join("+")
    };
    all.id = join(&|m| m.id.clone());
    all.wall_seconds = runs.iter().map(|run| run.manifest.wall_seconds).sum();
    all.dataset.name = whole(&all.dataset).unwrap_or_default();
    all.dataset.fold = None;
    all.dataset.source_name = join(&|m| m.dataset.source_name.clone());
    all.dataset.source_sha256 = join(&|m| m.dataset.source_sha256.clone());
    all.dataset.content_hash = join(&|m| m.dataset.content_hash.clone());
    all.dataset.counts[2] = tested(runs);
    all.dataset.warnings = warnings(runs);
    all
}

/// The warnings of all folds, with the folds that have them where not all do.
fn warnings(runs: &[ScoredRun]) -> Vec<String> {
    let mut all: Vec<(&String, Vec<String>)> = Vec::new();
    for run in runs {
        for text in &run.manifest.dataset.warnings {
            let number = fold(run).unwrap_or_default().to_string();
            match all.iter_mut().find(|(known, _)| *known == text) {
                Some((_, folds)) => folds.push(number),
                None => all.push((text, vec![number])),
            }
        }
    }
    let line = |(text, folds): (&String, Vec<String>)| {
        if folds.len() == runs.len() {
            text.clone()
        } else {
            format!("{text} (fold {})", folds.join(", "))
        }
    };
    all.into_iter().map(line).collect()
}

/// Samples that the folds test.
fn tested(runs: &[ScoredRun]) -> usize {
    runs.iter().map(|run| run.manifest.dataset.counts[2]).sum()
}

/// The masks of all folds: a hash of their hashes, and realized rates that weigh each fold by its samples.
fn masks(runs: &[ScoredRun]) -> MaskMetadata {
    let variant = |first: &VariantMetadata| {
        let of = |run: &ScoredRun| {
            let found = run.mask.variant(first.mask_seed, first.condition);
            found.map(|variant| (run.manifest.dataset.counts[2] as f64, variant.clone()))
        };
        let each: Option<Vec<_>> = runs.iter().map(of).collect();
        let each = each?;
        let hashes: Vec<&str> = each.iter().map(|(_, variant)| &*variant.hash).collect();
        let realized = [0, 1, 2].map(|modality| {
            let rates = each.iter().filter_map(|(samples, variant)| {
                Some((*samples, variant.realized.to_array()[modality]?))
            });
            let (weight, sum) = rates.fold((0.0, 0.0), |(weight, sum), (samples, rate)| {
                (weight + samples, sum + samples * rate)
            });
            (weight > 0.0).then(|| sum / weight)
        });
        Some(VariantMetadata {
            hash: blake3::hash(hashes.join("+").as_bytes())
                .to_hex()
                .to_string(),
            realized: RealizedRates::from(realized),
            ..first.clone()
        })
    };
    let first = &runs[0].mask;
    MaskMetadata {
        variants: first.variants.iter().filter_map(variant).collect(),
        ..first.clone()
    }
}

/// The fold of a run, or those that are pooled, as in files: `0+1+2+3+4`.
pub fn numbers(run: &ScoredRun) -> Option<String> {
    let all = run.folds().iter().chain([run]);
    let numbers: Vec<String> = all.filter_map(fold).map(|n| n.to_string()).collect();
    (!numbers.is_empty()).then(|| numbers.join("+"))
}

/// A phrase on the folds of a section's runs.
pub fn note(run: &ScoredRun) -> Option<String> {
    let folds = run.folds();
    let tested = tested(folds);
    let all = |run: &ScoredRun| run.manifest.dataset.counts.iter().sum::<usize>();
    let most = folds.iter().map(all).max()?;
    let rest = if most == tested {
        String::new()
    } else {
        format!(
            "; {tested} of {most} samples are tested: if there are more folds, they are missing here"
        )
    };
    Some(format!(
        "{} folds, pooled: each of {tested} samples is tested once, by the training of its fold, and a seed's \
         score is that of all these predictions together{rest}",
        folds.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;
    use crate::report::fixture::{TOY, manifest as toy, record};
    use crate::report::rows::baseline;
    use crate::report::rows::scores::score_by;
    use crate::report::rows::section::Section;
    use crate::report::rows::sort::sections;

    /// A run of a fold, its samples named after it; its labels are those of the fixture.
    fn run_of(model: &str, seed: u64, fold: u32) -> ScoredRun {
        run_under(model, seed, fold, &format!("fold-{fold}"))
    }

    fn run_under(model: &str, seed: u64, fold: u32, samples: &str) -> ScoredRun {
        let mut metadata = toy(model, seed, &[0.0, 0.5]);
        metadata.id = format!("{model}-{seed}-{fold}");
        metadata.dataset.name = format!("toy:fold={fold}");
        metadata.dataset.fold = Some(fold);
        metadata.dataset.content_hash = format!("c{fold}");
        metadata.dataset.counts = [12, 8, 10];
        metadata.dataset.baselines = [("mae".to_owned(), fold as f32)].into();
        for variant in &mut metadata.masks[0].variants {
            variant.hash = format!("{}-{fold}", variant.hash);
        }
        let Record { predictions, .. } = record(metadata.clone());
        let mut own = crate::record::Predictions::new();
        for mut row in predictions.iter() {
            row.id = format!("{samples}-{}", row.id);
            // Another fold, another model.
            row.prediction += fold as f32 * 0.1;
            own.push(&row);
        }
        let all = Record {
            predictions: own,
            ..record(metadata)
        };
        score_by(&TOY, all).unwrap().swap_remove(0)
    }

    fn three(model: &str, seed: u64) -> Vec<ScoredRun> {
        (0..3).map(|fold| run_of(model, seed, fold)).collect()
    }

    fn section() -> Section {
        let runs = [three("lnln", 11), three("lnln", 12), three("flat", 11)].concat();
        let mut sections = sections(runs).unwrap();
        assert_eq!(sections.len(), 1);
        sections.swap_remove(0)
    }

    #[test]
    fn metrics_are_those_of_all_folds_predictions_together() {
        let section = section();
        assert_eq!((&*section.slug, &*section.title), ("toy", "Toy & co_1"));
        let rows: Vec<usize> = section.rows.iter().map(|row| row.runs.len()).collect();
        assert_eq!(rows, [1, 2]);
        let pooled = &section.rows[1].runs[0];
        assert_eq!(pooled.manifest.dataset.name, "toy");
        assert_eq!(pooled.trainings().count(), 3);
        let samples = pooled.samples().unwrap();
        assert_eq!(samples.ids.len(), 30);
        let half = "0.5".parse().unwrap();
        for metric in TOY.metrics {
            let passes = samples.at(half);
            let scores = passes
                .iter()
                .map(|p| (metric.compute)(p, &samples.truth).unwrap());
            let expected = scores.sum::<f64>() / passes.len() as f64;
            let found = *pooled.conditions[metric.name][&half].as_ref().unwrap();
            assert!(
                (found - expected).abs() < 1e-9,
                "{}: {found} {expected}",
                metric.name
            );
        }
        // No mean over folds: the slope of all is that of none of them.
        let slope = |run: &ScoredRun| run.conditions["acc_2"][&half].clone().unwrap();
        let each: Vec<f64> = pooled.trainings().map(slope).collect();
        assert!(
            (slope(pooled) - each.iter().sum::<f64>() / 3.0).abs() < 1e-9,
            "equal sizes"
        );
        assert_eq!(numbers(pooled).unwrap(), "0+1+2");
        let note = note(pooled).unwrap();
        assert!(
            note.starts_with("3 folds, pooled: each of 30 samples is tested once"),
            "{note}"
        );
        assert!(!note.contains("up to"), "{note}");
        let hashes: BTreeSet<&String> = pooled.mask.variants.iter().map(|v| &v.hash).collect();
        assert_eq!(hashes.len(), pooled.mask.variants.len());
    }

    #[test]
    fn the_best_constant_is_that_of_each_fold() {
        let mut section = section();
        baseline::add(&mut section).unwrap();
        let best = section.rows.last().unwrap();
        let found = best.runs[0].conditions["mae"].values().next().unwrap();
        let truth = crate::report::fixture::TRUTH;
        let error = |c: f32| truth.iter().map(|t| f64::from((t - c).abs())).sum::<f64>() / 10.0;
        let expected = (error(0.0) + error(1.0) + error(2.0)) / 3.0;
        assert!((found.as_ref().unwrap() - expected).abs() < 1e-6);
    }

    #[test]
    fn one_fold_is_a_data_set_of_its_own() {
        let section = sections(vec![run_of("lnln", 11, 2)])
            .unwrap()
            .swap_remove(0);
        assert_eq!(section.title, "Toy & co_1 (fold 2)");
        assert_eq!(section.rows[0].runs[0].trainings().count(), 1);
        assert_eq!(numbers(&section.rows[0].runs[0]).unwrap(), "2");
    }

    #[test]
    fn a_fold_that_is_missing_and_a_sample_in_two_folds_are_refused() {
        let message = |runs: Vec<ScoredRun>| sections(runs).unwrap_err().to_string();
        let two = three("lnln", 12).into_iter().take(2).collect();
        let missing = message([three("lnln", 11), two].concat());
        assert!(
            missing.contains("LNLN, seed 12: fold 2 is missing, of folds 0, 1, 2"),
            "{missing}"
        );
        let gap = message(vec![run_of("lnln", 11, 0), run_of("lnln", 11, 2)]);
        assert!(gap.contains("fold 1 is missing"), "{gap}");
        let same = [0, 1]
            .map(|fold| run_under("lnln", 11, fold, "same"))
            .to_vec();
        let twice = message(same);
        assert!(
            twice.contains("sample same-sample$_$0 is tested in folds 0 and 1"),
            "{twice}"
        );
    }
}
