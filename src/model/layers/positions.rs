//! Computes sinusoidal positions: fairseq's, as MMSA's transformers add them, and those of the original
//! transformer.

use tch::{Device, Kind, Tensor};

/// Positions (B, T, width) for a sequence (B, T, width): step t gets row t + 1 of a table whose row p is
/// sin(p f), cos(p f) with frequencies f from 1 to 1/10000, all sines first. A step whose first feature is
/// exactly 0 counts as padding, as in the reference, and gets none.
pub fn sinusoidal(x: &Tensor) -> Tensor {
    let size = x.size();
    let table = table(size[1], size[2], x.device()).to_kind(x.kind());
    let present = x.narrow(2, 0, 1).ne(0.0).to_kind(x.kind());
    table.unsqueeze(0) * present
}

/// Rows 1 to `rows` (rows, width) in double precision.
fn table(rows: i64, width: i64, device: Device) -> Tensor {
    let double = (Kind::Double, device);
    let half = width / 2;
    let step = 10_000f64.ln() / (half - 1).max(1) as f64;
    let frequencies = (Tensor::arange(half, double) * -step).exp();
    let angles = Tensor::arange_start(1, rows + 1, double).outer(&frequencies);
    let rest = Tensor::zeros([rows, width % 2], double);
    Tensor::cat(&[angles.sin(), angles.cos(), rest], 1)
}

/// Positions (rows, width) in double precision as the original transformer has them (Vaswani et al., 2017):
/// row p, from 0, is sin(p f) in even columns and cos(p f) in odd ones, with f = 10000^(-2k / width) in the
/// k-th pair of columns.
pub fn interleaved(rows: i64, width: i64, device: Device) -> Tensor {
    let double = (Kind::Double, device);
    let step = 10_000f64.ln() / width as f64;
    let frequencies = (Tensor::arange_start_step(0, width, 2, double) * -step).exp();
    let angles = Tensor::arange(rows, double).outer(&frequencies);
    let pairs = Tensor::stack(&[angles.sin(), angles.cos()], 2).flatten(1, 2);
    pairs.narrow(1, 0, width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sines_and_cosines_alternate() {
        let positions = interleaved(3, 5, Device::Cpu);
        assert_eq!(positions.size(), [3, 5]);
        let at = |t, i| positions.double_value(&[t, i]);
        assert_eq!([at(0, 0), at(0, 1), at(1, 0)], [0.0, 1.0, 1f64.sin()]);
        let slow = 10_000f64.powf(-0.8);
        assert!((at(2, 4) - (2.0 * slow).sin()).abs() < 1e-15);
        assert!((at(2, 3) - (2.0 * 10_000f64.powf(-0.4)).cos()).abs() < 1e-15);
    }

    #[test]
    fn a_step_that_starts_with_zero_has_no_position() {
        let x = Tensor::ones([1, 3, 5], (Kind::Double, Device::Cpu));
        let _ = x.get(0).get(1).narrow(0, 0, 1).fill_(0.0);
        let positions = sinusoidal(&x);
        let at = |t, i| positions.double_value(&[0, t, i]);
        assert_eq!(
            [at(0, 0), at(0, 2), at(0, 4)],
            [1f64.sin(), 1f64.cos(), 0.0]
        );
        assert!((at(0, 1) - 1e-4f64.sin()).abs() < 1e-18);
        assert_eq!(positions.get(0).get(1).abs().max().double_value(&[]), 0.0);
        assert_eq!(at(2, 0), 3f64.sin());
    }
}
