//! Holds what a model is built from: data set, shapes, encoder, labels, hyper-parameters.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::nn;

use super::encoder::EncoderSetup;
use super::error::Result;
use crate::data::dataset::DatasetName;

/// Which data set's published hyper-parameters apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    Mosi,
    Mosei,
    Sims,
    SimsV2,
}

impl Profile {
    /// Every one, in the order of listings.
    pub const ALL: [Self; 4] = [Self::Mosi, Self::Mosei, Self::Sims, Self::SimsV2];

    /// The profile of a data set of `datasets.toml`, or of the one that it is a version or a part of. Data sets
    /// without published settings, such as the synthetic ones, get MOSI's.
    pub fn for_dataset(name: &str) -> Self {
        match DatasetName::of(name).base {
            "mosei" => Self::Mosei,
            "sims" => Self::Sims,
            "simsv2" => Self::SimsV2,
            _ => Self::Mosi,
        }
    }
}

/// Padded steps and feature widths of the inputs. The text's width is the encoder's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shapes {
    pub text_steps: i64,
    pub audio_steps: i64,
    pub vision_steps: i64,
    pub audio_width: i64,
    pub vision_width: i64,
}

/// Statistics of the labels of the training split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelStats {
    pub count: usize,
    /// Labels above 0.
    pub positive: usize,
    /// Labels below 0.
    pub negative: usize,
    pub mean: f64,
    /// Middle label, or the mean of the two middle ones.
    pub median: f64,
}

impl LabelStats {
    /// Statistics of a split's labels; zeros for an empty one.
    pub fn of(labels: &[f32]) -> Self {
        let count = labels.len();
        if count == 0 {
            return Self {
                count,
                positive: 0,
                negative: 0,
                mean: 0.0,
                median: 0.0,
            };
        }
        let mut sorted: Vec<f64> = labels.iter().map(|&label| f64::from(label)).collect();
        sorted.sort_by(f64::total_cmp);
        let mean = sorted.iter().sum::<f64>() / count as f64;
        let median = f64::midpoint(sorted[(count - 1) / 2], sorted[count / 2]);
        Self {
            count,
            positive: labels.iter().filter(|label| **label > 0.0).count(),
            negative: labels.iter().filter(|label| **label < 0.0).count(),
            mean,
            median,
        }
    }
}

/// What is known of a run before its data are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outline {
    pub shapes: Shapes,
    /// Whether a text encoder is inside the model; without one it reads ready-made states.
    pub has_encoder: bool,
}

/// Refuses data or a text encoder that a model with these hyper-parameters cannot read, with the reason
/// and what to run instead.
pub type Check = fn(&Value, &Outline) -> Result<()>;

/// Everything a model's constructor needs.
#[derive(Clone, Debug)]
pub struct Setup<'a> {
    /// Root of the store that will own the parameters and decides their device and kind.
    pub path: nn::Path<'a>,
    pub profile: Profile,
    pub shapes: Shapes,
    pub encoder: EncoderSetup,
    pub labels: LabelStats,
    /// Smallest and largest label of the data set.
    pub label_range: [f64; 2],
    /// Hyper-parameters, as [`Choice::config`](super::choice::Choice::config) gives them.
    pub config: Value,
}

impl Setup<'_> {
    /// Features of text states, audio and vision.
    pub fn widths(&self) -> [i64; 3] {
        let shapes = &self.shapes;
        [
            self.encoder.width(),
            shapes.audio_width,
            shapes.vision_width,
        ]
    }
}

/// The data a case was made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CaseData {
    pub shapes: Shapes,
    /// Features of text that is ready-made.
    pub text_width: i64,
    /// Samples of its batch, which is the whole training split.
    pub samples: usize,
}

/// Reads a case's `config` table.
pub type ReadCase = fn(&Value) -> Result<CaseData>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_data_set_has_its_own_settings() {
        let names = ["mosi", "mosei", "sims", "simsv2"];
        assert_eq!(names.map(Profile::for_dataset), Profile::ALL);
        assert_eq!(Profile::for_dataset("demo-talk"), Profile::Mosi);
        assert_eq!(Profile::for_dataset("sims-first-9"), Profile::Sims);
    }

    #[test]
    fn median_of_even_and_odd_counts() {
        assert_eq!(LabelStats::of(&[3.0, -1.0, 0.5]).median, 0.5);
        let even = LabelStats::of(&[2.0, -1.0, 0.5, 1.0]);
        assert_eq!((even.median, even.mean, even.count), (0.75, 0.625, 4));
        assert_eq!((even.positive, even.negative), (3, 1));
        assert_eq!(LabelStats::of(&[]).median, 0.0);
    }
}
