//! Summarizes an array of numbers in one pass.

use crate::data::pickle::{ArrayRef, ArrayStats, Error};

/// Elements per block.
const BLOCK: usize = 1 << 16;

/// Summary of an array.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scan {
    pub stats: ArrayStats,
    /// The first sample with a value that is not finite.
    pub first_non_finite: Option<usize>,
    /// Samples whose first step is all zero and whose last one is not; arrays of shape (samples,
    /// steps, features) only.
    pub left_padded: usize,
    /// The same with first and last step exchanged.
    pub right_padded: usize,
}

/// Summarizes an array; `None` if it does not hold numbers.
pub fn scan(array: ArrayRef<'_>) -> Result<Option<Scan>, Error> {
    if !array.dtype().is_number() {
        return Ok(None);
    }
    let mut scan = Scan::default();
    let mut samples = Samples::new(array.shape());
    let (mut index, width) = (0, array.shape().iter().skip(1).product::<usize>().max(1));
    array.for_each_block(BLOCK, |block: &[f64]| {
        for value in block {
            scan.stats.add(*value);
            if !value.is_finite() && scan.first_non_finite.is_none() {
                scan.first_non_finite = Some(index / width);
            }
            index += 1;
        }
        if let Some(samples) = &mut samples {
            samples.add(block);
        }
        Ok::<_, Error>(())
    })?;
    if let Some(samples) = samples {
        (scan.left_padded, scan.right_padded) = (samples.left, samples.right);
    }
    Ok(Some(scan))
}

/// Detects padding from the first and last steps of samples, given values in row-major order.
struct Samples {
    features: usize,
    sample: usize,
    at: usize,
    first: bool,
    last: bool,
    left: usize,
    right: usize,
}

impl Samples {
    fn new(shape: &[usize]) -> Option<Self> {
        let &[_, steps, features] = shape else {
            return None;
        };
        (steps > 1 && features > 0).then_some(Self {
            features,
            sample: steps * features,
            at: 0,
            first: false,
            last: false,
            left: 0,
            right: 0,
        })
    }

    /// Reads only the parts of the block in a first or last step.
    fn add(&mut self, mut block: &[f64]) {
        while !block.is_empty() {
            let last = self.sample - self.features;
            let until = [self.features, last, self.sample]
                .into_iter()
                .find(|end| *end > self.at)
                .unwrap_or(self.sample);
            let (part, rest) = block.split_at(block.len().min(until - self.at));
            if self.at < self.features {
                self.first |= part.iter().any(|value| *value != 0.0);
            } else if self.at >= last {
                self.last |= part.iter().any(|value| *value != 0.0);
            }
            self.at += part.len();
            block = rest;
            if self.at == self.sample {
                self.left += usize::from(!self.first && self.last);
                self.right += usize::from(self.first && !self.last);
                (self.at, self.first, self.last) = (0, false, false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_detected_for_any_block_size() {
        // Three samples of three steps of two features: left-padded, right-padded, full.
        let values = [
            0., 0., 0., 1., 2., 0., 0., 1., 0., 0., 0., 0., 1., 1., 1., 1., 1., 1.,
        ];
        for block in [1, 4, 5, 18] {
            let mut samples = Samples::new(&[3, 3, 2]).unwrap();
            values.chunks(block).for_each(|block| samples.add(block));
            assert_eq!((samples.left, samples.right), (1, 1), "{block}");
        }
        assert!(Samples::new(&[3, 6]).is_none());
    }
}
