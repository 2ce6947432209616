//! The samples that masks are drawn for.

use super::Error;
use crate::data::dataset::Modality;

/// One modality of samples of one split.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// Sample ids.
    pub ids: &'a [String],
    /// Valid steps of every sample, shape (N), at most `steps`.
    pub lengths: &'a [u32],
    /// Padded steps.
    pub steps: usize,
}

impl<'a> Rows<'a> {
    /// Positions: samples times padded steps.
    pub fn size(&self) -> usize {
        self.ids.len() * self.steps
    }

    /// Blocks of `n` samples, the last one perhaps shorter.
    pub(super) fn blocks(self, n: usize) -> impl Iterator<Item = Rows<'a>> {
        let blocks = self.ids.chunks(n).zip(self.lengths.chunks(n));
        blocks.map(move |(ids, lengths)| Rows {
            ids,
            lengths,
            ..self
        })
    }

    /// Checks that ids, lengths and steps belong together.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Length`].
    pub(super) fn check(&self, modality: Modality) -> Result<(), Error> {
        Error::shape("lengths", self.ids.len(), self.lengths.len())?;
        super::keep::check_lengths(self.lengths, self.steps, modality)
    }
}
