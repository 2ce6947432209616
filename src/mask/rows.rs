//! The samples that masks are drawn for.

use super::Error;
use crate::data::dataset::{Modality, SpecialTokens};

/// One modality of samples of one split.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// Sample ids.
    pub ids: &'a [String],
    /// Valid steps of every sample, shape (N), at most `steps`.
    pub lengths: &'a [u32],
    /// Padded steps.
    pub steps: usize,
    pub protected: Protected<'a>,
}

/// The positions that no rate masks.
#[derive(Clone, Copy, Debug)]
pub enum Protected<'a> {
    /// None: frames, and text features of data without token ids.
    Nothing,
    /// CLS and SEP where token ids show them, shape (N).
    Special(&'a [SpecialTokens]),
    /// The first and the last valid position, as the published code has it.
    Ends,
}

impl<'a> Rows<'a> {
    /// Positions: samples times padded steps.
    pub fn size(&self) -> usize {
        self.ids.len() * self.steps
    }

    /// The special tokens of a sample, which no rate masks.
    pub(super) fn special(&self, row: usize) -> SpecialTokens {
        match self.protected {
            Protected::Nothing => SpecialTokens::default(),
            Protected::Special(special) => special[row],
            Protected::Ends => SpecialTokens {
                cls: true,
                sep: true,
            },
        }
    }

    /// Valid positions of all samples that no rate masks.
    pub fn protected_positions(&self) -> u64 {
        let samples = self.lengths.iter().enumerate();
        let of_sample = |(row, &length): (usize, &u32)| {
            let SpecialTokens { cls, sep } = self.special(row);
            (u64::from(cls) + u64::from(sep)).min(length.into())
        };
        samples.map(of_sample).sum()
    }

    /// Blocks of `n` samples, the last one perhaps shorter.
    pub(super) fn blocks(self, n: usize) -> impl Iterator<Item = Rows<'a>> {
        let blocks = self.ids.chunks(n).zip(self.lengths.chunks(n)).enumerate();
        blocks.map(move |(block, (ids, lengths))| Rows {
            ids,
            lengths,
            protected: match self.protected {
                Protected::Special(special) => {
                    Protected::Special(&special[block * n..][..ids.len()])
                }
                other => other,
            },
            ..self
        })
    }

    /// Checks that ids, lengths, steps and special tokens belong together.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Length`].
    pub(super) fn check(&self, modality: Modality) -> Result<(), Error> {
        Error::shape("lengths", self.ids.len(), self.lengths.len())?;
        if let Protected::Special(special) = self.protected {
            Error::shape("texts with token ids", self.ids.len(), special.len())?;
        }
        super::keep::check_lengths(self.lengths, self.steps, modality)
    }
}
