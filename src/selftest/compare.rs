//! Measures distances between computed and stored numbers.

use tch::{Device, Kind, Tensor};

/// All entries in row-major order, as float64.
pub fn values(tensor: &Tensor) -> Vec<f64> {
    let tensor = tensor
        .to_kind(Kind::Double)
        .to_device(Device::Cpu)
        .flatten(0, -1);
    let mut values = vec![0.0; tensor.numel()];
    let count = values.len();
    tensor.contiguous().copy_data(&mut values, count);
    values
}

/// Euclidean norm in float64.
pub fn norm(tensor: &Tensor) -> f64 {
    tensor
        .detach()
        .to_kind(Kind::Double)
        .norm()
        .double_value(&[])
}

/// Sum in float64.
pub fn total(tensor: &Tensor) -> f64 {
    tensor.detach().sum(Kind::Double).double_value(&[])
}

/// max |got - expected| / max |expected|; infinite where the sizes differ.
pub fn relative(got: &Tensor, expected: &Tensor) -> f64 {
    let (got, expected) = (values(got), values(expected));
    let largest = expected
        .iter()
        .fold(0.0, |m: f64, e| m.max(e.abs()))
        .max(f64::MIN_POSITIVE);
    worst(&got, &expected, &vec![largest; expected.len()])
}

/// Largest |got - expected| / scale. NaN and NaN are equal; NaN and a number are infinitely
/// wrong, as are unequal lengths.
pub fn worst(got: &[f64], expected: &[f64], scale: &[f64]) -> f64 {
    if got.len() != expected.len() || expected.is_empty() {
        return f64::INFINITY;
    }
    let error = |((g, e), s): ((&f64, &f64), &f64)| match (g.is_nan(), e.is_nan()) {
        (true, true) => 0.0,
        (false, false) if g == e => 0.0,
        (false, false) => (g - e).abs() / s,
        _ => f64::INFINITY,
    };
    got.iter()
        .zip(expected)
        .zip(scale)
        .map(error)
        .fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_meets_nan_alone() {
        let nan = f64::NAN;
        assert_eq!(worst(&[nan, 1.5], &[nan, 1.0], &[nan, 1.0]), 0.5);
        assert_eq!(worst(&[nan], &[1.0], &[1.0]), f64::INFINITY);
        assert_eq!(worst(&[1.0], &[nan], &[nan]), f64::INFINITY);
    }

    #[test]
    fn other_sizes_are_infinitely_wrong() {
        assert_eq!(worst(&[1.0], &[1.0, 2.0], &[1.0, 2.0]), f64::INFINITY);
        assert_eq!(worst(&[], &[], &[]), f64::INFINITY);
    }

    #[test]
    fn tensors_compare_by_their_largest_entry() {
        let expected = Tensor::from_slice(&[0.0, -4.0]);
        assert_eq!(
            relative(&Tensor::from_slice(&[1.0f32, -4.0]), &expected),
            0.25
        );
    }
}
