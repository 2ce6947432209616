//! Rearranges payloads into row-major order.

use super::array::Array;
use super::error::{Error, Result};
use super::source::{Source, Span};

/// Bytes rearranged per step.
const SLAB: usize = 8 << 20;

/// How to read one array.
pub struct Gather<'a> {
    array: &'a Array,
    strides: Vec<usize>,
    /// Bytes of all elements with the same index on the first axis.
    row: usize,
}

impl<'a> Gather<'a> {
    pub fn new(array: &'a Array) -> Self {
        Self {
            array,
            strides: array.strides(),
            row: array.shape[1..].iter().product::<usize>() * array.dtype.size,
        }
    }

    pub fn run<E: From<Error>>(
        &self,
        source: &Source,
        span: Span,
        block: usize,
        f: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.row <= SLAB {
            self.slabs(source, span, block, f)
        } else {
            self.elements(source, span, block, f)
        }
    }

    /// Rearranges as many rows per step as fit a slab, reading the source in runs along its own order.
    fn slabs<E: From<Error>>(
        &self,
        source: &Source,
        span: Span,
        block: usize,
        mut f: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let bytes = source.slice(span);
        let (count, rows) = (self.array.shape[0], (SLAB / self.row).max(1));
        let mut slab = vec![0; rows.min(count) * self.row];
        for first in (0..count).step_by(rows) {
            let rows = rows.min(count - first);
            let slab = &mut slab[..rows * self.row];
            self.fill(bytes, first, rows, slab);
            slab.chunks(block).try_for_each(&mut f)?;
        }
        source.release(span);
        Ok(())
    }

    fn fill(&self, bytes: &[u8], first: usize, rows: usize, slab: &mut [u8]) {
        let shape = &self.array.shape[1..];
        let size = self.array.dtype.size;
        let columns = shape.iter().product();
        let fastest: Vec<usize> = self.array.fastest_first();
        let axes: Vec<usize> = fastest.iter().filter(|a| **a > 0).map(|a| a - 1).collect();
        let mut odometer = Odometer::new(shape, &self.strides[1..], &axes, size);
        for _ in 0..columns {
            let from = odometer.offset + first * self.strides[0];
            match size {
                1 => self.column::<1>(bytes, from, slab, odometer.target, rows),
                2 => self.column::<2>(bytes, from, slab, odometer.target, rows),
                4 => self.column::<4>(bytes, from, slab, odometer.target, rows),
                8 => self.column::<8>(bytes, from, slab, odometer.target, rows),
                _ => {
                    for row in 0..rows {
                        let (from, to) = (
                            from + row * self.strides[0],
                            odometer.target + row * self.row,
                        );
                        slab[to..to + size].copy_from_slice(&bytes[from..from + size]);
                    }
                }
            }
            odometer.advance();
        }
    }

    fn column<const N: usize>(
        &self,
        bytes: &[u8],
        from: usize,
        slab: &mut [u8],
        to: usize,
        rows: usize,
    ) {
        let (step, row) = (self.strides[0], self.row);
        for i in 0..rows {
            let (from, to) = (from + i * step, to + i * row);
            let mut element = [0; N];
            element.copy_from_slice(&bytes[from..from + N]);
            slab[to..to + N].copy_from_slice(&element);
        }
    }

    /// Rearranges element by element, for rows that do not fit a slab.
    fn elements<E: From<Error>>(
        &self,
        source: &Source,
        span: Span,
        block: usize,
        mut f: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let bytes = source.slice(span);
        let size = self.array.dtype.size;
        let axes: Vec<usize> = (0..self.array.shape.len()).rev().collect();
        let mut odometer = Odometer::new(&self.array.shape, &self.strides, &axes, size);
        let mut buffer = Vec::with_capacity(block);
        for _ in 0..self.array.len() {
            buffer.extend_from_slice(&bytes[odometer.offset..odometer.offset + size]);
            odometer.advance();
            if buffer.len() == block {
                f(&buffer)?;
                buffer.clear();
            }
        }
        source.release(span);
        if buffer.is_empty() {
            Ok(())
        } else {
            f(&buffer)
        }
    }
}

/// Iterates over the axes, the first one fastest.
struct Odometer<'a> {
    shape: &'a [usize],
    /// Bytes between neighbors in the payload.
    strides: &'a [usize],
    /// The same in row-major order.
    targets: Vec<usize>,
    axes: &'a [usize],
    index: Vec<usize>,
    offset: usize,
    target: usize,
}

impl<'a> Odometer<'a> {
    fn new(shape: &'a [usize], strides: &'a [usize], axes: &'a [usize], size: usize) -> Self {
        let mut targets = vec![0; shape.len()];
        let mut target = size;
        for (axis, len) in shape.iter().enumerate().rev() {
            targets[axis] = target;
            target *= len;
        }
        Self {
            shape,
            strides,
            targets,
            axes,
            index: vec![0; shape.len()],
            offset: 0,
            target: 0,
        }
    }

    fn advance(&mut self) {
        for &axis in self.axes {
            self.index[axis] += 1;
            self.offset += self.strides[axis];
            self.target += self.targets[axis];
            if self.index[axis] < self.shape[axis] {
                return;
            }
            self.offset -= self.strides[axis] * self.shape[axis];
            self.target -= self.targets[axis] * self.shape[axis];
            self.index[axis] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::array::Order;
    use super::*;

    fn gathered(shape: &[usize], order: Order, axes: Option<&[usize]>) -> [Vec<u8>; 2] {
        let mut array = Array {
            shape: shape.into(),
            order,
            ..Array::unbuilt(0)
        };
        if let Some(axes) = axes {
            assert!(array.transpose(axes));
        }
        let source = Source::Memory((0..array.len() as u8).collect());
        let span = Span {
            start: 0,
            len: source.len(),
        };
        let gather = Gather::new(&array);
        let mut reads = [Vec::new(), Vec::new()];
        for (number, read) in reads.iter_mut().enumerate() {
            let mut add = |bytes: &[u8]| {
                read.extend_from_slice(bytes);
                Ok::<_, Error>(())
            };
            match number {
                0 => gather.slabs(&source, span, 5, &mut add).unwrap(),
                _ => gather.elements(&source, span, 5, &mut add).unwrap(),
            }
        }
        reads
    }

    #[test]
    fn column_major_payloads() {
        for read in gathered(&[2, 3], Order::Fortran, None) {
            assert_eq!(read, [0, 2, 4, 1, 3, 5]);
        }
        for read in gathered(&[2, 2, 2], Order::Fortran, None) {
            assert_eq!(read, [0, 4, 2, 6, 1, 5, 3, 7]);
        }
    }

    #[test]
    fn permuted_axes() {
        // The payload is a (2, 3, 2) array; the array is its (3, 2, 2) transpose.
        for read in gathered(&[2, 3, 2], Order::C, Some(&[1, 2, 0])) {
            assert_eq!(read, [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]);
        }
    }
}
