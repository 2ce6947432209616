//! Describes an array and the location of its payload.

use super::dtype::{DType, ElementKind};
use super::payload::{Id, Payload};

/// Elements of an array.
#[derive(Clone, Debug)]
pub enum Data {
    /// `_reconstruct` was called, BUILD not yet.
    Unbuilt,
    Bytes(Payload),
    /// Elements outside of the pickle, by their index.
    External(usize),
    /// In row-major order, for any order of the array.
    Objects(Box<[Id]>),
}

/// Which axis of the payload varies fastest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// The last one.
    C,
    /// The first one.
    Fortran,
    /// The payload is in row-major order of other axes: axis `i` of the array is axis `axes[i]` of
    /// the payload.
    Axes(Box<[usize]>),
}

/// Description of an array.
#[derive(Clone, Debug)]
pub struct Array {
    pub(super) dtype: DType,
    pub(super) shape: Box<[usize]>,
    pub(super) order: Order,
    pub(super) data: Data,
    /// Byte of the opcode that completed it, for error texts.
    pub(super) offset: u64,
}

impl Array {
    pub(super) fn unbuilt(offset: u64) -> Self {
        let dtype = DType {
            kind: ElementKind::Int,
            size: 1,
            big_endian: false,
            structure: None,
        };
        Self {
            dtype,
            shape: [0].into(),
            order: Order::C,
            data: Data::Unbuilt,
            offset,
        }
    }

    /// Number of elements.
    pub(super) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Permutes the axes of a row-major array; false if `axes` does not name each one once.
    pub(super) fn transpose(&mut self, axes: &[usize]) -> bool {
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..self.shape.len()) {
            return false;
        }
        self.shape = axes.iter().map(|axis| self.shape[*axis]).collect();
        self.order = Order::Axes(axes.into());
        true
    }

    /// Bytes between neighbors along each axis of the payload; undefined for an empty array.
    pub(super) fn strides(&self) -> Vec<usize> {
        let mut strides = vec![0; self.shape.len()];
        let mut stride = self.dtype.size;
        for axis in self.fastest_first() {
            strides[axis] = stride;
            stride *= self.shape[axis];
        }
        strides
    }

    /// Axes in the order in which they vary along the payload.
    pub(super) fn fastest_first(&self) -> Vec<usize> {
        let axes = 0..self.shape.len();
        match &self.order {
            Order::C => axes.rev().collect(),
            Order::Fortran => axes.collect(),
            Order::Axes(order) => {
                let mut axes: Vec<usize> = axes.collect();
                axes.sort_unstable_by_key(|axis| std::cmp::Reverse(order[*axis]));
                axes
            }
        }
    }

    /// Whether the payload is in row-major order; also true if at most one axis is longer than 1.
    pub(super) fn is_row_major(&self) -> bool {
        self.runs(|axes| axes.rev().collect())
    }

    /// Whether the payload is in column-major order and not also in row-major order.
    pub(super) fn is_column_major(&self) -> bool {
        !self.is_row_major() && self.runs(|axes| axes.collect())
    }

    fn runs(&self, order: impl Fn(std::ops::Range<usize>) -> Vec<usize>) -> bool {
        let long = |axis: &usize| self.shape[*axis] > 1;
        self.len() == 0
            || self
                .fastest_first()
                .into_iter()
                .filter(long)
                .eq(order(0..self.shape.len()).into_iter().filter(long))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(shape: &[usize], order: Order) -> Array {
        Array {
            shape: shape.into(),
            order,
            ..Array::unbuilt(0)
        }
    }

    #[test]
    fn orders() {
        let c = array(&[2, 3], Order::C);
        assert!(c.is_row_major() && !c.is_column_major());
        assert_eq!(c.strides(), [3, 1]);
        let fortran = array(&[2, 3], Order::Fortran);
        assert!(!fortran.is_row_major() && fortran.is_column_major());
        assert_eq!(fortran.strides(), [1, 2]);
        for shape in [&[1, 5][..], &[5], &[], &[0, 3]] {
            assert!(array(shape, Order::Fortran).is_row_major(), "{shape:?}");
        }
    }

    #[test]
    fn axes_are_permuted() {
        let mut array = array(&[2, 3, 4], Order::C);
        assert!(!array.clone().transpose(&[0, 1, 1]));
        assert!(!array.clone().transpose(&[0, 1]));
        assert!(array.transpose(&[1, 2, 0]));
        assert_eq!(*array.shape, [3, 4, 2]);
        assert_eq!(array.strides(), [4, 1, 12]);
        assert!(!array.is_row_major() && !array.is_column_major());
    }
}
