//! Hashes each dimension of some samples, so that equal ones of two modalities are found.

/// Samples of a split that are looked at, about.
const SAMPLES: usize = 24;

/// Samples that both have, part of them that must be equal, and different contents among these.
const ENOUGH: usize = 8;
const PART: f64 = 0.9;
const DIFFERENT: usize = 6;

/// FNV-1a's offset and prime for 64 bits.
const START: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// Hashes of some samples, in their order, by dimension; none where a dimension is zero.
#[derive(Clone, Debug, Default)]
pub struct ColumnHashes {
    samples: Vec<Vec<Option<u64>>>,
}

impl ColumnHashes {
    /// Adds a sample of `width` values a frame, by its row of `rows`. Values that are not finite count as the zeros that
    /// replace them, and zeros at the end not at all.
    pub fn add(&mut self, sample: &[f32], width: usize, (row, rows): (usize, usize)) {
        if row.is_multiple_of(rows / SAMPLES + 1) {
            let hashes = (0..width).map(|at| hash(sample[at..].iter().step_by(width)));
            self.samples.push(hashes.collect());
        }
    }

    /// Dimensions here that are one of the other modality's too, each with that one.
    pub fn equal(&self, other: &Self) -> Vec<(usize, usize)> {
        let width = |hashes: &Self| hashes.samples.first().map_or(0, Vec::len);
        let pairs = (0..width(self)).filter_map(|own| {
            let mut others = 0..width(other);
            others
                .find(|at| self.is_equal(own, other, *at))
                .map(|at| (own, at))
        });
        pairs.collect()
    }

    /// Dimensions that another one before them is equal to, each with that one.
    pub fn twins(&self) -> Vec<(usize, usize)> {
        let width = self.samples.first().map_or(0, Vec::len);
        let pairs = (0..width).filter_map(|own| {
            let before = (0..own).find(|at| self.is_equal(own, self, *at));
            before.map(|at| (own, at))
        });
        pairs.collect()
    }

    fn is_equal(&self, own: usize, other: &Self, at: usize) -> bool {
        let (mut both, mut equal) = (0, Vec::new());
        let most_unlike = ((1.0 - PART) * self.samples.len() as f64) as usize;
        for (a, b) in self.samples.iter().zip(&other.samples) {
            let (Some(a), Some(b)) = (a[own], b[at]) else {
                continue;
            };
            both += 1;
            if a == b {
                equal.push(a);
            } else if both - equal.len() > most_unlike {
                return false;
            }
        }
        let is_part = both >= ENOUGH && equal.len() as f64 >= PART * both as f64;
        equal.sort_unstable();
        equal.dedup();
        is_part && equal.len() >= DIFFERENT
    }
}

/// The hash of one dimension up to its last value other than zero.
fn hash<'v>(values: impl Iterator<Item = &'v f32>) -> Option<u64> {
    let (mut hash, mut last) = (START, None);
    for value in values {
        // Also of -0.
        let is_zero = *value == 0.0 || !value.is_finite();
        let bits = if is_zero { 0 } else { value.to_bits() };
        hash = (hash ^ u64::from(bits)).wrapping_mul(PRIME);
        if !is_zero {
            last = Some(hash);
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(width: usize, value: impl Fn(usize, usize, usize) -> f32) -> ColumnHashes {
        let mut hashes = ColumnHashes::default();
        for row in 0..30 {
            let frames = (0..10).flat_map(|step| (0..width).map(move |at| (step, at)));
            let sample: Vec<f32> = frames.map(|(step, at)| value(row, step, at)).collect();
            hashes.add(&sample, width, (row, 30));
        }
        hashes
    }

    #[test]
    fn copied_dimensions_are_found_and_constant_ones_are_not() {
        let value =
            |row: usize, step: usize, at: usize| (row * 31 + step * 7 + at * 1009) as f32 + 0.5;
        let audio = hashes(5, value);
        let vision = hashes(3, |row, step, at| {
            if at == 2 {
                value(row, step, 4)
            } else {
                -value(row, step, at)
            }
        });
        assert_eq!(vision.equal(&audio), [(2, 4)]);
        assert_eq!(audio.equal(&audio).len(), 5);
        assert_eq!(audio.twins(), []);
        let joined = hashes(4, |row, step, at| value(row, step, at % 2));
        assert_eq!(joined.twins(), [(2, 0), (3, 1)]);
        // A flag, and the number of a frame, are the same by nature.
        let flag = hashes(2, |_, step, _| (step % 2) as f32);
        assert_eq!(flag.equal(&flag), []);
        // One sample in thirty may differ, and values that are not finite are zeros.
        let lost = hashes(5, |row, step, at| {
            if row == 4 {
                f32::NAN
            } else {
                value(row, step, at)
            }
        });
        assert_eq!(lost.equal(&audio).len(), 5);
    }
}
