//! Remembers which columns of an open file were compared with their checksums.

use std::collections::BTreeSet;
use std::sync::Mutex;

/// The columns of an open file whose values were found to match their checksums.
#[derive(Debug, Default)]
pub(super) struct Checked(Mutex<BTreeSet<String>>);

impl Checked {
    pub fn has(&self, column: &str) -> bool {
        // A panic while the lock was held cannot have left the set half-changed.
        let columns = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        columns.contains(column)
    }

    pub fn add(&self, column: &str) {
        let mut columns = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        columns.insert(column.to_owned());
    }
}
