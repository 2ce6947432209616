//! Defines one comparison with a stored number or array.

/// How far one quantity of one case is from the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// File or folder the numbers come from.
    pub case: String,
    /// What was compared.
    pub quantity: String,
    /// Largest distance; infinite where the shapes differ or one side does not exist.
    pub error: f64,
    /// Largest distance allowed.
    pub tolerance: f64,
}

impl Comparison {
    /// A distance and its bound; a distance that is NaN becomes infinite.
    pub fn new(case: &str, quantity: impl Into<String>, error: f64, tolerance: f64) -> Self {
        let error = if error.is_nan() { f64::INFINITY } else { error };
        Self {
            case: case.to_owned(),
            quantity: quantity.into(),
            error,
            tolerance,
        }
    }

    /// Two arrays that must be equal in every element; 0 and -0 are equal.
    pub fn exact(case: &str, quantity: impl Into<String>, ours: &[f64], theirs: &[f64]) -> Self {
        Self::new(case, quantity, largest_difference(ours, theirs), 0.0)
    }

    /// Whether the distance is within its bound.
    pub fn passed(&self) -> bool {
        self.error <= self.tolerance
    }
}

/// Largest absolute difference of two arrays; infinite where their lengths differ or an element
/// is NaN.
pub fn largest_difference(ours: &[f64], theirs: &[f64]) -> f64 {
    if ours.len() != theirs.len() {
        return f64::INFINITY;
    }
    let distance = |(a, b): (&f64, &f64)| match (a - b).abs() {
        _ if a == b => 0.0,
        // `f64::max` would drop a NaN.
        distance if distance.is_nan() => f64::INFINITY,
        distance => distance,
    };
    ours.iter().zip(theirs).map(distance).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_cannot_hide_a_nan_or_a_missing_element() {
        assert_eq!(largest_difference(&[1.0, 2.0], &[1.0, 2.5]), 0.5);
        assert!(Comparison::exact("c", "q", &[0.0], &[-0.0]).passed());
        assert!(!Comparison::exact("c", "q", &[1.0], &[1.0, 2.0]).passed());
        assert!(!Comparison::exact("c", "q", &[f64::NAN, 1.0], &[1.0, 1.0]).passed());
        assert!(!Comparison::exact("c", "q", &[1.0, 1.0], &[1.0, f64::NAN]).passed());
        assert!(!Comparison::new("c", "q", f64::NAN, 1.0).passed());
    }
}
