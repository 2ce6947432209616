//! Finds values that are missing on one side of zero, as where the sign of -0.4 is lost, or 1.2 is read as a date.

/// Values between two whole numbers on one side of zero without which their lack on the other side is chance, and those beyond
/// on the side that lacks them: of the labels of CMU-MOSI, CMU-MOSEI and CH-SIMS a third and more are on either side.
const OPPOSITE: usize = 25;
const BEYOND: usize = 10;

/// Distances from zero that are looked at: 0 to 1, 1 to 2.
const UNITS: usize = 2;

/// Values that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lack {
    /// Between these none is.
    pub range: [i32; 2],
    /// How many are on the other side of zero.
    pub opposite: usize,
    /// How many are beyond, on this side.
    pub beyond: usize,
}

impl Lack {
    /// The first one of some values.
    pub fn of(values: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let within = |from: f64, sign: f64| {
            let inside = values.clone().map(|value| sign * value);
            inside
                .filter(|value| *value > from && *value < from + 1.0)
                .count()
        };
        (0..UNITS as i32)
            .flat_map(|unit| [(unit, -1), (unit, 1)])
            .find_map(|(unit, sign)| {
                let [from, side] = [unit, sign].map(f64::from);
                let beyond = values
                    .clone()
                    .filter(|value| side * value >= from + 1.0)
                    .count();
                let opposite = within(from, -side);
                let range = if sign < 0 {
                    [-unit - 1, -unit]
                } else {
                    [unit, unit + 1]
                };
                let is_lack = opposite >= OPPOSITE && beyond >= BEYOND && within(from, side) == 0;
                is_lack.then_some(Self {
                    range,
                    opposite,
                    beyond,
                })
            })
    }

    /// `between -1 and 0, though 40 are between 0 and 1, and 90 beyond`.
    pub fn describe(&self) -> String {
        let [low, high] = self.range;
        format!(
            "between {low} and {high}, though {} are between {} and {}, and {} beyond",
            self.opposite, -high, -low, self.beyond
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_on_one_side_is_found() {
        let whole = (-3..=3).flat_map(|i| [f64::from(i); 12]);
        let values: Vec<f64> = (-149..150)
            .map(|i| f64::from(i) / 50.0)
            .chain(whole)
            .collect();
        let of = |change: fn(f64) -> f64| Lack::of(values.iter().map(|v| change(*v)));
        assert_eq!(of(|v| v), None);
        let lost = of(|v| if v > -1.0 { v.abs() } else { v }).unwrap();
        assert_eq!((lost.range, lost.opposite), ([-1, 0], 98));
        assert_eq!(
            lost.describe(),
            "between -1 and 0, though 98 are between 0 and 1, and 136 beyond"
        );
        let dates = of(|v| if v > 1.0 && v.fract() != 0.0 { 0.0 } else { v }).unwrap();
        assert_eq!(dates.range, [1, 2]);
        assert_eq!(of(|v| v.max(-0.99)), None, "a skewed one");
        assert_eq!(of(f64::abs), None, "no negative ones at all");
        assert_eq!(of(f64::round), None, "whole numbers");
    }
}
