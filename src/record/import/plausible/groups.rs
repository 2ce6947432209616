//! Samples that scripts handle together: those of a video, and batches of the test split.

use std::collections::BTreeMap;

use crate::data::dataset::video_of;

/// Samples of a batch.
const SIZES: [usize; 13] = [128, 100, 64, 50, 48, 32, 24, 20, 16, 12, 10, 8, 4];

/// Places in the test split, each group with more than one.
pub(super) type Groups = Vec<Vec<usize>>;

/// The clips of each video in their order. Ids that name no video are left out.
pub(super) fn videos(ids: &[String]) -> Groups {
    let mut videos: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, id) in ids.iter().enumerate() {
        if let Some(video) = video_of(id) {
            videos.entry(video).or_default().push(at);
        }
    }
    videos.into_values().collect()
}

/// Videos, then batches from the largest on, with what each group is called.
pub(super) fn of(ids: &[String]) -> Vec<(String, Groups)> {
    let places: Vec<usize> = (0..ids.len()).collect();
    let batches = SIZES.map(|size| {
        let batches = places.chunks(size).map(<[usize]>::to_vec).collect();
        (format!("batch of {size} samples"), batches)
    });
    let videos = ("video".to_string(), videos(ids));
    let mut all: Vec<(String, Groups)> = std::iter::once(videos).chain(batches).collect();
    for (_, groups) in &mut all {
        groups.retain(|group| group.len() > 1);
    }
    all
}
