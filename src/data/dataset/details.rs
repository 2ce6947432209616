//! Looks closer at the samples of a column of features: whole numbers, samples brought to one scale, equal columns, constant and
//! rising ones,
//! samples that go on with other frames, rows of another length, mean frames, first frames, dimensions that
//! stay, last frames, frames that many samples have, zeros, sorted values.

use super::column_hashes::ColumnHashes;
use super::common_frames::CommonFrames;
use super::course::Courses;
use super::endings::Endings;
use super::extents::Extents;
use super::folds::Folds;
use super::rises::Rises;
use super::sample_means::SampleMeans;
use super::sample_scale::SampleScales;
use super::sample_vectors::SampleVectors;
use super::starts::Starts;
use super::still_dimensions::StillDimensions;
use super::whole_numbers::WholeNumbers;
use super::windows::Windows;
use super::zeros::Zeros;

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
    pub folds: Folds,
    pub starts: Starts,
    pub still: StillDimensions,
    pub windows: Windows,
    pub zeros: Zeros,
    pub rises: Rises,
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
        self.folds.add(sample, width);
        self.starts.add(sample, width);
        self.still.add(sample, width, row);
        self.windows.add(sample, width);
        self.zeros.add(sample, width, (row, rows));
        self.rises.add(sample, width, (row, rows));
    }
}
