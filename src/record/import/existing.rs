//! Reads the predictions of runs that exist already, to compare new ones with.

use std::collections::BTreeMap;
use std::path::Path;

use super::join::{Joined, MaskKey};
use super::write::identity;
use crate::data::dataset::Corpus;
use crate::record::RunDir;

/// Those of finished runs with predictions of the same test split, but for those of the same model and seed,
/// which may be these predictions themselves. A run that cannot be read is left to reports, which refuse it.
pub(super) fn runs(
    finished: &[RunDir],
    new: &[Joined],
    ids: &[String],
    corpus: &Corpus,
) -> Vec<Joined> {
    let runs = finished.iter().filter_map(|dir| run(dir, new, ids, corpus));
    runs.collect()
}

/// Those of finished runs, in a folder, of other files with the model and a seed of new ones, a sentence for each model: reports refuse two runs of a seed that
/// share a condition under the same masks, show others in sections of their masks, and take those that share none for rows of
/// their own.
pub(super) fn twice(
    finished: &[RunDir],
    folder: &Path,
    new: &[Joined],
    corpus: &Corpus,
) -> Vec<String> {
    let found = finished
        .iter()
        .filter_map(|dir| same_seed(dir, new, corpus));
    let mut models: BTreeMap<(String, Shares), Vec<Earlier>> = BTreeMap::new();
    for earlier in found {
        let key = (earlier.model.clone(), earlier.shares);
        models.entry(key).or_default().push(earlier);
    }
    let sentence = |((model, shares), runs): ((String, Shares), Vec<Earlier>)| {
        let first = runs.first()?;
        let paths: Vec<&str> = runs.iter().map(|run| &*run.path).collect();
        let (paths, folder) = (paths.join(" "), folder.display());
        let more = match runs.len() {
            1 => String::new(),
            count => format!(", and {} more of it", count - 1),
        };
        let start = format!(
            "run {} of model {model}, seed {}, from {} lies in {folder} with other",
            first.id, first.seed, first.file
        );
        Some(match shares {
            Shares::Passes => format!(
                "{start} predictions{more}: `report` refuses two runs of one seed; remove those before ({paths}) or the new \
                 ones, or give the new ones another name by --model"
            ),
            Shares::Conditions => format!(
                "{start} mask protocols or mask seeds at the same conditions{more}: `report` shows each by its masks; if those \
                 before were stated wrongly, remove them ({paths})"
            ),
            Shares::Nothing => format!(
                "{start} conditions{more}: `report` shows each file as a row of its own; put all conditions of a seed into \
                 one file (rows below each other, a column `rate` or `condition`), score that, and remove those before \
                 ({paths}) and the new ones"
            ),
        })
    };
    models.into_iter().filter_map(sentence).collect()
}

/// What a run has in common with a new one of its seed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shares {
    /// A condition under the same masks.
    Passes,
    /// A condition under other masks.
    Conditions,
    Nothing,
}

/// A run that was scored before.
struct Earlier {
    model: String,
    id: String,
    seed: u64,
    file: String,
    path: String,
    shares: Shares,
}

/// A run with the model and seed of a new one.
fn same_seed(dir: &RunDir, new: &[Joined], corpus: &Corpus) -> Option<Earlier> {
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
    let keys = groups.into_iter().map(|group| group.key);
    let keys: Vec<MaskKey> = keys
        .map(|key| (key.mask_protocol, key.mask_seed, key.condition))
        .collect();
    let conditions = || run.passes.keys().map(|key| key.2);
    let shares = if keys.iter().any(|key| run.passes.contains_key(key)) {
        Shares::Passes
    } else if keys
        .iter()
        .any(|key| conditions().any(|condition| condition == key.2))
    {
        Shares::Conditions
    } else {
        Shares::Nothing
    };
    Some(Earlier {
        model,
        id: manifest.id,
        seed: manifest.seed,
        file,
        path: dir.path().display().to_string(),
        shares,
    })
}

fn run(dir: &RunDir, new: &[Joined], ids: &[String], corpus: &Corpus) -> Option<Joined> {
    let (manifest, _) = dir.checked_manifest().ok()?;
    let model = &manifest.model.name;
    let same = |run: &Joined| run.model == *model && run.seed == manifest.seed;
    if manifest.dataset.content_hash != corpus.content_hash || new.iter().any(same) {
        return None;
    }
    let is_seed = new.iter().any(|run| run.model == *model);
    let groups = dir.load().ok()?.predictions.groups();
    let groups = groups.into_iter().filter(|group| group.ids == ids);
    let passes = groups.map(|group| {
        let key = group.key;
        let masks = (key.mask_protocol, key.mask_seed, key.condition);
        (masks, group.prediction)
    });
    Some(Joined {
        model: if is_seed {
            model.clone()
        } else {
            format!("{model} (run {})", manifest.id)
        },
        seed: manifest.seed,
        passes: passes.collect(),
    })
}
