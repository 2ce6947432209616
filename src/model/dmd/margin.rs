//! Keeps the common parts of samples with equal labels closer than those of others.

use tch::{Kind, Tensor};

/// Under the root of a norm.
const EPS: f64 = 1e-8;

/// Hinge over (N, width) features with labels (N): an anchor's cosine to every other feature of its label is
/// to exceed that to every feature of another label by `factor` times the difference of the labels. Mean over
/// the pairs of an anchor, then over the anchors that have both kinds; 0 without any.
///
/// All N x N x N triples are computed at once: N is three times the batch.
pub fn margin_loss(features: &Tensor, labels: &Tensor, factor: f64) -> Tensor {
    let squares = features
        .square()
        .sum_dim_intlist([1i64].as_slice(), true, None::<Kind>);
    let unit = features / (squares + EPS).sqrt();
    let cosines = unit.matmul(&unit.transpose(0, 1)).to_kind(features.kind());
    let apart = (labels.unsqueeze(1) - labels.unsqueeze(0)).abs();
    let same = apart.eq(0.0);
    let differs = same.logical_not().to_kind(cosines.kind());
    let itself = Tensor::eye(labels.size()[0], (Kind::Bool, labels.device()));
    let positive = same
        .logical_and(&itself.logical_not())
        .to_kind(cosines.kind());
    let needed = &cosines + apart * factor;
    // (anchor, positive, negative)
    let missed = (needed.unsqueeze(1) - cosines.unsqueeze(2)).relu();
    let of_positives = missed.matmul(&differs.unsqueeze(2)).squeeze_dim(2);
    let sums = (of_positives * &positive).sum_dim_intlist([1i64].as_slice(), false, None::<Kind>);
    let count = |pairs: &Tensor| pairs.sum_dim_intlist([1i64].as_slice(), false, None::<Kind>);
    let triples = count(&positive) * count(&differs);
    let anchors = triples.gt(0.0).sum(Kind::Int64).clamp_min(1);
    (sums / triples.clamp_min(1.0)).sum(None::<Kind>) / anchors
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    /// The definition, one triple after another.
    fn naive(features: &[Vec<f64>], labels: &[f64], factor: f64) -> f64 {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let norm = |a: &[f64]| (dot(a, a) + EPS).sqrt();
        let cosine = |i: usize, j: usize| {
            let (a, b) = (&features[i], &features[j]);
            dot(a, b) / (norm(a) * norm(b))
        };
        let mut of_anchors = Vec::new();
        for i in 0..labels.len() {
            let mut hinges = Vec::new();
            for p in (0..labels.len()).filter(|&p| p != i && labels[p] == labels[i]) {
                for n in (0..labels.len()).filter(|&n| labels[n] != labels[i]) {
                    let margin = factor * (labels[n] - labels[i]).abs();
                    hinges.push((margin - cosine(i, p) + cosine(i, n)).max(0.0));
                }
            }
            if !hinges.is_empty() {
                of_anchors.push(hinges.iter().sum::<f64>() / hinges.len() as f64);
            }
        }
        of_anchors.iter().sum::<f64>() / of_anchors.len().max(1) as f64
    }

    fn both(labels: &[f64]) -> (f64, f64) {
        let _rng = crate::model::rng::seeded(6);
        let features = Tensor::randn([labels.len() as i64, 3], (Kind::Double, Device::Cpu));
        let rows: Vec<Vec<f64>> = (0..labels.len() as i64)
            .map(|i| Vec::try_from(features.get(i)).unwrap())
            .collect();
        let loss = margin_loss(&features, &Tensor::from_slice(labels), 0.15);
        (loss.double_value(&[]), naive(&rows, labels, 0.15))
    }

    #[test]
    fn it_is_the_mean_over_anchors_of_the_mean_over_their_pairs() {
        // One label of which there is a single feature: no anchor, but a negative of the others.
        let (loss, expected) = both(&[1.0, 1.0, -0.5, 1.0, -0.5, 2.0]);
        assert!(
            expected > 0.0 && (loss - expected).abs() < 1e-12,
            "{loss} {expected}"
        );
    }

    #[test]
    fn without_an_anchor_it_is_zero() {
        assert_eq!(both(&[1.0, 1.0, 1.0]), (0.0, 0.0));
        assert_eq!(both(&[1.0, 2.0, 3.0]), (0.0, 0.0));
    }
}
