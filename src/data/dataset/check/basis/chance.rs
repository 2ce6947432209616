//! Tells counts from chance.

/// Logarithm of a million: what chance has once in a million tries.
const MILLION: f64 = 13.8;

/// Whether so many of all are more than a part would give by chance, once in a million (Chernoff's bound).
pub fn is_above(count: usize, of: usize, part: f64) -> bool {
    let found = count as f64 / of.max(1) as f64;
    let part = part.clamp(1e-9, 1.0);
    let term = |a: f64, b: f64| if a > 0.0 { a * (a / b).ln() } else { 0.0 };
    let apart = term(found, part) + term(1.0 - found, 1.0 - part);
    found > part && of as f64 * apart > MILLION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_judged_by_number() {
        assert!(is_above(10, 10, 0.05));
        assert!(!is_above(2, 2, 0.05));
        assert!(is_above(400, 1000, 0.3));
        assert!(!is_above(320, 1000, 0.3));
        assert!(!is_above(100, 1000, 0.3));
    }
}
