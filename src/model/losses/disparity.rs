//! Measures how far two sets of vectors are apart (MISA, Hazarika et al., 2020).

use tch::{Kind, Tensor};

/// Mean squared cross-correlation of the features of (B, n) and (B, n): rows centered over the batch
/// and divided by their norm, through which no gradient flows.
pub fn cross_correlation(one: &Tensor, other: &Tensor) -> Tensor {
    let product = normalized(one).transpose(0, 1).matmul(&normalized(other));
    product.square().mean(None::<Kind>)
}

fn normalized(x: &Tensor) -> Tensor {
    let centered = x - x.mean_dim(0, true, None::<Kind>);
    let norm = centered
        .square()
        .sum_dim_intlist([1i64].as_slice(), true, None::<Kind>);
    &centered / (norm.sqrt().detach() + 1e-6)
}

/// Central moment discrepancy of (B, n) and (B, n) (Zellinger et al., 2017): distance of the means
/// plus the distances of the central moments 2 to `moments`.
pub fn central_moments(one: &Tensor, other: &Tensor, moments: i32) -> Tensor {
    sum_over_moments(one, other, moments, distance)
}

/// As [`central_moments`], with 1e-12 under the root of each distance.
pub fn smooth_central_moments(one: &Tensor, other: &Tensor, moments: i32) -> Tensor {
    sum_over_moments(one, other, moments, |one, other| {
        ((one - other).square().sum(None::<Kind>) + 1e-12).sqrt()
    })
}

fn sum_over_moments(
    one: &Tensor,
    other: &Tensor,
    moments: i32,
    distance: impl Fn(&Tensor, &Tensor) -> Tensor,
) -> Tensor {
    let mean = |x: &Tensor| x.mean_dim(0, false, None::<Kind>);
    let means = [mean(one), mean(other)];
    let centered = [one - &means[0], other - &means[1]];
    let moment = |order: i32| {
        let [one, other] = &centered;
        distance(
            &mean(&one.pow_tensor_scalar(i64::from(order))),
            &mean(&other.pow_tensor_scalar(i64::from(order))),
        )
    };
    (2..=moments).fold(distance(&means[0], &means[1]), |sum, order| {
        sum + moment(order)
    })
}

/// Euclidean distance whose gradient at 0 is 0: equal sets (a batch of one sample has equal central
/// moments) would make it infinite.
fn distance(one: &Tensor, other: &Tensor) -> Tensor {
    let squared = (one - other).square().sum(None::<Kind>);
    let zero = squared.eq(0.0).to_kind(squared.kind());
    (&squared + &zero).sqrt() * (1.0 - zero)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    fn noise(size: &[i64]) -> Tensor {
        Tensor::randn(size, (Kind::Double, Device::Cpu))
    }

    #[test]
    fn moments_of_equal_sets_are_equal_and_their_gradient_is_finite() {
        let _rng = crate::model::rng::seeded(4);
        let x = noise(&[5, 3]).set_requires_grad(true);
        let loss = central_moments(&x, &x.detach(), 5);
        assert_eq!(loss.double_value(&[]), 0.0);
        loss.backward();
        assert_eq!(x.grad().isfinite().all().int64_value(&[]), 1);
    }

    #[test]
    fn shifted_sets_differ_by_their_means_alone() {
        let _rng = crate::model::rng::seeded(4);
        let x = noise(&[50, 4]);
        let loss = central_moments(&x, &(&x + 0.5), 5).double_value(&[]);
        assert!((loss - 1.0).abs() < 1e-9, "{loss}");
    }

    #[test]
    fn one_clip_has_no_correlation() {
        let loss = cross_correlation(&noise(&[1, 3]), &noise(&[1, 3]));
        assert_eq!(loss.double_value(&[]), 0.0);
    }
}
