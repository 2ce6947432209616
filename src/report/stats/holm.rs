//! Corrects p-values for many tests: Holm's step-down method (Scandinavian Journal of Statistics, 1979).

/// Below this a corrected p-value counts as more than chance.
pub const ALPHA: f64 = 0.05;

/// The smallest adjusted p-value that any of so many tests by so many permutations can have: what
/// [`adjust`] makes of one whose permutations all fall short.
pub fn least(tests: usize, permutations: usize) -> f64 {
    (1.0 / (permutations + 1) as f64 * tests as f64).min(1.0)
}

/// Adjusted p-values in the order of `p`: rejecting those at most alpha keeps the chance of any
/// false rejection among them at alpha, whatever their dependence.
pub fn adjust(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let (mut adjusted, mut least) = (vec![1.0; p.len()], 0.0f64);
    for (rank, &i) in order.iter().enumerate() {
        least = least.max(p[i] * (p.len() - rank) as f64).min(1.0);
        adjusted[i] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm").
    #[test]
    fn equals_rs_p_adjust() {
        let adjusted = adjust(&[0.01, 0.04, 0.03, 0.005]);
        let expected = [0.03, 0.06, 0.06, 0.02];
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12;
        assert!(adjusted.iter().zip(&expected).all(close), "{adjusted:?}");
        assert_eq!(adjust(&[0.9, 0.8]), [1.0, 1.0]);
        assert!(adjust(&[]).is_empty());
    }

    #[test]
    fn no_test_has_less_than_the_least() {
        let smallest = 1.0 / 5000.0;
        for tests in [1, 7, 249, 250, 6000] {
            let adjusted = adjust(&vec![smallest; tests]);
            assert!(adjusted.iter().all(|p| *p == least(tests, 4999)), "{tests}");
        }
        assert!(least(249, 4999) < ALPHA && least(250, 4999) >= ALPHA);
    }
}
