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
        format!("{:.*}", self.decimals, value * self.scale())
    }
}

#[cfg(test)]
mod tests {
    use crate::metric::protocol;

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
