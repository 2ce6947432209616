//! A missing rate as a key: exact, ordered, printed the same way everywhere.

use std::fmt;

/// A nominal missing rate from 0 to 1, kept in millionths so that `3 * 0.1` and `0.3` are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rate(u32);

const SCALE: f64 = 1e6;

impl Rate {
    /// The rate, or `None` for a number that is none: below 0, above 1 or not finite.
    pub fn new(rate: f64) -> Option<Self> {
        (0.0..=1.0)
            .contains(&rate)
            .then(|| Self((rate * SCALE).round() as u32))
    }

    /// As a number from 0 to 1.
    pub fn value(self) -> f64 {
        f64::from(self.0) / SCALE
    }

    /// Without a needless decimal: `0`, `0.5`, `1`.
    pub fn short(self) -> String {
        self.value().to_string()
    }

    /// The ten rates 0, 0.1, ... 0.9 over which the LNLN paper averages.
    pub fn paper() -> [Self; 10] {
        std::array::from_fn(|i| Self(i as u32 * 100_000))
    }
}

/// At least one decimal, so that columns of rates line up.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 100_000 {
            0 => write!(f, "{:.1}", self.value()),
            _ => write!(f, "{}", self.value()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_tenths_are_tenths() {
        assert_eq!(Rate::new(0.1 + 0.2), Rate::new(0.3));
        assert_eq!(Rate::new(3.0 * 0.1), Some(Rate::paper()[3]));
    }

    #[test]
    fn shows_what_was_meant() {
        let show = |r| Rate::new(r).unwrap().to_string();
        assert_eq!(
            [0.0, 0.1 + 0.2, 0.25, 1.0].map(show),
            ["0.0", "0.3", "0.25", "1.0"]
        );
    }

    #[test]
    fn refuses_what_is_no_rate() {
        assert_eq!([-0.1, 1.1, f64::NAN].map(Rate::new), [None; 3]);
    }
}
