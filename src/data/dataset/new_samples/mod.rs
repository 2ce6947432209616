//! Reads samples that a trained model is to predict from any source that `prepare` reads, or a prepared file.
//!
//! Labels, ids and whole modalities may be absent, and one split is enough. Samples get the steps that the
//! model was trained with and the run's standardization; what is lost is found and marked.

mod chunks;
mod column;
mod dimensions;
mod input;
mod lengths;
mod lost;
mod names;
mod repeated;
mod report;
mod samples;
mod select;
mod text;

pub use input::Input;
pub use lost::MissingAs;
pub use report::{Lost, Report};
pub use samples::NewSamples;

use super::read::padding::Padding;
use super::scale::Scale;
use super::split::Split;
use super::standardize::Moments;

/// What the model of a run reads. Arrays are in the order text, audio, vision.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Padded steps.
    pub steps: [usize; 3],
    /// Features per step; `None` for text that is read as token ids.
    pub widths: [Option<usize>; 3],
    /// Whether all modalities of a sample have the same steps.
    pub aligned: bool,
    /// Modalities that the run was trained without.
    pub absent: [bool; 3],
    /// Mean and deviation of every feature; none for text, and where nothing was standardized.
    pub moments: [Option<Moments>; 3],
    /// Scale of the training's features as the model reads them; none where the run does not hold it, and for
    /// text that is read as token ids.
    pub scales: [Option<Scale>; 3],
    /// Added to labels of a source that is not prepared.
    pub label_offset: f64,
}

/// How a file is read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The split to predict, by its name in the file; the only one, or the test split, where there is no choice.
    pub split: Option<String>,
    /// The end of a sample that is padded, if that is the start, or if lengths must be counted.
    pub padding: Option<Padding>,
    /// What is taken as missing.
    pub missing_as: MissingAs,
}

/// Consecutive samples as the model reads them.
#[derive(Debug)]
pub struct Chunk {
    /// Index of the first one in the file.
    pub first: usize,
    /// Labels are 0 where there are none.
    pub samples: Split,
    /// Whether a step is lost, (N, T) in row-major order, for text, audio, vision.
    pub lost: [Vec<bool>; 3],
}
