//! What an array holds, in numbers.

use sha2::{Digest, Sha256};

use super::array_ref::ArrayRef;
use super::error::{Error, Result};

/// Elements looked at at once.
const BLOCK: usize = 1 << 16;

/// Range of an array's finite elements and the number of the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    /// Smallest and largest finite element; `None` where there is none.
    pub range: Option<(f64, f64)>,
    /// Infinite elements and NaN.
    pub non_finite: u64,
}

impl ArrayRef<'_> {
    /// Range and non-finite count, or `None` for an array that does not hold numbers.
    ///
    /// # Errors
    /// As [`ArrayRef::for_each_block`].
    pub fn stats(&self) -> Result<Option<Stats>> {
        if !self.dtype().is_number() {
            return Ok(None);
        }
        let (mut low, mut high, mut non_finite) = (f64::INFINITY, f64::NEG_INFINITY, 0);
        self.for_each_block(BLOCK, |block: &[f64]| {
            for value in block {
                if value.is_finite() {
                    low = low.min(*value);
                    high = high.max(*value);
                } else {
                    non_finite += 1;
                }
            }
            Ok::<_, Error>(())
        })?;
        let range = (low <= high).then_some((low, high));
        Ok(Some(Stats { range, non_finite }))
    }

    /// Hexadecimal SHA-256 of the elements' bytes in row-major order, or `None` for an object
    /// array.
    ///
    /// # Errors
    /// As [`ArrayRef::for_each_block_bytes`].
    pub fn sha256(&self) -> Result<Option<String>> {
        if self.dtype().kind == super::Kind::Object {
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
