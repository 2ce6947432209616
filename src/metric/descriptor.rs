//! A metric with what a reader of its value must know.

use super::{Sums, Undefined};

/// Which of two values is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    HigherIsBetter,
    LowerIsBetter,
}

/// How a value is displayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A fraction in [0, 1], displayed times 100.
    Percent,
    /// Displayed as it is.
    None,
}

/// A formula, its direction and the way tables print it.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Key in files and flags, unique within its protocol.
    pub name: &'static str,
    /// Heading in tables.
    pub title: &'static str,
    pub direction: Direction,
    pub unit: Unit,
    /// Digits after the point in tables, after scaling by the unit.
    pub decimals: usize,
    /// Value on (predictions, truths), both of shape (N).
    pub compute: fn(&[f32], &[f32]) -> Result<f64, Undefined>,
    /// The same value from sums over samples, where there is such a form; tests need it.
    pub sums: Option<Sums>,
}

impl Metric {
    /// A share of samples, displayed in percent with two decimals.
    pub(super) const fn share(
        name: &'static str,
        title: &'static str,
        compute: fn(&[f32], &[f32]) -> Result<f64, Undefined>,
    ) -> Self {
        let (direction, unit) = (Direction::HigherIsBetter, Unit::Percent);
        Self {
            name,
            title,
            direction,
            unit,
            decimals: 2,
            compute,
            sums: None,
        }
    }

    /// A plain number with three decimals.
    pub(super) const fn number(
        name: &'static str,
        title: &'static str,
        direction: Direction,
        compute: fn(&[f32], &[f32]) -> Result<f64, Undefined>,
    ) -> Self {
        Self {
            name,
            title,
            direction,
            unit: Unit::None,
            decimals: 3,
            compute,
            sums: None,
        }
    }

    /// The same metric with its form as sums.
    pub(super) const fn summed(self, sums: Sums) -> Self {
        let sums = Some(sums);
        Self { sums, ..self }
    }

    /// The name without what becomes of labels of zero: `f1` of `f1_non0` and `f1_has0`.
    pub fn stem(&self) -> &'static str {
        let stem = self.name.strip_suffix("_non0");
        let stem = stem.or(self.name.strip_suffix("_has0"));
        stem.unwrap_or(self.name)
    }

    /// Whether `a` is strictly better than `b`.
    pub fn is_better(&self, a: f64, b: f64) -> bool {
        match self.direction {
            Direction::HigherIsBetter => a > b,
            Direction::LowerIsBetter => a < b,
        }
    }

    /// Factor between a stored and a displayed value.
    pub const fn scale(&self) -> f64 {
        match self.unit {
            Unit::Percent => 100.0,
            Unit::None => 1.0,
        }
    }

    /// A stored value as tables print it, without a unit sign.
    pub fn display(&self, value: f64) -> String {
        fixed(value * self.scale(), self.decimals)
    }
}

/// `value` with `decimals` decimals, and no minus before a zero.
pub fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.chars().all(|c| c == '0' || c == '.') => zero.to_string(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::fixed;
    use crate::metric::protocol;

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(
            [-0.004, -0.006, 0.0].map(|v| fixed(v, 2)),
            ["0.00", "-0.01", "0.00"]
        );
        let corr = protocol("mosi").unwrap().metric("corr").unwrap();
        assert_eq!(corr.display(-0.0004), "0.000");
    }

    #[test]
    fn direction_and_display_follow_the_descriptor() {
        let mosi = protocol("mosi").unwrap();
        let (mae, acc7) = (mosi.metric("mae").unwrap(), mosi.metric("acc7").unwrap());
        assert!(mae.is_better(0.7, 0.8) && !mae.is_better(0.8, 0.7));
        assert!(acc7.is_better(0.8, 0.7) && !acc7.is_better(0.7, 0.7));
        assert_eq!(mae.display(0.712_345), "0.712");
        assert_eq!(acc7.display(0.345_67), "34.57");
    }
}
