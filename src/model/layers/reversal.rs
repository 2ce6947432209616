//! Reverses a gradient (Ganin and Lempitsky, 2015).

use tch::Tensor;

/// The value of `x`, bit for bit, with the gradient of `-x`.
///
/// 2 * x.detach() - x: doubling is exact in floating point, and 2x - x is x exactly.
pub fn reverse_gradient(x: &Tensor) -> Tensor {
    x.detach() * 2.0 - x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_stays_and_gradient_turns() {
        let x = Tensor::from_slice(&[1.1f32, -0.3, 1e-40, 3e37]).set_requires_grad(true);
        let y = reverse_gradient(&x);
        assert!(y.equal(&x));
        (&y * Tensor::from_slice(&[1.0f32, 2.0, 3.0, 4.0]))
            .sum(tch::Kind::Float)
            .backward();
        assert!(
            x.grad()
                .equal(&Tensor::from_slice(&[-1.0f32, -2.0, -3.0, -4.0]))
        );
    }
}
