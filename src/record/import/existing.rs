//! Reads the predictions of runs that exist already, to compare new ones with.

use std::path::Path;

use super::join::Joined;
use crate::data::dataset::Corpus;
use crate::record::{RunDir, find_runs};

/// The finished runs in a folder with predictions of the same test split, but for those of the same model and seed,
/// which may be these predictions themselves. A run that cannot be read is left to reports, which refuse it.
pub(super) fn runs(folder: &Path, new: &[Joined], ids: &[String], corpus: &Corpus) -> Vec<Joined> {
    let finished = find_runs(folder).map_or(Vec::new(), |runs| runs.finished);
    let runs = finished.iter().filter_map(|dir| run(dir, new, ids, corpus));
    runs.collect()
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
