//! Groups the rows of a run's predictions by pass.

use std::collections::BTreeMap;

use super::predictions::{Group, PredictionKey, Predictions};
use crate::mask::Condition;

/// What the rows of a group have in common, in the order of groups.
type Key<'a> = (&'a str, &'a str, &'a str, u64, Condition, u32);

impl Predictions {
    /// The rows by condition and epoch, both ascending; within a group in the order of the rows.
    pub fn groups(&self) -> Vec<Group> {
        let mut rows: BTreeMap<Key<'_>, Vec<usize>> = BTreeMap::new();
        let mut start = 0;
        while start < self.len() {
            let key = self.key(start);
            // Rows come pass by pass, so that a key is looked up once for many.
            let end = (start..self.len()).find(|row| self.key(*row) != key);
            let end = end.unwrap_or(self.len());
            rows.entry(key).or_default().extend(start..end);
            start = end;
        }
        rows.iter()
            .map(|(key, rows)| self.group(*key, rows))
            .collect()
    }

    fn key(&self, row: usize) -> Key<'_> {
        (
            &self.dataset[row],
            &self.split[row],
            &self.mask_protocol[row],
            self.mask_seed[row],
            self.condition[row],
            self.epoch[row],
        )
    }

    fn group(
        &self,
        (dataset, split, mask_protocol, mask_seed, condition, epoch): Key<'_>,
        rows: &[usize],
    ) -> Group {
        Group {
            key: PredictionKey {
                dataset: dataset.to_owned(),
                split: split.to_owned(),
                mask_protocol: mask_protocol.to_owned(),
                mask_seed,
                condition,
            },
            epoch,
            ids: rows.iter().map(|&row| self.id[row].to_string()).collect(),
            truth: rows.iter().map(|&row| self.truth[row]).collect(),
            prediction: rows.iter().map(|&row| self.prediction[row]).collect(),
        }
    }
}
