//! Limits on the resources that a pickle may use.

/// Largest counts a pickle may reach. Payload sizes need no limit: they are checked against the
/// bytes left in the file and never copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Values created or referred to; limits the memory of the arena.
    pub objects: usize,
    /// Entries of the memo, and its largest key: writers count up from 0.
    pub memo: usize,
    /// Values on the stack at the same time.
    pub stack: usize,
    /// Open marks, that is, containers being filled at the same time.
    pub marks: usize,
    /// Dimensions of an array (numpy's own limit is 64).
    pub dimensions: usize,
    /// Decimal digits of an integer written as text (Python's own limit).
    pub digits: usize,
}

impl Default for Limits {
    /// A hundred times the objects of the largest published file.
    fn default() -> Self {
        Self {
            objects: 10_000_000,
            memo: 10_000_000,
            stack: 10_000_000,
            marks: 100_000,
            dimensions: 64,
            digits: 4_300,
        }
    }
}
