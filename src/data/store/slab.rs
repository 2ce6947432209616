//! Selects rows of a column.

use hdf5::{Hyperslab, SliceOrIndex};

/// Rows `start..start + rows` of a dataset, all of its other axes.
pub(crate) fn row_slab(shape: &[usize], start: usize, rows: usize) -> Hyperslab {
    let whole = |(axis, n): (usize, &usize)| {
        let (start, count) = if axis == 0 { (start, rows) } else { (0, *n) };
        SliceOrIndex::SliceCount {
            start,
            step: 1,
            count,
            block: 1,
        }
    };
    Hyperslab::from(shape.iter().enumerate().map(whole).collect::<Vec<_>>())
}
