//! Finds the valid steps of padded sequences, and averages over them.

use tch::{Kind, Tensor};

/// (B, steps) true for the first `lengths` (B) steps.
pub fn valid(lengths: &Tensor, steps: i64) -> Tensor {
    let index = Tensor::arange(steps, (Kind::Int64, lengths.device()));
    let lengths = lengths.to_kind(Kind::Int64).unsqueeze(1);
    index.unsqueeze(0).lt_tensor(&lengths)
}

/// (B, T, width) to (B, width): mean over the first `lengths` (B) steps; 0 where there is none.
pub fn mean_of_valid(x: &Tensor, lengths: &Tensor) -> Tensor {
    let valid = valid(lengths, x.size()[1]).to_kind(x.kind());
    let sum = (x * valid.unsqueeze(2)).sum_dim_intlist([1i64].as_slice(), false, None::<Kind>);
    let lengths = lengths.to_kind(Kind::Int64).unsqueeze(1);
    sum / lengths.clamp_min(1).to_kind(x.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_left_out_and_no_step_gives_zero() {
        let x = Tensor::from_slice(&[1f64, 2.0, 30.0, 4.0, 5.0, 60.0]).view([2, 3, 1]);
        let mean = mean_of_valid(&x, &Tensor::from_slice(&[2i64, 0]));
        assert_eq!(Vec::<f64>::try_from(mean.view([-1])).unwrap(), [1.5, 0.0]);
    }
}
