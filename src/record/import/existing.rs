//! Reads the predictions of runs that exist already, to compare new ones with.

use std::collections::BTreeMap;
use std::path::Path;

use super::join::Joined;
use super::write::identity;
use crate::data::dataset::Corpus;
use crate::record::{RunDir, find_runs};

/// The finished runs in a folder with predictions of the same test split, but for those of the same model and seed,
/// which may be these predictions themselves. A run that cannot be read is left to reports, which refuse it.
pub(super) fn runs(folder: &Path, new: &[Joined], ids: &[String], corpus: &Corpus) -> Vec<Joined> {
    let finished = find_runs(folder).map_or(Vec::new(), |runs| runs.finished);
    let runs = finished.iter().filter_map(|dir| run(dir, new, ids, corpus));
    runs.collect()
}

/// Runs of other files with the model, a seed and a condition of new ones, a sentence for each model: reports take one run
/// of each seed.
pub(super) fn twice(folder: &Path, new: &[Joined], corpus: &Corpus) -> Vec<String> {
    let finished = find_runs(folder).map_or(Vec::new(), |runs| runs.finished);
    let found = finished
        .iter()
        .filter_map(|dir| same_seed(dir, new, corpus));
    let mut models: BTreeMap<String, Vec<Earlier>> = BTreeMap::new();
    for (model, earlier) in found {
        models.entry(model).or_default().push(earlier);
    }
    let sentence = |(model, runs): (String, Vec<Earlier>)| {
        let first = runs.first()?;
        let paths: Vec<&str> = runs.iter().map(|run| &*run.path).collect();
        let more = match runs.len() {
            1 => String::new(),
            count => format!(", and {} more of it", count - 1),
        };
        Some(format!(
            "run {} of model {model}, seed {}, from {} lies in {} with other predictions{more}: `report` refuses two runs of \
             one seed; remove those before ({}) or the new ones, or give the new ones another name by --model",
            first.id,
            first.seed,
            first.file,
            folder.display(),
            paths.join(" ")
        ))
    };
    models.into_iter().filter_map(sentence).collect()
}

/// A run that was scored before.
struct Earlier {
    id: String,
    seed: u64,
    file: String,
    path: String,
}

/// A run with the model, seed and a condition of a new one, with its model.
fn same_seed(dir: &RunDir, new: &[Joined], corpus: &Corpus) -> Option<(String, Earlier)> {
    let (manifest, _) = dir.checked_manifest().ok()?;
    let model = manifest.model.name;
    let mut same = new
        .iter()
        .filter(|run| run.model == model && run.seed == manifest.seed);
    let run = same.next()?;
    let file = manifest.external?.file;
    if manifest.dataset.content_hash != corpus.content_hash || manifest.id == identity(run, corpus)
    {
        return None;
    }
    let groups = dir.load().ok()?.predictions.groups();
    let mut keys = groups.into_iter().map(|group| group.key);
    keys.any(|key| {
        run.passes
            .contains_key(&(key.mask_protocol, key.mask_seed, key.condition))
    })
    .then(|| {
        let earlier = Earlier {
            id: manifest.id,
            seed: manifest.seed,
            file,
            path: dir.path().display().to_string(),
        };
        (model, earlier)
    })
}

fn run(dir: &RunDir, new: &[Joined], ids: &[String], corpus: &Corpus) -> Option<Joined> {
    let (manifest, _) = dir.checked_manifest().ok()?;
    let model = &manifest.model.name;
    let same = |run: &Joined| run.model == *model && run.seed == manifest.seed;
    if manifest.dataset.content_hash != corpus.content_hash || new.iter().any(same) {
        return None;
    }
    let groups = dir.load().ok()?.predictions.groups();
    let groups = groups.into_iter().filter(|group| group.ids == ids);
    let passes = groups.map(|group| {
        let key = group.key;
        let masks = (key.mask_protocol, key.mask_seed, key.condition);
        (masks, group.prediction)
    });
    Some(Joined {
        model: format!("{model} (run {})", manifest.id),
        seed: manifest.seed,
        passes: passes.collect(),
    })
}
