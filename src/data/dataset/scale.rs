//! Compares features with those that a model was trained with, by the mean and deviation of every dimension.

use serde::{Deserialize, Serialize};

use super::split::Block;
use super::spread::{Kinds, Spread};
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

/// Values of each dimension, on average, without which nothing is said about those that are lacking; the share of frames in
/// which a dimension has negative values often; and the root mean square of one that has values beyond 1.
const VALUES: u64 = 100;
const OFTEN: f64 = 0.05;
const WIDE: f64 = 2.0;

/// Mean and standard deviation of the features of a modality, per dimension, over frames that are not zeros.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    pub(super) mean: Vec<f64>,
    pub(super) deviation: Vec<f64>,
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

    /// That of features before they are standardized by `moments`.
    pub fn raw(moments: &Moments) -> Self {
        let all = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect();
        Self {
            mean: all(&moments.mean),
            deviation: all(&moments.deviation),
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

/// How a function changed features of `samples` samples, by the values that they lack: a dimension with a negative
/// mean has negative values, in a share of at least mean² / (mean² + deviation²) of its frames, and one with a root
/// mean square above 2 has values beyond 1.
pub fn function(training: &Scale, found: &Kinds, samples: usize) -> Option<String> {
    let dimensions = || training.mean.iter().zip(&training.deviation);
    let all = training.mean.len();
    if samples < SAMPLES || found.values < VALUES * all as u64 {
        return None;
    }
    let share = |(mean, deviation): &(&f64, &f64)| mean.powi(2) / mean.hypot(**deviation).powi(2);
    let negative = || dimensions().filter(|(mean, _)| **mean < 0.0);
    let often = negative().filter(|one| share(one) >= OFTEN).count();
    let (below, beyond) = (
        negative().count(),
        dimensions().filter(|(mean, deviation)| mean.hypot(**deviation) > WIDE),
    );
    let beyond = beyond.count();
    if found.negative == 0 && (often >= DIMENSIONS || below >= DIMENSIONS && 4 * below >= all) {
        Some(format!(
            "no value is negative, and {below} of {all} dimensions have a negative mean in the training: were negative              values cut or their sign taken away?"
        ))
    } else if found.beyond_one == 0 && beyond >= DIMENSIONS && 2 * beyond >= all {
        Some(format!(
            "no value is beyond 1 or -1, and {beyond} of {all} dimensions are in the training by more than {WIDE} from 0 \
             (root mean square): was a function such as tanh or another scale applied?"
        ))
    } else {
        None
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
    fn a_function_is_found_by_the_values_that_features_lack() {
        let found = |means: [f64; 5], deviation: f64, kinds: Kinds, samples: usize| {
            let scale = Scale {
                mean: means.to_vec(),
                deviation: vec![deviation; 5],
            };
            function(&scale, &kinds, samples)
        };
        let kinds = |negative: u64, beyond_one: u64| Kinds {
            values: 2000,
            negative,
            beyond_one,
            ..Kinds::default()
        };
        let centered = [-0.1, 0.1, -0.05, 0.02, -0.01];
        let text = found(centered, 1.0, kinds(0, 500), 20).unwrap();
        assert!(
            text.contains("no value is negative, and 3 of 5 dimensions"),
            "{text}"
        );
        assert_eq!(found(centered, 1.0, kinds(1, 500), 20), None);
        assert_eq!(
            found(centered, 1.0, kinds(0, 500), 5),
            None,
            "few recordings"
        );
        // Rare events, never negative, in features whose first dimension alone is centered.
        assert_eq!(
            found([-0.1, 0.1, 0.1, 0.2, 0.3], 1.0, kinds(0, 9), 20),
            None
        );
        let text = found(centered, 3.0, kinds(900, 0), 20).unwrap();
        assert!(text.contains("no value is beyond 1 or -1"), "{text}");
        assert_eq!(found(centered, 3.0, kinds(900, 40), 20), None);
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
