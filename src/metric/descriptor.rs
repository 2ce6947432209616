//! Defines a metric: its formula with name, title, direction, unit and form for resampling.

use super::{Sums, Undefined};
use crate::support::words::plain_name;

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
    /// Smallest and largest possible value.
    pub range: [f64; 2],
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
            range: [0.0, 1.0],
            decimals: 2,
            compute,
            sums: None,
        }
    }

    /// A plain number with three decimals: an error from 0 on, or a correlation.
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
            range: match direction {
                Direction::LowerIsBetter => [0.0, f64::INFINITY],
                Direction::HigherIsBetter => [-1.0, 1.0],
            },
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

    /// Whether this name, its hyphens and capitals aside, is that of the metric, or of both kinds of it.
    pub fn is_named(&self, name: &str) -> bool {
        let name = plain_name(name);
        [self.name, self.stem()]
            .iter()
            .any(|own| plain_name(own) == name)
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

    /// A stored value as tables print it ([`fixed`]), without a unit sign.
    pub fn display(&self, value: f64) -> String {
        fixed(value * self.scale(), self.decimals)
    }
}

/// Part of a unit of the last decimal by which a value may miss a half and still be one: 28.375 as a
/// mean of ten rates is 28.374999999999993 in binary. What comes as close by itself is as good as a half.
const TIE: f64 = 1e-7;

/// From here on neighboring numbers are a unit apart or more: no digit after the last one is known.
const MANY: f64 = 9_007_199_254_740_992.0;

/// `value` with `decimals` decimals, halves to even, and no minus before a zero.
pub fn fixed(value: f64, decimals: usize) -> String {
    let text = match units(value.abs(), decimals) {
        Some(units) => pointed(units, decimals),
        None => format!("{:.decimals$}", value.abs()),
    };
    let zero = text.chars().all(|c| c == '0' || c == '.');
    if value < 0.0 && !zero {
        format!("-{text}")
    } else {
        text
    }
}

/// A value that is not negative in whole units of its last decimal; `None` where they are too many, or
/// it is not finite.
fn units(value: f64, decimals: usize) -> Option<u64> {
    let exact = value * 10f64.powi(decimals as i32);
    let whole = exact.floor();
    let units = if (exact - whole - 0.5).abs() < TIE {
        whole + whole % 2.0
    } else {
        exact.round()
    };
    (units < MANY).then_some(units as u64)
}

/// Whole units with the point before the last `decimals` digits.
fn pointed(units: u64, decimals: usize) -> String {
    let width = decimals + 1;
    let mut text = format!("{units:0width$}");
    if decimals > 0 {
        text.insert(text.len() - decimals, '.');
    }
    text
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

    /// The first three are ALMT's Acc-7, Acc-5 and Acc-3 in the demo: 1362 of 4800, 877 and 1083 of 4000.
    #[test]
    fn halves_go_to_even_whatever_their_binary_noise() {
        let cases = [
            (28.374999999999993, 2, "28.38"),
            (21.925, 2, "21.92"),
            (27.075, 2, "27.08"),
            (-28.374999999999993, 2, "-28.38"),
            (-21.925, 2, "-21.92"),
            (-13.425000000000015, 2, "-13.42"),
            (-6.625000000000007, 2, "-6.62"),
            (-0.005, 2, "0.00"),
            (9.995, 2, "10.00"),
            (0.0005, 3, "0.000"),
            (0.5, 0, "0"),
            (1.5, 0, "2"),
        ];
        for (value, decimals, text) in cases {
            assert_eq!(fixed(value, decimals), text, "{value}");
        }
    }

    #[test]
    fn what_is_no_half_is_rounded_to_the_nearest() {
        let near = [28.374_99, 28.375_01, -28.374_99, 21.925_01];
        let texts = near.map(|v| fixed(v, 2));
        assert_eq!(texts, ["28.37", "28.38", "-28.37", "21.93"]);
    }

    #[test]
    fn values_beyond_all_units_are_printed_as_they_are() {
        for value in [1e300, -1e300, f64::MAX, 2f64.powi(53)] {
            assert_eq!(fixed(value, 2), format!("{value:.2}"));
        }
        let endless = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        assert_eq!(endless.map(|v| fixed(v, 3)), ["NaN", "inf", "-inf"]);
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
