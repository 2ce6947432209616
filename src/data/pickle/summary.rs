//! Summarizes arrays: range, mean, non-finite values, SHA-256.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::array_ref::ArrayRef;
use super::error::{Error, Result};
use super::reader::Pickle;

/// Elements per block.
const BLOCK: usize = 1 << 16;

/// Range and mean of finite values and the number of the others, one value at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArrayStats {
    low: f64,
    high: f64,
    sum: f64,
    finite: u64,
    /// Infinite values and NaN.
    pub non_finite: u64,
}

impl Default for ArrayStats {
    fn default() -> Self {
        Self {
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            sum: 0.0,
            finite: 0,
            non_finite: 0,
        }
    }
}

impl ArrayStats {
    /// Counts a value.
    pub fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.low = self.low.min(value);
            self.high = self.high.max(value);
            self.sum += value;
            self.finite += 1;
        } else {
            self.non_finite += 1;
        }
    }

    /// Smallest and largest finite value; `None` if there is none.
    pub fn range(&self) -> Option<(f64, f64)> {
        (self.finite > 0).then_some((self.low, self.high))
    }

    /// Mean of the finite values, 0 if there is none.
    pub fn mean(&self) -> f64 {
        self.sum / self.finite.max(1) as f64
    }
}

impl ArrayRef<'_> {
    /// Hexadecimal SHA-256 of the elements' bytes in row-major order, or `None` for an object
    /// array.
    ///
    /// # Errors
    /// As [`ArrayRef::for_each_block_bytes`].
    pub fn sha256(&self) -> Result<Option<String>> {
        if self.dtype().kind == super::ElementKind::Object {
            return Ok(None);
        }
        let mut hash = Sha256::new();
        self.for_each_block_bytes(BLOCK, |block| {
            hash.update(block);
            Ok::<_, Error>(())
        })?;
        Ok(Some(hex(hash)))
    }
}

/// Caches results for the arrays of a pickle. Each array is read once, even if it is referred to often,
/// and the total work is bounded: a short file can make a million arrays of the same bytes.
pub struct Shared<T> {
    known: HashMap<*const super::array::Array, T>,
    left: u64,
}

/// Most bytes of arrays that are read per byte of the file.
const READS: u64 = 4;

impl<T: Clone> Shared<T> {
    /// An empty cache for the arrays of one pickle.
    pub fn new(pickle: &Pickle) -> Self {
        Self {
            known: HashMap::new(),
            left: READS * pickle.size() as u64 + (64 << 20),
        }
    }

    /// The result of `read` for an array, cached.
    ///
    /// # Errors
    /// [`Error::Work`]; the errors of `read`.
    pub fn get(
        &mut self,
        array: ArrayRef<'_>,
        read: impl FnOnce(ArrayRef<'_>) -> Result<T>,
    ) -> Result<T> {
        let key = std::ptr::from_ref(array.array);
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        if matches!(array.array.data, super::array::Data::External(_)) {
            // Elements of their own, which no other array shares.
            let made = read(array)?;
            self.known.insert(key, made.clone());
            return Ok(made);
        }
        let needed = array.len() as u64 * array.dtype().size as u64;
        self.left = self.left.checked_sub(needed).ok_or_else(|| Error::Work {
            offset: array.offset(),
            needed,
            size: array.pickle.size() as u64,
        })?;
        let made = read(array)?;
        self.known.insert(key, made.clone());
        Ok(made)
    }
}

/// Hexadecimal SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> String {
    hex(Sha256::new().chain_update(bytes))
}

fn hex(hash: Sha256) -> String {
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
