//! Locates a tensor's elements in its storage.

/// Shape, strides and first element of a view into a storage, in elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
    pub offset: usize,
}

impl Layout {
    /// Number of elements; `None` beyond what memory can address.
    pub fn count(&self) -> Option<usize> {
        let mut sizes = self.shape.iter();
        if self.shape.contains(&0) {
            Some(0)
        } else {
            sizes.try_fold(1usize, |product, size| product.checked_mul(*size))
        }
    }

    /// One past the last element read; `None` beyond what memory can address.
    pub fn end(&self) -> Option<usize> {
        if self.count()? == 0 {
            return Some(self.offset);
        }
        let mut steps = self.shape.iter().zip(&self.strides);
        steps
            .try_fold(self.offset, |last, (size, stride)| {
                last.checked_add((size - 1).checked_mul(*stride)?)
            })?
            .checked_add(1)
    }

    /// Whether the elements are in row-major order without gaps.
    pub fn is_contiguous(&self) -> bool {
        if self.shape.contains(&0) {
            return true;
        }
        let mut next = 1;
        let mut axes = self.shape.iter().zip(&self.strides).rev();
        axes.all(|(&size, &stride)| {
            let in_place = size == 1 || stride == next;
            next *= size;
            in_place
        })
    }

    /// Indices of the elements in row-major order. The layout must have been checked.
    pub fn indices(&self) -> impl Iterator<Item = usize> {
        let count = self.count().unwrap_or(0);
        (0..count).map(|element| {
            let mut rest = element;
            let axes = self.shape.iter().zip(&self.strides).rev();
            axes.fold(self.offset, |index, (size, stride)| {
                let step = rest % size;
                rest /= size;
                index + step * stride
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(shape: &[usize], strides: &[usize], offset: usize) -> Layout {
        Layout {
            shape: shape.to_vec(),
            strides: strides.to_vec(),
            offset,
        }
    }

    #[test]
    fn extents() {
        assert_eq!(layout(&[2, 3], &[3, 1], 4).end(), Some(10));
        assert_eq!(layout(&[], &[], 7).end(), Some(8));
        assert_eq!(layout(&[0, 3], &[3, 1], 4).end(), Some(4));
        assert_eq!(layout(&[2, usize::MAX], &[1, 1], 0).count(), None);
        assert_eq!(layout(&[2, 2], &[usize::MAX, 1], 1).end(), None);
        assert_eq!(layout(&[0, usize::MAX, 2], &[1, 1, 1], 0).count(), Some(0));
    }

    #[test]
    fn orders() {
        let rows = layout(&[2, 3], &[3, 1], 0);
        assert!(rows.is_contiguous());
        let columns = layout(&[2, 3], &[1, 2], 5);
        assert!(!columns.is_contiguous());
        let indices: Vec<usize> = columns.indices().collect();
        assert_eq!(indices, [5, 7, 9, 6, 8, 10]);
        assert!(layout(&[1, 3], &[99, 1], 0).is_contiguous());
        assert_eq!(layout(&[], &[], 2).indices().collect::<Vec<_>>(), [2]);
    }
}
