//! Reads features from a pickle: complete samples, in single precision, padded at the end.

use super::columns::Columns;
use super::features::Features;
use crate::data::dataset::error::{Error, Result};
use crate::data::pickle::{ArrayRef, DType, Element, ElementKind};

/// Values per block, near 1 MiB in double precision.
const BLOCK: usize = 1 << 17;

/// A column of features, shape (N, T, d).
#[derive(Clone, Copy)]
pub struct Frames<'p, 'a> {
    pub columns: &'p Columns<'a>,
    /// `audio`, `vision` or `text`.
    pub column: &'static str,
    pub features: &'p Features<'a>,
    /// Valid frames per sample, if known.
    pub lengths: Option<&'p [i32]>,
    /// The padding comes first and is moved to the end.
    pub left: bool,
}

/// Consecutive samples.
pub struct Samples<'c> {
    /// Index of the first one.
    pub first: usize,
    /// Shape (samples, T, d); not yet cleaned.
    pub values: &'c mut [f32],
    /// Number of values that were finite and are beyond the range of single precision.
    pub overflow: u64,
}

impl Frames<'_, '_> {
    /// Values of a sample.
    pub fn sample(&self) -> usize {
        self.features.steps * self.features.width
    }

    /// Values of a frame.
    pub fn width(&self) -> usize {
        self.features.width
    }

    /// Bytes in the pickle, padding included.
    pub fn bytes(&self) -> u64 {
        let values = self.features.rows * self.sample();
        (values * self.features.element_size()) as u64
    }

    /// Values of the valid frames of a sample.
    pub fn valid(&self, sample: usize) -> usize {
        let frames = self.lengths.and_then(|lengths| lengths.get(sample));
        frames.map_or(self.sample(), |frames| *frames as usize * self.width())
    }

    /// Calls `f` with all samples, in blocks.
    ///
    /// # Errors
    /// [`Error::Array`] where the payload cannot be read; the errors of `f`.
    pub fn for_each(&self, f: impl FnMut(Samples<'_>) -> Result<()>) -> Result<()> {
        match self.features.array() {
            Some(array) => self.blocks(array, f),
            None => self.one_by_one(f),
        }
    }

    fn one_by_one(&self, mut f: impl FnMut(Samples<'_>) -> Result<()>) -> Result<()> {
        let (mut first, mut values) = (0, Vec::with_capacity(self.sample()));
        self.features
            .for_each_sample(self.columns, self.column, |sample| {
                values.clear();
                values.extend(sample.iter().map(|value| *value as f32));
                let pairs = sample.iter().zip(&values);
                let overflow = pairs
                    .filter(|(source, value)| source.is_finite() && !value.is_finite())
                    .count() as u64;
                if self.left {
                    self.move_padding(first, &mut values);
                }
                f(Samples {
                    first,
                    values: &mut values,
                    overflow,
                })?;
                first += 1;
                Ok(true)
            })
    }

    fn blocks(
        &self,
        array: ArrayRef<'_>,
        mut f: impl FnMut(Samples<'_>) -> Result<()>,
    ) -> Result<()> {
        let dtype = array.dtype();
        let at_once = (BLOCK / self.sample()).max(1) * self.sample();
        let (mut first, mut values) = (0, Vec::with_capacity(at_once));
        let walked = array.for_each_block_bytes(at_once * dtype.size, |bytes| {
            let fault = |found| {
                let expected = "numbers".to_owned();
                Stop::Import(self.columns.layout(self.column, expected, found))
            };
            values.clear();
            single(dtype, bytes, &mut values).map_err(fault)?;
            let overflow = overflow(dtype, bytes, &values).map_err(fault)?;
            if self.left {
                self.move_padding(first, &mut values);
            }
            let count = values.len() / self.sample();
            f(Samples {
                first,
                values: &mut values,
                overflow,
            })
            .map_err(Stop::Import)?;
            first += count;
            Ok(())
        });
        walked.map_err(|stop| match stop {
            Stop::Import(error) => error,
            Stop::Pickle(error) => self.columns.array(self.column, error),
        })
    }

    /// Moves the padding to the end.
    fn move_padding(&self, first: usize, values: &mut [f32]) {
        for (index, sample) in values.chunks_exact_mut(self.sample()).enumerate() {
            let padding = sample.len() - self.valid(first + index);
            sample.rotate_left(padding);
        }
    }
}

/// Error of reading the pickle or of using its values.
enum Stop {
    Pickle(crate::data::pickle::Error),
    Import(Error),
}

impl From<crate::data::pickle::Error> for Stop {
    fn from(error: crate::data::pickle::Error) -> Self {
        Self::Pickle(error)
    }
}

/// Converts elements to single precision; the error describes what did not convert.
fn single(dtype: DType, bytes: &[u8], out: &mut Vec<f32>) -> Result<(), String> {
    // The two types of published files, in loops that the compiler vectorizes.
    match (dtype.kind, dtype.size, dtype.big_endian) {
        (ElementKind::Float, 8, false) => out.extend(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| f64::from_le_bytes(*b) as f32),
        ),
        (ElementKind::Float, 4, false) => {
            out.extend(bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)))
        }
        _ => f32::convert(dtype, bytes, out)?,
    }
    Ok(())
}

/// How many finite elements became infinite.
fn overflow(dtype: DType, bytes: &[u8], values: &[f32]) -> Result<u64, String> {
    if dtype.size < 8 || all_finite(values) {
        return Ok(0);
    }
    let mut source: Vec<f64> = Vec::with_capacity(values.len());
    f64::convert(dtype, bytes, &mut source)?;
    let pairs = source.iter().zip(values);
    Ok(pairs
        .filter(|(source, value)| source.is_finite() && !value.is_finite())
        .count() as u64)
}

/// Whether all values are finite.
pub fn all_finite(values: &[f32]) -> bool {
    // Without an early exit, so that the compiler vectorizes the loop.
    values
        .iter()
        .fold(true, |all, value| all & value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_values_overflow() {
        let dtype = DType::parse("f8", 0).unwrap();
        let source = [1.5, f64::INFINITY, 1e300, -1e39, f64::NAN];
        let bytes: Vec<u8> = source
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let mut values = Vec::new();
        single(dtype, &bytes, &mut values).unwrap();
        assert_eq!(
            values[..4],
            [1.5, f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY]
        );
        assert_eq!(overflow(dtype, &bytes, &values).unwrap(), 2);
        assert_eq!(overflow(dtype, &bytes[..8], &values[..1]).unwrap(), 0);
    }
}
