//! Assigns runs to tasks of job arrays.

use std::collections::BTreeSet;

/// Tasks of one array. Slurm bounds an array's indices, so a long sweep needs several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Number of the task whose index in this array is 0.
    pub offset: usize,
    /// Ascending, below Slurm's MaxArraySize.
    pub indices: Vec<usize>,
}

/// The arrays for some runs, `per_task` neighbors to a task, with indices below `limit`.
pub fn chunks(runs: &BTreeSet<usize>, per_task: usize, limit: usize) -> Vec<Chunk> {
    let (per_task, limit) = (per_task.max(1), limit.max(1));
    let tasks: BTreeSet<usize> = runs.iter().map(|run| run / per_task).collect();
    let mut chunks: Vec<Chunk> = Vec::new();
    for task in tasks {
        let offset = task / limit * limit;
        match chunks.last_mut() {
            Some(chunk) if chunk.offset == offset => chunk.indices.push(task - offset),
            _ => chunks.push(Chunk {
                offset,
                indices: vec![task - offset],
            }),
        }
    }
    chunks
}

/// The runs of one task.
pub fn runs_of(task: usize, per_task: usize) -> std::ops::Range<usize> {
    task * per_task..(task + 1) * per_task
}

/// `0-4,7,9-12`, as sbatch takes it.
pub fn ranges(indices: &[usize]) -> String {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for &index in indices {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == index => *last = index,
            _ => spans.push((index, index)),
        }
    }
    let text = |(first, last): (usize, usize)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    };
    spans.into_iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn neighbors_are_written_as_ranges() {
        assert_eq!(ranges(&[0, 1, 2, 3, 4, 7, 9, 10]), "0-4,7,9-10");
        assert_eq!(ranges(&[]), "");
    }

    proptest! {
        #[test]
        fn every_run_is_in_one_task_and_every_index_is_allowed(
            runs in proptest::collection::btree_set(0usize..60, 0..40),
            per_task in 1usize..5, limit in 1usize..12,
        ) {
            let chunks = chunks(&runs, per_task, limit);
            let mut tasks = Vec::new();
            for chunk in &chunks {
                prop_assert!(chunk.indices.iter().all(|index| *index < limit));
                tasks.extend(chunk.indices.iter().map(|index| chunk.offset + index));
            }
            let distinct: BTreeSet<usize> = tasks.iter().copied().collect();
            prop_assert_eq!(distinct.len(), tasks.len());
            for run in &runs {
                let owners = tasks.iter().filter(|task| runs_of(**task, per_task).contains(run));
                prop_assert_eq!(owners.count(), 1);
            }
        }
    }
}
