//! Looks closer at the samples of a column of features while they are converted: one file a fact that checks ask for.

pub mod codes;
mod column_hashes;
mod column_major;
mod common_frames;
pub mod course;
mod endings;
pub mod extents;
mod first_frames;
pub mod folds;
mod half_bits;
mod integer_bits;
mod rises;
pub mod sample_means;
pub mod sample_scale;
mod sample_vectors;
mod shares;
mod starts;
pub mod still_dimensions;
pub mod whole_numbers;
mod windows;
mod zeros;

use codes::Codes;
use column_hashes::ColumnHashes;
use column_major::ColumnMajor;
use common_frames::CommonFrames;
use course::Courses;
use endings::Endings;
use extents::Extents;
use first_frames::FirstFrames;
use folds::Folds;
use half_bits::HalfBits;
use integer_bits::IntegerBits;
use rises::Rises;
use sample_means::SampleMeans;
use sample_scale::SampleScales;
use sample_vectors::SampleVectors;
use shares::Shares;
use starts::Starts;
use still_dimensions::StillDimensions;
use whole_numbers::WholeNumbers;
use windows::Windows;
use zeros::Zeros;

/// What was seen in a column of a split.
#[derive(Clone, Debug, Default)]
pub struct Details {
    pub whole: WholeNumbers,
    pub scales: SampleScales,
    pub hashes: ColumnHashes,
    pub common: CommonFrames,
    pub courses: Courses,
    pub endings: Endings,
    pub means: SampleMeans,
    pub vectors: SampleVectors,
    pub extents: Extents,
    pub first: FirstFrames,
    pub folds: Folds,
    pub shares: Shares,
    pub starts: Starts,
    pub still: StillDimensions,
    pub windows: Windows,
    pub zeros: Zeros,
    pub rises: Rises,
    pub codes: Codes,
    pub half: HalfBits,
    pub integer_bits: IntegerBits,
    pub major: ColumnMajor,
}

impl Details {
    /// Adds a sample of `width` values a frame, by its row of `rows`.
    pub fn add(&mut self, sample: &[f32], width: usize, (row, rows): (usize, usize)) {
        if width == 0 {
            return;
        }
        self.whole.add(sample);
        self.scales.add(sample, width, (row, rows));
        self.hashes.add(sample, width, (row, rows));
        self.common.add(sample, width, (row, rows));
        self.courses.add(sample, width, (row, rows));
        self.endings.add(sample, width, (row, rows));
        self.means.add(sample, width);
        self.vectors.add(sample, width, (row, rows));
        self.extents.add(sample, width);
        self.first.add(sample, width, row);
        self.folds.add(sample, width);
        self.shares.add(sample, width);
        self.starts.add(sample, width);
        self.still.add(sample, width, row);
        self.windows.add(sample, width);
        self.zeros.add(sample, width, (row, rows));
        self.rises.add(sample, width, (row, rows));
        self.codes.add(sample, width, (row, rows));
        self.half.add(sample);
        self.integer_bits.add(sample);
        self.major.add(sample, width, (row, rows));
    }
}
