//! Correlations with what is known of their error.

/// Pairs without which a correlation of ranks is not known.
const RANKS: usize = 30;

/// A correlation of pairs of numbers.
pub struct Relation {
    pub correlation: f64,
    /// Fisher's transform, and its standard error.
    z: f64,
    error: f64,
}

impl Relation {
    /// Of the pairs of finite numbers, if there are `least` of them or more.
    pub fn of(a: &[f64], b: &[f64], least: usize) -> Option<Self> {
        let pairs = a
            .iter()
            .zip(b)
            .filter(|(a, b)| a.is_finite() && b.is_finite());
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.map(|(a, b)| (*a, *b)).unzip();
        let (da, db) = (deviation(&a)?, deviation(&b)?);
        let n = a.len() as f64;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
        let (ma, mb) = (mean(&a), mean(&b));
        let both: f64 = a.iter().zip(&b).map(|(a, b)| (a - ma) * (b - mb)).sum();
        let correlation = both / n / (da * db);
        (a.len() >= least.max(4)).then(|| Self {
            correlation,
            z: correlation.clamp(-0.99, 0.99).atanh(),
            error: (1.0 / (n - 3.0)).sqrt(),
        })
    }

    /// Of the ranks of pairs of finite numbers, if there are enough of them.
    pub fn of_ranks(a: &[f64], b: &[f64]) -> Option<Self> {
        let pairs = a.iter().zip(b);
        let pairs = pairs.filter(|(a, b)| a.is_finite() && b.is_finite());
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.map(|(a, b)| (*a, *b)).unzip();
        Self::of(&ranks(&a), &ranks(&b), RANKS)
    }

    /// The correlation in standard errors.
    pub fn errors(&self) -> f64 {
        self.z / self.error
    }

    /// The difference of two in standard errors.
    pub fn apart(&self, other: &Self) -> f64 {
        (self.z - other.z).abs() / self.error.hypot(other.error)
    }

    /// Whether it is below `limit` by so many standard errors.
    pub fn is_below(&self, limit: f64, errors: f64) -> bool {
        self.z + errors * self.error < limit.atanh()
    }
}

/// The rank of each value, the mean one of equal values.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for same in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = first as f64 + (same.len() - 1) as f64 / 2.0;
        for at in same {
            ranks[*at] = rank;
        }
        first += same.len();
    }
    ranks
}

/// The standard deviation of the finite values, if they vary.
pub fn deviation(values: &[f64]) -> Option<f64> {
    let known = || values.iter().filter(|value| value.is_finite());
    let n = known().count() as f64;
    let mean = known().sum::<f64>() / n;
    let variance = known().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
    (variance > 0.0).then(|| variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_are_correlations_with_errors() {
        let a: Vec<f64> = (0..103).map(f64::from).collect();
        let b: Vec<f64> = a.iter().map(|value| (value * 7.0) % 11.0).collect();
        let of = |a: &[f64], b: &[f64]| Relation::of(a, b, 30);
        let (same, other) = (of(&a, &a).unwrap(), of(&a, &b).unwrap());
        assert!((same.correlation - 1.0).abs() < 1e-12);
        assert!((same.error - 0.1).abs() < 1e-12);
        assert!(other.errors().abs() < 2.0 && same.apart(&other) > 10.0);
        assert!(other.is_below(0.5, 2.5) && !same.is_below(0.5, 2.5));
        assert!(of(&a[..20], &b).is_none(), "too few");
        assert!(of(&[1.0; 40], &a).is_none(), "a constant");
    }

    #[test]
    fn equal_values_have_the_mean_of_their_ranks() {
        assert_eq!(ranks(&[5.0, 1.0, 5.0, 9.0]), [1.5, 0.0, 1.5, 3.0]);
    }
}
