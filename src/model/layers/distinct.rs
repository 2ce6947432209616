//! Finds texts that occur more than once in a batch.

use std::collections::HashMap;

use tch::{Device, Tensor};

/// The different rows of a batch, and the index of each row of the batch among them.
///
/// The same sample at several missing rates often has the same text: two rates differ only where a
/// word's draw is between them.
#[derive(Debug)]
pub(super) struct Distinct {
    pub(super) rows: Tensor,
    indices: Tensor,
}

impl Distinct {
    /// Of integers (B, ...) on a CPU; `None` where all rows differ, and on other devices, where
    /// the comparison would synchronize.
    pub(super) fn of(batch: &Tensor) -> Option<Self> {
        if batch.device() != Device::Cpu || batch.numel() == 0 {
            return None;
        }
        let rows = batch.size()[0] as usize;
        let mut values = vec![0i64; batch.numel()];
        let total = values.len();
        batch.contiguous().copy_data(&mut values, total);
        let (mut first, mut seen) = (Vec::new(), HashMap::new());
        let mut indices = Vec::with_capacity(rows);
        for (row, values) in (0i64..).zip(values.chunks(total / rows)) {
            let index = *seen.entry(values).or_insert_with(|| {
                first.push(row);
                first.len() as i64 - 1
            });
            indices.push(index);
        }
        (first.len() < rows).then(|| Self {
            rows: batch.index_select(0, &Tensor::from_slice(&first)),
            indices: Tensor::from_slice(&indices),
        })
    }

    /// What was computed of [`Self::rows`], for every row of the batch.
    pub(super) fn spread(&self, x: &Tensor) -> Tensor {
        x.index_select(0, &self.indices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_stand_once() {
        let batch = Tensor::from_slice(&[1i64, 2, 3, 4, 1, 2, 3, 5]).view([4, 2]);
        let distinct = Distinct::of(&batch).unwrap();
        assert_eq!(distinct.rows.size(), [3, 2]);
        assert!(distinct.spread(&distinct.rows).equal(&batch));
        assert!(Distinct::of(&distinct.rows).is_none());
    }
}
