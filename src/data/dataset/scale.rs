//! Compares features with those that a model was trained with, by the mean and deviation of every dimension.

use serde::{Deserialize, Serialize};

use super::split::Block;
use super::spread::Spread;
use super::standardize::Moments;

/// Fewest dimensions that are not constant.
const DIMENSIONS: usize = 3;

/// Root mean square of the distance from the training mean, in deviations of the training, that the median
/// dimension has in no recording by the same extractor, however unusual its speaker and microphone are.
const FAR: f64 = 5.0;

/// Smallest deviation, as a share of that of the training, in the median dimension of several samples.
const NARROW: f64 = 0.2;
const SAMPLES: usize = 10;

/// Factor, up or down, between both deviations in the median dimension: ten recordings by the same extractor have 1.5 at most
/// on measured features.
const MIXED: f64 = 3.0;

/// Mean and standard deviation of the features of a modality, per dimension, over frames that are not zeros.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Scale {
    /// Of the frames of a split, (N, T, d) with zeros past the lengths; `None` without any.
    pub fn of(block: &Block<f32>) -> Option<Self> {
        let mut spread = Spread::default();
        for row in 0..block.rows {
            spread.add(block.row(row), block.width, (row, block.rows));
        }
        Self::new(&spread)
    }

    /// Of frames that were added up; `None` without any. Numbers have three digits, which are enough for
    /// comparisons and keep files small.
    pub fn new(spread: &Spread) -> Option<Self> {
        let moments = spread.moments();
        let round = |value: f64| format!("{value:.2e}").parse().unwrap_or(value);
        (spread.frames() > 0).then(|| Self {
            mean: moments.iter().map(|(mean, _)| round(*mean)).collect(),
            deviation: moments.iter().map(|(_, d)| round(*d)).collect(),
        })
    }

    /// That of features which were standardized by `moments`.
    pub fn standardized(moments: &Moments) -> Self {
        let width = moments.mean.len();
        Self {
            mean: vec![0.0; width],
            deviation: vec![1.0; width],
        }
    }

    /// How features of `samples` samples differ from this scale, where they differ by more than recordings do;
    /// a text for a message.
    pub fn difference(&self, found: &Self, samples: usize) -> Option<String> {
        let own = self.mean.iter().zip(&self.deviation);
        let others = found.mean.iter().zip(&found.deviation);
        let pairs = own.zip(others).filter(|((_, d), _)| **d > 0.0);
        let (mut distances, mut ratios): (Vec<f64>, Vec<f64>) = pairs
            .map(|((mean, deviation), (other, spread))| {
                (
                    ((other - mean) / deviation).hypot(spread / deviation),
                    spread / deviation,
                )
            })
            .unzip();
        if distances.len() < DIMENSIONS {
            return None;
        }
        let mut factors: Vec<f64> = ratios.iter().map(|ratio| ratio.ln().abs()).collect();
        let (far, ratio) = (median(&mut distances), median(&mut ratios));
        let factor = median(&mut factors).exp();
        let what = if far > FAR {
            format!("{} times as far from the training mean", shown(far))
        } else if samples >= SAMPLES && ratio < NARROW {
            format!("spread {} times as wide", shown(ratio))
        } else if samples >= SAMPLES && factor > MIXED {
            return Some(format!(
                "single dimensions are spread {} times more or less than in the training (median of {}): columns in \
                 another order, or another extractor?",
                shown(factor),
                distances.len()
            ));
        } else {
            return None;
        };
        Some(format!(
            "values are {what} as those of the training (median over {} dimensions): another extractor, scale or \
             unit?",
            distances.len()
        ))
    }
}

/// The median of at least one number, the upper one of an even count.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A factor with two digits.
fn shown(factor: f64) -> String {
    if (0.005..1000.0).contains(&factor) {
        let digits = if factor < 10.0 { 2 } else { 0 };
        format!("{factor:.digits$}")
    } else {
        format!("{factor:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of three dimensions around 1, 2 and 3, times a factor.
    fn block(rows: usize, factor: f32) -> Block<f32> {
        let value = |i: usize| {
            let noise = (i * 7919 % 101) as f32 / 50.0 - 1.0;
            factor * ((i % 3 + 1) as f32 + noise)
        };
        Block {
            rows,
            steps: 10,
            width: 3,
            data: (0..rows * 30).map(value).collect(),
        }
    }

    fn difference(rows: usize, factor: f32) -> Option<String> {
        let scale = Scale::of(&block(40, 1.0)).unwrap();
        scale.difference(&Scale::of(&block(rows, factor))?, rows)
    }

    #[test]
    fn other_scales_are_found_and_other_recordings_are_not() {
        assert_eq!(difference(40, 1.0), None);
        assert_eq!(difference(40, 2.0), None);
        assert!(difference(40, 100.0).unwrap().contains("times as far"));
        assert!(difference(1, 100.0).is_some());
        assert!(
            difference(40, 0.01)
                .unwrap()
                .contains("spread 0.01 times as wide")
        );
        assert_eq!(difference(1, 1.0), None);
        assert_eq!(difference(1, 0.01), None, "a single recording may be quiet");
    }

    #[test]
    fn columns_in_another_order_are_found_where_their_scales_differ() {
        let scale = |deviation: [f64; 5]| Scale {
            mean: vec![0.0; 5],
            deviation: deviation.to_vec(),
        };
        let own = scale([0.01, 0.1, 1.0, 10.0, 100.0]);
        let reversed = scale([100.0, 10.0, 1.0, 0.1, 0.01]);
        let text = own.difference(&reversed, 10).unwrap();
        assert!(text.contains("spread 100 times more or less"), "{text}");
        assert_eq!(own.difference(&reversed, 9), None);
        let louder = scale([0.015, 0.06, 1.4, 14.0, 130.0]);
        assert_eq!(own.difference(&louder, 10), None);
    }

    #[test]
    fn a_scale_needs_frames_and_has_three_digits() {
        let none = Block {
            data: vec![0.0; 30],
            ..block(1, 1.0)
        };
        assert_eq!(Scale::of(&none), None);
        let json = serde_json::to_string(&Scale::of(&block(40, 1.0)).unwrap()).unwrap();
        assert!(json.len() < 90, "{json}");
    }
}
