//! Draws the frame of a plot: scales, ticks at round numbers, labels.

use super::scene::{Anchor, BLACK, GRAY, PALE, Point, Scene};

/// Size of the letters at axes.
pub const FONT: f64 = 13.0;

/// A rectangle of the drawing that shows a range of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    /// Left, top, right and bottom, in pixels.
    pub frame: [f64; 4],
    /// Numbers at the left and at the right end.
    pub across: [f64; 2],
    /// Whether values across are integers, as with epochs.
    pub integers: bool,
    /// Numbers at the lower and at the upper end.
    pub up: [f64; 2],
    /// Names of the places 0, 1, ... across; empty where they are numbers.
    pub names: Vec<String>,
}

impl Axes {
    /// Pixel of a pair of numbers.
    pub fn at(&self, x: f64, y: f64) -> Point {
        let [left, top, right, bottom] = self.frame;
        let share = |v: f64, [low, high]: [f64; 2]| {
            if high > low {
                (v - low) / (high - low)
            } else {
                0.5
            }
        };
        let (x, y) = (share(x, self.across), share(y, self.up));
        (left + x * (right - left), bottom - y * (bottom - top))
    }

    /// Grid, ticks and numbers, the labels outside them.
    pub fn draw(&self, scene: &mut Scene, label: &str, upright: &str) {
        let [left, top, right, bottom] = self.frame;
        let height = ticks(self.up, ((bottom - top) / 45.0) as usize);
        for (value, text) in &height {
            let y = self.at(self.across[0], *value).1;
            scene.line(vec![(left, y), (right, y)], PALE, 1.0, 0.0);
            scene.text((left - 8.0, y), text, FONT, BLACK, Anchor::End);
        }
        for (value, text) in self.ticks_across(((right - left) / 45.0) as usize) {
            let x = self.at(value, self.up[0]).0;
            scene.line(vec![(x, bottom), (x, bottom + 4.0)], GRAY, 1.0, 0.0);
            scene.text((x, bottom + 16.0), &text, FONT, BLACK, Anchor::Middle);
        }
        scene.line(
            vec![(left, top), (left, bottom), (right, bottom)],
            GRAY,
            1.0,
            0.0,
        );
        let middle = (left + right) / 2.0;
        scene.text((middle, bottom + 36.0), label, FONT, BLACK, Anchor::Middle);
        let widest = height.iter().map(|(_, t)| super::font::width(t) * FONT);
        let left_of_ticks = left - 24.0 - widest.fold(0.0, f64::max);
        scene.upright((left_of_ticks, (top + bottom) / 2.0), upright, FONT);
    }

    fn ticks_across(&self, count: usize) -> Vec<(f64, String)> {
        if !self.names.is_empty() {
            let names = self.names.iter().enumerate();
            return names.map(|(i, name)| (i as f64, name.clone())).collect();
        }
        let mut all = ticks(self.across, count);
        if self.integers {
            all.retain(|(value, _)| value.fract() == 0.0);
            all.iter_mut()
                .for_each(|(value, text)| *text = format!("{value:.0}"));
        }
        all
    }
}

/// About `count` round numbers within a range, as (number, text).
pub fn ticks([low, high]: [f64; 2], count: usize) -> Vec<(f64, String)> {
    let span = high - low;
    if span.is_nan() || span <= 0.0 {
        return vec![(low, format!("{low}"))];
    }
    let rough = span / count.clamp(2, 12) as f64;
    let unit = 10f64.powf(rough.log10().floor());
    let steps = STEPS.map(|factor| factor * unit);
    let usual = steps.iter().position(|step| *step >= rough * 0.999);
    let within = |step: f64| {
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        first..=last
    };
    // Smaller steps where the usual one leaves too few numbers to read a value off.
    let fitting = steps[..=usual.unwrap_or(STEPS.len() - 1)].iter().rev();
    let mut fitting = fitting.copied();
    let step = fitting.find(|step| within(*step).count() >= LEAST);
    let step = step.unwrap_or(steps[0]);
    let decimals = (-(step.log10() + 1e-9).floor()).max(0.0) as usize;
    let tick = |i: i64| {
        let value = i as f64 * step;
        (value, format!("{value:.decimals$}"))
    };
    within(step).map(tick).collect()
}

/// Steps between numbers, in units of a power of ten.
const STEPS: [f64; 6] = [0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

/// The fewest numbers on an axis.
const LEAST: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(low: f64, high: f64, count: usize) -> Vec<String> {
        ticks([low, high], count).into_iter().map(|t| t.1).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            texts(0.0, 1.0, 5),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(texts(41.3, 58.9, 4), ["45", "50", "55"]);
        assert_eq!(texts(0.71, 0.74, 3), ["0.71", "0.72", "0.73", "0.74"]);
        assert_eq!(texts(-3.0, 3.0, 6), ["-3", "-2", "-1", "0", "1", "2", "3"]);
        assert_eq!(texts(2.0, 2.0, 6), ["2"]);
        assert_eq!(texts(-0.06, 0.06, 3), ["-0.05", "0.00", "0.05"]);
        assert_eq!(texts(-0.08, 0.45, 1), ["0.0", "0.2", "0.4"]);
        assert_eq!(texts(-1.9, 3.9, 2), ["-1", "0", "1", "2", "3"]);
    }

    #[test]
    fn nothing_is_said_between_epochs() {
        let texts = |last, integers| -> Vec<String> {
            let axes = Axes {
                frame: [0.0, 0.0, 540.0, 100.0],
                across: [1.0, last],
                integers,
                up: [0.0, 1.0],
                names: Vec::new(),
            };
            axes.ticks_across(12)
                .into_iter()
                .map(|tick| tick.1)
                .collect()
        };
        assert_eq!(texts(4.0, true), ["1", "2", "3", "4"]);
        assert_eq!(texts(2.0, true), ["1", "2"]);
        assert_eq!(texts(2.0, false)[1], "1.1");
    }

    #[test]
    fn corners_map_to_corners() {
        let axes = Axes {
            frame: [10.0, 20.0, 110.0, 70.0],
            across: [0.0, 1.0],
            integers: false,
            up: [-1.0, 1.0],
            names: Vec::new(),
        };
        assert_eq!(
            (axes.at(0.0, -1.0), axes.at(1.0, 1.0)),
            ((10.0, 70.0), (110.0, 20.0))
        );
    }
}
