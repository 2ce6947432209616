//! Passes the masked and the complete version of a batch through a network together.

use tch::{Kind, Tensor};

/// Masked rows followed by those complete rows that differ from them.
///
/// Half of LNLN's training samples have nothing missing in a given modality. A network without
/// dropout computes the same for both versions of such a sample, so that one pass serves both, and
/// their gradients add up by themselves.
#[derive(Debug)]
pub struct Joint {
    /// (B + changed, ...)
    pub input: Tensor,
    masked: i64,
    /// Row of `input` that holds the complete version of each sample.
    complete: Tensor,
}

impl Joint {
    /// Joins pairs (masked, complete) of equal shape (B, ...), all on one device.
    ///
    /// Rows are compared as they are. All pairs cost one synchronization.
    pub fn of<const N: usize>(pairs: [(&Tensor, &Tensor); N]) -> [Self; N] {
        let changed = pairs.map(|(m, c)| m.ne_tensor(c).flatten(1, -1).any_dim(1, false));
        let changed = Tensor::stack(&changed, 0).to_kind(Kind::Int64);
        let rows = changed.size()[1] as usize;
        let mut flags = vec![0i64; N * rows];
        let total = flags.len();
        changed
            .to_device(tch::Device::Cpu)
            .copy_data(&mut flags, total);
        let mut flags = flags.chunks(rows.max(1));
        pairs.map(|(m, c)| Self::with_changes(m, c, flags.next().unwrap_or_default()))
    }

    /// Joins a pair without comparing rows, as dropout requires.
    pub fn all(masked: &Tensor, complete: &Tensor) -> Self {
        Self::with_changes(masked, complete, &vec![1; masked.size()[0] as usize])
    }

    fn with_changes(masked: &Tensor, complete: &Tensor, changed: &[i64]) -> Self {
        let rows = changed.len() as i64;
        let different: Vec<i64> = (0..rows).filter(|&i| changed[i as usize] != 0).collect();
        let mut next = rows - 1;
        let index = |(i, &changed): (usize, &i64)| {
            next += changed;
            if changed == 0 { i as i64 } else { next }
        };
        let indices: Vec<i64> = changed.iter().enumerate().map(index).collect();
        let device = masked.device();
        let different = Tensor::from_slice(&different).to_device(device);
        Self {
            input: Tensor::cat(&[masked, &complete.index_select(0, &different)], 0),
            masked: rows,
            complete: Tensor::from_slice(&indices).to_device(device),
        }
    }

    /// Splits a result with the rows of `input` into (masked, complete), B rows each.
    pub fn split(&self, output: &Tensor) -> (Tensor, Tensor) {
        (
            output.narrow(0, 0, self.masked),
            output.index_select(0, &self.complete),
        )
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    #[test]
    fn equal_rows_are_computed_once() {
        let complete = Tensor::arange(12, (Kind::Float, Device::Cpu)).view([4, 3]) + 1.0;
        let keep = Tensor::from_slice(&[1f32, 0.0, 1.0, 0.0]).view([4, 1]);
        let masked = &complete * keep;
        let [changed, same] = Joint::of([(&masked, &complete), (&complete, &complete)]);
        assert_eq!(changed.input.size(), [6, 3]);
        assert_eq!(same.input.size(), [4, 3]);
        for (joint, expected) in [(changed, &masked), (same, &complete)] {
            let (m, c) = joint.split(&(&joint.input * 2.0));
            assert!(m.equal(&(expected * 2.0)));
            assert!(c.equal(&(&complete * 2.0)));
        }
        assert_eq!(Joint::all(&complete, &complete).input.size(), [8, 3]);
    }
}
